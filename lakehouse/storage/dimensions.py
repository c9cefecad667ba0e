"""Writes of dimensions: what master data say of members, and members that only receipts tell of; one commit a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.dim_customer import customer_states, inferred_customers
from lakehouse.gold.dim_product import dim_product, inferred_products
from lakehouse.gold.dim_store import dim_store, inferred_stores
from lakehouse.gold.versions import Known, of_contract
from lakehouse.storage.batches import Batch
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import NOT_UNDONE, LakeTable, append_rows, is_empty, merge_members
from lakehouse.storage.known_members import KnownMembers, member_column


def _kept(rows: DataFrame) -> DataFrame:
    return rows.withColumn("is_kept", F.lit(True))


def _customers(changes: DataFrame) -> DataFrame:
    states = customer_states(changes)
    rows = of_contract(states, "dim_customer", {"is_inferred": F.lit(False)})
    return rows.join(states.select("customer_key", "is_kept"), "customer_key", "inner")  # one to one


@dataclass(frozen=True)
class Dimension:
    """How a dimension is made. ``told``: its rows, and ``is_kept`` (or to be taken out), from all changes of members
    in the silver table ``master``; ``seen``: its rows from receipts; ``key`` identifies a row."""

    name: str
    master: str
    key: str
    told: Callable[[DataFrame], DataFrame]
    seen: Callable[[DataFrame, Known], DataFrame]


DIMENSIONS = (
    Dimension(
        "dim_store", "stores", "store_key", lambda h: _kept(dim_store(h)), lambda r, _: inferred_stores(r)
    ),
    Dimension(
        "dim_product",
        "products",
        "product_key",
        lambda h: _kept(dim_product(h)),
        lambda r, _: inferred_products(r),
    ),
    Dimension(
        "dim_customer",
        "customers",
        "customer_key",
        _customers,
        lambda r, known: inferred_customers(r, known.refused),
    ),
)


@dataclass(frozen=True)
class Told:
    """What a batch tells of a dimension: members seen in receipts, and all changes of members in its master data."""

    seen: DataFrame | None
    history: DataFrame | None


def write_dimension(
    dimension: Dimension, told: Told, table: LakeTable, members: KnownMembers, batch: Batch | None = None
) -> None:
    """Insert and correct members; repeating it changes nothing. Nothing is written when nothing is new.

    ``batch``: the batch that tells of them, if any.
    """
    seen, news = told.seen, []
    if seen is not None and told.history is not None:
        member = member_column(table)
        seen = seen.join(told.history.select(member).distinct(), member, "left_anti")
    if seen is not None:
        found = members.news(table, seen)
        if found.earlier is None and told.history is None:
            if found.new is not None:
                _insert(found.new, table, batch, is_local=found.is_local)
        else:
            news = [_kept(rows) for rows in (found.new, found.earlier) if rows is not None]
    if told.history is not None:
        news.append(dimension.told(told.history))
    if news:
        rows = news[0]
        for more in news[1:]:
            rows = rows.unionByName(more)
        _merge(rows, dimension.key, table, batch)
    reached(f"after:{table.name}")


def _insert(rows: DataFrame, table: LakeTable, batch: Batch | None, *, is_local: bool = False) -> None:
    if batch is not None and (batch.is_small or is_local):
        append_rows(table, rows.toArrow(), batch.marker)
    else:
        rows.coalesce(1).write.format("delta").mode("append").save(table.path)


def _merge(rows: DataFrame, key: str, table: LakeTable, batch: Batch | None) -> None:
    if is_empty(table):
        _insert(rows.where("is_kept").select(*table.contract.table.column_names), table, batch)
        return
    if batch is not None and batch.is_small:
        merge_members(table, rows.toArrow(), key, batch.marker)
        return
    columns = {name: f"s.{name}" for name in table.contract.table.column_names}
    (
        DeltaTable.forPath(rows.sparkSession, table.path)
        .alias("t")
        .merge(rows.coalesce(1).alias("s"), f"t.{key} = s.{key}")
        .whenMatchedDelete("NOT s.is_kept")
        .whenMatchedUpdate(NOT_UNDONE, set=columns)  # type: ignore[arg-type]
        .whenNotMatchedInsert("s.is_kept", values=columns)  # type: ignore[arg-type]
        .execute()
    )
