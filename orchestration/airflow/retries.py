"""What is worth another try: a job that could not reach something (exit 3), or was killed. A verdict is not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy

UNREACHABLE = 3  # lakehouse.storage.job_errors.RETRY, which Airflow's environment cannot import
_SUBMIT = re.compile(r"Error code is: (-?\d+)")
_KILLED = {-9, -15, 137, 143}


class OnlyTransport(RetryPolicy):
    """Retries what may go away by itself; contract and gate errors fail at once, for they would fail again."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Mapping[str, Any] | None = None,  # noqa: ARG002 - Airflow hands it over
    ) -> RetryDecision:
        """Decide by the exit code. Delay and number of tries are the task's own (retries, back-off)."""
        code = exit_code(exception)
        if code is None:
            return RetryDecision.default()
        if code == UNREACHABLE or code in _KILLED:
            return RetryDecision.retry(reason=f"try {try_number} of {max_tries + 1}: exit code {code}")
        return RetryDecision.fail(
            reason=f"exit code {code} is a verdict; mend the cause, then clear the task"
        )

    def serialize(self) -> dict[str, Any]:
        """It has no settings."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> OnlyTransport:
        """As serialize."""
        assert not data, f"expected no settings, seen {data}"
        return cls()


def exit_code(error: BaseException) -> int | None:
    """Exit code of the program behind the error; None where there was none."""
    code = getattr(error, "exit_code", None)
    if isinstance(code, int):
        return code
    seen = _SUBMIT.search(str(error))
    return int(seen[1]) if seen else None
