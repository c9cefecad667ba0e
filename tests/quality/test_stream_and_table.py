"""A fault is found under the same rule id, as often, in the stream and in the table that holds its record."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.rules.judged_rows import judged_rows
from lakehouse.rules.row_rules import element_rules, event_rules, table_rules
from lakehouse.settings import Settings
from lakehouse.silver.judged_events import SILVER_TABLE, judged_events
from quality.suites import rules_of
from tests.lakehouse.sales_events import kafka_records
from tests.quality.any_records import any_records
from tests.quality.good_lake import Judged
from tests.quality.topic_faults import OUT_OF_REACH, Fault, faults

TOPICS = tuple(SILVER_TABLE)
# Where a field of a plain line is what a required column of the table is made from, the table misses that too.
ALSO_IN_TABLE = {
    "sale_line_v1: id_required": {"event_id_required", "transaction_id_required"},
    "sale_line_v1: sales_time_required": {"occurred_at_required", "business_date_required"},
    **{
        f"{name}_v1: effective_at_required": {"business_date_required"}
        for name in ("product", "store", "customer")
    },
    "customer_v1: customer_id_required": {"customer_key_required"},
}
# Silver puts defaults where nothing stands: an empty place becomes a line without values, and a tender takes the
# currency of its receipt. No such receipt is accepted; what the table itself is asked is tried in test_row_rules_find.
CHANGED_BY_SILVER = {
    "receipt_v2: lines_element_required",
    "receipt_v2: tenders_element_required",
    "till_session_v1: tenders_element_required",
    "receipt_v2: currency_pattern",
}


def standing(topic: str) -> list[Fault]:
    """The faults that silver would hold as they are."""
    return [each for each in faults(topic) if not each.is_of_form and each.name not in CHANGED_BY_SILVER]


def stream_rules(topic: str) -> set[str]:
    """Ids of the rules over the fields of a topic's records."""
    shapes = load_contract("topics", topic).shapes
    flat = {rule.id for shape in shapes for rule in event_rules(shape)}
    return flat | {rule.id for shape in shapes for array in element_rules(shape) for rule in array.rules}


def shared_rules(topic: str) -> set[str]:
    """Those that are asked of the silver table too."""
    contract = load_contract("silver", SILVER_TABLE[topic])
    return stream_rules(topic) & {rule.id for rule in judged_rows(contract)}


def stream(spark: SparkSession, settings_: Settings, topic: str, values: list[bytes]) -> DataFrame:
    """The records judged by the stream's own code."""
    return judged_events(kafka_records(spark, values), load_contract("topics", topic), settings_, "m9")


def as_table(judged: DataFrame, topic: str) -> DataFrame:
    """The same records as rows of silver, the refused ones too."""
    stamped = judged.withColumns({"checkpoint_id": F.lit("c"), "batch_id": F.lit(0).cast("bigint")})
    return stamped.select(*load_contract("silver", SILVER_TABLE[topic]).table.column_names)


def counts(judge: Judged, topic: str, rows: DataFrame) -> Counter[str]:
    """Rows by the rule that they break, as Great Expectations counts them."""
    rules = replace(rules_of(load_contract("silver", SILVER_TABLE[topic])), of_sets=())
    verdict = judge(rules, {rules.table_name: rows})
    return Counter({each.rule_id: each.failed_count for each in verdict.findings if each.is_failed})


@pytest.mark.check
@pytest.mark.parametrize("topic", TOPICS)
def test_every_rule_of_a_topic_has_a_fault(topic: str) -> None:
    tried = {rule_id for fault in faults(topic) for rule_id in fault.broken}
    assert stream_rules(topic) - tried == (OUT_OF_REACH if topic == "sales_data" else set())


@pytest.mark.check
@pytest.mark.parametrize("topic", TOPICS)
def test_the_table_is_asked_every_rule_of_its_topic_but_those_of_form(topic: str) -> None:
    unasked = {
        rule_id
        for rule_id in stream_rules(topic) - shared_rules(topic)
        if not rule_id.endswith(("_digits", "_form"))
    }
    # Only the pseudonym of a customer is left in silver.
    assert unasked == ({"customer_id_length"} if topic == "sales_data" else set())


@pytest.mark.parametrize("topic", TOPICS)
def test_each_fault_breaks_its_rules_in_the_stream(
    spark: SparkSession, home_settings: Settings, topic: str
) -> None:
    tried = faults(topic)
    rows = stream(spark, home_settings, topic, [fault.value for fault in tried]).orderBy("offset")
    found = rows.select(F.concat("rule_ids", "warnings")).collect()
    seen = {fault.name: frozenset(row[0]) for fault, row in zip(tried, found, strict=True)}
    assert seen == {fault.name: fault.broken for fault in tried}


@pytest.mark.parametrize("topic", TOPICS)
def test_each_fault_breaks_the_same_rules_in_the_table_as_often(
    spark: SparkSession, home_settings: Settings, judged: Judged, topic: str
) -> None:
    tried = standing(topic)
    rows = as_table(stream(spark, home_settings, topic, [fault.value for fault in tried]), topic)
    expected = Counter(
        rule_id for fault in tried for rule_id in fault.broken | ALSO_IN_TABLE.get(fault.name, set())
    )
    if topic == "sales_data":
        del expected["customer_id_length"]
    assert counts(judged, topic, rows) == expected


@pytest.mark.parametrize("topic", TOPICS)
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],  # each example is a Spark job: a failing one is not made smaller
)
@given(data=st.data())
def test_stream_and_table_count_the_same_on_any_records(
    spark: SparkSession, home_settings: Settings, judged: Judged, topic: str, data: st.DataObject
) -> None:
    values = data.draw(st.lists(any_records(topic), min_size=50, max_size=200))
    rows = stream(spark, home_settings, topic, values).persist()
    ids = rows.select(F.explode(F.concat("rule_ids", "warnings")).alias("id")).groupBy("id").count().collect()
    own = {rule.id for rule in table_rules(load_contract("silver", SILVER_TABLE[topic]).table)}
    comparable = shared_rules(topic) - own | {"shape_known"}
    in_stream = {row["id"]: row["count"] for row in ids if row["id"] in comparable}
    in_table = {
        name: n for name, n in counts(judged, topic, as_table(rows, topic)).items() if name in comparable
    }
    rows.unpersist()
    assert in_table == in_stream
