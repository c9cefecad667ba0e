"""Which members of a dimension are news, so that a batch writes only those."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.storage.delta_tables import LakeTable, is_empty, rows_of
from lakehouse.storage.few_rows import few_rows

_MOST_MEMBERS = 200_000
# Beyond this many candidates a join in Spark is cheaper than collecting them.
_MOST_CANDIDATES = 50_000
_ORDER = ("first_seen_at", "first_event_id", "first_line_seq")


def member_column(table: LakeTable) -> str:
    """Column of a dimension that holds the id of the member, which all its versions share."""
    columns = table.contract.table.column_names
    return next(name for name in ("product_id", "store_id", "customer_key") if name in columns)


@dataclass(frozen=True)
class News:
    """Members to insert, and members to update because they were seen earlier than the table says.

    ``is_local``: they lie in the driver already.
    """

    new: DataFrame | None
    earlier: DataFrame | None
    is_local: bool


@dataclass
class KnownMembers:
    """By table: when each member that was met lately was first seen. Forgetting is safe, the table decides."""

    _first_seen: dict[str, dict[str, tuple[Any, ...]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def news(self, table: LakeTable, candidates: DataFrame) -> News:
        """What the candidates (rows of the dimension) add to the table."""
        key = member_column(table)
        schema = candidates.schema
        order = [name for name in _ORDER if name in schema.names]
        rows = candidates.limit(_MOST_CANDIDATES + 1).toArrow()
        if rows.num_rows > _MOST_CANDIDATES:
            return _joined(table, candidates, key, order)
        seen = dict(
            zip(
                rows[key].to_pylist(),
                zip(*(rows[name].to_pylist() for name in order), strict=True),
                strict=True,
            )
        )
        with self._lock:
            known = self._first_seen.setdefault(table.name, {})
            if len(known) > _MOST_MEMBERS:
                known.clear()
            known.update(_in_table(table, candidates, key, order, [k for k in seen if k not in known]))
            new = [k not in known for k in seen]
            earlier = [k in known and _is_earlier(seen[k], known[k]) for k in seen]
            known.update(
                {k: seen[k] for k, fresh, before in zip(seen, new, earlier, strict=True) if fresh or before}
            )
        spark = candidates.sparkSession
        frames = [
            spark.createDataFrame(rows.filter(mask), schema) if any(mask) else None for mask in (new, earlier)
        ]
        return News(frames[0], frames[1], is_local=True)


def _is_earlier(seen: tuple[Any, ...], known: tuple[Any, ...]) -> bool:
    """Master data know no first receipt, and no receipt corrects them."""
    return known[0] is not None and seen < known


def _in_table(
    table: LakeTable, candidates: DataFrame, key: str, order: list[str], keys: list[str]
) -> dict[str, tuple[Any, ...]]:
    if not keys or is_empty(table):
        return {}
    few = few_rows(table, {key: (min(keys), max(keys))}, [key, *order])
    if few is not None:
        rows = few.filter(pc.is_in(few[key], pa.array(keys, pa.string())))
    else:
        asked = candidates.sparkSession.createDataFrame([(k,) for k in keys], f"`{key}` STRING")
        held = rows_of(candidates.sparkSession, table).join(F.broadcast(asked), key, "left_semi")
        rows = held.select(key, *order).toArrow()
    columns = [column.to_pylist() for column in rows.columns]
    return {row[0]: tuple(row[1:]) for row in zip(*columns, strict=True)}


def _joined(table: LakeTable, candidates: DataFrame, key: str, order: list[str]) -> News:
    present = rows_of(candidates.sparkSession, table).select(key, F.struct(*order).alias("known"))
    both = candidates.join(present, key, "left")
    is_earlier = F.struct(*order) < F.col("known")
    return News(
        both.where(F.col("known").isNull()).select(*candidates.columns),
        both.where(is_earlier).select(*candidates.columns),
        is_local=False,
    )
