"""A rival: no Spark. confluent-kafka reads, Arrow parses, delta-rs writes bronze, silver and hours.

It does honest work: every record is kept as it came; ids, amounts, quantities and times are typed exactly and what does
not fit its type is refused; an id is taken once, within a chunk and against the table; hours are added up in the table.
Offsets are committed after each chunk. What it has not: a ledger, named rules, a quarantine of what it refuses, receipts
with their lines, dimensions, conflicts of content, a chunk that is repeated whole after a crash in its middle.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.json as pj  # type: ignore[import-untyped]
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition
from deltalake import write_deltalake

from ingestion.kafka_clients import client_config
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.s3_environment import storage_options
from tests.bench.totals import Hour, Totals, totals

CHUNK = 250_000
_QUANTITY, _MONEY = pa.decimal128(12, 3), pa.decimal128(18, 4)
_INSTANT = pa.timestamp("us", "UTC")
_TEXT = pa.schema(
    {
        "id": pa.int64(),
        "product": pa.string(),
        "quantity": _QUANTITY,
        "price": _MONEY,
        "sales_time": pa.string(),
    }
)
_EVENT = _TEXT.set(4, pa.field("sales_time", _INSTANT))
_SUMS = {"line_count": pa.int64(), "units": pa.decimal128(22, 3), "net_amount": pa.decimal128(28, 4)}
_LIMITS = {"quantity": Decimal(10**9), "price": Decimal(10**14)}


@dataclass
class DeltaRsPipeline:
    """The pipeline over the topic of the settings; its tables lie beside the lake's."""

    settings: Settings
    lake: LakeReader = field(init=False)

    def __post_init__(self) -> None:
        """Where the tables lie."""
        root = f"s3://{self.settings.bucket}/{self.settings.lake_key}delta-rs"
        self.lake = LakeReader(root, storage_options(self.settings))

    def run(self) -> None:
        """Take in all that the topic holds now."""
        consumer = Consumer(
            client_config(self.settings)
            | {"group.id": f"rival-{uuid.uuid4().hex}", "enable.auto.commit": False}
            | {"fetch.max.bytes": 50 << 20, "max.partition.fetch.bytes": 10 << 20}
            | {"queued.max.messages.kbytes": 200_000}
        )
        try:
            for chunk in _chunks(consumer, self.settings.topic("sales_data")):
                self._take_in(chunk)
                consumer.commit(asynchronous=False)
        finally:
            consumer.close()

    def _take_in(self, chunk: list[Message]) -> None:
        self._append("bronze/sales_data", _as_it_came(chunk), [])
        lines = self._unseen(typed([each.value() or b"" for each in chunk]))
        if lines.num_rows:
            self._append("silver/lines", lines, ["business_date"])
            self._add_up(lines)

    def _unseen(self, lines: pa.Table) -> pa.Table:
        """The first line of each id that the table does not hold yet on the same date."""
        numbered = lines.append_column("n", pa.array(range(lines.num_rows), pa.int64()))
        first = numbered.group_by("id").aggregate([("n", "min")])["n_min"]
        lines = lines.take(first.take(pc.sort_indices(first)))
        dates = pc.unique(lines["business_date"])
        known = self.lake.rows("silver", "lines", ["id"], pc.field("business_date").isin(dates))
        if known is None:
            return lines
        return lines.filter(pc.invert(pc.is_in(lines["id"], value_set=known["id"].combine_chunks())))

    def _add_up(self, lines: pa.Table) -> None:
        """Add the lines to the hours of their dates."""
        dates = pc.unique(lines["business_date"])
        ones = lines.append_column("line_count", pa.array([1] * lines.num_rows, pa.int64()))
        new = _summed(ones.rename_columns({"quantity": "units"}))
        held = self.lake.rows("gold", "hours", new.column_names, pc.field("business_date").isin(dates))
        if held is None:
            self._append("gold/hours", new, ["business_date"])
            return
        listed = ", ".join(f"'{date}'" for date in dates.to_pylist())
        write_deltalake(
            f"{self.lake.root}/gold/hours",
            _summed(pa.concat_tables([held, new])),
            mode="overwrite",
            predicate=f"business_date IN ({listed})",
            storage_options=self.lake.storage_options,
        )

    def _append(self, table: str, rows: pa.Table, partitions: list[str]) -> None:
        write_deltalake(
            f"{self.lake.root}/{table}",
            rows,
            mode="append",
            partition_by=partitions or None,
            storage_options=self.lake.storage_options,
        )

    def arrived(self) -> Totals:
        """What its tables hold."""
        lines = self.lake.rows("silver", "lines", ["net_amount"])
        hours = self.lake.rows("gold", "hours", ["hour_start_at", *_SUMS])
        assert lines is not None
        assert hours is not None
        return totals(
            lines.num_rows,
            pc.sum(lines["net_amount"]).as_py(),
            [Hour(h["hour_start_at"], *(h[name] for name in _SUMS)) for h in hours.to_pylist()],
        )


def _chunks(consumer: Consumer, topic: str) -> Iterator[list[Message]]:
    """All records that stand in the topic now, some at a time."""
    partitions = consumer.list_topics(topic, 10).topics[topic].partitions
    ends = {each: consumer.get_watermark_offsets(TopicPartition(topic, each), 10)[1] for each in partitions}
    consumer.assign([TopicPartition(topic, each, OFFSET_BEGINNING) for each in partitions])
    missing, chunk = sum(ends.values()), []
    while missing > 0:
        found = consumer.consume(min(50_000, missing), 1.0)
        failed = [each.error() for each in found if each.error()]
        if failed:
            raise RuntimeError(f"the broker answers {failed[0]}")
        missing -= len(found)
        chunk += found
        if chunk and (len(chunk) >= CHUNK or missing <= 0):
            yield chunk
            chunk = []


def _as_it_came(chunk: list[Message]) -> pa.Table:
    return pa.table(
        {
            "topic": pa.array([each.topic() for each in chunk], pa.string()),
            "partition": pa.array([each.partition() for each in chunk], pa.int32()),
            "offset": pa.array([each.offset() for each in chunk], pa.int64()),
            "received_at": pa.array([each.timestamp()[1] for each in chunk], pa.timestamp("ms", "UTC")).cast(
                _INSTANT
            ),
            "key": pa.array([each.key() for each in chunk], pa.binary()),
            "value": pa.array([each.value() for each in chunk], pa.binary()),
        }
    )


def typed(values: list[bytes]) -> pa.Table:
    """The lines among the values, in order: _EVENT, business_date, hour_start_at (UTC) and net_amount.

    Arrow parses all at once and refuses all for one bad value; then they are parsed one by one.
    """
    try:
        found = _all_at_once(values)
    except pa.ArrowInvalid:
        found = pa.Table.from_pylist([line for each in values if (line := _line(each))], _EVENT)
    return _with_amounts(found.filter(_is_good(found)))


def _all_at_once(values: list[bytes]) -> pa.Table:
    found = pj.read_json(
        pa.BufferReader(b"\n".join(values)),
        parse_options=pj.ParseOptions(explicit_schema=_TEXT, unexpected_field_behavior="ignore"),
    )
    if found.num_rows != len(values):
        raise pa.ArrowInvalid("some value is several lines or none")
    return found.set_column(4, "sales_time", pc.cast(found["sales_time"], _INSTANT))


def _is_good(lines: pa.Table) -> pa.ChunkedArray:
    good = pc.less(pc.abs(lines["quantity"]), pa.scalar(_LIMITS["quantity"]))
    price = lines["price"]
    good = pc.and_(
        good,
        pc.and_(pc.less(price, pa.scalar(_LIMITS["price"])), pc.greater_equal(price, pa.scalar(Decimal(0)))),
    )
    for name in ("id", "product", "sales_time"):
        good = pc.and_(good, pc.is_valid(lines[name]))
    return pc.fill_null(good, False)


def _line(value: bytes) -> dict[str, object] | None:
    """One value as _EVENT; None where it is no line or an amount has too many digits."""
    try:
        event = json.loads(value, parse_float=Decimal)
        at = datetime.fromisoformat(event["sales_time"])
        line: dict[str, object] = {
            "id": int(event["id"]) if float(event["id"]).is_integer() else None,
            "product": str(event["product"]),
            "quantity": Decimal(str(event["quantity"])),
            "price": Decimal(str(event["price"])),
            "sales_time": at.replace(tzinfo=at.tzinfo or UTC),
        }
        pa.Table.from_pylist([line], _EVENT)
    except (ValueError, KeyError, TypeError, InvalidOperation, pa.ArrowException):
        return None
    return line


def _with_amounts(lines: pa.Table) -> pa.Table:
    net = pc.round(pc.multiply(lines["quantity"], lines["price"]), 4, "half_towards_infinity").cast(_MONEY)
    lines = lines.append_column("business_date", lines["sales_time"].cast(pa.date32()))
    lines = lines.append_column("hour_start_at", pc.floor_temporal(lines["sales_time"], unit="hour"))
    return lines.append_column("net_amount", net)


def _summed(rows: pa.Table) -> pa.Table:
    sums = rows.group_by(["business_date", "hour_start_at"]).aggregate([(name, "sum") for name in _SUMS])
    schema = pa.schema({"business_date": pa.date32(), "hour_start_at": _INSTANT, **_SUMS})
    names = ["business_date", "hour_start_at", *(f"{name}_sum" for name in _SUMS)]
    return sums.select(names).rename_columns(list(schema.names)).cast(schema)
