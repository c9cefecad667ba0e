"""How far a continuous stream is behind its topics: what its lease tells, against what the broker holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaException

from ingestion.broker import BrokerUnreachable
from ingestion.kafka_offsets import Partition, appended_at, offsets_at, topic_positions
from lakehouse.contracts import contract_names
from lakehouse.settings import Settings


@dataclass(frozen=True)
class Lag:
    """Records of one partition that the stream has not brought to gold: from ``position`` up to ``target``.

    ``oldest_at``: when the broker appended the first of them (UTC); None where it holds none any more.
    """

    topic: str
    partition: int
    position: int
    target: int
    oldest_at: dt.datetime | None

    def __str__(self) -> str:
        since = f", the oldest of {self.oldest_at:%F %T}Z" if self.oldest_at else ""
        return f"{self.target - self.position:,} records of {self.topic}/{self.partition} (from offset {self.position}{since})"


def stream_lags(settings: Settings, position: Mapping[str, int], up_to: dt.datetime | None) -> list[Lag]:
    """Where the stream is behind; empty when it has passed ``up_to`` (None = all that the topics hold).

    ``position`` as in lakehouse.storage.lease.Holder. Raises BrokerUnreachable.
    """
    return [lag for lag in partition_lags(settings, position, up_to) if lag.target > lag.position]


def partition_lags(
    settings: Settings, position: Mapping[str, int], up_to: dt.datetime | None = None
) -> list[Lag]:
    """The same for every partition of our topics, those without a waiting record included."""
    try:
        now = topic_positions(settings, [settings.topic(name) for name in contract_names("topics")])
        ends = dict(now.nexts)
        if up_to is not None:
            ends = offsets_at(settings, ends, int(up_to.timestamp() * 1000))
        at = {key: max(position.get(f"{key[0]}/{key[1]}", 0), first) for key, first in now.firsts.items()}
        return [
            Lag(
                *key,
                at[key],
                max(end, at[key]),
                _appended_at(settings, key, at[key]) if end > at[key] else None,
            )
            for key, end in sorted(ends.items())
        ]
    except KafkaException as error:
        raise BrokerUnreachable(
            settings.bootstrap, f"it does not tell where the topics stand: {error}"
        ) from error


def oldest(lags: list[Lag]) -> dt.datetime | None:
    """When the record that has waited longest was appended (UTC)."""
    return min((lag.oldest_at for lag in lags if lag.oldest_at), default=None)


def _appended_at(settings: Settings, key: Partition, offset: int) -> dt.datetime | None:
    millis = appended_at(settings, key, offset)
    return None if millis is None else dt.datetime.fromtimestamp(millis / 1000, dt.UTC)
