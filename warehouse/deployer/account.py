"""Reads what an account holds: the history of deployments and the columns of our schemas."""

from __future__ import annotations

from warehouse.connection import Row, Warehouse
from warehouse.deployer.plan import Account, Deployed, SeenColumn
from warehouse.errors import StatementFailed
from warehouse.render.snowflake_names import exact_identifier

# "Does not exist or not authorized": Snowflake answers alike for both.
_ABSENT = 2003


def read_account(warehouse: Warehouse, database: str) -> Account:
    """The account as it is; an account without our database is empty."""
    return Account(tuple(_history(warehouse, database)), _objects(warehouse, database))


def history_exists(warehouse: Warehouse, database: str) -> bool:
    """Whether deployments can be written down yet."""
    return _rows_or_none(warehouse, f"SELECT 1 AS ONE FROM {_history_table(database)} LIMIT 1") is not None


def record(warehouse: Warehouse, database: str, row: tuple[object, ...]) -> None:
    """Write down one run: version, description, script, type, checksum, seconds and status."""
    warehouse.run(
        f"INSERT INTO {_history_table(database)} (VERSION, DESCRIPTION, SCRIPT, SCRIPT_TYPE, CHECKSUM, "
        "EXECUTION_TIME, STATUS, INSTALLED_BY, INSTALLED_ON) "
        "SELECT %s, %s, %s, %s, %s, %s, %s, CURRENT_USER(), CURRENT_TIMESTAMP()",
        row,
    )


def _history_table(database: str) -> str:
    return f'{exact_identifier(database)}."OPS"."SCHEMA_HISTORY"'


def _history(warehouse: Warehouse, database: str) -> list[Deployed]:
    found = _rows_or_none(
        warehouse,
        f"SELECT SCRIPT, VERSION, CHECKSUM FROM {_history_table(database)} "
        "WHERE STATUS = 'Success' ORDER BY INSTALLED_ON, SCRIPT",
    )
    return [Deployed(row["SCRIPT"], row["VERSION"] or "", row["CHECKSUM"]) for row in found or ()]


def _objects(warehouse: Warehouse, database: str) -> dict[str, dict[str, SeenColumn]]:
    found = _rows_or_none(
        warehouse,
        "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE, COMMENT "
        f"FROM {exact_identifier(database)}.INFORMATION_SCHEMA.COLUMNS "
        "WHERE TABLE_SCHEMA IN ('LANDING', 'SALES', 'GOLD', 'OPS') "
        "ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION",
    )
    objects: dict[str, dict[str, SeenColumn]] = {}
    for row in found or ():
        title = f"{row['TABLE_SCHEMA']}.{row['TABLE_NAME']}"
        objects.setdefault(title, {})[row["COLUMN_NAME"]] = SeenColumn(_kind(row), row["COMMENT"] or "")
    return objects


def _kind(row: Row) -> str:
    if row["DATA_TYPE"] == "NUMBER":
        return f"NUMBER({row['NUMERIC_PRECISION']}, {row['NUMERIC_SCALE']})"
    return str(row["DATA_TYPE"])


def _rows_or_none(warehouse: Warehouse, sql: str) -> list[Row] | None:
    try:
        return warehouse.rows(sql)
    except StatementFailed as error:
        if error.number == _ABSENT:
            return None
        raise
