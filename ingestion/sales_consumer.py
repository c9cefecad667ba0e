"""Shows and checks what arrives in a topic: ``python -m ingestion.sales_consumer --help``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer
from kafka import KafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from kafka.errors import KafkaError, RetriableError  # type: ignore[import-untyped]

from ingestion.arrivals import Arrivals
from ingestion.broker import BrokerUnreachable, require_broker
from ingestion.command_line import CHECK_FAILED, Ticker, exit_code, print_result
from ingestion.kafka_clients import python_config
from ingestion.kafka_producer import MAX_MESSAGE_BYTES
from lakehouse.settings import Settings, load_settings

Start = Literal["earliest", "latest"]
Topic = Literal["sales_data", "inventory_movements"]
_POLL_MS = 200
_SHOWN_CHARACTERS = 160


class ReadError(RuntimeError):
    """The broker answers, and the records cannot be read: offsets gone, or a codec without its library."""


@dataclass(frozen=True)
class Record:
    """One Kafka record as it arrived."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Reading:
    """Where to begin and when to end: after ``limit`` records or ``idle_seconds`` without one (None = never)."""

    start: Start = "earliest"
    limit: int | None = None
    idle_seconds: float | None = 5.0


def read_records(settings: Settings, topic: str, reading: Reading) -> Iterator[Record]:
    """Records of a contract topic, all partitions, without a consumer group: nothing is committed.

    Raises BrokerUnreachable, ReadError, or ValueError when the topic does not exist.
    """
    require_broker(settings.bootstrap)
    wire_topic = settings.topic(topic)
    consumer = KafkaConsumer(
        **python_config(settings),
        enable_auto_commit=False,
        auto_offset_reset=reading.start,
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        allow_auto_create_topics=False,
    )
    try:
        partitions = consumer.partitions_for_topic(wire_topic)
        if not partitions:
            raise ValueError(f"no topic {wire_topic} at {settings.bootstrap}; `retail up` makes it")
        consumer.assign([TopicPartition(wire_topic, number) for number in sorted(partitions)])
        yield from _polled(consumer, reading)
    except KafkaError as error:
        seen = f"{type(error).__name__}: {error}"
        if isinstance(error, RetriableError):
            raise BrokerUnreachable(settings.bootstrap, seen) from error
        raise ReadError(f"cannot read {wire_topic} at {settings.bootstrap}: {seen}") from error
    finally:
        consumer.close()


def _polled(consumer: Any, reading: Reading) -> Iterator[Record]:
    taken, last = 0, time.monotonic()
    while reading.limit is None or taken < reading.limit:
        fetched = consumer.poll(timeout_ms=_POLL_MS)
        if fetched:
            last = time.monotonic()
        elif reading.idle_seconds is not None and time.monotonic() - last >= reading.idle_seconds:
            return
        for record in (record for records in fetched.values() for record in records):
            if taken == reading.limit:
                return
            taken += 1
            headers = tuple(record.headers or ())
            yield Record(record.partition, record.offset, record.key, record.value, headers)


def check_arrivals(
    settings: Settings,
    topic: str,
    reading: Reading,
    show: Callable[[Record, str | None], None] = lambda _record, _fault: None,
    progress: Callable[[dict[str, object]], None] = lambda _counts: None,
) -> dict[str, object]:
    """Read and judge; returns records, bytes, seconds, rate, shapes, faults, missing_offsets, next_offsets and
    sound. ``show`` gets each record and its fault."""
    arrivals = Arrivals(topic)
    first = last = time.monotonic()
    for record in read_records(settings, topic, reading):
        last = time.monotonic()
        first = first if arrivals.records else last
        show(record, arrivals.add(record.partition, record.offset, record.value))
        progress({"records": arrivals.records, "faults": arrivals.faults.total()})
    seconds = round(last - first, 3)
    return {
        "topic": settings.topic(topic),
        "records": arrivals.records,
        "bytes": arrivals.bytes,
        "seconds": seconds,
        "records_per_second": round(arrivals.records / seconds) if seconds else None,
        "shapes": dict(arrivals.shapes),
        "faults": dict(arrivals.faults),
        "missing_offsets": arrivals.missing_offsets,
        "next_offsets": {str(number): offset for number, offset in sorted(arrivals.next_offsets.items())},
        "sound": arrivals.sound,
    }


app = typer.Typer(add_completion=False)


@app.command()
def main(
    *,
    topic: Annotated[Topic, typer.Option(help="contract topic")] = "sales_data",
    start: Annotated[Start, typer.Option("--from", help="where to begin")] = "earliest",
    limit: Annotated[int | None, typer.Option(min=0, help="end after that many records")] = None,
    idle: Annotated[float, typer.Option(min=0, help="end after that many seconds without a record")] = 5.0,
    show: Annotated[bool, typer.Option(help="print every record, not only the broken ones")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Check what arrives; exit 1 when a record is broken or offsets are missing."""

    def printed(record: Record, fault: str | None) -> None:
        if show or fault:
            sys.stderr.write(_line(record, fault) + "\n")

    try:
        found = check_arrivals(load_settings(), topic, Reading(start, limit, idle), printed, Ticker())
    except (ConnectionError, ValueError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(exit_code(error)) from None
    print_result(found, as_json)
    if not found["sound"]:
        raise typer.Exit(CHECK_FAILED)


def _line(record: Record, fault: str | None) -> str:
    text = (record.value or b"").decode(errors="backslashreplace")
    if len(text) > _SHOWN_CHARACTERS:
        text = f"{text[:_SHOWN_CHARACTERS]}… ({len(record.value or b''):,} bytes)"
    key = (record.key or b"").decode(errors="backslashreplace")
    return f"{record.partition}/{record.offset} {key} {fault or 'sound'}: {text}"


if __name__ == "__main__":
    app()
