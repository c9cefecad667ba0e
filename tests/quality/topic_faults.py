"""One faulty record for each rule of each topic, made from the contract: a good record with one value changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lakehouse.contracts import Column, load_contract
from lakehouse.contracts.physical_types import is_number
from tests.lakehouse.sales_events import ABSENT, line, plain_line, receipt, totals

Json = dict[str, Any]
Path = tuple[str | int, ...]
LINE = json.loads(plain_line())
RECEIPT = json.loads(receipt())
MOVEMENT = {
    "event_id": "m1",
    "schema_version": 1,
    "movement_id": "1",
    "movement_type": "COUNT",
    "store_id": "s1",
    "product_id": "A",
    "quantity": "10",
    "occurred_at": "2026-11-23T10:15:00+00:00",
    "business_date": "2026-11-23",
    "unit_cost": "1.25",
    "currency": "GBP",
}
Z_REPORT = {
    "event_id": "z1",
    "schema_version": 1,
    "till_session_id": "s1-r1-20261123",
    "store_id": "s1",
    "register_id": "r1",
    "operator_id": "ann",
    "business_date": "2026-11-23",
    "opened_at": "2026-11-23T08:00:00+00:00",
    "closed_at": "2026-11-23T20:00:00+00:00",
    "currency": "GBP",
    "first_transaction_seq": 1,
    "last_transaction_seq": 2,
    "receipt_count": 2,
    "totals": totals("20.00"),
    "tenders": [{"type": "CASH", "amount": "24.00", "counted_amount": "23.00"}],
    "over_short": "-1.00",
}
_STATE = {"event_id": "c1", "schema_version": 1, "effective_at": "2020-01-01T00:00:00+00:00"}
PRODUCT = _STATE | {
    "product_id": "A",
    "description": "HEART",
    "category": "GIFTS",
    "unit_cost": "1.25",
    "currency": "GBP",
    "list_price": "2.55",
    "lead_time_days": 7,
    "safety_stock": "3",
    "is_active": True,
}
STORE = _STATE | {
    "store_id": "s1",
    "store_name": "High Street",
    "region": "North",
    "country": "GB",
    "zone": "Europe/London",
    "currency": "GBP",
    "closing_hour": 3,
}
CUSTOMER = _STATE | {"customer_id": "c42", "name": "Ann", "email": "ann@example.org", "has_consent": True}
GOOD = {
    "sale_line_v1": LINE,
    "receipt_v2": RECEIPT,
    "inventory_movement_v1": MOVEMENT,
    "till_session_v1": Z_REPORT,
    "product_v1": PRODUCT,
    "store_v1": STORE,
    "customer_v1": CUSTOMER,
}
# A record without schema_version is a plain line, and one with a fraction in it has no shape: shape_known says so.
SUM_OF_LINES = "totals_net_is_sum_of_lines"
OVER_SHORT = {"over_short_is_counted_less_expected"}
# What a value of a Z-report breaks besides the rule of its own field.
ALSO_OF_TILLS = {
    "closed_at_range": {"closed_after_opened"},
    "first_transaction_seq_range": {"receipts_are_numbered"},
    "last_transaction_seq_range": {"receipts_are_numbered", "seqs_in_order"},
    "receipt_count_range": {"receipts_are_numbered"},
    "tenders_amount_required": OVER_SHORT,
}
OUT_OF_REACH = {"schema_version_required", "schema_version_digits"}


@dataclass(frozen=True)
class Fault:
    """A record and the rules that it breaks. ``is_of_form``: nothing of the fault is left once it is typed."""

    name: str
    value: bytes
    broken: frozenset[str]
    is_of_form: bool


def faults(topic: str) -> list[Fault]:
    """Faults of every kind that the topic's contract knows."""
    made = [
        fault
        for shape in load_contract("topics", topic).shapes
        for fault in _of_shape(shape.name, shape.columns)
    ]
    return made + [
        Fault(name, encoded(value), frozenset(broken), False)
        for name, (value, broken) in WRITTEN[topic].items()
    ]


def _of_shape(shape: str, columns: tuple[Column, ...]) -> Iterator[Fault]:
    for column in columns:
        yield from _of_column(shape, column, ())
        for field in column.fields:
            yield from _of_column(
                shape, field, (column.name, 0) if column.logical_type == "array" else (column.name,)
            )
        if column.logical_type == "array":
            rule_id = f"{column.name}_element_required"
            required = {f"{column.name}_{field.name}_required" for field in column.fields if field.required}
            yield _fault(
                shape,
                (column.name,),
                [None],
                {rule_id}
                | required
                | ({SUM_OF_LINES} if column.name == "lines" else set())
                | (OVER_SHORT if shape == "till_session_v1" else set()),
                rule_id,
            )


def _of_column(shape: str, column: Column, inside: Path) -> Iterator[Fault]:
    prefix = f"{inside[0]}_" if inside else ""
    for suffix, value in bad_values(column):
        rule_id = f"{prefix}{column.name}_{suffix}"
        broken = {rule_id}
        if rule_id == "totals_required":
            broken |= {f"totals_{field.name}_required" for field in column.fields}
        if rule_id == "lines_net_amount_required":
            broken.add(SUM_OF_LINES)
        broken |= ALSO_OF_TILLS.get(rule_id, set()) if shape == "till_session_v1" else set()
        if rule_id not in OUT_OF_REACH or shape != "receipt_v2":
            yield _fault(shape, (*inside, column.name), value, broken, rule_id)


def bad_values(column: Column) -> Iterator[tuple[str, Any]]:
    """Suffix of the rule, and a value that breaks it and no other; ABSENT where the field must stand."""
    options = column.options
    if column.required:
        yield "required", ABSENT
    if is_number(column):
        yield "digits", "0.00001" if "DECIMAL" in column.physical_type else "1.5"
    elif column.physical_type in ("TIMESTAMP", "DATE", "BOOLEAN"):
        yield "form", "yesterday"
    if "minimum" in options:
        early = {"DATE": "1989-12-31", "TIMESTAMP": "1989-12-31T23:59:59Z"}
        yield "range", early.get(column.physical_type, "-1")
    if "maxLength" in options:
        yield "length", "x" * (options["maxLength"] + 1)
    if "pattern" in options:
        yield "pattern", "gbp" if "A-Z" in options["pattern"] else "[x"
    for rule in column.rules:
        yield rule.id.removeprefix("lines_").removeprefix(f"{column.name}_"), "NOPE"


def changed(shape: str, path: Path, value: Any) -> Json:
    """A good record of the shape with another value at this place."""
    record: Json = copy.deepcopy(GOOD[shape])
    put(record, path, value)
    return record


def put(record: Json, path: Path, value: Any) -> None:
    """Another value at this place of the record, or none; nothing happens where the place is gone."""
    place: Any = record
    for step in path[:-1]:
        place = place.get(step) if isinstance(place, dict) else place[step]
        if place is None:
            return
    if value is ABSENT:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value


def _fault(shape: str, path: Path, value: Any, broken: set[str], name: str) -> Fault:
    # A digit too many is a fault of form, unless rounding it away breaks a sum as well.
    if name.endswith("_digits"):
        value = _one_digit_more(GOOD[shape], path, value)
    record = changed(shape, path, value)
    return Fault(f"{shape}: {name}", encoded(record), frozenset(broken), name.endswith(("_digits", "_form")))


def _one_digit_more(good: Json, path: Path, otherwise: str) -> str:
    """The good number with a digit that its type cannot hold; it rounds back to the good one."""
    place: Any = good
    for step in path:
        place = place.get(step) if isinstance(place, dict) else place[step]
    if place is None:
        return otherwise
    return f"{place}{'' if '.' in str(place) else '.'}{'0' * 3}001"


def encoded(record: Json) -> bytes:
    """The record as its producer sends it."""
    return json.dumps(record, ensure_ascii=False).encode()


def _changed(**values: Any) -> Json:
    found: Json = json.loads(receipt(**values))
    return found


def _without(record: Json, field: str) -> Json:
    return {name: value for name, value in record.items() if name != field}


_SALES: dict[str, tuple[Json, set[str]]] = {
    "a receipt of version 3": (_changed(schema_version=3), {"shape_known"}),
    "an amount too large": (LINE | {"quantity": "999999999", "price": "99999999999999"}, {"line_amount_fits"}),
    "a negative price": (LINE | {"price": "-2.55"}, {"price_range"}),
    "the id of a plain line": (_changed(event_id="v1:17"), {"event_id_not_reserved"}),
    "a total that is off": (_changed(totals=totals("20.00", "4.00", "24.01")), {"total_is_net_plus_tax"}),
    "net_amount off by 0.0051": (
        _changed(lines=[line(net_amount="20.0051")], totals=totals("20.0051", "0", "20.0051")),
        {"lines_net_amount_agrees"},
    ),
    "a return that is positive": (_changed(lines=[line(line_type="RETURN")]), {"lines_return_is_negative"}),
    "a negative unit price": (
        _changed(lines=[line(unit_price="-10.00", net_amount="-20.00")], totals=totals("-20.00", "4.00", "-16.00")),
        {"lines_unit_price_not_negative"},
    ),
    "a line number twice": (
        _changed(lines=[line(), line()], totals=totals("40.00", "8.00", "48.00")),
        {"lines_line_seq_unique"},
    ),
    "a post-void with lines": (_changed(transaction_type="POST_VOID"), {"lines_empty_unless_sold"}),
    "totals of other lines": (_changed(totals=totals("19.00", "4.00", "23.00")), {"totals_net_is_sum_of_lines"}),
}  # fmt: skip
WRITTEN: dict[str, dict[str, tuple[Json, set[str]]]] = {
    "sales_data": _SALES,
    "inventory_movements": {"a cost without currency": (_without(MOVEMENT, "currency"), {"cost_has_currency"})},
    "till_sessions": {
        "a total that is off": (Z_REPORT | {"totals": totals("20.00", "4.00", "24.01")}, {"total_is_net_plus_tax"}),
        "numbers that run back": (
            Z_REPORT | {"last_transaction_seq": 0, "receipt_count": 0}, {"seqs_in_order"}),
        "closed before opened": (
            Z_REPORT | {"closed_at": "2026-11-23T07:59:59+00:00"}, {"closed_after_opened"}),
        "a count of other numbers": (Z_REPORT | {"receipt_count": 3}, {"receipts_are_numbered"}),
        "over and short of another count": (
            Z_REPORT | {"over_short": "-2.00"}, {"over_short_is_counted_less_expected"}),
    },
    "products": {"a price without currency": (_without(PRODUCT, "currency"), {"price_has_currency"})},
    "stores": {"a zone of no map": (STORE | {"zone": "Europe/Lonndon"}, {"zone_known"})},
    "customers": {"an erased one with a name": (
        CUSTOMER | {"is_erased": True, "has_consent": False}, {"erased_is_empty"})},
}  # fmt: skip
