"""The connection to Snowflake, or to the local warehouse: made here, from settings, and nowhere else.

Secrets stay inside the connector's arguments: no message of ours holds them. Source of the arguments:
docs.snowflake.com, "Snowflake Connector for Python".
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import snowflake.connector
from snowflake.connector.errors import Error, InterfaceError, OperationalError

from lakehouse.settings import Settings, SettingsError
from warehouse.errors import StatementFailed, WarehouseUnreachable

Row = dict[str, Any]
# Shown in Snowflake's query history; instants are UTC whatever the account's own zone is.
_SESSION = {"TIMEZONE": "UTC", "QUERY_TAG": "retail-lakehouse"}
_PATIENCE = {"login_timeout": 20, "network_timeout": 120}


class Warehouse:
    """One session. Results are rows by column name."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Rows of one statement; ``%s`` in it stands for a parameter. Raises StatementFailed."""
        with self._connection.cursor(snowflake.connector.DictCursor) as cursor:
            try:
                cursor.execute(sql, tuple(parameters) or None)
                return list(cursor.fetchall())
            except (OperationalError, InterfaceError) as error:
                raise WarehouseUnreachable(f"Snowflake did not answer: {_told(error)}") from error
            except Error as error:
                raise StatementFailed(_told(error), error.errno or 0) from error

    def run(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run one statement for what it does."""
        self.rows(sql, parameters)


@contextmanager
def connect(settings: Settings) -> Iterator[Warehouse]:
    """A session with the account of the settings, or with the local warehouse; closed at the end.

    Raises SettingsError for what is missing, WarehouseUnreachable when there is no way in.
    """
    arguments = connection_arguments(settings)
    logging.getLogger("snowflake.connector").setLevel(logging.CRITICAL)  # it logs what it also raises
    try:
        connection = snowflake.connector.connect(**arguments)
    except Error as error:
        place = settings.snowflake_account or f"the local warehouse at port {settings.warehouse_port}"
        remedy = "check the RETAIL_SNOWFLAKE_… settings" if settings.snowflake_account else "`retail up`"
        raise WarehouseUnreachable(f"no session with {place}: {_told(error)}; {remedy}") from error
    try:
        yield Warehouse(connection)
    finally:
        connection.close()


def connection_arguments(settings: Settings) -> dict[str, Any]:
    """Arguments of the connector. Raises SettingsError that names all that is missing."""
    common = {
        "database": settings.snowflake_database,
        "role": settings.snowflake_role or None,
        "warehouse": settings.snowflake_warehouse or None,
        "session_parameters": _SESSION,
        "application": "retail_lakehouse",
        **_PATIENCE,
    }
    if not settings.snowflake_account:
        return common | {
            "account": "local",
            "user": "RETAIL",
            "password": settings.warehouse_password.get_secret_value(),
            "protocol": "http",
            "host": "127.0.0.1",
            "port": settings.warehouse_port,
        }
    _require(settings)
    own = {"account": settings.snowflake_account, "user": settings.snowflake_user}
    return {key: value for key, value in (common | own | _proof(settings)).items() if value is not None}


def _proof(settings: Settings) -> dict[str, Any]:
    if settings.snowflake_authenticator == "keypair":
        passphrase = settings.snowflake_private_key_passphrase.get_secret_value()
        return {
            "authenticator": "SNOWFLAKE_JWT",
            "private_key_file": settings.snowflake_private_key_path,
            "private_key_file_pwd": passphrase or None,
        }
    if settings.snowflake_authenticator == "oauth":
        return {"authenticator": "oauth", "token": settings.snowflake_token.get_secret_value()}
    return {"authenticator": "externalbrowser"}


def _require(settings: Settings) -> None:
    missing = [] if settings.snowflake_user else ["RETAIL_SNOWFLAKE_USER"]
    if settings.snowflake_authenticator == "keypair":
        key = settings.snowflake_private_key_path
        if not key:
            missing.append("RETAIL_SNOWFLAKE_PRIVATE_KEY_PATH")
        elif not Path(key).is_file():
            missing.append(f"RETAIL_SNOWFLAKE_PRIVATE_KEY_PATH (no file at {key})")
    if settings.snowflake_authenticator == "oauth" and not settings.snowflake_token.get_secret_value():
        missing.append("RETAIL_SNOWFLAKE_TOKEN")
    if missing:
        raise SettingsError(
            f"account {settings.snowflake_account} with authenticator {settings.snowflake_authenticator} "
            f"needs {', '.join(missing)} (environment, or {settings.home / 'retail.env'})"
        )


def _told(error: Error) -> str:
    """The connector's message on one line, without its request id."""
    return " ".join(str(error.msg or error).split())
