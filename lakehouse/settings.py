"""Settings of every command and job: typed, frozen, read once at the entry.

Each field can be given as an environment variable ``RETAIL_<NAME>`` or as the same line in
``$RETAIL_HOME/retail.env``; the environment wins. Secrets made at the first ``retail up`` stand in
``$RETAIL_HOME/secrets.env`` (mode 0600) and can be given by the environment instead.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

Layer = Literal["bronze", "silver", "gold", "ops"]


class SettingsError(ValueError):
    """One or more settings are missing or wrong; the message names all of them and where to set each."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone such as Europe/London") from error
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]
Port = Annotated[int, Field(ge=1, le=65535)]


def retail_home() -> Path:
    """The folder that holds all local state: ``$RETAIL_HOME``, or ``.retail`` under the current folder."""
    return Path(os.environ.get("RETAIL_HOME") or ".retail").resolve()


class Settings(BaseSettings):
    """All settings of the house. Durations are seconds, money limits are in the row's own currency."""

    model_config = SettingsConfigDict(
        env_prefix="RETAIL_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    home: Annotated[Path, AfterValidator(Path.resolve)] = Field(
        default_factory=retail_home, description="folder of all local state"
    )

    kafka_port: Port = Field(19092, description="port of the local broker; its controller takes the next one")
    s3_port: Port = Field(19000, description="port of the local S3 server")
    kafka_bootstrap: str = Field("", description="brokers, host:port; empty = the local broker")
    topic_prefix: str = Field("", pattern=r"^[a-zA-Z0-9._-]*$", description="put before each topic's name")

    s3_endpoint: str = Field("", description="S3 address; empty = the local server; 'aws' = Amazon S3")
    s3_region: str = Field("us-east-1", description="S3 region")
    s3_access_key: str = Field("", description="S3 key id; empty = the provider chain of the AWS SDK")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="S3 secret key")
    bucket: str = Field(
        "lake", pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", description="bucket of the lake"
    )
    lake_prefix: str = Field("", pattern=r"^[a-zA-Z0-9/_-]*$", description="folder of the lake in its bucket")
    checkpoint_root: str = Field(
        "", description="where streams keep their position; empty = under RETAIL_HOME (one machine)"
    )

    customer_secret: SecretStr = Field(SecretStr(""), description="makes pseudonyms of customer ids")
    default_currency: str = Field("GBP", pattern=r"^[A-Z]{3}$", description="currency of plain (v1) lines")
    default_zone: Zone = Field("UTC", description="time zone of stores that are not in the master data")
    max_days_back: int = Field(400, ge=0, description="older business dates are quarantined")
    max_days_ahead: int = Field(2, ge=0, description="business dates further ahead are quarantined")

    spark_master: str = Field("local[2]", description="Spark master of the commands that start a job")
    spark_driver_memory: str = Field("3g", pattern=r"^\d+[mg]$", description="driver heap")
    max_records_per_batch: int = Field(1_000_000, ge=1, description="most records of one micro-batch")
    trigger_seconds: float = Field(1.0, ge=0.1, description="least time between two micro-batches")
    lease_seconds: float = Field(15.0, ge=1.0, description="a writer silent for longer has lost its lease")

    crash_at: str = Field("", description="for tests: the named place where the driver dies")

    @property
    def bootstrap(self) -> str:
        """Kafka bootstrap servers."""
        return self.kafka_bootstrap or f"127.0.0.1:{self.kafka_port}"

    @property
    def s3_url(self) -> str | None:
        """Address of the S3 API, or None for Amazon's own."""
        if self.s3_endpoint == "aws":
            return None
        return self.s3_endpoint or f"http://127.0.0.1:{self.s3_port}"

    @property
    def lake_key(self) -> str:
        """Key prefix of the lake in its bucket, empty or ending in a slash."""
        return f"{self.lake_prefix.strip('/')}/" if self.lake_prefix.strip("/") else ""

    def table_path(self, layer: Layer, table: str) -> str:
        """Address of a Delta table for Spark: ``s3a://<bucket>/<layer>/<table>``."""
        return f"s3a://{self.bucket}/{self.lake_key}{layer}/{table}"

    def topic(self, name: str) -> str:
        """Kafka topic that carries the contract topic ``name``."""
        return f"{self.topic_prefix}{name}"

    def checkpoint_path(self, query: str) -> str:
        """Folder where the streaming query ``query`` keeps its position."""
        root = self.checkpoint_root or f"file://{self.home}/checkpoints"
        return f"{root.rstrip('/')}/{self.bucket}/{self.lake_key}{query}"


def load_settings(**overrides: object) -> Settings:
    """Read settings from the overrides, the environment and the files under RETAIL_HOME, in this order.

    Raises SettingsError that names every wrong setting, what was seen and where to set it.
    """
    home = retail_home()
    files = (home / "secrets.env", home / "retail.env")
    try:
        return Settings(_env_file=files, **overrides)  # type: ignore[call-arg, arg-type]
    except ValidationError as error:
        faults = [_fault(detail["loc"], detail["msg"], detail["input"]) for detail in error.errors()]
        places = f"set it in the environment or in {home / 'retail.env'}"
        raise SettingsError("wrong settings: " + "; ".join(faults) + f" ({places})") from None


def _fault(location: tuple[int | str, ...], message: str, seen: object) -> str:
    name = str(location[0]) if location else "settings"
    field = Settings.model_fields.get(name)
    secret = field is not None and field.annotation is SecretStr
    return f"RETAIL_{name.upper()}: {message}, seen {'a secret' if secret else repr(seen)}"
