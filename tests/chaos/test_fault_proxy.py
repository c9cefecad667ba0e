"""The proxy of the chaos runs: left alone it changes nothing; disturbed it refuses, delays and tears as it says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest
import urllib3
from urllib3.exceptions import ProtocolError

from tests.chaos.fault_proxy import CALM, Disturbance, FaultProxy

pytestmark = pytest.mark.check


class Shelf(BaseHTTPRequestHandler):
    """A server that keeps what is put."""

    protocol_version = "HTTP/1.1"
    kept: ClassVar[dict[str, bytes]] = {}

    def do_PUT(self) -> None:
        self.kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answered(b"")

    def do_GET(self) -> None:
        self.answered(self.kept.get(self.path, b""))

    def answered(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    Shelf.kept.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    Thread(target=server.serve_forever, daemon=True).start()
    with FaultProxy(server.server_port) as opened:
        yield opened
    server.shutdown()
    server.server_close()


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(retries=False) as pool:
        yield pool


def test_left_alone_it_passes_everything_on(proxy: FaultProxy, http: urllib3.PoolManager) -> None:
    body = bytes(range(256)) * 2_000
    for number in range(5):
        assert http.request("PUT", f"{proxy.endpoint}/{number}", body=body).status == 200
        assert http.request("GET", f"{proxy.endpoint}/{number}").data == body
    assert proxy.done["passed"] == 10


def test_an_error_is_not_carried_out(proxy: FaultProxy, http: urllib3.PoolManager) -> None:
    proxy.disturbance = Disturbance(errors=1.0)
    answer = http.request("PUT", f"{proxy.endpoint}/a", body=b"x" * 100_000)
    assert answer.status in (500, 503)
    assert Shelf.kept == {}
    proxy.disturbance = CALM
    assert http.request("PUT", f"{proxy.endpoint}/a", body=b"y").status == 200


@pytest.mark.parametrize(
    ("disturbance", "kept"),
    [(Disturbance(torn_before=1.0), {}), (Disturbance(torn_after=1.0), {"/a": b"x"})],
    ids=["before", "after"],
)
def test_a_torn_connection_leaves_the_client_in_doubt(
    proxy: FaultProxy, http: urllib3.PoolManager, disturbance: Disturbance, kept: dict[str, bytes]
) -> None:
    proxy.disturbance = disturbance
    with pytest.raises(ProtocolError):
        http.request("PUT", f"{proxy.endpoint}/a", body=b"x")
    assert Shelf.kept == kept


def test_a_slow_answer_comes_after_its_time(proxy: FaultProxy, http: urllib3.PoolManager) -> None:
    proxy.disturbance = Disturbance(slow=1.0, seconds=0.3)
    began = time.monotonic()
    assert http.request("GET", f"{proxy.endpoint}/a").status == 200
    assert time.monotonic() - began >= 0.3
