"""What reconciliation compares, read from the lake without a JVM, in an order that a live stream allows.

The ledger comes first: what it does not know yet is no matter of comparison. While a query writes, its newest
batch may stand in some tables and not yet in others; every table is then read as it was before that batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from lakehouse.contracts import contract_names
from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.lake_snapshot import Cut, as_of
from lakehouse.storage.replays import landed_replays

Figures = dict[str, Any]
BrokerRow = tuple[str, int, int, int]
"""Topic, partition, first offset, next offset."""

_PLACE = {"topic": pa.string(), "partition": pa.int32(), "offset": pa.int64()}
_EVENT = {"event_id": pa.string(), "business_date": pa.date32()}
_MONEY = {"units": pa.decimal128(22, 3), "tax": pa.decimal128(28, 4), "net_amount": pa.decimal128(28, 4)}
_LINES = pa.list_(pa.struct({"net_amount": pa.decimal128(18, 4)}))
_INT = pa.int64()

LEDGER = pa.schema(
    {"query": pa.string(), "checkpoint_id": pa.string(), "batch_id": _INT, "topic": pa.string(),
     "partition": pa.int32(), "first_offset": _INT, "last_offset": _INT, "received": _INT, "accepted": _INT,
     "duplicate": _INT, "quarantined": _INT, "lines": _INT, "gaps": _INT}
)  # fmt: skip
BROKER = pa.schema({"topic": pa.string(), "partition": pa.int32(), "first_offset": _INT, "next_offset": _INT})
REPLAYS = pa.schema({**_PLACE, "replay_of": pa.string()})

# Silver tables of records that are no receipts; each is one line of the ledger.
_OTHERS = ("inventory_movements", "till_sessions", "products", "stores", "customers")

# Name of the figure -> table it is read from, and the columns that are needed of it.
TABLES: dict[str, tuple[str, str, pa.Schema]] = {
    "receipts": ("silver", "receipts", pa.schema(
        {**_PLACE, **_EVENT, "batch_id": _INT, "transaction_type": pa.string(), "lines": _LINES})),
    "refused": ("silver", "quarantine", pa.schema({**_PLACE, "quarantine_id": pa.string()})),
    "fct_receipts": ("gold", "fct_receipts", pa.schema({**_EVENT, "batch_id": _INT})),
    "fct_sales_lines": ("gold", "fct_sales_lines", pa.schema(
        {**_EVENT, "store_id": pa.string(), "currency": pa.string(), "quantity": pa.decimal128(12, 3),
         "tax": pa.decimal128(18, 4), "net_amount": pa.decimal128(18, 4), "is_void": pa.bool_()})),
    "agg_sales_hourly": ("gold", "agg_sales_hourly", pa.schema(
        {"business_date": pa.date32(), "store_id": pa.string(), "currency": pa.string(), "line_count": _INT,
         **_MONEY})),
}  # fmt: skip


def ledger_rows(lake: LakeReader, cut: Cut | None) -> pa.Table:
    """Rows of the ledger, without the batches that are cut off."""
    rows = lake.rows("ops", "ledger", LEDGER.names)
    if rows is None:
        return LEDGER.empty_table()
    if cut is None:
        return rows
    own = pc.equal(rows["checkpoint_id"], cut.checkpoint_id)
    return rows.filter(pc.invert(pc.and_(own, pc.greater_equal(rows["batch_id"], cut.batch_id))))


def figures(lake: LakeReader, ledger: pa.Table, broker: Iterable[BrokerRow], cut: Cut | None) -> Figures:
    """Everything that is compared with the ledger's rows; ``broker`` was asked after the ledger was read."""
    replays = [(*replay.place, replay.replay_of) for replay in landed_replays(lake, None)]
    found = {name: _data(lake, source, cut) for name, source in TABLES.items()}
    return {
        "ledger": ledger,
        "broker": table_of(broker, BROKER),
        "landed": _places(lake, "bronze", contract_names("bronze"), cut),
        "replays": table_of(replays, REPLAYS),
        "others": _places(lake, "silver", _OTHERS, cut),
        **found,
    }


def table_of(rows: Iterable[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """An Arrow table of rows."""
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _places(lake: LakeReader, layer: str, names: Iterable[str], cut: Cut | None) -> pa.Table:
    """Coordinates of the records that these tables hold."""
    places = pa.schema(_PLACE)
    found = [table for name in names if (table := as_of(lake, layer, name, cut)) is not None]
    rows = (lake.dataset(table).to_table(places.names).cast(places) for table in found)
    return pa.concat_tables([places.empty_table(), *rows])


def _data(lake: LakeReader, source: tuple[str, str, pa.Schema], cut: Cut | None) -> Any:
    """The table as a data set that is read when it is asked; an empty one while it does not exist."""
    layer, name, schema = source
    table = as_of(lake, layer, name, cut)
    return schema.empty_table() if table is None else lake.dataset(table)
