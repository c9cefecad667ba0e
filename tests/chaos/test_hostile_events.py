"""Fuzzed events crash nothing and lose nothing on their way from bronze to gold: kept, or refused with a reason."""

from __future__ import annotations

from random import Random

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.gold.agg_sales_hourly import agg_sales_hourly
from lakehouse.gold.fct_receipts import fct_receipts
from lakehouse.gold.fct_sales_lines import fct_sales_lines
from lakehouse.gold.voided import marked
from lakehouse.rules.row_rules import table_rules
from lakehouse.settings import Settings
from lakehouse.silver.identity import QUARANTINED
from lakehouse.silver.judged_events import SILVER_TABLE, all_rules, judged_events
from lakehouse.silver.quarantine import quarantine
from tests.chaos.hostile_events import fuzzed
from tests.lakehouse.sales_events import kafka_records

BATCH = ("fuzz", 0)
FROM_BATCH = ("checkpoint_id", "batch_id")


def check_batch(spark: SparkSession, settings: Settings, topic: str, seed: int, count: int) -> None:
    """Judge a batch of fuzzed records; every one is accepted whole or refused with its reasons."""
    rng = Random(f"{topic} {seed}")
    records = [fuzzed(rng, topic, number) for number in range(count)]
    contract = load_contract("topics", topic)
    judged = judged_events(
        kafka_records(spark, [value for value, _ in records]), contract, settings, "m9"
    ).persist()
    good = {number for number, (_, known) in enumerate(records) if known == "good"}
    broken = {number for number, (_, known) in enumerate(records) if known == "broken"}
    verdicts = {row[0]: row[1] for row in judged.select("offset", "rule_ids").collect()}
    assert len(verdicts) == count
    assert {number: verdicts[number] for number in good if verdicts[number]} == {}
    assert {number for number in broken if not verdicts[number]} == set()
    check_accepted(judged.where(F.size("rule_ids") == 0), topic, settings)
    check_refused(judged.where(F.size("rule_ids") > 0), topic, settings, sum(map(bool, verdicts.values())))
    judged.unpersist()


def check_accepted(accepted: DataFrame, topic: str, settings: Settings) -> None:
    """What is accepted fits its silver table; sales go on to gold, and no amount overflows there."""
    table = load_contract("silver", SILVER_TABLE[topic]).table
    stamped = accepted.withColumns({"checkpoint_id": F.lit("fuzz"), "batch_id": F.lit(0).cast("bigint")})
    rows = stamped.select(*table.column_names)
    rules = [rule for rule in table_rules(table) if rule.path not in FROM_BATCH]
    wrong = rows.select(
        *[F.count_if(~F.coalesce(F.expr(rule.sql), F.lit(True))).alias(rule.id) for rule in rules]
    )
    assert {name: n for name, n in wrong.collect()[0].asDict().items() if n} == {}
    if topic != "sales_data":
        rows.write.format("noop").mode("overwrite").save()
        return
    receipts = marked(rows, None)
    lines = fct_sales_lines(receipts)
    for gold in (lines, fct_receipts(receipts), agg_sales_hourly(lines, settings.default_zone)):
        gold.write.format("noop").mode("overwrite").save()


def check_refused(refused: DataFrame, topic: str, settings: Settings, count: int) -> None:
    """Every refused record is kept with its bytes and a reason that says what was expected."""
    exceptional = refused.select(
        "partition", "offset", F.lit(QUARANTINED).alias("outcome"), F.col("rule_ids").alias("exception_ids")
    )
    rules = all_rules(load_contract("topics", topic), settings)
    kept = quarantine(refused, exceptional, rules, BATCH)
    unexplained = F.exists("reasons", lambda reason: reason.contains("expected ?;") | reason.isNull())
    seen = kept.agg(F.count("*"), F.count_if(unexplained), F.max(F.length(F.to_json("reasons")))).collect()[0]
    assert (seen[0], seen[1]) == (count, 0)


@pytest.mark.parametrize("topic", ["sales_data", "stores"])
def test_fuzzed_events_are_kept_or_refused(spark: SparkSession, home_settings: Settings, topic: str) -> None:
    check_batch(spark, home_settings, topic, seed=1, count=1_500)


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("topic", SILVER_TABLE)
def test_a_million_fuzzed_events_are_kept_or_refused(
    spark: SparkSession, home_settings: Settings, topic: str
) -> None:
    """Half of them sales."""
    for seed in range(50 if topic == "sales_data" else 10):
        check_batch(spark, home_settings, topic, seed=100 + seed, count=10_000)
