"""A customer in Kafka: the tombstone that erases, by when the topics let go, and what they still hold.

Kafka's records cannot be rewritten. Master data go by compaction once a tombstone stands behind them, sales by
retention; until then whoever may read the topic can read the customer.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from confluent_kafka import KafkaException

from ingestion.broker import BrokerUnreachable
from ingestion.kafka_offsets import topic_positions
from ingestion.kafka_producer import EventSender
from ingestion.requeue import records_of
from ingestion.topics import topic_settings
from lakehouse.contracts import contract_names
from lakehouse.rules.person import Person
from lakehouse.rules.pseudonym import ERASED
from lakehouse.rules.redaction import CUSTOMERS
from lakehouse.settings import Settings
from lakehouse.storage.person_scan import found_in_bytes

HOLD_CUSTOMERS = ("sales_data", CUSTOMERS)
_MOST = dt.timedelta(days=3650)
# The broker looks at retention and compaction from time to time, and removes a file a minute later.
_SLACK = dt.timedelta(minutes=10)


def send_tombstone(settings: Settings, customer_id: str = ERASED) -> None:
    """Erase the customer in the topic of master data. ERASED is nobody: such a record only lets an old segment of a
    silent topic be closed, so that it can be compacted."""
    with EventSender(settings) as sender:
        sender.send_pairs(CUSTOMERS, [(customer_id.encode(), None)])


def gone_from_kafka_at(settings: Settings, now: dt.datetime) -> dt.datetime:
    """By when the topics have let go of records that they hold now, by their own settings; UTC.

    A compacted topic needs records after them: a silent one keeps its newest segment as it is.
    """
    return now + max(map(_lifetime, topic_settings(settings, HOLD_CUSTOMERS).values())) + _SLACK


def _lifetime(config: Mapping[str, str]) -> dt.timedelta:
    names = ["segment.ms"]
    if "delete" in config["cleanup.policy"]:
        names += ["retention.ms"]
    else:
        names += ["max.compaction.lag.ms", "delete.retention.ms"]
    times = [int(config[name]) for name in names]
    most = int(_MOST.total_seconds() * 1000)
    return dt.timedelta(milliseconds=sum(most if each < 0 or each > most else each for each in times))


def records_naming(settings: Settings, person: Person) -> dict[str, int]:
    """Records that name the person, by topic; every record that a consumer can still read is looked at.

    Raises BrokerUnreachable.
    """
    topics = {settings.topic(name): name for name in contract_names("topics")}
    try:
        now = topic_positions(settings, list(topics))
        spans = {key: (now.firsts[key], end) for key, end in now.nexts.items() if end > now.firsts[key]}
        found = Counter[str]()
        for record in records_of(settings, spans, is_committed=False) if spans else ():
            name = topics[record.topic() or ""]
            headers: Iterable[tuple[str, bytes | None]] = record.headers() or ()  # type: ignore[assignment]
            texts = [record.key(), record.value(), *(value for _, value in headers)]
            found[name] += is_named(texts, person, name)
    except KafkaException as error:
        raise BrokerUnreachable(settings.bootstrap, f"it does not tell its records: {error}") from error
    return {name: count for name, count in found.items() if count}


def is_named(texts: Iterable[bytes | None], person: Person, topic: str) -> bool:
    """Whether key, value or headers of a record name the person."""
    held = [text for text in texts if text is not None]
    of_customers = topic == CUSTOMERS
    if of_customers and person.customer_id.encode() in held:
        return True
    return any(found_in_bytes(text, person, of_customers=of_customers) for text in held)


def segments_naming(folder: Path, settings: Settings, person: Person) -> list[str]:
    """Segment files of a broker of this machine that hold the person, those that are being removed among them."""
    found = list[Path]()
    for name in contract_names("topics"):
        paths = sorted(folder.glob(f"{settings.topic(name)}-[0-9]*/*.log*"))
        found += [path for path in paths if _holds(path, person, name)]
    return [f"{path.parent.name}/{path.name}" for path in found]


def _holds(path: Path, person: Person, topic: str) -> bool:
    return any(is_named(texts, person, topic) for texts in _records_of_segment(path))


def _records_of_segment(path: Path) -> Iterator[list[bytes | None]]:
    """Key, value and header values of each record; a segment has the form of a fetch response
    (https://kafka.apache.org/documentation/#recordbatch)."""
    from kafka.record import MemoryRecords  # type: ignore[import-untyped] # noqa: PLC0415 - takes long to load

    try:
        held = path.read_bytes()
    except FileNotFoundError:  # it was removed meanwhile
        return
    batches = MemoryRecords(held)
    while (batch := batches.next_batch()) is not None:
        if getattr(batch, "is_control_batch", False):
            continue
        for record in batch:
            yield [record.key, record.value, *(value for _, value in record.headers)]
