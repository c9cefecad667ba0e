"""The till of a chaos run: a simulated chain that keeps what it sells in a journal until the broker has it.

``python -m tests.chaos.till --folder DIR --seed N …``. A sale is written to ``sent.jsonl`` before it is sent and to
``acked.jsonl`` when the broker has acknowledged it. Killed and started again, the till sends first what was not
acknowledged, so some of it arrives twice. It ends, with exit code 0, when a file ``stop`` stands in the folder and
all is acknowledged. Repeats, late events, disorder and damage come from the seed.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TextIO

from confluent_kafka import Producer

from ingestion.events import SALES_DATA, TOPICS, Message
from ingestion.faults import damage, shuffled_kinds
from ingestion.kafka_producer import producer_config
from ingestion.sales_producer import Pace, events_due
from ingestion.simulator.chain import ChainPlan
from ingestion.simulator.live import LiveChain
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings, load_settings

SENT, ACKED, STOP = "sent.jsonl", "acked.jsonl", "stop"
_HISTORY = timedelta(days=4)
_LOOK_SECONDS = 0.05
_FLUSH_SECONDS = 60.0
_HELD_SHARE, _HELD_SECONDS = 0.02, 5.0


@dataclass(frozen=True)
class Sale:
    """One message as the journal holds it. ``number`` is its place there; ``is_broken``: damaged on purpose."""

    number: int
    topic: str
    event_id: str
    is_broken: bool
    key: bytes | None
    value: bytes | None


def read_sales(folder: Path) -> list[Sale]:
    """Everything the till has sent, or was about to send. A last line that a kill cut off was never sent."""
    return [
        Sale(
            number,
            line["topic"],
            line["event_id"],
            line["broken"],
            _bytes(line["key"]),
            _bytes(line["value"]),
        )
        for number, line in enumerate(_lines(folder / SENT))
    ]


def read_acked(folder: Path) -> set[int]:
    """Numbers of the sales that the broker has acknowledged."""
    return {line["number"] for line in _lines(folder / ACKED)}


def main() -> int:
    """Sell until told to stop."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rate", type=float, default=500.0, help="lines per second")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long at this rate")
    parser.add_argument("--then", type=float, default=50.0, help="lines per second afterwards")
    for share in ("late", "duplicates", "broken"):
        parser.add_argument(f"--{share}", type=float, default=0.0)
    given = parser.parse_args()
    settings = load_settings()
    ensure_topics(settings)
    with _Counter(settings, given.folder) as counter:
        counter.send_left_over()
        _sell(given, counter)
        return 0 if counter.is_empty() else 1


def at_full_rate(elapsed: float, seconds: float, share: float) -> float:
    """How long the full rate takes for what is sold in ``elapsed`` seconds: all at it for ``seconds``, then a share."""
    return min(elapsed, seconds) + max(0.0, elapsed - seconds) * share


def _sell(given: argparse.Namespace, counter: _Counter) -> None:
    now = datetime.now(UTC)
    plan = ChainPlan(
        now.date() - _HISTORY,
        given.seed,
        late=given.late,
        duplicates=given.duplicates,
        broken=0.0,
        label=now.isoformat(),
    )
    chain, rng, pace = LiveChain(plan, TOPICS, now), Random(f"till {plan.label}"), Pace(given.rate, "lines")
    held: list[tuple[float, Message, bool]] = []
    started = time.monotonic()
    while not (given.folder / STOP).exists():
        elapsed = time.monotonic() - started
        paced = at_full_rate(elapsed, given.seconds, given.then / given.rate)
        batch = [
            _damaged(rng, message, given.broken)
            for message in chain.batch(events_due(pace, chain.counts, paced), datetime.now(UTC))
        ]
        rng.shuffle(batch)  # a till is quicker than another; some wait for seconds
        held += [
            (elapsed + rng.random() * _HELD_SECONDS, *each) for each in batch if rng.random() < _HELD_SHARE
        ]
        waiting = [id(message) for _, message, _ in held]
        due = [each for each in held if each[0] <= elapsed]
        held = [each for each in held if each[0] > elapsed]
        counter.send([each for each in batch if id(each[0]) not in waiting])
        counter.send([(message, is_broken) for _, message, is_broken in due])
        time.sleep(_LOOK_SECONDS)
    counter.send([(message, is_broken) for _, message, is_broken in held])


def _damaged(rng: Random, message: Message, share: float) -> tuple[Message, bool]:
    """The message, and whether it is one of those that arrive broken."""
    if message.topic == SALES_DATA and b'"lines":[{' in (message.value or b"") and rng.random() < share:
        return damage(rng, message, shuffled_kinds(rng, 1)[0]), True
    return message, False


class _Counter:
    """Sends, with a journal of what was sent and what was acknowledged."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._sales, self._acked = read_sales(folder), read_acked(folder)
        self._sent_log, self._acked_log = _opened(folder / SENT), _opened(folder / ACKED)
        self._number = len(self._sales)
        config = producer_config(settings) | {"delivery.report.only.error": False}
        self._producer = Producer(config)

    def __enter__(self) -> _Counter:
        return self

    def __exit__(self, *_: object) -> None:
        self._producer.flush(_FLUSH_SECONDS)

    def send_left_over(self) -> None:
        """Send again what an earlier life of this till has no acknowledgement for."""
        for sale in self._sales:
            if sale.number not in self._acked:
                self._produce(sale.number, sale.topic, sale.key, sale.value)

    def send(self, messages: Iterable[tuple[Message, bool]]) -> None:
        """Write the messages down, then send them."""
        batch = list(messages)
        for message, is_broken in batch:
            line = {"topic": message.topic, "event_id": message.event_id, "broken": is_broken,
                    "key": _text(message.key), "value": _text(message.value)}  # fmt: skip
            self._sent_log.write(json.dumps(line) + "\n")
        self._sent_log.flush()
        for message, _ in batch:
            self._produce(self._number, message.topic, message.key, message.value)
            self._number += 1
        self._producer.poll(0)
        self._acked_log.flush()

    def is_empty(self) -> bool:
        """Whether the broker has acknowledged everything, after waiting for it."""
        left = self._producer.flush(_FLUSH_SECONDS)
        self._acked_log.flush()
        return left == 0 and len(read_acked(self._folder)) == self._number

    def _produce(self, number: int, topic: str, key: bytes | None, value: bytes | None) -> None:
        while True:
            try:
                self._producer.produce(
                    self._settings.topic(topic), value, key, on_delivery=self._heard(number)
                )
                return
            except BufferError:
                self._producer.poll(_LOOK_SECONDS)

    def _heard(self, number: int) -> Callable[[Any, Any], None]:
        def note(error: Any, _: Any) -> None:
            if error is None:
                self._acked_log.write(f'{{"number": {number}}}\n')

        return note


def _opened(path: Path) -> TextIO:
    """The journal, to go on with; half a line at its end is cut off."""
    if path.exists():
        whole = path.read_bytes()
        with path.open("r+b") as file:
            file.truncate(whole.rfind(b"\n") + 1)
    return path.open("a", encoding="utf-8")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        for line in path.read_bytes().split(b"\n")[:-1]:
            yield json.loads(line)


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


if __name__ == "__main__":
    sys.exit(main())
