"""The one place that makes our Kafka producer and delivers with it: nothing is lost without saying so."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Delivered

from ingestion.broker import BrokerUnreachable, require_broker
from ingestion.events import Message
from ingestion.kafka_clients import client_config
from lakehouse.settings import Settings

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
DELIVERY_SECONDS = 300.0
_QUEUE_MESSAGES = 200_000
_POLL_EVERY = 1_000
_FLUSH_STEP_SECONDS = 0.5
_FULL_QUEUE_SECONDS = 0.05
_LAST_FLUSH_SECONDS = 5.0
_SHOWN_FAILURES = 5

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Failure:
    """A message that was not delivered: contract topic, size of its value in bytes, and why."""

    topic: str
    value_bytes: int
    reason: str


class DeliveryError(RuntimeError):
    """Some messages were refused; all others were delivered."""

    def __init__(self, failures: list[Failure], delivered: int) -> None:
        self.failures = failures
        self.delivered = delivered
        shown = "; ".join(
            f"{f.topic}, {f.value_bytes:,} bytes: {f.reason}" for f in failures[:_SHOWN_FAILURES]
        )
        more = f" and {len(failures) - _SHOWN_FAILURES} more" if len(failures) > _SHOWN_FAILURES else ""
        super().__init__(
            f"{len(failures)} messages were not delivered, {delivered} were: {shown}{more}; "
            "mend or split what is too large, send the rest again (repeats do no harm)"
        )


def producer_config(settings: Settings) -> dict[str, Any]:
    """Settings of librdkafka. ``murmur2_random`` puts a key where every Java client does. An acknowledged message
    is on the broker's log; one in flight is retried, without repeats, for DELIVERY_SECONDS: a broker that is
    killed and comes back loses nothing."""
    return client_config(settings) | {
        "partitioner": "murmur2_random",
        "enable.idempotence": True,
        "acks": "all",
        "compression.type": "lz4",
        "linger.ms": 20,
        "batch.size": 512 * 1024,
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "queue.buffering.max.messages": _QUEUE_MESSAGES,
        "queue.buffering.max.kbytes": 512 * 1024,
        "delivery.timeout.ms": int(DELIVERY_SECONDS * 1000),
        "reconnect.backoff.ms": 100,
        "reconnect.backoff.max.ms": 2_000,
        "delivery.report.only.error": True,  # counting successes one by one costs a third of the speed
    }


class EventSender:
    """Sends to the topics of one Settings and counts. Use it in a ``with``: leaving flushes, and raises when
    something was not delivered. ``progress`` gets the number of acknowledged messages from time to time."""

    def __init__(self, settings: Settings, progress: Progress | None = None) -> None:
        require_broker(settings.bootstrap)
        self._settings = settings
        self._progress = progress
        self._queued: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._failures: list[Failure] = []
        self._timed_out = 0
        self._last_error = "no answer"
        self._producer = Producer(producer_config(settings) | {"error_cb": self._on_error})

    def __enter__(self) -> EventSender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()
        else:  # what was queued is whole and may go, but the first error is the one to show
            self._producer.flush(_LAST_FLUSH_SECONDS)

    @property
    def delivered(self) -> dict[str, int]:
        """Acknowledged messages by contract topic; exact after flush, before it some may still be queued."""
        return {topic: count - self._failed[topic] for topic, count in self._queued.items()}

    def has_room(self, count: int) -> bool:
        """Whether ``count`` more messages fit into the queue, so that sending them will not wait."""
        self._tick()
        return len(self._producer) + count <= _QUEUE_MESSAGES

    def send(self, message: Message) -> None:
        """Queue one message; waits while the queue is full."""
        self._queue(message.topic, message.key, message.value, list(message.headers))
        if sum(self._queued.values()) % _POLL_EVERY == 0:
            self._tick()

    def send_pairs(self, topic: str, pairs: Sequence[tuple[bytes | None, bytes | None]]) -> None:
        """Queue (key, value) pairs without headers; half the cost of ``send`` for each."""
        produce, wire_topic, on_delivery = (
            self._producer.produce,
            self._settings.topic(topic),
            self._on_delivery,
        )
        for sent, (key, value) in enumerate(pairs):
            try:
                produce(wire_topic, value, key, -1, on_delivery)
            except (BufferError, KafkaException):
                self._queued[topic] += sent
                for later_key, later_value in pairs[sent:]:
                    self._queue(topic, later_key, later_value, [])
                break
        else:
            self._queued[topic] += len(pairs)
        self._tick()

    def flush(self, timeout_seconds: float = DELIVERY_SECONDS + 10) -> None:
        """Wait for all acknowledgements.

        Raises BrokerUnreachable when some stayed out for too long, DeliveryError when some were refused.
        """
        deadline = time.monotonic() + timeout_seconds
        while (waiting := self._producer.flush(_FLUSH_STEP_SECONDS)) and time.monotonic() < deadline:
            self._tick()
        self._tick()
        if waiting:
            raise self._unreachable(waiting)
        if self._failures:
            raise DeliveryError(self._failures, sum(self.delivered.values()))

    def _queue(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, str | bytes | None]],
    ) -> None:
        wire_topic = self._settings.topic(topic)
        self._queued[topic] += 1
        while True:
            try:
                self._producer.produce(
                    wire_topic, value, key, on_delivery=self._on_delivery, headers=headers or None
                )
                return
            except BufferError:
                self._tick(_FULL_QUEUE_SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.MSG_SIZE_TOO_LARGE:
                    seen = f"the producer cannot go on: {error.args[0].str()}"
                    raise BrokerUnreachable(self._settings.bootstrap, seen) from error
                self._fail(topic, len(value or b""), error.args[0])
                return

    def _tick(self, wait_seconds: float = 0.0) -> None:
        self._producer.poll(wait_seconds)
        if self._progress:
            self._progress(sum(self.delivered.values()) - len(self._producer))
        if self._timed_out:  # at once: a producer that runs for weeks must not lose for weeks
            raise self._unreachable(self._timed_out)

    def _unreachable(self, count: int) -> BrokerUnreachable:
        seen = f"{count} messages stayed without acknowledgement; last error: {self._last_error}"
        return BrokerUnreachable(self._settings.bootstrap, seen)

    def _on_delivery(self, error: KafkaError | None, message: Delivered) -> None:
        if error is not None:
            topic = (message.topic() or "").removeprefix(self._settings.topic_prefix)
            self._fail(topic, len(message.value() or b""), error)

    def _on_error(self, error: KafkaError) -> None:
        self._last_error = error.str()

    def _fail(self, topic: str, value_bytes: int, error: KafkaError) -> None:
        too_large = error.code() == KafkaError.MSG_SIZE_TOO_LARGE
        limit = f"larger than the limit of {MAX_MESSAGE_BYTES:,} bytes for key, value and envelope"
        self._failed[topic] += 1
        self._failures.append(Failure(topic, value_bytes, limit if too_large else error.str()))
        self._timed_out += error.code() == KafkaError._MSG_TIMED_OUT  # noqa: SLF001 - public, named so by librdkafka
