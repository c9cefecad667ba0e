"""Customers are known by a pseudonym that only the holder of the secret can make."""

from __future__ import annotations

import hashlib

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.rules.pseudonym import pepper
from lakehouse.silver.customer_key import customer_key
from tests.lakehouse.sales_events import rows_of


def test_equal_ids_have_equal_keys_and_no_id_has_none(spark: SparkSession) -> None:
    ids = spark.createDataFrame([("c42",), ("c42",), ("c43",), ("",), (None,)], "id STRING")
    rows = rows_of(
        ids.select(customer_key(F.col("id"), "s").alias("key"), customer_key(F.col("id"), "t").alias("other"))
    )
    keys, others = [row["key"] for row in rows], [row["other"] for row in rows]
    assert keys[0] == keys[1] == hashlib.sha256((pepper("s") + "c42").encode()).hexdigest()
    assert len({*keys[1:3], *others[1:3]}) == 4
    assert keys[3:] == others[3:] == [None, None]


@pytest.mark.check
def test_without_a_secret_no_key_is_made() -> None:
    with pytest.raises(ValueError, match="RETAIL_CUSTOMER_SECRET is empty; expected a secret"):
        pepper("")
