"""What is tried again, and what reaches people: in Airflow's own environment, over a real HTTP server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.orchestration.airflow.conftest import in_airflow

RETRIES = """
import json
from airflow.sdk.exceptions import AirflowException
from orchestration.airflow.house_command import CommandFailed
from orchestration.airflow.retries import OnlyTransport

def submit(code):
    return AirflowException(f"Cannot execute: spark-submit. Error code is: {code}.\\nLast spark-submit output:\\nerror: x")

policy = OnlyTransport()
seen = {
    "unreachable": submit(3), "verdict": submit(1), "usage": submit(2), "killed": submit(-9), "asked to end": submit(143),
    "warehouse away": CommandFailed("retail", 3, "x"), "gate": CommandFailed("retail", 1, "x"), "no program": ValueError("x"),
}
print("SEEN" + json.dumps({name: policy.evaluate(error, 1, 3).action.value for name, error in seen.items()}))
"""

ALERT = """
from types import SimpleNamespace
from airflow.sdk.exceptions import AirflowException
from orchestration.airflow.alerts import task_failed

error = AirflowException(
    "Cannot execute: spark-submit. Error code is: 1.\\nLast spark-submit output:\\n26/11/23 WARN x\\n"
    "error: gold.dim_store: closed since 2026-11-23 by key_unique (version 3)"
)
task = SimpleNamespace(dag_id="retail_analytics", task_id="quality_gate", run_id="r1", try_number=1, log_url="http://here/log")
task_failed({"task_instance": task, "exception": error})
"""


class Hook(BaseHTTPRequestHandler):
    """A webhook that remembers what was posted, and answers with the status that it is told to."""

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        self.server.heard.append(json.loads(self.rfile.read(size)))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:  # it would write to stderr
        return


@pytest.fixture
def webhook() -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Hook)
    server.heard, server.status = [], 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_only_what_may_go_away_by_itself_is_tried_again(tmp_path: Path) -> None:
    done = in_airflow(RETRIES, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.rpartition("SEEN")[2]) == {
        "unreachable": "retry",
        "verdict": "fail",
        "usage": "fail",
        "killed": "retry",
        "asked to end": "retry",
        "warehouse away": "retry",
        "gate": "fail",
        "no program": "default",
    }


def test_a_failed_task_reaches_the_webhook_in_the_words_of_its_job(webhook: Any, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{webhook.server_port}/hook"
    done = in_airflow(ALERT, tmp_path, RETAIL_ALERT_WEBHOOK=address)
    assert done.returncode == 0, done.stderr[-3000:]
    assert [message["text"].partition("\n") for message in webhook.heard] == [
        (
            (
                ":red_circle: retail_analytics.quality_gate failed (run r1, try 1): gold.dim_store: closed since 2026-11-23 "
                "by key_unique (version 3)"
            ),
            "\n",
            "http://here/log",
        )
    ]


def test_an_alert_that_is_not_delivered_is_logged_without_its_secret_address_and_fails_nothing(
    webhook: Any, tmp_path: Path
) -> None:
    webhook.status = 500
    address = f"http://127.0.0.1:{webhook.server_port}/token-of-ours"
    done = in_airflow(ALERT, tmp_path, RETAIL_ALERT_WEBHOOK=address)
    assert done.returncode == 0, done.stderr[-3000:]
    told = done.stdout + done.stderr
    assert "was not delivered" in told
    assert "token-of-ours" not in told
