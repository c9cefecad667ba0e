"""Secrets of a local lake: made once, kept in ``$RETAIL_HOME/secrets.env``, readable by their owner only."""

from __future__ import annotations

import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import SecretStr

from infra.local.errors import StackError
from infra.local.files import write_atomically
from lakehouse.settings import Settings

_HEADER = "# Made at the first `retail up`. Losing RETAIL_CUSTOMER_SECRET makes every customer a stranger: keep it.\n"


def secrets_path(settings: Settings) -> Path:
    """Where the secrets of this home stand."""
    return settings.home / "secrets.env"


def ensure_secrets(settings: Settings) -> Settings:
    """The settings with every secret filled in: given ones as they are, the file's, else newly made and written.

    S3 keys are made for our own server only: with an S3 elsewhere, no key means the SDK's provider chain.
    """
    settings = with_secrets(settings)
    made = {name: _new(name) for name in _absent(settings)}
    if made:
        _append(secrets_path(settings), made)
    return _filled(settings, made)


def with_secrets(settings: Settings) -> Settings:
    """The settings with the secrets that stand in this home's file, where none are given; makes nothing."""
    written = _read(secrets_path(settings))
    found = {name: written.get(f"RETAIL_{name.upper()}") or "" for name in _absent(settings)}
    return _filled(settings, {name: value for name, value in found.items() if value})


def is_private(path: Path) -> bool:
    """Whether nobody but the owner may read ``path``."""
    return stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def privacy_advice(path: Path) -> str:
    """What to do about a secrets file that others can read."""
    return f"run `chmod 600 {path}`, and change the keys in it if others use this machine"


def _names(settings: Settings) -> tuple[str, ...]:
    ours = ("s3_access_key", "s3_secret_key") if not settings.s3_endpoint else ()
    password = ("warehouse_password",) if settings.warehouse == "local" else ()
    return (*ours, "customer_secret", *password)


def _absent(settings: Settings) -> list[str]:
    return [name for name in _names(settings) if not _text(getattr(settings, name))]


def _filled(settings: Settings, values: Mapping[str, str]) -> Settings:
    plain = {name: value if name == "s3_access_key" else SecretStr(value) for name, value in values.items()}
    return settings.model_copy(update=plain)


def _text(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _new(name: str) -> str:
    return f"local{secrets.token_hex(8)}" if name == "s3_access_key" else secrets.token_urlsafe(32)


def _read(path: Path) -> Mapping[str, str | None]:
    try:
        return dotenv_values(path) if path.exists() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise StackError(
            f"{path} cannot be read ({error}); it holds the key of the customers' pseudonyms: make it readable "
            "to you, or give RETAIL_CUSTOMER_SECRET, RETAIL_S3_ACCESS_KEY and RETAIL_S3_SECRET_KEY yourself"
        ) from error


def _append(path: Path, made: Mapping[str, str]) -> None:
    """Add lines; what stands in the file, comments included, stays as it is."""
    before = path.read_text(encoding="utf-8") if path.exists() else _HEADER
    if not before.endswith("\n"):
        before += "\n"
    lines = "".join(f"RETAIL_{name.upper()}={value}\n" for name, value in made.items())
    write_atomically(path, before + lines, mode=0o600)
