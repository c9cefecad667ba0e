"""Topics are made as their contracts say; those that differ are reported and left alone."""

from __future__ import annotations

import socket

import pytest
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from ingestion.broker import BrokerUnreachable, require_broker
from ingestion.topics import TopicError, differences, ensure_topics
from lakehouse.contracts import contract_names
from lakehouse.settings import Settings


def test_without_a_broker_the_error_names_the_address_and_the_remedy() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(BrokerUnreachable, match=rf"{address} .*refused.*retail up"):
            require_broker(address)
    with pytest.raises(BrokerUnreachable, match="'nowhere' is not host:port"):
        require_broker("nowhere")


def test_one_broker_of_the_list_suffices() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        require_broker(f"nowhere,127.0.0.1:{server.getsockname()[1]}")


def test_what_differs_from_the_contract_is_said_and_what_is_not_known_is_not() -> None:
    contract = {"partitions": "3", "retention.ms": "604800000", "replication_factor": "1"}
    seen = {"partitions": "1", "retention.ms": "604800000"}
    assert differences(contract, seen) == ("partitions is 1, the contract says 3",)


@pytest.mark.stack
def test_missing_topics_are_made_once_and_strange_ones_are_reported_and_left_alone(
    stack_settings: Settings,
) -> None:
    strange = NewTopic(
        stack_settings.topic("sales_data"), num_partitions=1, config={"cleanup.policy": "compact"}
    )
    admin = AdminClient({"bootstrap.servers": stack_settings.bootstrap})
    admin.create_topics([strange])[strange.topic].result(10)
    reports = {report.topic: report for report in ensure_topics(stack_settings)}
    assert reports.keys() == {stack_settings.topic(name) for name in contract_names("topics")}
    sales = reports.pop(strange.topic)
    assert not sales.created
    assert "partitions is 1, the contract says 3" in sales.differences
    assert "cleanup.policy is compact, the contract says delete" in sales.differences
    assert [(each.created, each.differences) for each in reports.values()] == [(True, ())] * 5
    again = {report.topic: report for report in ensure_topics(stack_settings)}
    assert again.pop(strange.topic).differences == sales.differences
    assert [(each.created, each.differences) for each in again.values()] == [(False, ())] * 5


@pytest.mark.stack
def test_as_many_copies_are_asked_for_as_the_settings_say(stack_settings: Settings) -> None:
    cluster = stack_settings.model_copy(update={"topic_replication": 3})
    with pytest.raises(TopicError, match=r"(?i)replication factor"):  # one broker cannot hold three copies
        ensure_topics(cluster)
