"""Sales by store, currency, business date and store-local hour: sums that can be added up again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import chain
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse.contracts import load_contract
from lakehouse.gold.agg_sales_hourly import MEASURES, added, agg_sales_hourly
from tests.lakehouse.gold.receipt_rows import DAY, Row, assert_fits_contract, sales_line, table_frame
from tests.lakehouse.sales_events import rows_of


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def hours(spark: SparkSession, lines: list[Row], zone: str = "UTC") -> list[Row]:
    """Rows of the hours of these lines, in key order."""
    frame = agg_sales_hourly(table_frame(spark, "gold", "fct_sales_lines", lines), zone)
    assert_fits_contract(frame, "agg_sales_hourly")
    return sorted(rows_of(frame), key=_key)


def test_an_hour_counts_receipts_lines_and_money_fees_included_and_voids_not(spark: SparkSession) -> None:
    amounts: dict[str, Any] = {"discount": Decimal("0.5"), "tax": Decimal(2), "net_amount": Decimal("9.5")}
    lines = [
        sales_line("e1", 1, quantity=Decimal("1.250"), **amounts),
        sales_line("e1", 2, line_type="FEE", net_amount=Decimal(3)),
        sales_line("e1", 3, is_void=True, net_amount=Decimal(99)),
        sales_line(
            "e2", 1, line_type="RETURN", quantity=Decimal(-2), net_amount=Decimal(-20), tax=Decimal(-4)
        ),
        sales_line("e3", 1, is_void=True),
    ]
    assert hours(spark, lines) == [
        {
            "store_id": "s1",
            "currency": "GBP",
            "business_date": DAY,
            "hour_start_at": utc("2026-11-23T10:00:00"),
            "local_hour": 10,
            "receipt_count": 2,
            "line_count": 3,
            "units": Decimal("0.250"),
            "discount": Decimal("0.5000"),
            "tax": Decimal("-2.0000"),
            "net_amount": Decimal("-7.5000"),
            "return_net_amount": Decimal("-20.0000"),
        }
    ]


def test_two_currencies_two_stores_and_two_dates_are_never_added(spark: SparkSession) -> None:
    lines = [
        sales_line("e1", 1),
        sales_line("e2", 1, currency="EUR"),
        sales_line("e3", 1, store_id="s2"),
        sales_line("e4", 1, business_date=DAY - dt.timedelta(days=1)),
    ]
    assert [row["receipt_count"] for row in hours(spark, lines)] == [1, 1, 1, 1]


def test_hours_begin_by_the_wall_clock_of_a_half_hour_zone(spark: SparkSession) -> None:
    lines = [
        sales_line(at, 1, occurred_at=utc(f"2026-11-23T{at}"))
        for at in ("10:15:00", "10:29:59.999999", "10:30:00", "11:00:00.000001")
    ]
    seen = [
        (r["hour_start_at"], r["local_hour"], r["receipt_count"]) for r in hours(spark, lines, "Asia/Kolkata")
    ]
    assert seen == [(utc("2026-11-23T09:30:00"), 15, 2), (utc("2026-11-23T10:30:00"), 16, 2)]


def test_the_doubled_hour_of_a_dst_night_stays_two_hours(spark: SparkSession) -> None:
    lines = [
        sales_line(at, 1, occurred_at=utc(f"2026-10-25T{at}"))
        for at in ("00:30:00", "00:59:59", "01:30:00", "02:00:00")
    ]
    seen = [
        (r["hour_start_at"], r["local_hour"], r["receipt_count"])
        for r in hours(spark, lines, "Europe/London")
    ]
    assert seen == [
        (utc("2026-10-25T00:00:00"), 1, 2),
        (utc("2026-10-25T01:00:00"), 1, 1),
        (utc("2026-10-25T02:00:00"), 2, 1),
    ]


def test_amounts_too_large_for_one_line_still_have_a_sum(spark: SparkSession) -> None:
    """An overflow would stop the stream at these lines, for ever."""
    huge: dict[str, Any] = {
        "quantity": Decimal("999999999.999"),
        "net_amount": Decimal("99999999999999.9999"),
    }
    rows = hours(spark, [sales_line("e1", seq, **huge) for seq in (1, 2)] + [sales_line("e2", 1, **huge)])
    assert (rows[0]["net_amount"], rows[0]["units"]) == (
        Decimal("299999999999999.9997"),
        Decimal("2999999999.997"),
    )


@st.composite
def receipts(draw: st.DrawFn) -> list[list[Row]]:
    """Receipts of one to three lines over few stores, hours and currencies."""
    cents = st.integers(-9999, 9999).map(lambda n: Decimal(n) / 100)
    picture = st.tuples(
        st.sampled_from(["s1", "s2"]), st.sampled_from(["GBP", "EUR"]), st.integers(0, 180),
        st.lists(st.tuples(cents, st.booleans(), st.sampled_from(["ITEM", "RETURN", "FEE"])), min_size=1, max_size=3),
    )  # fmt: skip
    return [
        [
            sales_line(
                f"e{number}", seq, store_id=store, currency=currency, net_amount=amount, tax=amount,
                occurred_at=utc("2026-11-23T10:00:00") + dt.timedelta(minutes=minutes), is_void=void, line_type=kind,
            )
            for seq, (amount, void, kind) in enumerate(lines)
        ]
        for number, (store, currency, minutes, lines) in enumerate(draw(st.lists(picture, min_size=20, max_size=60)))
    ]  # fmt: skip


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(receipts(), st.data())
def test_adding_batch_by_batch_equals_adding_everything_at_once(
    spark: SparkSession, some: list[list[Row]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(some))
    cut = data.draw(st.integers(0, len(some)))
    first, rest = (
        agg_sales_hourly(table_frame(spark, "gold", "fct_sales_lines", list(chain(*part))), "UTC")
        for part in (shuffled[:cut], shuffled[cut:])
    )
    everything = list(chain(*some))
    whole = hours(spark, everything)
    by_batch = added(first, rest)
    assert_fits_contract(by_batch, "agg_sales_hourly")
    assert sorted(rows_of(by_batch), key=_key) == whole
    assert sum(row["line_count"] for row in whole) == sum(not line["is_void"] for line in everything)


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(receipts(), st.data())
def test_receipts_count_alike_by_their_own_rows_and_by_their_lines(
    spark: SparkSession, some: list[list[Row]], data: st.DataObject
) -> None:
    """Among them receipts that were voided, receipts of void lines only, and a void, which is no receipt."""
    voided = data.draw(st.sets(st.integers(0, len(some) - 1), max_size=5))
    lines = [
        line | {"is_void": line["is_void"] or n in voided} for n, each in enumerate(some) for line in each
    ]
    own = [_receipt(each, n in voided) for n, each in enumerate(some)]
    own.append(own[0] | {"event_id": "a void", "transaction_type": "POST_VOID", "line_count": 0})
    frame = table_frame(spark, "gold", "fct_sales_lines", lines)
    counted = agg_sales_hourly(frame, "UTC", receipts=spark.createDataFrame(own, _RECEIPT))
    assert_fits_contract(counted, "agg_sales_hourly")
    assert sorted(rows_of(counted), key=_key) == hours(spark, lines)


_RECEIPT = (
    "event_id STRING, business_date DATE, store_id STRING, currency STRING, occurred_at TIMESTAMP, "
    "transaction_type STRING, is_void BOOLEAN, line_count INT"
)


def _receipt(lines: list[Row], is_void: bool) -> Row:
    shared = {
        name: lines[0][name] for name in ("event_id", "business_date", "store_id", "currency", "occurred_at")
    }
    line_count = sum(not line["is_void"] for line in lines)
    return shared | {"transaction_type": "SALE", "is_void": is_void, "line_count": line_count}


def test_the_measures_are_those_of_the_contract() -> None:
    keys = {"store_id", "currency", "business_date", "hour_start_at", "local_hour"}
    columns = load_contract("gold", "agg_sales_hourly").table.columns
    assert {c.name: c.physical_type for c in columns if c.name not in keys} == MEASURES


def _key(row: Row) -> tuple[Any, ...]:
    return row["business_date"], row["store_id"], row["currency"], row["hour_start_at"]
