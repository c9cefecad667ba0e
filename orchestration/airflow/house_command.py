"""A task that runs a command of the house in the lakehouse's own environment: no JVM, its log line by line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import BaseOperator

_LAST_LINES = 20
_GRACE_SECONDS = 20.0


class CommandFailed(RuntimeError):
    """The command ended with ``exit_code`` (3: something is unreachable or held); the message is its own words."""

    def __init__(self, command: str, exit_code: int, said: str) -> None:
        self.exit_code = exit_code
        super().__init__(f"{command} ended with exit code {exit_code}.\n{said}".rstrip())


class HouseCommand(BaseOperator):
    """Runs ``command``; what it prints as JSON on stdout becomes the task's result, stderr its log."""

    template_fields: Sequence[str] = ("command",)
    ui_color = "#e8f4ea"

    def __init__(self, *, command: Sequence[str], **given: Any) -> None:
        super().__init__(**given)
        self.command = list(command)
        self._process: subprocess.Popen[str] | None = None

    def execute(self, context: Mapping[str, Any]) -> Any:  # noqa: ARG002 - Airflow hands it over
        """Run it to its end. Raises CommandFailed for any exit code but 0."""
        self.log.info("running %s", " ".join(self.command))
        with subprocess.Popen(
            self.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # so that on_kill ends it with its children
        ) as self._process:
            lines = []
            for line in self._process.stdout or ():
                self.log.info("%s", line.rstrip())
                lines.append(line.rstrip())
        if self._process.returncode:
            said = "\n".join(lines[-_LAST_LINES:])
            raise CommandFailed(" ".join(self.command), self._process.returncode, said)
        return _result(lines)

    def on_kill(self) -> None:
        """Stop the command and what it started, as Ctrl-C would, then for good."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _result(lines: Sequence[str]) -> Any:
    """The JSON value that the command printed last; None for one that prints none."""
    last = next((line for line in reversed(lines) if line), "")
    return json.loads(last) if last.startswith(("{", "[")) else None
