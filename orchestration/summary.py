"""What a lake holds and whether all of it is accounted for: the figures of `retail run --once`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from lakehouse.contracts import contract_names, load_contract
from lakehouse.rules.pseudonym import ERASED
from lakehouse.rules.record_rules import record_rules
from lakehouse.rules.row_rules import element_rules, event_rules
from lakehouse.storage.lake_reader import LakeReader

LAYERS = ("bronze", "silver", "gold")
OUTCOMES = ("accepted", "duplicate", "quarantined")
# Rules of the stream itself (lakehouse.silver.judged_events): known shape, date window, identity.
STREAM_RULES = ("shape_known", "business_date_window", "event_id_conflict")

Json = dict[str, Any]


def summary(lake: LakeReader, verdicts: Sequence[Json] = (), served: Json | None = None) -> Json:
    """Rows per layer and table, the balance of the whole ledger, totals of gold, rules checked and broken.

    ``verdicts`` of the tables, as the checker tells them; ``served``: rows that Snowflake shows, None without one.
    Decimals are text, so that no reader rounds them.
    """
    layers = {layer: {name: rows or 0 for name, rows in lake.row_counts(layer).items()} for layer in LAYERS}
    return {
        "layers": {**layers, "warehouse": served},
        "ledger": ledger(lake, sum(layers["bronze"].values())),
        "totals": totals(lake),
        "quality": {
            "checked": len(checked_rules()) + sum(verdict["rules"] for verdict in verdicts),
            "failed": len(broken_rules(lake)) + sum(len(closing_rules(verdict)) for verdict in verdicts),
        },
    }


def closing_rules(verdict: Json) -> list[str]:
    """Rules of severity error that a table breaks; warnings close nothing."""
    return [each["rule"] for each in verdict["failed"] if each["severity"] == "error"]


def ledger(lake: LakeReader, landed: int) -> Json:
    """Sums of ops.ledger; balanced when each row is and ``landed`` (rows of bronze) equals received."""
    columns = ("received", *OUTCOMES, "lines")
    rows = lake.rows("ops", "ledger", columns)
    if rows is None:
        return {**dict.fromkeys(columns, 0), "balanced": landed == 0}
    sums = {name: int(pc.sum(rows[name]).as_py() or 0) for name in columns}
    counted = pc.add(pc.add(rows["accepted"], rows["duplicate"]), rows["quarantined"])
    each = bool(pc.all(pc.equal(rows["received"], counted)).as_py() is not False)
    return {**sums, "balanced": each and landed == sums["received"]}


def totals(lake: LakeReader) -> Json:
    """Sale and return lines of gold that are not void: lines, receipts, units, net value, known customers."""
    wanted = ("event_id", "customer_key", "quantity", "net_amount")
    lines = lake.rows("gold", "fct_sales_lines", wanted, ~pc.field("is_void"))
    if lines is None or not lines.num_rows:
        return {"sales_lines": 0, "receipts": 0, "units": "0.000", "net_value": "0.0000", "customers": 0}
    return {
        "sales_lines": lines.num_rows,
        "receipts": pc.count_distinct(lines["event_id"]).as_py(),
        "units": plain(exact_sum(lines["quantity"])),
        "net_value": plain(exact_sum(lines["net_amount"])),
        "customers": len(set(pc.unique(lines["customer_key"]).to_pylist()) - {None, ERASED}),
    }


def checked_rules() -> set[str]:
    """Ids of the rules that the stream asks of the records of any topic."""
    shapes = {name: load_contract("topics", name).shapes for name in contract_names("topics")}
    found = {rule.id for group in shapes.values() for rule in record_rules(group)}
    for shape in (shape for group in shapes.values() for shape in group):
        found |= {rule.id for rule in event_rules(shape)}
        found |= {rule.id for array in element_rules(shape) for rule in array.rules}
    return found | set(STREAM_RULES)


def broken_rules(lake: LakeReader) -> Mapping[str, int]:
    """Rule id -> records in quarantine that broke it, the most frequent first."""
    rows = lake.rows("silver", "quarantine", ("rule_ids",))
    if rows is None or not rows.num_rows:
        return {}
    counts = pc.value_counts(pc.list_flatten(rows["rule_ids"].combine_chunks())).to_pylist()
    return {
        row["values"]: row["counts"]
        for row in sorted(counts, key=lambda row: (-row["counts"], row["values"]))
    }


def exact_sum(column: pa.ChunkedArray) -> Decimal:
    """Sum of a decimal column in its own scale; no float comes near it."""
    widest = pa.decimal128(38, column.type.scale)
    return Decimal(pc.sum(column.cast(widest)).as_py() or 0)


def plain(number: Decimal) -> str:
    """A decimal as text with all its digits and without an exponent."""
    return format(number, "f")
