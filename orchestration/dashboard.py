"""`retail dashboard`: Streamlit over the warehouse of the settings, on the loopback address only."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import warehouse.dashboard
from infra.local.child_environment import inherited
from infra.local.ports import find_holder, is_free, need_port, taken_message
from infra.local.secrets_file import with_secrets
from lakehouse.settings import Settings

_SCRIPT = Path(warehouse.dashboard.__file__).with_name("app.py")
_PORT = "RETAIL_DASHBOARD_PORT"
WHAT = "the dashboard"


def address(settings: Settings) -> str:
    """Where the dashboard is shown."""
    return f"http://127.0.0.1:{settings.dashboard_port}"


def command(settings: Settings) -> list[str]:
    """The command line of the dashboard's server. It sends nothing to anybody and opens no browser."""
    options = {
        "server.port": settings.dashboard_port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    return [sys.executable, "-m", "streamlit", "run", str(_SCRIPT), *flags]


def environment(settings: Settings) -> dict[str, str]:
    """What the server inherits, and the password of the local Snowflake, which stands in no command line."""
    password = with_secrets(settings).warehouse_password.get_secret_value()
    return inherited() | ({"RETAIL_WAREHOUSE_PASSWORD": password} if password else {})


def show_dashboard(settings: Settings) -> None:
    """Become the dashboard's server. Raises PortTaken."""
    need_port(settings.dashboard_port, WHAT, _PORT)
    os.execve(sys.executable, command(settings), environment(settings))  # noqa: S606  no shell is wanted


def why_not(settings: Settings) -> str:
    """Why `retail run` cannot show the dashboard; empty when it can, or when a former run's is still up."""
    if is_free(settings.dashboard_port):
        return ""
    holder = find_holder(settings.dashboard_port)
    if holder is not None and holder.home == str(settings.home):
        return ""
    return taken_message(settings.dashboard_port, WHAT, _PORT, holder)
