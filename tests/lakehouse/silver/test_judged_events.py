"""What is accepted of topic sales_data, in which form, and what is refused by which rule."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.rules.pseudonym import pepper
from lakehouse.rules.row_rules import table_rules
from lakehouse.settings import Settings
from lakehouse.silver.customer_key import customer_key
from lakehouse.silver.judged_events import all_rules, judged_events
from tests.lakehouse.sales_events import RECEIVED_AT, kafka_records, plain_line, receipt, rows_of
from tests.lakehouse.silver.hostile_records import GOOD, REFUSED

Row = dict[str, object]
ZERO = Decimal("0.0000")
AT = dt.datetime(2026, 11, 23, 10, 15, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_record_breaks_exactly_the_rules_that_name_its_fault(
    verdicts: dict[str, list[str]], name: str
) -> None:
    assert sorted(verdicts[name]) == sorted(REFUSED[name][1])


@pytest.mark.parametrize("name", GOOD)
def test_a_good_record_breaks_no_rule(verdicts: dict[str, list[str]], name: str) -> None:
    assert verdicts[name] == []


def test_the_window_of_business_dates_is_open_for_replayed_files(verdicts: dict[str, list[str]]) -> None:
    assert verdicts["old line of a replayed file"] == []


def test_every_rule_that_refuses_can_be_explained(home_settings: Settings) -> None:
    explained = {rule.id for rule in all_rules(load_contract("topics", "sales_data"), home_settings)}
    assert set().union(*(rules for _, rules in REFUSED.values())) <= explained


def test_what_is_accepted_fits_its_silver_table(judged: DataFrame) -> None:
    """A row without a required value would stop the stream at the Delta table, for ever."""
    from_batch = {"checkpoint_id", "batch_id"}
    rules = [
        rule for rule in table_rules(load_contract("silver", "receipts").table) if rule.path not in from_batch
    ]
    good = judged.where(F.size("rule_ids") == 0)
    broken = good.select(
        *[F.count_if(~F.coalesce(F.expr(rule.sql), F.lit(True))).alias(rule.id) for rule in rules]
    )
    assert set(rows_of(broken)[0].values()) == {0}
    missing = set(load_contract("silver", "receipts").table.column_names) - set(judged.columns)
    assert missing == from_batch


def test_a_plain_line_is_a_receipt_of_one_line(accepted: dict[str, Row]) -> None:
    amount = Decimal("15.3000")
    expected = {
        "event_id": "v1:17",
        "schema_version": 1,
        "transaction_id": "17",
        "transaction_type": "SALE",
        "store_id": "UNKNOWN",
        "register_id": "UNKNOWN",
        "business_date": DAY,
        "occurred_at": AT,
        "currency": "GBP",
        "channel": "UNKNOWN",
        "totals": {"gross": amount, "discount": ZERO, "net": amount, "tax": ZERO, "total": amount},
        "lines": [
            {
                "line_seq": 1,
                "line_type": "ITEM",
                "product_id": "85123A",
                "description": None,
                "quantity": Decimal("6.000"),
                "uom": "EA",
                "regular_unit_price": None,
                "unit_price": Decimal("2.5500"),
                "discount": ZERO,
                "tax": ZERO,
                "net_amount": amount,
                "is_void": False,
                "return_reason": None,
            }
        ],
        "line_count": 1,
        "is_undated": False,
    }
    absent = ("till_session_id", "transaction_seq", "produced_at", "operator_id", "customer_key", "tenders")
    assert _without_record(accepted["plain line"]) == expected | dict.fromkeys(
        (*absent, "original_transaction_id")
    )


def test_a_receipt_keeps_what_the_till_said(
    accepted: dict[str, Row], spark: SparkSession, home_settings: Settings
) -> None:
    secret = home_settings.customer_secret.get_secret_value()
    key = rows_of(spark.range(1).select(customer_key(F.lit("c42"), secret).alias("key")))[0]["key"]
    net, tax, total = Decimal("20.0000"), Decimal("4.0000"), Decimal("24.0000")
    assert _without_record(accepted["receipt"]) == {
        "event_id": "s1|r1|1001",
        "is_undated": False,
        "schema_version": 2,
        "transaction_id": "1001",
        "transaction_type": "SALE",
        "store_id": "s1",
        "register_id": "r1",
        "till_session_id": "s1-r1-20261123",
        "transaction_seq": 1001,
        "business_date": DAY,
        "occurred_at": AT,
        "produced_at": AT + dt.timedelta(seconds=1),
        "operator_id": "ann",
        "customer_key": key,
        "currency": "GBP",
        "channel": "store",
        "original_transaction_id": None,
        "totals": {"gross": net, "discount": ZERO, "net": net, "tax": tax, "total": total},
        "lines": [
            {
                "line_seq": 1,
                "line_type": "ITEM",
                "product_id": "85123A",
                "description": "WHITE HANGING HEART",
                "quantity": Decimal("2.000"),
                "uom": "EA",
                "regular_unit_price": None,
                "unit_price": Decimal("10.0000"),
                "discount": ZERO,
                "tax": tax,
                "net_amount": net,
                "is_void": False,
                "return_reason": None,
            }
        ],
        "tenders": [{"seq": 1, "type": "CARD", "amount": total, "currency": "GBP"}],
        "line_count": 1,
    }


def test_no_digit_of_money_or_weight_is_lost(accepted: dict[str, Row]) -> None:
    seen = {
        name: (row["lines"][0]["quantity"], row["lines"][0]["unit_price"], row["totals"]["net"])  # type: ignore[index]
        for name, row in accepted.items()
        if row["lines"]
    }
    money = Decimal("12345678901234.5678")
    assert seen["18 digits of money"] == (Decimal("1.000"), money, money)
    weight = Decimal("123456789.125")
    assert seen["12 digits of weight"] == (weight, Decimal("1.0000"), weight)
    assert seen["price with zeros at its end"][1:] == (Decimal("0.1234"), Decimal("0.7404"))
    assert seen["price with an exponent that fits"][1] == Decimal("2.5500")


def test_a_plain_line_below_zero_is_a_return(spark: SparkSession, home_settings: Settings) -> None:
    row = _one(spark, home_settings, plain_line(quantity="-2", price="0.00005e1"))
    line = row["lines"][0]  # type: ignore[index]
    assert (row["transaction_type"], line["line_type"]) == ("RETURN", "RETURN")
    assert (line["quantity"], line["net_amount"]) == (Decimal("-2.000"), Decimal("-0.0010"))


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("time without offset, UTC", AT),
        ("time with offset +05:30", AT),
        ("time with offset +0530", AT),
        ("time with nanoseconds", AT + dt.timedelta(microseconds=123456)),
    ],
)
def test_a_time_of_sale_is_an_instant(accepted: dict[str, Row], name: str, at: dt.datetime) -> None:
    assert accepted[name]["occurred_at"] == at


def test_a_receipt_with_only_what_is_required_gets_its_defaults(accepted: dict[str, Row]) -> None:
    row = accepted["receipt with only what is required"]
    assert row["business_date"] == DAY
    assert row["customer_key"] is None
    assert row["tenders"] is None


def test_an_empty_customer_id_is_an_unknown_customer(accepted: dict[str, Row]) -> None:
    assert accepted["customer id empty"]["customer_key"] is None


def test_unknown_fields_are_reported_and_nothing_else_changes(accepted: dict[str, Row]) -> None:
    row, plain = accepted["field that the contract does not know"], accepted["plain line"]
    assert row["unknown_fields"] == ["colour", "extra"]
    assert row["content_hash"] == plain["content_hash"]
    assert plain["unknown_fields"] == accepted["receipt"]["unknown_fields"] == []


def test_a_plain_line_takes_nothing_from_fields_of_a_receipt(accepted: dict[str, Row]) -> None:
    row, plain = accepted["plain line with the fields of a receipt"], accepted["plain line"]
    assert _without_record(row) == _without_record(plain)
    assert set(row["unknown_fields"]) == {  # type: ignore[call-overload]
        "event_id", "business_date", "customer_id", "currency", "store_id", "produced_at", "transaction_seq",
    }  # fmt: skip
    of_receipt = accepted["receipt with the fields of a plain line"]
    assert _without_record(of_receipt) == _without_record(accepted["receipt"])
    assert of_receipt["unknown_fields"] == ["id", "product", "quantity", "price"]


def test_totals_that_do_not_add_up_to_the_lines_are_a_warning(accepted: dict[str, Row]) -> None:
    assert accepted["totals.net is not the sum of the lines"]["warnings"] == ["totals_net_is_sum_of_lines"]
    assert accepted["receipt"]["warnings"] == []


def test_content_is_what_was_sold_not_how_it_was_written(
    spark: SparkSession, home_settings: Settings
) -> None:
    same = [
        plain_line(),
        b'{"sales_time":"2026-11-23T11:15:00+01:00","price":"2.5500","quantity":6.0,"product":"85123A","id":"17"}',
        plain_line(schema_version="1", sent_by='"x"'),
    ]
    other = [plain_line(quantity="7"), plain_line(product='"85123a"'), plain_line(id="18")]
    sent_again = [receipt(), receipt(produced_at="2026-11-23T11:00:00Z")]
    rows = rows_of(_judged(spark, home_settings, [*same, *other, *sent_again]).orderBy("offset"))
    hashes = [row["content_hash"] for row in rows]
    assert len(set(hashes[:3])) == 1
    assert len(set(hashes[2:6])) == 4
    assert hashes[6] == hashes[7]


def test_the_secret_of_customer_keys_never_shows_in_a_plan(
    spark: SparkSession, home_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = _judged(spark, home_settings, [receipt()]).select("customer_key")
    for mode in ("simple", "extended", "formatted", "codegen", "cost"):
        keys.explain(mode=mode)
    seen = capsys.readouterr().out + keys._jdf.queryExecution().toString()
    secret = home_settings.customer_secret.get_secret_value()
    assert "(redacted)" in seen
    assert len(secret) > 20
    assert secret not in seen
    assert pepper(secret) not in seen


def _judged(spark: SparkSession, settings: Settings, values: list[bytes]) -> DataFrame:
    return judged_events(kafka_records(spark, values), load_contract("topics", "sales_data"), settings, "m2")


def _one(spark: SparkSession, settings: Settings, value: bytes) -> Row:
    return rows_of(_judged(spark, settings, [value]))[0]


def _without_record(row: Row) -> Row:
    """The event without coordinates, verdict and hash; these it has as well."""
    assert row["contract_version"] == load_contract("topics", "sales_data").version
    assert row["received_at"] == RECEIVED_AT
    known = {"topic", "partition", "offset", "received_at", "key", "value", "headers"}
    verdict = {"rule_ids", "warnings", "unknown_fields", "content_hash", "contract_version"}
    return {name: value for name, value in row.items() if name not in known | verdict}
