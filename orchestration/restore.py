"""`retail restore`: a table taken back to an earlier version by the holder of the lake."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from infra.local.errors import StackError
from infra.local.secrets_file import with_secrets
from lakehouse.settings import Settings
from lakehouse.storage.requests import Request, ask
from orchestration.asked import finished
from orchestration.catch_up import instant
from orchestration.check import full_name
from orchestration.spark_job import servers_away
from orchestration.summary import Json

Tell = Callable[[str], None]


def restore(
    settings: Settings,
    table: str,
    target: tuple[str | None, int | None],
    tell: Tell,
    finish: Callable[[Settings, Request, Tell], Request] = finished,
) -> Json:
    """Restore the table and say what was done. ``target``: an instant (ISO 8601 with offset), or a version.

    Raises UnknownTable, UnknownTime, RequestFailed with the reason of a refusal, StackError.
    """
    settings, name = with_secrets(settings), full_name(table)
    away = servers_away(settings, with_kafka=False)
    if away:
        raise StackError(away)
    at, version = target
    when = {"to": instant(at).isoformat()} if at is not None else {"version": str(version)}
    request = ask(settings, f"restore-{uuid.uuid4().hex[:8]}", "restore", {"table": name, **when})
    ended = finish(settings, request, tell)
    return {
        "table": name,
        "done": dict(ended.done),
        "next": f"retail check {name}; retail reconcile",
    }
