"""Gold beside what it must be: the lake's tables in the connection that holds the expected ones."""

from __future__ import annotations

import duckdb

from lakehouse.contracts import load_contract
from lakehouse.settings import Layer, Settings
from lakehouse.storage.lake_reader import lake_reader

_SHOWN = 5


def take_gold(
    connection: duckdb.DuckDBPyConnection, settings: Settings, tables: tuple[str, ...], layer: Layer = "gold"
) -> None:
    """Make each table of gold a table of the schema ``gold``; instants without zone, as the expected ones."""
    reader = lake_reader(settings)
    connection.execute("CREATE SCHEMA IF NOT EXISTS gold")
    for table in tables:
        shape = load_contract(layer, table).table
        connection.register("taken", reader.rows(layer, table, shape.column_names))
        times = [column.name for column in shape.columns if column.physical_type == "TIMESTAMP"]
        naive = ", ".join(f"timezone('UTC', {name}::TIMESTAMPTZ) AS {name}" for name in times)
        rows = f"SELECT * {f'REPLACE ({naive})' if naive else ''} FROM taken"
        connection.execute(f"CREATE OR REPLACE TABLE gold.{table} AS {rows}")
        connection.unregister("taken")


def differences(connection: duckdb.DuckDBPyConnection, expected: str, seen: str) -> list[str]:
    """Rows that only one of two queries has, a few of each, as sentences; the columns are those of ``seen``."""
    names = ", ".join(row[0] for row in connection.execute(f"DESCRIBE {seen}").fetchall())
    told = []
    for side, one, other in (("missing", expected, seen), ("too much", seen, expected)):
        rows = connection.execute(
            f"SELECT {names} FROM ({one}) EXCEPT ALL SELECT {names} FROM ({other}) ORDER BY ALL"
        ).fetchall()
        told += [f"{side}: {row}" for row in rows[:_SHOWN]] + ([f"{side}: {len(rows)}"] if rows else [])
    return told
