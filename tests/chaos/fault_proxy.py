"""Stands between the house and the S3 server: answers with errors, answers slowly, tears connections. Seeded.

A plain HTTP/1.1 relay on asyncio, in a thread of its own. Left alone it changes nothing but the address.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from random import Random

_END = b"\r\n\r\n"
_PIECE = 64 * 1024
_LONGEST_HEAD = 256 * 1024
_ERRORS = {
    500: b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>",
    503: b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
}


@dataclass(frozen=True)
class Disturbance:
    """Shares of all requests, 0 to 1. ``errors``: 500 or 503, the request is not carried out. ``slow``: held back for
    ``seconds``. ``torn_before``: cut off before the server hears of it. ``torn_after``: carried out, and cut off
    before the client hears of it. ``only``: requests whose address holds this text."""

    errors: float = 0.0
    slow: float = 0.0
    seconds: float = 0.0
    torn_before: float = 0.0
    torn_after: float = 0.0
    only: str = ""


CALM = Disturbance()


class FaultProxy:
    """Use it in a ``with``. ``done`` counts requests by what was done to them."""

    def __init__(self, port: int, seed: int | str = 0) -> None:
        self.done: Counter[str] = Counter()
        self.disturbance = CALM
        self._port, self._rng = port, Random(f"proxy {seed}")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy", daemon=True)
        self._own_port = 0

    @property
    def endpoint(self) -> str:
        """Address of the S3 API as it is seen through here."""
        return f"http://127.0.0.1:{self._own_port}"

    def __enter__(self) -> FaultProxy:
        return self.opened()

    def __exit__(self, *_: object) -> None:
        self.close()

    def opened(self) -> FaultProxy:
        """Begin to pass requests on."""
        self._thread.start()
        opening = asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LONGEST_HEAD)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result(10)
        self._own_port = self._server.sockets[0].getsockname()[1]
        return self

    def close(self) -> None:
        """End all connections."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client. Each request goes to the server by a connection of its own: the server closes
        idle ones, which the client could not see from here."""
        try:
            while await self._exchange((reader, writer)):
                continue
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.done["ended"] += 1  # either side may go at any time
        finally:
            writer.transport.abort()

    async def _exchange(self, client: Stream) -> bool:
        """One request and its answer; whether the connection lives on."""
        head = await client[0].readuntil(_END)
        server = await asyncio.open_connection("127.0.0.1", self._port, limit=_LONGEST_HEAD)
        try:
            return await self._passed_on(head, client, server)
        finally:
            server[1].transport.abort()

    async def _passed_on(self, head: bytes, client: Stream, server: Stream) -> bool:
        fate = self._drawn(head.split(b"\r\n", 1)[0].decode(errors="replace"))
        self.done[fate] += 1
        if b"100-continue" in head.lower():
            head = b"\r\n".join(
                line for line in head.split(b"\r\n") if not line.lower().startswith(b"expect:")
            )
            client[1].write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if fate == "torn before":
            return False
        if fate == "error":
            await _body(head, client[0], None)
            await _refuse(client[1], self._rng.choice(tuple(_ERRORS)), head.startswith(b"HEAD "))
            return False
        if fate == "slow":
            await asyncio.sleep(self.disturbance.seconds)
        server[1].write(head)
        await _body(head, client[0], server[1])
        answer = await server[0].readuntil(_END)
        if fate == "torn after":
            return False
        client[1].write(answer)
        if not head.startswith(b"HEAD ") and answer.split(b" ", 2)[1] not in (b"204", b"304"):
            await _body(answer, server[0], client[1])
        await client[1].drain()
        return b"connection: close" not in answer.lower()

    def _drawn(self, request: str) -> str:
        now, drawn = self.disturbance, self._rng.random()
        if now.only not in request:
            return "passed"
        for fate, share in (
            ("error", now.errors),
            ("slow", now.slow),
            ("torn before", now.torn_before),
            ("torn after", now.torn_after),
        ):
            if drawn < share:
                return fate
            drawn -= share
        return "passed"


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _body(head: bytes, source: asyncio.StreamReader, target: asyncio.StreamWriter | None) -> None:
    """Pass on the body that the head announces; without a target it is read and forgotten."""
    if (_header(head, b"transfer-encoding") or b"").lower() == b"chunked":
        while True:
            line = await source.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            _pass_on(line, target)
            await _piece(size + 2, source, target)
            if size == 0:
                return
    await _piece(int(_header(head, b"content-length") or 0), source, target)


async def _piece(size: int, source: asyncio.StreamReader, target: asyncio.StreamWriter | None) -> None:
    while size > 0:
        data = await source.readexactly(min(size, _PIECE))
        size -= len(data)
        _pass_on(data, target)
        if target is not None:
            await target.drain()


def _pass_on(data: bytes, target: asyncio.StreamWriter | None) -> None:
    if target is not None:
        target.write(data)


async def _refuse(client: asyncio.StreamWriter, code: int, is_head: bool) -> None:
    body = _ERRORS[code]
    head = f"HTTP/1.1 {code} Fault\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\nConnection: close"
    client.write(head.encode() + _END + (b"" if is_head else body))
    with suppress(ConnectionError):
        await client.drain()
        client.close()
        await client.wait_closed()


def _header(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None
