"""Records of customers who were erased, as they come again: without the customer, before anything is written.

What SQL does here is what lakehouse.rules.redaction does to records that bronze holds already, for the fields that a
topic's contract knows; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.rules.pseudonym import ERASED, erased_event_sql, pepper, suppression_sql
from lakehouse.rules.redaction import ID_FIELD_SQL
from lakehouse.silver.customer_key import customer_key


def without_erased(
    records: DataFrame, erased: Collection[str], customers_topic: str, secret: str
) -> DataFrame:
    """The records (columns of bronze, or more), those of customers in ``erased`` without the customer.

    ``erased``: suppression hashes; without any the frame itself. ``customers_topic``: topic of the master data. A value that
    is no JSON is left as it is.
    """
    if not erased:
        return records
    is_master = F.col("topic") == customers_topic
    text = F.col("value").cast("string")
    told = F.get_json_object(text, "$.customer_id")
    who = F.when(is_master & F.col("value").isNull(), F.col("key").cast("string")).otherwise(told)
    known = records.withColumn("erased_key", customer_key(who, secret))
    is_erased = F.coalesce(F.expr(suppression_sql("erased_key")).isin(*sorted(erased)), F.lit(False))
    sale = F.expr(f"regexp_replace(CAST(value AS STRING), '{ID_FIELD_SQL}', '$1\"{ERASED}\"')")
    value = F.when(F.col("value").isNull(), F.lit(None)).when(is_master, _state(secret)).otherwise(sale)
    key = F.when(is_master, F.lit(ERASED)).otherwise(F.col("key").cast("string"))
    redacted = known.withColumns(
        {
            "value": F.when(is_erased, value.cast("binary")).otherwise(F.col("value")),
            "key": F.when(is_erased & is_master, key.cast("binary")).otherwise(F.col("key")),
        }
    )
    return redacted.select(*records.columns)


def _state(secret: str) -> Column:
    """JSON of a state of an erased customer; fields that were not told are left out."""
    field = "get_json_object(CAST(value AS STRING), '$.{}')"
    event_id = erased_event_sql(field.format("event_id"), pepper(secret))
    return F.expr(
        f"to_json(named_struct('event_id', {event_id}, 'schema_version', 1, 'customer_id', '{ERASED}', "
        f"'has_consent', false, 'is_erased', true, 'effective_at', {field.format('effective_at')}, "
        f"'produced_at', {field.format('produced_at')}))"
    )
