"""Whether a Kafka broker answers. Asked before a client is made: librdkafka floods stderr while it waits."""

from __future__ import annotations

import socket
import time

_TIMEOUT_SECONDS = 3.0


class BrokerUnreachable(ConnectionError):
    """No broker of the bootstrap list accepts connections, or the one that does never answered; worth
    retrying (exit 3)."""

    def __init__(self, bootstrap: str, seen: str) -> None:
        super().__init__(
            f"no Kafka broker at {bootstrap} ({seen}); start the local one with `retail up`, "
            "or set RETAIL_KAFKA_BOOTSTRAP to host:port of a running one"
        )


def require_broker(bootstrap: str, wait_seconds: float = 0.0) -> None:
    """Return once a broker of ``host:port[,host:port…]`` accepts a TCP connection.

    Raises BrokerUnreachable when none does within ``wait_seconds`` (0 = one try of each).
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        refusals = [_refusal(address.strip()) for address in bootstrap.split(",")]
        if None in refusals:
            return
        if time.monotonic() >= deadline:
            raise BrokerUnreachable(bootstrap, "; ".join(dict.fromkeys(filter(None, refusals))))
        time.sleep(0.2)


def _refusal(address: str) -> str | None:
    """Why the address takes no connection; None when it does."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return f"{address!r} is not host:port"
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_TIMEOUT_SECONDS):
            return None
    except (OSError, OverflowError) as error:
        return str(error)
