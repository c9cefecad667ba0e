"""Is the continuous stream alive, and is its lag within the SLA? Asked of its lease and of the broker."""

from __future__ import annotations

import datetime as dt
from typing import Any

from infra.local.secrets_file import with_secrets
from ingestion.stream_lag import oldest, stream_lags
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lease_holder
from orchestration.catch_up import StreamBehind
from orchestration.plan import MEDALLION

Json = dict[str, Any]


class StreamSilent(RuntimeError):
    """Nobody streams into the lake; the message says who holds it instead, if anybody."""


def watched(settings: Settings, now: dt.datetime) -> Json:
    """Writer, records behind and the age in seconds of the oldest of them.

    Raises StreamSilent, StreamBehind, LakeUnreachable, BrokerUnreachable.
    """
    settings = with_secrets(settings)
    holder = lease_holder(settings)
    if holder is None or holder.command != MEDALLION.name:
        raise StreamSilent(
            f"no stream writes the lake; {holder or 'nobody'} holds it. Start it with `retail run`, or as your "
            "cluster runs long jobs (docs/cluster.md)"
        )
    lags = stream_lags(settings, holder.position, None)
    since = oldest(lags)
    seconds = (now - since).total_seconds() if since else 0.0
    if seconds > settings.stream_lag_seconds:
        raise StreamBehind(
            f"{holder} is {seconds:.0f} s behind, expected at most {settings.stream_lag_seconds:.0f} s "
            f"(RETAIL_STREAM_LAG_SECONDS): {'; '.join(map(str, lags))}. Look at its log and at the load of its machine"
        )
    return {
        "writer": str(holder),
        "records": sum(lag.target - lag.position for lag in lags),
        "seconds": round(seconds, 3),
    }
