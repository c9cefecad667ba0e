"""The real half year in the local Snowflake, asked through the unmodified connector: equal to gold, each line once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest
import snowflake.connector

from lakehouse.contracts import Column, contract_names, load_contract
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from tests.journey.conftest import REAL_DATABASE

pytestmark = pytest.mark.stack
NUMBERS = ("integer", "number")
Cursor = Any


@pytest.fixture(scope="module")
def snowflake_session(real_run: dict[str, Any], stack: Settings) -> Iterator[Cursor]:
    assert real_run["layers"]["warehouse"], "nothing was published"
    with snowflake.connector.connect(
        account="local",
        user="READER",
        password=stack.warehouse_password.get_secret_value(),
        host="127.0.0.1",
        port=stack.warehouse_port,
        protocol="http",
        database=REAL_DATABASE,
    ) as session:
        yield session.cursor()


@pytest.fixture(scope="module")
def reader(stack: Settings) -> LakeReader:
    return lake_reader(stack.model_copy(update={"topic_prefix": "real.", "lake_prefix": "real"}))


def fingerprint(columns: tuple[Column, ...], relation: str) -> str:
    """A question whose one row differs where a column of two tables does: counts, bounds and exact sums."""
    parts = ["COUNT(*)"]
    for column in columns:
        name = column.name
        parts += [f"COUNT({name})", f"COUNT(DISTINCT {name})"]
        if column.logical_type in NUMBERS:
            parts.append(f"SUM({name})")
        elif column.logical_type != "boolean":
            parts += [f"MIN({name})", f"MAX({name})"]
        else:
            parts.append(f"COUNT(CASE WHEN {name} THEN 1 END)")
    return f"SELECT {', '.join(parts)} FROM {relation}"


@pytest.mark.parametrize("name", contract_names("gold"))
def test_a_gold_view_shows_what_gold_holds(snowflake_session: Cursor, reader: LakeReader, name: str) -> None:
    columns = load_contract("gold", name).table.columns
    shown = snowflake_session.execute(fingerprint(columns, f"GOLD.{name.upper()}")).fetchone()
    with duckdb.connect() as local:
        local.execute("SET TimeZone = 'UTC'")
        local.register("held", reader.rows("gold", name, [column.name for column in columns]))
        held = local.execute(fingerprint(columns, "held")).fetchone()
    assert held is not None
    assert [text(value) for value in shown] == [text(value) for value in held]


def test_sales_data_holds_each_line_once_with_the_control_totals(
    snowflake_session: Cursor, totals: dict[str, Any]
) -> None:
    sales = totals["sales"]
    found = snowflake_session.execute(
        "SELECT COUNT(*), COUNT(DISTINCT ID), SUM(QUANTITY), SUM(PRICE * QUANTITY) FROM SALES.SALES_DATA"
    ).fetchone()
    assert all(isinstance(number, int | Decimal) for number in found), "a sum came as floating point"
    assert [Decimal(number) for number in found] == [
        sales["lines"],
        sales["lines"],
        sales["units"],
        Decimal(sales["net_value"]),
    ]


def text(value: object) -> str:
    """Numbers without trailing zeros and instants without their zone: the two engines dress them differently."""
    if isinstance(value, int | Decimal):
        return format(Decimal(value).normalize(), "f")
    return str(value).removesuffix("+00:00")
