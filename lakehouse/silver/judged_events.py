"""Parsed events judged by the rules of their topic: which each one breaks, and the event in silver's form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contracts import Contract, Shape, load_contract
from lakehouse.rules.record_rules import names_array, record_rules
from lakehouse.rules.replayed import first_received_at
from lakehouse.rules.row_rules import ArrayRules, RowRule, element_rules, event_rules
from lakehouse.settings import Settings
from lakehouse.silver import customers, inventory_movements, products, receipts, stores, till_sessions
from lakehouse.silver.parsed_events import RECORD, Select, parse_steps

EventColumns = Callable[[Settings, Column | None], Mapping[str, Column]]

SILVER_TABLE: Mapping[str, str] = {
    "sales_data": "receipts",
    "inventory_movements": "inventory_movements",
    "till_sessions": "till_sessions",
    "products": "products",
    "stores": "stores",
    "customers": "customers",
}
_EVENT_COLUMNS: Mapping[str, EventColumns] = {
    "receipts": receipts.event_columns,
    "inventory_movements": inventory_movements.event_columns,
    "till_sessions": till_sessions.event_columns,
    "products": products.event_columns,
    "stores": stores.event_columns,
    "customers": customers.event_columns,
}
PROVENANCE = ("topic", "partition", "offset", "received_at", "contract_version", "checkpoint_id", "batch_id")
_NOT_CONTENT = (*PROVENANCE, "content_hash", "warnings", "unknown_fields", "produced_at")
_NONE = "CAST(array() AS ARRAY<STRING>)"
# A record without headers has null for them, and a rule that yields null would pass. Only records that have the header
# are asked for its value: Spark interprets exists(), and generates code for array_contains().
_FILE_SOURCE = (
    "coalesce(array_contains(headers.key, 'source') AND "
    "exists(headers, h -> h.key = 'source' AND startswith(CAST(h.value AS STRING), 'file:')), false)"
)


def judged_events(
    records: DataFrame, contract: Contract, settings: Settings, mark: str, clocks: Column | None = None
) -> DataFrame:
    """Records of one topic with the verdict of its rules. ``clocks`` as in lakehouse.silver.store_time.

    Columns: those of RECORD; ``rule_ids`` (broken rules of severity error, empty for a good event);
    ``warnings``; ``unknown_fields``; ``line_count``; ``content_hash``; ``contract_version``; and the columns of
    the silver table that come from the event; ``is_undated``: its business date was computed from what is known of its
    store, which may have been something else when the event came first. The hash takes the date in default_zone
    instead, so it stays. Duplicates are not looked for here.
    """
    return judged_by(records, judge_steps(contract, settings, mark, clocks))


def judged_by(records: DataFrame, steps: Iterable[Select]) -> DataFrame:
    """The records of a topic judged by its ``judge_steps``."""
    return reduce(lambda frame, step: frame.select(*step), steps, records)


def judge_steps(
    contract: Contract, settings: Settings, mark: str, clocks: Column | None = None
) -> tuple[Select, ...]:
    """The selects of ``judged_events``, one after the other.

    They can be made once for many batches: making them takes two thousand calls to the JVM, longer than to judge a
    few records.
    """
    table = load_contract("silver", SILVER_TABLE[contract.name]).table
    derived = _EVENT_COLUMNS[table.name](settings, clocks)
    stable = _EVENT_COLUMNS[table.name](settings, None).get("business_date", F.col("business_date"))
    is_undated = derived.get("is_undated", F.lit(False)) if clocks is not None else F.lit(False)
    kept = [name for name in table.column_names if name not in _NOT_CONTENT or name == "produced_at"]
    judged = (
        "*",
        F.expr(_broken(contract, "error")).alias("error_ids"),
        F.expr(_broken(contract, "warning")).alias("warnings"),
        F.expr(_unknown_fields(contract)).alias("unknown_fields"),
        F.struct(*[derived.get(name, F.col(name)).alias(name) for name in kept]).alias("event"),
        stable.alias("stable_date"),
        is_undated.alias("is_undated"),
    )
    content = {name: F.col(f"event.{name}") for name in kept} | {"business_date": F.col("stable_date")}
    lines = F.size("event.lines") if "lines" in kept else F.lit(1)
    dates = _date_rules(contract, settings)
    verdict = (
        *RECORD,
        F.when(F.size("error_ids") > 0, F.col("error_ids"))
        .otherwise(F.expr(_violations(dates)))
        .alias("rule_ids"),
        "warnings",
        "unknown_fields",
        F.coalesce(lines, F.lit(0)).cast("bigint").alias("line_count"),
        content_hash(table.column_names, content).alias("content_hash"),
        F.lit(contract.version).alias("contract_version"),
        "is_undated",
        "event.*",
    )
    return (*parse_steps(contract, mark), judged, verdict)


def content_hash(names: Iterable[str], content: Mapping[str, Column]) -> Column:
    """Hash of an event's content. ``names``: columns of its silver table, in order; ``content``: those that are the
    event's own, business_date in the form that never changes (``judged_events``)."""
    return F.xxhash64(*[content[name] for name in names if name in content and name not in _NOT_CONTENT])


def all_rules(contract: Contract, settings: Settings) -> tuple[RowRule, ...]:
    """Every rule that a record of the topic can break in the stream, for explanations."""
    rules = [
        *record_rules(contract.shapes),
        _unknown_shape(contract),
        *_date_rules(contract, settings),
        CONFLICT,
    ]
    for shape in contract.shapes:
        rules.extend(event_rules(shape))
        rules.extend(rule for array in element_rules(shape) for rule in array.rules)
    return tuple(rules)


CONFLICT = RowRule(
    "event_id_conflict",
    "",
    "the content first accepted under this event id on this business date",
    "error",
    "$",
)


def _unknown_shape(contract: Contract) -> RowRule:
    shapes = " OR ".join(f"coalesce({shape.when}, false)" for shape in contract.shapes)
    expected = f"a shape of the contract: {', '.join(shape.name for shape in contract.shapes)}"
    return RowRule("shape_known", shapes, expected, "error", "$.schema_version")


def _date_rules(contract: Contract, settings: Settings) -> tuple[RowRule, ...]:
    """Bounds of the business date. Master data may hold since ever, or from a day that is still to come."""
    return () if contract.member else (_window_rule(settings),)


def _window_rule(settings: Settings) -> RowRule:
    first_day = f"CAST({first_received_at()} AS DATE)"
    days = f"date_diff(event.business_date, {first_day}) BETWEEN -{settings.max_days_back} AND {settings.max_days_ahead}"
    expected = (
        f"at most {settings.max_days_back} days before and {settings.max_days_ahead} after the day of receipt"
    )
    return RowRule("business_date_window", f"{days} OR {_FILE_SOURCE}", expected, "error", "$.business_date")


def _broken(contract: Contract, severity: str) -> str:
    """SQL of the ids of the broken rules; field rules are asked only of a record that could be read.

    One SQL text for all rules: a hundred Column calls would cost a second of driver time in every batch.
    """
    shapes = " ".join(
        f"WHEN {shape.when} THEN {_shape_violations(shape, severity)}" for shape in contract.shapes
    )
    fields = f"CASE {shapes} ELSE {_NONE} END"
    if severity == "warning":
        return fields
    unknown = _unknown_shape(contract)
    readable = f"CASE WHEN NOT ({unknown.sql}) THEN array('{unknown.id}') ELSE {fields} END"
    whole = record_rules(contract.shapes)
    # The first four rules say whether the text may be looked at; the others go with the field rules, which
    # name the field that is wrong.
    gates, typed = whole[:4], whole[4:]
    return (
        f"CASE WHEN NOT {_holds(gates)} THEN slice({_ids(gates)}, 1, 1) "
        f"ELSE concat({_violations(typed)}, {readable}) END"
    )


def _unknown_fields(contract: Contract) -> str:
    """SQL of the top-level fields that the record's own shape does not have."""
    cases = " ".join(
        f"WHEN {shape.when} THEN CASE WHEN field_names = {names_array(shape)} THEN {_NONE} "
        f"ELSE array_except(field_names, {names_array(shape)}) END"
        for shape in contract.shapes
    )
    return f"CASE {cases} ELSE field_names END"


def _shape_violations(shape: Shape, severity: str) -> str:
    flat = _violations(rule for rule in event_rules(shape) if rule.severity == severity)
    arrays = [_array_violations(array, severity) for array in element_rules(shape)]
    return f"array_distinct(concat({', '.join((flat, *arrays))}))" if arrays else flat


def _array_violations(array: ArrayRules, severity: str) -> str:
    """Ids of the rules that elements break. All rules are asked as one AND first: few elements break any."""
    rules = [rule for rule in array.rules if rule.severity == severity]
    if not rules:
        return _NONE
    both = f"raw.`{array.column}`, `{array.column}`, (r, t) ->"
    kept = " AND ".join(f"({rule.sql})" for rule in rules)
    return (
        f"CASE WHEN array_contains(zip_with({both} {kept}), false) "
        f"THEN flatten(zip_with({both} {_ids(rules)})) ELSE {_NONE} END"
    )


def _violations(rules: Iterable[RowRule]) -> str:
    rules = tuple(rules)
    return f"CASE WHEN {_holds(rules)} THEN {_NONE} ELSE {_ids(rules)} END" if rules else _NONE


def _holds(rules: Iterable[RowRule]) -> str:
    """Whether all rules hold; a rule that yields NULL passes, and AND needs no help for that."""
    return f"coalesce({' AND '.join(f'({rule.sql})' for rule in rules)}, true)"


def _ids(rules: Iterable[RowRule]) -> str:
    """Array of the ids of the rules that do not hold."""
    broken = ", ".join(f"CASE WHEN NOT coalesce({rule.sql}, true) THEN '{rule.id}' END" for rule in rules)
    return f"array_compact(array({broken}))"
