"""Versions of the members of a dimension (SCD2): what master data say of a member, and from when to when it holds.

Versions depend on which changes exist, never on the order in which they came. Of two changes of one member that
take effect at the same instant the one with the highest event_id holds. The first version of a member holds since
ever: a sale before it finds a version, and an inferred member keeps its key when master data complete it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.contracts import Column as ContractColumn
from lakehouse.contracts import load_contract
from lakehouse.schema.spark_ddl import typed

SINCE_EVER = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
"""When the first version of each member begins."""


@dataclass(frozen=True)
class Known:
    """What master data say, as transformations of facts need it; each frame is small enough to be broadcast.

    ``stores``: version_arrays of stores with zone and closing_hour. ``products``: version_arrays of the products that
    have more than one version. ``refused``: customer_key of customers who are in no table. None: nothing is known.
    """

    stores: DataFrame | None = None
    products: DataFrame | None = None
    refused: DataFrame | None = None


NOTHING_KNOWN = Known()


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


def version_arrays(changes: DataFrame, member: str, *columns: str) -> DataFrame:
    """One row per member: ``versions``, array of valid_from and ``columns``, the oldest first.

    ``changes``: rows of the silver table, with all changes of each member in it.
    """
    states = F.struct(F.lit(0).alias("nothing"), *[F.col(name) for name in columns])
    one_each = changes.groupBy(member, "effective_at").agg(F.max_by(states, "event_id").alias("state"))
    at_once = F.struct(F.col("effective_at"), *[F.col(f"state.{name}").alias(name) for name in columns])
    found = one_each.groupBy(member).agg(F.array_sort(F.collect_list(at_once)).alias("found"))

    def version(state: Column, number: Column) -> Column:
        begins = F.when(number == 0, F.lit(SINCE_EVER)).otherwise(state["effective_at"])
        return F.struct(begins.alias("valid_from"), *[state[name].alias(name) for name in columns])

    return found.select(member, F.transform("found", version).alias("versions"))


def in_force(versions: Column, at: Column) -> Column:
    """The version of an array of ``version_arrays`` that holds at the instant; null where the array is."""
    return F.array_max(F.filter(versions, lambda version: version["valid_from"] <= at))


def bound(rows: DataFrame, versions: DataFrame | None, key: str, member: str) -> DataFrame:
    """The rows with ``key``: the version of their member that was valid at ``occurred_at``.

    ``versions``: ``version_arrays``, few enough to be broadcast; a member that is not in it has its first version
    only. None when none is in it.
    """
    if versions is None:
        return rows.withColumn(key, version_key(F.col(member)))
    both = rows.join(F.broadcast(versions), member, "left")  # many rows to at most one member
    return both.withColumn(key, key_in_force(F.col(member))).drop("versions")


def key_in_force(member: Column, versions: str = "versions", at: str = "occurred_at") -> Column:
    """Key of the version of the member that holds at the instant; that of its first one where ``versions`` is null."""
    begins = in_force(F.col(versions), F.col(at))["valid_from"]
    return version_key(member, F.coalesce(begins, F.lit(SINCE_EVER)))


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
    return of_columns(rows, load_contract("gold", table).table.columns, given)


def of_columns(rows: DataFrame, columns: Iterable[ContractColumn], given: Mapping[str, Column]) -> DataFrame:
    """The columns, each given, or that of the rows; null where neither has one."""
    found = {name: F.col(name) for name in rows.columns} | dict(given)
    return rows.select(*[found.get(c.name, F.lit(None)).cast(typed(c)).alias(c.name) for c in columns])


def _names(dimension: str) -> tuple[str, ...]:
    return load_contract("gold", dimension).table.column_names
