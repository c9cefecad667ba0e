"""Makes the topics that are missing, as their contracts say; reports, and never changes, those that differ."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from ingestion.broker import BrokerUnreachable, require_broker
from ingestion.kafka_clients import client_config
from lakehouse.contracts import contract_names, load_contract
from lakehouse.settings import Settings

_TIMEOUT_SECONDS = 20.0
_NOT_CONFIGS = ("partitions", "replication_factor")


class TopicError(RuntimeError):
    """The broker refused to make or describe a topic."""


@dataclass(frozen=True)
class TopicReport:
    """What happened to one topic: made now or found, and how a found one differs from its contract."""

    topic: str
    created: bool
    differences: tuple[str, ...]


def ensure_topics(settings: Settings, names: tuple[str, ...] = ()) -> list[TopicReport]:
    """Create the topics that are missing, by default of every contract; calling it again changes nothing.

    Raises BrokerUnreachable, or TopicError with the broker's words.
    """
    require_broker(settings.bootstrap)
    admin = AdminClient(client_config(settings))
    wanted = {settings.topic(name): _wanted(settings, name) for name in names or contract_names("topics")}
    found = partition_counts(admin, settings.bootstrap)
    created = {topic for topic in wanted if topic not in found and _create(admin, topic, wanted[topic])}
    found = partition_counts(admin, settings.bootstrap)
    reports = []
    for topic, contract in wanted.items():
        seen = {} if topic in created else _described(admin, topic) | {"partitions": str(found[topic])}
        reports.append(TopicReport(topic, topic in created, differences(contract, seen)))
    return reports


def topic_settings(settings: Settings, names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """What the broker says of the topics of these contracts now: all their settings, by contract name.

    Raises BrokerUnreachable, or TopicError with the broker's words.
    """
    require_broker(settings.bootstrap)
    admin = AdminClient(client_config(settings))
    return {name: _described(admin, settings.topic(name)) for name in names}


def differences(contract: Mapping[str, str], seen: Mapping[str, str]) -> tuple[str, ...]:
    """One sentence for each setting that the topic has otherwise than its contract; unseen ones are skipped."""
    return tuple(
        f"{name} is {seen[name]}, the contract says {value}"
        for name, value in sorted(contract.items())
        if name in seen and seen[name] != value
    )


def partition_counts(admin: AdminClient, bootstrap: str) -> dict[str, int]:
    """Number of partitions of every topic of the broker."""
    try:
        topics = admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise BrokerUnreachable(
            bootstrap,
            f"it accepts connections and does not answer: {error}; do RETAIL_KAFKA_SECURITY, user, password and "
            "certificates fit it?",
        ) from error
    return {name: len(topic.partitions) for name, topic in topics.items()}


def _wanted(settings: Settings, name: str) -> Mapping[str, str]:
    """The contract's Kafka settings; how many brokers there are to copy to is known here, not there."""
    contract = load_contract("topics", name).kafka
    if not settings.topic_replication:
        return contract
    return {**contract, "replication_factor": str(settings.topic_replication)}


def _create(admin: AdminClient, topic: str, contract: Mapping[str, str]) -> bool:
    """False when another process was faster."""
    config = {name: value for name, value in contract.items() if name not in _NOT_CONFIGS}
    new = NewTopic(
        topic,
        num_partitions=int(contract.get("partitions", "1")),
        replication_factor=int(contract.get("replication_factor", "1")),
        config=config,
    )
    try:
        _result(
            admin.create_topics([new], operation_timeout=_TIMEOUT_SECONDS)[topic], f"create topic {topic}"
        )
    except TopicError as error:
        if _code(error) == KafkaError.TOPIC_ALREADY_EXISTS:
            return False
        raise
    return True


def _described(admin: AdminClient, topic: str) -> dict[str, str]:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    entries = _result(admin.describe_configs([resource])[resource], f"describe topic {topic}")
    return {name: str(entry.value) for name, entry in entries.items()}


def _result(future: Future[Any], doing: str) -> Any:
    try:
        return future.result(timeout=_TIMEOUT_SECONDS)
    except (KafkaException, TimeoutError) as error:
        raise TopicError(
            f"could not {doing}: {error}; expected the broker to allow it, see its log"
        ) from error


def _code(error: TopicError) -> int | None:
    cause = error.__cause__
    return cause.args[0].code() if isinstance(cause, KafkaException) else None
