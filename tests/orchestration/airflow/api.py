"""Airflow's REST API as an operator uses it: trigger, watch, clear. The API of Airflow 3 ("/api/v2")."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

FINAL = ("success", "failed")


class Api:
    """One session with a running Airflow."""

    def __init__(self, port: int, password: str) -> None:
        self._port = port
        self._token = self._call("POST", "/auth/token", {"username": "admin", "password": password})[
            "access_token"
        ]

    def trigger(self, dag: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run up to now; returns its id."""
        body = {"logical_date": None, "conf": conf or {}}
        return str(self._call("POST", f"/api/v2/dags/{dag}/dagRuns", body)["dag_run_id"])

    def unpause(self, dag: str) -> None:
        """Let a DAG run."""
        self._call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})

    def clear(self, dag: str, run: str) -> None:
        """Clear what failed in a run, with what comes after it, as the button in the grid does."""
        body = {"dag_run_id": run, "only_failed": True, "dry_run": False, "include_downstream": True}
        self._call("POST", f"/api/v2/dags/{dag}/clearTaskInstances", body)

    def wait(self, dag: str, run: str, seconds: float = 1500.0) -> dict[str, str]:
        """Wait for the end of a run; the state of each task."""
        self.until(lambda: self._call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}")["state"] in FINAL, seconds)
        return self.states(dag, run)

    def states(self, dag: str, run: str) -> dict[str, str]:
        """The state of each task now."""
        found = self._call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances")
        return {each["task_id"]: each["state"] for each in found["task_instances"]}

    def log(self, dag: str, run: str, task: str, attempt: int = 1) -> str:
        """What a task logged."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{attempt}?full_content=true"
        return json.dumps(self._call("GET", path))

    @staticmethod
    def until(holds: Callable[[], bool], seconds: float) -> None:
        """Wait until something holds; a test fails when it does not in time."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"not so after {seconds:.0f} s"
            time.sleep(1.0)

    def _call(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if path != "/auth/token":
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        assert answer.status < 300, f"{method} {path}: {answer.status} {text[:500]}"
        return json.loads(text) if text else None
