"""Gold up to an instant while somebody else writes the lake: wait for the stream, and say how far behind it is."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from ingestion.stream_lag import Lag, stream_lags
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lease_holder
from lakehouse.storage.lease import Holder
from orchestration.plan import MEDALLION

NOW = "now"
_LOOK_SECONDS = 2.0
_TELL_SECONDS = 30.0


class StreamBehind(RuntimeError):
    """The stream that holds the lake did not reach the instant in time; the message names the lag."""


class UnknownTime(ValueError):
    """The instant is not written as ISO 8601 with an offset."""


def instant(text: str) -> dt.datetime:
    """The instant (UTC) of a text like ``2026-11-23T10:00:00+00:00``; ``now`` is this moment. Raises UnknownTime."""
    if text == NOW:
        return dt.datetime.now(dt.UTC)
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UnknownTime(
            f"--up-to {text!r}: expected an instant with its offset, such as 2026-11-23T10:00:00Z, or {NOW}"
        )
    return found.astimezone(dt.UTC)


def brought_by_stream(settings: Settings, up_to: dt.datetime, tell: Callable[[str], None]) -> bool:
    """Whether a stream holds the lake and has passed ``up_to``; False: nobody writes, so the caller may drain.

    Waits while neither is so. Raises StreamBehind after ``catch_up_seconds``, LakeUnreachable, BrokerUnreachable.
    """
    deadline, told = time.monotonic() + settings.catch_up_seconds, -_TELL_SECONDS
    while (holder := lease_holder(settings)) is not None:
        lags = _lags(settings, holder, up_to)
        if lags is not None and not lags:
            tell(f"{holder} has passed {up_to:%F %T}Z: nothing is left to do here")
            return True
        if time.monotonic() >= deadline:
            raise StreamBehind(_behind(settings, holder, up_to, lags))
        if time.monotonic() - told >= _TELL_SECONDS:
            told = time.monotonic()
            tell(f"waiting for {holder} to pass {up_to:%F %T}Z: {_named(lags)}")
        time.sleep(_LOOK_SECONDS)
    return False


def _lags(settings: Settings, holder: Holder, up_to: dt.datetime) -> list[Lag] | None:
    """What the holder has before it; None where it is no stream to gold, or does not stand yet."""
    if holder.command != MEDALLION.name or not holder.position:
        return None
    return stream_lags(settings, holder.position, up_to)


def _behind(settings: Settings, holder: Holder, up_to: dt.datetime, lags: list[Lag] | None) -> str:
    return (
        f"gold does not reach {up_to:%F %T}Z: {holder} holds the lake, and after {settings.catch_up_seconds:.0f} s "
        f"{_named(lags)}. Look at its log, or raise RETAIL_CATCH_UP_SECONDS; then clear this task"
    )


def _named(lags: list[Lag] | None) -> str:
    if lags is None:
        return "it has not told a position in the topics"
    return f"{'; '.join(map(str, lags))} still wait"
