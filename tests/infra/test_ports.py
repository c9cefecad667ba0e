"""A taken port is named with who holds it and the setting that moves ours."""

from __future__ import annotations

import os
import socket

import pytest

from infra.local.errors import PortTaken
from infra.local.ports import PortHolder, find_holder, need_port, port_answers, taken_message


def test_a_taken_port_names_its_holder_and_the_setting_that_moves_it() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert port_answers(port)
        found = find_holder(port)
        assert found is not None
        assert found.pid == os.getpid()
        with pytest.raises(
            PortTaken, match=rf"port {port} for Kafka .*process {os.getpid()} .*RETAIL_KAFKA_PORT"
        ):
            need_port(port, "Kafka", "RETAIL_KAFKA_PORT")
    need_port(port, "Kafka", "RETAIL_KAFKA_PORT")
    assert not port_answers(port)


def test_a_port_held_by_another_home_of_ours_names_the_command_that_frees_it() -> None:
    message = taken_message(19000, "S3", "RETAIL_S3_PORT", PortHolder(7, "java", "/elsewhere/.retail"))
    assert "RETAIL_HOME=/elsewhere/.retail retail down" in message


def test_the_controller_port_cannot_pass_the_last_port() -> None:
    with pytest.raises(PortTaken, match="65535"):
        need_port(65536, "Kafka", "RETAIL_KAFKA_PORT")
