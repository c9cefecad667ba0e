"""The local Snowflake as a guest of the ground: which command the supervisor runs, and when there is none."""

from __future__ import annotations

import sys

from infra.local.servers import LocalServer, guest
from lakehouse.settings import Settings

_READ = (
    "warehouse_port",
    "warehouse_poll_seconds",
    "warehouse_memory",
    "s3_endpoint",
    "s3_port",
    "s3_region",
)


def local_warehouse(settings: Settings) -> tuple[LocalServer, ...]:
    """The local Snowflake; none where ``RETAIL_WAREHOUSE=off`` or a real account is used."""
    if settings.warehouse == "off" or settings.snowflake_account:
        return ()
    return (
        guest(
            "warehouse",
            "the local Snowflake",
            (settings.warehouse_port, "RETAIL_WAREHOUSE_PORT"),
            (sys.executable, "-m", "warehouse.local_snowflake"),
            "; ".join(f"{name}={getattr(settings, name)}" for name in _READ),
        ),
    )
