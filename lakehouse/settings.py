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

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Layer = Literal["bronze", "silver", "gold", "ops"]


class SettingsError(ValueError):
    """One or more settings are missing or wrong; the message names all of them and where to set each."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ) as error:  # OSError: a folder of zones, or a name too long
        raise ValueError(f"{name!r} is not an IANA time zone such as Europe/London") from error
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]
Port = Annotated[int, Field(ge=1, le=65535)]
# Names and addresses that go into quotes in SQL files: nothing in them can end the quotes.
SnowflakeName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,99}$")]
Arn = Annotated[str, Field(pattern=r"^(arn:[A-Za-z0-9:/_.@=,+-]+)?$")]


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
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_SSL"] = Field(
        "PLAINTEXT", description="connections to the brokers: plain, TLS, or TLS with a user"
    )
    kafka_ca_file: str = Field(
        "", description="TLS: file of trusted certificates (PEM); empty = the system's"
    )
    kafka_sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="SASL_SSL: how the user proves itself"
    )
    kafka_username: str = Field("", description="SASL_SSL: the user")
    kafka_password: SecretStr = Field(SecretStr(""), description="SASL_SSL: its password")
    topic_prefix: str = Field("", pattern=r"^[a-zA-Z0-9._-]*$", description="put before each topic's name")
    topic_replication: int = Field(
        0, ge=0, description="copies of each topic that is made here; 0 = as its contract says"
    )

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
    fiscal_month: int = Field(
        2, ge=1, le=12, description="the 4-4-5 year begins on the Monday nearest to the first of this month"
    )
    max_days_back: int = Field(400, ge=0, description="older business dates are quarantined")
    max_days_ahead: int = Field(2, ge=0, description="business dates further ahead are quarantined")

    spark_master: str = Field("local[2]", description="Spark master of the commands that start a job")
    spark_driver_memory: str = Field("3g", pattern=r"^\d+[mg]$", description="driver heap")
    spark_driver_java_options: str = Field(
        "-XX:+UseParallelGC",
        description="JVM options of a local driver; -XX:TieredStopAtLevel=1 suits short jobs on few cores",
    )
    max_records_per_batch: int = Field(1_000_000, ge=1, description="most records of one micro-batch")
    trigger_seconds: float = Field(1.0, ge=0.1, description="least time between two micro-batches")
    lease_seconds: float = Field(15.0, ge=1.0, description="a writer silent for longer has lost its lease")
    stock_seconds: float = Field(
        60.0,
        ge=0,
        description="how often the stream brings the tables of stock up to date, and a run at its end; 0 = never",
    )
    customers_seconds: float = Field(
        3600.0,
        ge=0,
        description="how often it makes the tables of customers anew; a run at its end; 0 = never",
    )
    join_files_seconds: float = Field(
        600.0, ge=0, description="how often the stream makes the small files of a day one; 0 = never"
    )

    spark_executor_memory: str = Field(
        "4g", pattern=r"^\d+[mg]$", description="heap of an executor; a local master has none"
    )
    spark_executor_cores: int = Field(2, ge=1, description="cores of an executor")
    spark_executors: int = Field(2, ge=1, description="executors of a job")
    retention_hours: int = Field(
        168, ge=24, description="VACUUM keeps files that left a table less long ago; Snowflake may read them"
    )
    request_seconds: float = Field(
        3600.0, gt=0, description="how long maintenance and backfill wait for the stream to do their work"
    )
    catch_up_seconds: float = Field(900.0, ge=0, description="how long a run waits for the stream")
    stream_lag_seconds: float = Field(
        60.0, gt=0, description="a record that waits longer is behind the stream's SLA"
    )

    lakehouse_bin: str = Field(
        "", description="Airflow: folder of `retail` and `spark-submit`; empty = .venv/bin of this checkout"
    )
    airflow_port: Port = Field(18080, description="port of Airflow's page and API")
    airflow_retries: int = Field(3, ge=0, description="retries of a task that could not reach something")
    airflow_retry_seconds: float = Field(30.0, gt=0, description="wait before the first retry; then twice")
    airflow_paused: bool = Field(False, description="DAGs wait to be unpaused when they appear first")
    airflow_spark_slots: int = Field(1, ge=1, description="Spark applications that Airflow runs at a time")
    airflow_database: SecretStr = Field(
        SecretStr(""), description="SQLAlchemy address of Airflow's database; empty = SQLite in RETAIL_HOME"
    )
    alert_webhook: SecretStr = Field(
        SecretStr(""), description="address that alerts are posted to, as Slack takes them; empty = log only"
    )

    warehouse: Literal["local", "off"] = Field("local", description="off: no local Snowflake is started")
    warehouse_port: Port = Field(19443, description="port of the local Snowflake")
    warehouse_password: SecretStr = Field(SecretStr(""), description="password of the local Snowflake")
    warehouse_poll_seconds: float = Field(2.0, ge=0.1, description="how often pipes and tasks look for work")
    publish_seconds: float = Field(
        5.0, ge=0.5, description="how often `retail run` hands new sale lines to the pipe"
    )
    verify_seconds: float = Field(
        300.0, ge=0, description="how long a check of the warehouse waits for Snowpipe"
    )
    warehouse_memory: str = Field(
        "1GB", pattern=r"^\d+(MB|GB)$", description="memory of the local Snowflake's data; more goes to disk"
    )

    snowflake_account: str = Field(
        "", pattern=r"^[A-Za-z0-9._-]*$", description="organisation-account; empty = the local warehouse"
    )
    snowflake_user: str = Field(
        "", description="user; its public key, OAuth client or browser login is known"
    )
    snowflake_authenticator: Literal["keypair", "oauth", "externalbrowser"] = Field(
        "keypair", description="how the user proves itself"
    )
    snowflake_private_key_path: str = Field("", description="keypair: file of the private key (PEM, PKCS 8)")
    snowflake_private_key_passphrase: SecretStr = Field(
        SecretStr(""), description="of that file, if it has one"
    )
    snowflake_token: SecretStr = Field(SecretStr(""), description="oauth: access token")
    snowflake_role: str = Field("", pattern=r"^[A-Z0-9_]*$", description="role; empty = the user's default")
    snowflake_warehouse: str = Field("", pattern=r"^[A-Z0-9_]*$", description="empty = the user's default")
    snowflake_database: SnowflakeName = Field("RETAIL_ANALYTICS", description="database of everything")
    snowflake_prefix: SnowflakeName = Field("RETAIL", description="begins the names of roles and warehouses")
    snowflake_admin_role: SnowflakeName = Field("ACCOUNTADMIN", description="makes roles and integrations")
    snowflake_account_objects: bool = Field(
        True, description="false: roles, warehouses, integrations and database are made elsewhere (Terraform)"
    )
    snowflake_credit_quota: int = Field(20, ge=1, description="credits a month of all warehouses")
    snowflake_lake_tables: Literal["external", "iceberg"] = Field(
        "external", description="gold as external tables, or as Iceberg tables by Delta Direct"
    )
    snowflake_load: Literal["pipe", "copy"] = Field(
        "pipe", description="who loads exported sale lines: Snowpipe, or a COPY of each run; never both"
    )
    snowflake_lake_url: str = Field(
        "",
        pattern=r"^((s3|s3gov|s3china|file)://[A-Za-z0-9._/-]+/)?$",
        description="lake; empty = s3://<bucket>/<prefix>",
    )
    snowflake_storage_integration: SnowflakeName = Field("RETAIL_LAKE", description="reads the bucket")
    snowflake_error_integration: SnowflakeName = Field("RETAIL_PIPE_ERRORS", description="told of bad files")
    snowflake_external_volume: SnowflakeName = Field("RETAIL_LAKE_VOLUME", description="iceberg: the bucket")
    snowflake_catalog_integration: SnowflakeName = Field("RETAIL_DELTA", description="iceberg: Delta catalog")
    snowflake_aws_role_arn: Arn = Field("", description="role that reads the bucket for Snowflake")
    snowflake_sns_topic_arn: Arn = Field("", description="topic for errors of the pipe")
    snowflake_sns_role_arn: Arn = Field("", description="role that publishes to it")

    dashboard_port: Port = Field(8501, description="port of the dashboard")
    metrics_port: Port = Field(19100, description="port of the metrics that Prometheus reads")
    observe_seconds: float = Field(10.0, ge=1.0, description="how often the observer looks")
    canary_seconds: float = Field(
        60.0, ge=0, description="a topic that was silent so long gets a canary; 0 = never"
    )

    data_docs_days: int = Field(30, ge=1, description="how many days of quality pages are kept")

    crash_at: str = Field(
        "", description="for tests: the named place where a process dies; @FILE = what that file names, once"
    )

    @model_validator(mode="after")
    def _whole_login(self) -> Settings:
        if self.kafka_security == "SASL_SSL" and not (
            self.kafka_username and self.kafka_password.get_secret_value()
        ):
            raise ValueError(
                "RETAIL_KAFKA_SECURITY=SASL_SSL needs RETAIL_KAFKA_USERNAME and RETAIL_KAFKA_PASSWORD"
            )
        return self

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

    @property
    def snowflake_lake(self) -> str:
        """Address of the lake for stages, ending in a slash; checked like the setting, since bucket and prefix are."""
        return self.snowflake_lake_url or f"s3://{self.bucket}/{self.lake_key}"

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
    except UnicodeDecodeError as error:
        names = " or ".join(map(str, files))
        raise SettingsError(
            f"{names} is no UTF-8 text ({error}); write it anew, or save it as UTF-8"
        ) from error
    except ValidationError as error:
        faults = [_fault(detail["loc"], detail["msg"], detail["input"]) for detail in error.errors()]
        places = f"set it in the environment or in {home / 'retail.env'}"
        raise SettingsError("wrong settings: " + "; ".join(faults) + f" ({places})") from None


def _fault(location: tuple[int | str, ...], message: str, seen: object) -> str:
    if not location:  # said of several together; what was seen is all of them, with the secrets
        return message
    name = str(location[0])
    field = Settings.model_fields.get(name)
    secret = field is not None and field.annotation is SecretStr
    return f"RETAIL_{name.upper()}: {message}, seen {'a secret' if secret else repr(seen)}"
