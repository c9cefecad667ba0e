"""What the driver remembers of master data, so that a batch of sales needs no look-up: the versions of stores and of
those products that changed, and who refused consent.

It is read from silver at the start, and corrected by each batch that carries master data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from lakehouse.contracts.physical_types import literal
from lakehouse.gold.dim_customer import customer_states
from lakehouse.gold.versions import Known, version_arrays
from lakehouse.settings import Settings
from lakehouse.storage.delta_tables import LakeTable, is_empty, lake_table, rows_of
from lakehouse.storage.few_rows import few_rows, local_rows

MEMBER = {"stores": "store_id", "products": "product_id", "customers": "customer_key"}
"""Silver table of master data -> column of its member."""
# Beyond this many members of a batch a join in Spark is cheaper than collecting them.
_MOST_MEMBERS = 10_000


def _stores(changes: DataFrame) -> DataFrame:
    return version_arrays(changes, "store_id", "zone", "closing_hour").withColumn("is_kept", F.lit(True))


def _products(changes: DataFrame) -> DataFrame:
    return version_arrays(changes, "product_id").withColumn("is_kept", F.size("versions") > 1)


def _refused(changes: DataFrame) -> DataFrame:
    return customer_states(changes).select("customer_key", (~F.col("is_kept")).alias("is_kept"))


_VERSIONS = "versions ARRAY<STRUCT<valid_from: TIMESTAMP"
_DDL = {
    "stores": f"store_id STRING, {_VERSIONS}, zone: STRING, closing_hour: INT>>",
    "products": f"product_id STRING, {_VERSIONS}>>",
    "customers": "customer_key STRING",
}
# What is remembered of each member; only rows with is_kept.
_REMEMBERED: Mapping[str, Callable[[DataFrame], DataFrame]] = {
    "stores": _stores,
    "products": _products,
    "customers": _refused,
}


@dataclass
class KnownMasters:
    """The memory, of these silver tables. Its frames are local, so a batch of sales reads no table for them."""

    names: tuple[str, ...] = tuple(MEMBER)
    _rows: dict[str, Any] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _frames: dict[str, DataFrame | None] = field(default_factory=dict)
    _clocks: Column | None = None

    def learn(self, spark: SparkSession, settings: Settings, histories: Mapping[str, DataFrame]) -> Known:
        """What is known, with ``histories``: by silver table, all changes of the members that a batch tells of.

        A table that is not made yet, or empty, says nothing.
        """
        for name in self.names:
            if name not in self._asked:
                self._asked.add(name)
                table = lake_table(settings, "silver", name)
                if not is_empty(table):
                    self._take(spark, name, _REMEMBERED[name](rows_of(spark, table)).where("is_kept"))
            if name in histories:
                self._take(spark, name, _REMEMBERED[name](histories[name]))
        stores, products, refused = (self._frames.get(name) for name in MEMBER)
        return Known(stores, products, refused)

    def clocks(self) -> Column | None:
        """What is known of stores as one constant (lakehouse.silver.store_time); None when nothing is."""
        if self._clocks is None and self._frames.get("stores") is not None:
            stores = self._rows["stores"].to_pylist()
            told = ", ".join(
                f"{literal(row['store_id'])}, array({_clock_list(row['versions'])})" for row in stores
            )
            self._clocks = F.expr(f"map({told})")
        return self._clocks

    def _take(self, spark: SparkSession, name: str, rows: DataFrame) -> None:
        found, member, self._clocks = rows.toArrow(), MEMBER[name], None
        schema = StructType.fromDDL(_DDL[name])
        assert isinstance(schema, StructType)
        # Frames of one shape differ in what they say of nulls, deep inside.
        kept = (
            found.filter(found["is_kept"])
            .drop_columns(["is_kept"])
            .cast(to_arrow_schema(schema, timezone="UTC"))
        )
        before = self._rows.get(name)
        if before is not None:
            others = pc.invert(pc.is_in(before[member], value_set=found[member].combine_chunks()))
            kept = pa.concat_tables([before.filter(others), kept])
        self._rows[name] = kept
        self._frames[name] = spark.createDataFrame(kept, schema) if kept.num_rows else None


def _clock_list(versions: list[dict[str, Any]]) -> str:
    return ", ".join(
        f"named_struct('valid_from', timestamp_micros({_micros(version['valid_from'])}), "
        f"'zone', {literal(version['zone'])}, 'closing_hour', {version['closing_hour']})"
        for version in versions
    )


def _micros(at: dt.datetime) -> int:
    return (at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def histories(
    spark: SparkSession, settings: Settings, changes: Mapping[str, DataFrame]
) -> dict[str, DataFrame]:
    """By silver table of master data: all changes of the members in ``changes`` (rows of it), those included."""
    found = {}
    for name, rows in changes.items():
        table = lake_table(settings, "silver", name)
        if not is_empty(table):
            found[name] = _earlier(spark, table, rows, MEMBER[name]).unionByName(rows).persist()
        else:
            found[name] = rows.persist()
    return found


def _earlier(spark: SparkSession, table: LakeTable, rows: DataFrame, member: str) -> DataFrame:
    """What the table holds of the members in ``rows``."""
    members = rows.select(member).distinct()
    asked = members.limit(_MOST_MEMBERS + 1).toArrow()[member].combine_chunks()
    if 0 < len(asked) <= _MOST_MEMBERS:
        span = pc.min_max(asked)
        few = few_rows(table, {member: (span["min"], span["max"])}, table.contract.table.column_names)
        if few is not None:
            return local_rows(spark, table, few.filter(pc.is_in(few[member], value_set=asked)))
    return rows_of(spark, table).join(members, member, "left_semi")
