"""The publisher of `retail run`: hands new sale lines to the pipe every few seconds, refreshes tables every minute.

Started by `retail warehouse refresh --every S` as a child of its own. It goes on while Snowflake is away, and
deploys again where the local warehouse came back empty.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.secrets_file import with_secrets
from lakehouse.settings import Settings
from lakehouse.storage.gates import closed_gates
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from orchestration.warehouse import applied, published
from warehouse.errors import StatementFailed
from warehouse.export.export_sales import export_sales

Tell = Callable[[str], None]
# An external table is refreshed file by file and needs a warehouse; the pipe needs neither.
REFRESH_SECONDS = 60.0


@dataclass
class _State:
    """What the publisher knows of its last round."""

    is_deployed: bool = False
    has_sales: bool = False
    refreshed_at: float = float("-inf")
    told: str = ""


def publish_for_ever(settings: Settings, seconds: float, tell: Tell, stopped: threading.Event) -> None:
    """Publish until ``stopped``; what is wrong is told once, and tried again in the next round."""
    settings = with_secrets(settings)
    lake, state = lake_reader(settings), _State()
    while not stopped.is_set():
        began = time.monotonic()
        try:
            trouble = _round(settings, lake, state, tell)
        except (
            StatementFailed,
            OSError,
            BotoCoreError,
            ClientError,
        ) as error:  # Snowflake or the store of the lake
            trouble, state.is_deployed = str(error), False
        if trouble != state.told:
            tell(trouble or "publishing again")
            state.told = trouble
        stopped.wait(max(0.0, seconds - (time.monotonic() - began)))


def _round(settings: Settings, lake: LakeReader, state: _State, tell: Tell) -> str:
    """One round; why nothing was published, or an empty text."""
    if not state.is_deployed:
        applied(settings, lambda _: None)
        state.is_deployed, state.refreshed_at = True, float("-inf")
    if time.monotonic() - state.refreshed_at >= REFRESH_SECONDS:
        found = published(settings, lambda _: None)
        state.refreshed_at = time.monotonic()
        return "; ".join(f"nothing is published: {gate}" for gate in found.closed)
    closed = closed_gates(lake)
    if closed:
        return "; ".join(f"nothing is published: {gate}" for gate in closed)
    exported = export_sales(settings, lake)
    if exported.changes:
        tell(f"exported {exported.changes:,} changes of sale lines up to version {exported.version}")
        if not state.has_sales:  # the ledger belongs to the first sales, not a minute later
            state.has_sales, state.refreshed_at = True, float("-inf")
    return ""
