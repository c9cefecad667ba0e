"""A small lake written by delta-rs from contracts, and what its figures are by plain Python."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from deltalake import write_deltalake

from lakehouse.contracts import Column, load_contract
from lakehouse.schema.arrow_schema import arrow_schema
from lakehouse.storage.lake_reader import LakeReader
from tests.warehouse.export.sale_lines import sale_line

Row = dict[str, Any]
NOON = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
ZERO = Decimal(0)


def shop_lines(seed: int = 1, receipts: int = 60) -> list[Row]:
    """Sale and return lines of two stores in two currencies over 20 days; some are void, some customers unknown."""
    chance = random.Random(seed)
    rows = []
    for number in range(receipts):
        at = NOON + dt.timedelta(
            days=chance.randrange(20), hours=chance.randrange(-3, 6), minutes=number % 60
        )
        store, currency = chance.choice([("s1", "GBP"), ("s2", "GBP"), ("s3", "EUR")])
        is_return, is_void = chance.random() < 0.2, chance.random() < 0.1
        for line_seq in range(1, chance.randrange(1, 9) + 1):
            quantity = Decimal(chance.randrange(1, 9000)) / 1000 * (-1 if is_return else 1)
            price = Decimal(chance.randrange(1, 99999)) / 10000
            if (number + line_seq) % 40 == 0:
                price = ZERO
            net = (quantity * price).quantize(Decimal("0.0001"))
            rows.append(
                sale_line(
                    f"e{number}",
                    line_seq,
                    transaction_id=f"t{number}",
                    transaction_type="RETURN" if is_return else "SALE",
                    line_type="RETURN" if is_return else chance.choice(["ITEM", "ITEM", "ITEM", "FEE"]),
                    business_date=at.date(),
                    occurred_at=at,
                    store_id=store,
                    currency=currency,
                    product_id=f"P{chance.randrange(30)}",
                    customer_key=chance.choice([None, *(f"c{n}" for n in range(12))]),
                    quantity=quantity,
                    unit_price=price,
                    net_amount=net,
                    discount=Decimal(line_seq % 3) / 10 * (-1 if is_return else 1),
                    tax=(net / 5).quantize(Decimal("0.0001")),
                    is_void=is_void,
                )
            )
    return rows


SHOP_LINES = shop_lines(seed=7, receipts=120)


def standing(lines: Iterable[Row]) -> list[Row]:
    """Lines that count."""
    return [line for line in lines if not line["is_void"]]


def gold_of(lines: list[Row]) -> dict[str, list[Row]]:
    """The gold tables that go with the lines."""
    return {
        "fct_sales_lines": lines,
        "fct_receipts": _receipts(lines),
        "agg_sales_hourly": _hours(standing(lines)),
        "dim_date": [_day(day) for day in sorted({line["business_date"] for line in lines})],
        "dim_product": [
            {"product_id": name, "description": f"Tea {name}", "first_seen_at": NOON, "first_event_id": "e0",
             "first_line_seq": 1, "is_current": True, "is_inferred": True}
            for name in sorted({line["product_id"] for line in lines})
        ],
    }  # fmt: skip


def write(lake: LakeReader, layer: str, name: str, rows: list[Row]) -> None:
    """Append rows to a Delta table of the lake, with the contract's types and partition."""
    shape = load_contract(layer, name).table
    schema = pa.schema([_field(column) for column in shape.columns])
    write_deltalake(
        f"{lake.root}/{layer}/{name}",
        pa.Table.from_pylist(rows, schema=schema),
        mode="append",
        partition_by=list(shape.partition_columns) or None,
        storage_options=lake.storage_options | {"aws_conditional_put": "etag"},
    )


def gate(table: str, is_open: bool, minute: int, rules: tuple[str, ...] = ()) -> Row:
    """A verdict of the checker."""
    at = NOON + dt.timedelta(minutes=minute)
    return {
        "check_id": f"{at:%Y%m%dT%H%M%S}", "table_name": table, "checked_at": at, "since_at": at, "is_open": is_open,
        "rule_ids": list(rules), "warning_ids": [], "rule_count": 9, "checked_count": 100, "is_whole": True,
        "scope_dates": None, "table_version": 0, "source_versions": [], "rules_id": "x", "contract_version": "1.0.0",
    }  # fmt: skip


def result(rule: str, minute: int, failed: int) -> Row:
    """What a check found of one rule of gold.fct_receipts."""
    at = NOON + dt.timedelta(minutes=minute)
    return {
        "check_id": f"{at:%Y%m%dT%H%M%S}", "table_name": "gold.fct_receipts", "rule_id": rule, "checked_at": at,
        "kind": "set", "severity": "error", "is_failed": failed > 0, "checked_count": 100, "failed_count": failed,
        "examples": [], "description": "x", "is_whole": True, "table_version": 0, "contract_version": "1.0.0",
    }  # fmt: skip


def balance(**counts: int) -> Row:
    """A row of the ledger."""
    return {
        "query": "medallion", "checkpoint_id": "c", "batch_id": 0, "topic": "sales_data", "partition": 0,
        "first_offset": 0, "last_offset": counts["received"] - 1, "lines": 0, "gaps": 0, "with_warnings": 0,
        "with_unknown_fields": 0, "duplicate": 0, "quarantined": 0, **counts,
    }  # fmt: skip


def refused(offset: int, *rules: str) -> Row:
    """A row of the quarantine."""
    return {
        "quarantine_id": f"sales_data-0-{offset}", "topic": "sales_data", "partition": 0, "offset": offset,
        "received_at": NOON + dt.timedelta(days=offset % 2), "rule_ids": list(rules), "event_id": f"q{offset}",
        "contract_version": "2.0.0", "checkpoint_id": "c", "batch_id": 0,
    }  # fmt: skip


def restated(line: Row) -> Row:
    """A void that took a line away after it had been shown."""
    return {name: line[name] for name in ("event_id", "business_date", "store_id", "currency", "received_at", "batch_id")} | {
        "caused_by": f"void-{line['event_id']}", "reason": "POST_VOID", "line_count": -1, "units": -line["quantity"],
        "net_amount": -line["net_amount"], "checkpoint_id": "c",
    }  # fmt: skip


def _receipts(lines: list[Row]) -> list[Row]:
    by_event: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        by_event[line["event_id"]].append(line)
    kept = ("event_id", "business_date", "store_id", "transaction_id", "transaction_type", "occurred_at",
            "customer_key", "currency", "is_void", "schema_version", "received_at", "batch_id")  # fmt: skip
    return [
        {name: group[0].get(name) for name in kept}
        | {"line_count": len(group), "units": sum(line["quantity"] for line in group)}
        for group in by_event.values()
    ]


def _hours(lines: list[Row]) -> list[Row]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for line in lines:
        hour = line["occurred_at"].replace(minute=0, second=0, microsecond=0)
        groups[line["store_id"], line["currency"], line["business_date"], hour].append(line)
    return [
        {
            "store_id": store, "currency": currency, "business_date": day, "hour_start_at": hour,
            "local_hour": hour.hour, "receipt_count": len({line["event_id"] for line in group}),
            "line_count": len(group), "units": sum(line["quantity"] for line in group),
            "discount": sum(line["discount"] for line in group), "tax": sum(line["tax"] for line in group),
            "net_amount": sum(line["net_amount"] for line in group),
            "return_net_amount": sum((line["net_amount"] for line in group if line["line_type"] == "RETURN"), ZERO),
        }
        for (store, currency, day, hour), group in groups.items()
    ]  # fmt: skip


def _day(day: dt.date) -> Row:
    year, week, weekday = day.isocalendar()
    return {
        "business_date": day, "year": day.year, "quarter": (day.month + 2) // 3, "month": day.month,
        "day_of_month": day.day, "month_name": f"{day:%B}", "iso_year": year, "iso_week": week,
        "iso_day_of_week": weekday, "day_name": f"{day:%A}", "is_weekend": weekday > 5,
    }  # fmt: skip


def _field(column: Column) -> pa.Field:
    return pa.field(column.name, _type(column))


def _type(column: Column) -> pa.DataType:
    if column.logical_type == "array":
        inside = column.element
        return pa.list_(_type(inside) if inside else pa.struct([_field(field) for field in column.fields]))
    return pa.binary() if column.physical_type == "BINARY" else arrow_schema([column])[0].type
