"""Silver quarantine: refused records with their bytes, coordinates and reasons."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.rules.row_rules import RowRule
from lakehouse.silver.identity import QUARANTINED

_SEEN_CHARACTERS = 200


def quarantine(
    judged: DataFrame, exceptional: DataFrame, rules: Iterable[RowRule], batch: tuple[str, int]
) -> DataFrame:
    """Rows of silver.quarantine for the exceptions whose outcome is quarantined.

    ``judged`` as judged_events gives it; ``exceptional`` as lakehouse.silver.identity; ``rules`` explain the
    rule ids; ``batch`` is (checkpoint id, batch id).
    """
    refused = exceptional.where(F.col("outcome") == QUARANTINED)
    checkpoint_id, batch_id = batch
    rows = judged.join(F.broadcast(refused), ["partition", "offset"], "inner").withColumns(
        {
            "quarantine_id": F.concat_ws("-", "topic", "partition", "offset"),
            "rule_ids": F.array_distinct("exception_ids"),
            "event_id": F.substring("event_id", 1, _SEEN_CHARACTERS),
            "checkpoint_id": F.lit(checkpoint_id),
            "batch_id": F.lit(batch_id).cast("bigint"),
        }
    )
    columns = load_contract("silver", "quarantine").table.column_names
    return rows.withColumn("reasons", _reasons(tuple(rules))).select(*columns)


def _reasons(rules: tuple[RowRule, ...]) -> Column:
    """For each rule id its expectation and what stood in the JSON at its place, cut to 200 characters."""
    expected = F.create_map(*[F.lit(part) for rule in _once(rules) for part in (rule.id, rule.expected)])
    path = F.create_map(*[F.lit(part) for rule in _once(rules) for part in (rule.id, rule.path)])
    seen = F.make_valid_utf8(F.col("value").cast("string"))
    return F.transform(
        "rule_ids",
        lambda rule_id: F.concat(
            rule_id,
            F.lit(": expected "),
            F.coalesce(expected[rule_id], F.lit("?")),
            F.lit("; seen "),
            F.coalesce(F.substring(_at(seen, path[rule_id]), 1, _SEEN_CHARACTERS), F.lit("nothing")),
        ),
    )


def _at(text: Column, path: Column) -> Column:
    return F.when(path == "$", text).otherwise(F.call_function("get_json_object", text, path))


def _once(rules: tuple[RowRule, ...]) -> tuple[RowRule, ...]:
    return tuple({rule.id: rule for rule in rules}.values())
