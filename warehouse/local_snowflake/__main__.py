"""The local Snowflake as a process: ``python -m warehouse.local_snowflake``. SIGTERM stops it cleanly.

Settings as everywhere (``RETAIL_…`` and the files under RETAIL_HOME); exit code 2 when they are wrong.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import warnings

import uvicorn

from lakehouse.settings import SettingsError, load_settings
from lakehouse.storage.crash_points import arm
from warehouse.local_snowflake.engine import Engine
from warehouse.local_snowflake.wire import Wire

_log = logging.getLogger(__name__)


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("fakesnow", "sqlglot", "snowflake"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", "Arrow output on a DB-API result")  # fakesnow's way to fetch
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    password = settings.warehouse_password.get_secret_value()
    if not password:
        sys.stderr.write("RETAIL_WAREHOUSE_PASSWORD is empty: `retail up` makes one, or set it\n")
        return 2
    arm(settings.crash_at)
    engine, stopped = Engine(settings), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them once more when it has ended
        signal.signal(number, lambda *_: stopped.set())
    ticker = threading.Thread(
        target=_tick, args=(engine, settings.warehouse_poll_seconds, stopped), daemon=True
    )
    ticker.start()
    uvicorn.run(
        Wire(engine, password).app(),
        host="127.0.0.1",
        port=settings.warehouse_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    stopped.set()
    ticker.join(timeout=5)
    return 0


def _tick(engine: Engine, seconds: float, stopped: threading.Event) -> None:
    while not stopped.wait(seconds):
        try:
            engine.tick()
        except Exception:  # noqa: BLE001 - whatever it was, pipes and tasks go on
            _log.exception("a look for new files and due tasks failed; the next one follows")


if __name__ == "__main__":
    sys.exit(main())
