"""Alerts: one short message per failed task or missed deadline, to the log and to a webhook that takes Slack's form.

The form is ``{"text": …}`` by POST (api.slack.com, "Incoming webhooks"); Mattermost, Teams' Slack connector and most
pagers take it too. An alert that cannot be delivered is logged and never changes the state of a run.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference

from lakehouse.settings import load_settings

_LOG = logging.getLogger(__name__)
_SECONDS = 10.0
_MOST = 1_500  # what a chat shows without folding


def task_failed(context: Mapping[str, Any]) -> None:
    """``on_failure_callback``: the task, its run, its error in its own words, and where to look."""
    task = context["task_instance"]
    send(
        f":red_circle: {task.dag_id}.{task.task_id} failed (run {task.run_id}, try {task.try_number}): "
        f"{told(context.get('exception'))}\n{getattr(task, 'log_url', '')}".rstrip()
    )


async def deadline_missed(dag: str, minutes: float, context: Mapping[str, Any] | None = None) -> None:
    """The callback of a deadline: runs in the triggerer, while the late run goes on."""
    run = ((context or {}).get("dag_run") or {}).get("dag_run_id", "")
    await asyncio.to_thread(
        send, f":large_yellow_circle: {dag} is not done after {minutes:.0f} minutes {run}".rstrip()
    )


def deadline(dag: str, every: timedelta, minutes: float) -> DeadlineAlert:
    """Tell when a scheduled run of the DAG is not done so many minutes after its interval has ended.

    ``every``: length of an interval, whose beginning is the run's logical date; a run started by hand has none and no
    deadline. Not DAGRUN_QUEUED_AT: with that, Airflow 3.3.2 cannot clear a run before its deadline (``timedelta`` gets
    the serialized interval, a dict), and clearing is how a red run is mended.
    """
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=every + timedelta(minutes=minutes),
        callback=AsyncCallback(deadline_missed, kwargs={"dag": dag, "minutes": minutes}),
    )


def told(error: object) -> str:
    """The words of a job inside Airflow's: its ``error:`` line if there is one, else the first line."""
    lines = str(error).splitlines() or [""]
    own = [line.strip() for line in lines if line.strip().startswith("error: ")]
    return (own[-1].removeprefix("error: ") if own else lines[0])[:_MOST]


def send(text: str) -> None:
    """Log the alert and post it; without a webhook it is only logged."""
    _LOG.error("alert: %s", text)
    address = load_settings().alert_webhook.get_secret_value()
    if not address:
        return
    try:
        httpx.post(address, json={"text": text}, timeout=_SECONDS).raise_for_status()
    except httpx.HTTPError as error:
        # The address may hold a token, and httpx repeats it in its message.
        _LOG.error("the alert was not delivered (%s); look at RETAIL_ALERT_WEBHOOK", type(error).__name__)
