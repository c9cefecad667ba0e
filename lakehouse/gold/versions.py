"""Versions of the members of a dimension (SCD2): what master data say of a member, and from when to when it holds.

Versions depend on which changes exist, never on the order in which they came. Of two changes of one member that
take effect at the same instant the one with the highest event_id holds. The first version of a member holds since
ever: a sale before it finds a version, and an inferred member keeps its key when master data complete it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.schema.spark_ddl import typed

SINCE_EVER = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
"""When the first version of each member begins."""


def version_key(member: Column, valid_from: Column | None = None) -> Column:
    """Key of the version of a member that begins then (UTC instant); of its first version without that."""
    return F.xxhash64(member, F.lit(SINCE_EVER) if valid_from is None else valid_from)


def versions(changes: DataFrame, dimension: str, key: str, member: str) -> DataFrame:
    """Rows of the dimension (``product_key`` and ``product_id`` are key and member of ``dim_product``).

    ``changes``: rows of the silver table, with all changes of each member in it.
    """
    state = F.struct(*[name for name in _names(dimension) if name in changes.columns and name != member])
    one_each = changes.groupBy(member, "effective_at").agg(F.max_by(state, "event_id").alias("state"))
    in_time = Window.partitionBy(member).orderBy("effective_at")  # unique in each member
    rows = one_each.select(
        member,
        "state.*",
        F.when(F.row_number().over(in_time) == 1, F.lit(SINCE_EVER))
        .otherwise(F.col("effective_at"))
        .alias("valid_from"),
        F.lead("effective_at").over(in_time).alias("valid_to"),
    )
    given = {
        key: version_key(F.col(member), F.col("valid_from")),
        "is_current": F.col("valid_to").isNull(),
        "is_inferred": F.lit(False),
    }
    return of_contract(rows, dimension, given)


def inferred(members: DataFrame, dimension: str, key: str, member: str) -> DataFrame:
    """Rows of the dimension for members that only receipts tell of; ``members`` has what they tell."""
    given = {
        key: version_key(F.col(member)),
        "valid_from": F.lit(SINCE_EVER),
        "is_current": F.lit(True),
        "is_inferred": F.lit(True),
    }
    return of_contract(members, dimension, given)


def of_contract(rows: DataFrame, table: str, given: Mapping[str, Column]) -> DataFrame:
    """The columns of gold's table: given, or those of the rows; null where neither has one."""
    columns = load_contract("gold", table).table.columns
    found = {name: F.col(name) for name in rows.columns} | dict(given)
    return rows.select(*[found.get(c.name, F.lit(None)).cast(typed(c)).alias(c.name) for c in columns])


def _names(dimension: str) -> tuple[str, ...]:
    return load_contract("gold", dimension).table.column_names
