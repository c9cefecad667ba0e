"""One driver at a time writes a lake, and one at a time judges it: the holder of its lease.

The writer and the checker write different tables, so each has a lease of its own. The lease is an object made by a conditional PUT (If-None-Match), renewed and taken over by If-Match, so that
of two takers one wins. A holder that has not renewed for ``lease_seconds`` has lost it; so has one on this
machine whose process is gone.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.settings import Settings
from lakehouse.storage.objects import s3_client

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_SETTLE_SECONDS = 0.5  # far longer than a PUT that is on its way
WRITER, CHECKER = "writer", "checker"
_DOES = {WRITER: "being written", CHECKER: "being checked"}
_LOST_RACE = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class LeaseHeld(RuntimeError):
    """Another writer holds the lake; the message names it. Worth retrying."""


class LeaseLost(RuntimeError):
    """The lease went to another writer or could not be renewed in time; nothing may be written any more."""


@dataclass(frozen=True)
class Holder:
    """Who holds the lease. Times are seconds since the epoch.

    ``position``: for each ``topic/partition`` the offset after the last record that its stream has brought through
    whole batches, and ``batch_at`` when the last of them ended; empty and 0 before the stream stands.
    ``checkpoint``, ``batch_id``: the last batch that this holder has brought through; "" and -1 before it.
    """

    token: str
    host: str
    pid: int
    process_started: float
    command: str
    taken_at: float
    renewed_at: float
    position: Mapping[str, int] = field(default_factory=dict)
    batch_at: float = 0.0
    checkpoint: str = ""
    batch_id: int = -1

    def __str__(self) -> str:
        age = max(0.0, time.time() - self.renewed_at)
        return f"{self.command} (pid {self.pid} on {self.host}, heard of {age:.0f} s ago)"


class Lease:
    """A lease of one lake, kept by a heartbeat thread until released. ``role``: WRITER or CHECKER."""

    def __init__(self, settings: Settings, command: str, role: str = WRITER) -> None:
        self._settings, self._role = settings, role
        self._client: S3Client = s3_client(settings)
        self._bucket, self._key = settings.bucket, lease_key(settings, role)
        self._seconds = settings.lease_seconds
        now = time.time()
        process = psutil.Process()
        self._me = Holder(
            uuid.uuid4().hex, socket.gethostname(), os.getpid(), process.create_time(), command, now, now
        )
        self._etag = ""
        self._valid_until = 0.0
        # Held by whoever writes tables in this driver: a batch of the stream, or a step of a request between two.
        self.turn = threading.Lock()
        self._stands: dict[str, Any] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._heartbeat, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self) -> None:
        """Take the lease or raise LeaseHeld with the holder's name."""
        holder, etag = read_holder(self._settings, self._client, self._role)
        if holder is not None and not is_gone(holder, self._seconds):
            raise LeaseHeld(
                f"the lake s3://{self._bucket}/{self._key.rsplit('_lease', 1)[0]} is {_DOES[self._role]} by {holder}; "
                f"a lake has one {self._role} at a time: wait for it, or stop it first"
            )
        self._write(etag)
        if etag:
            self._let_settle()
        self._thread.start()

    def check(self) -> None:
        """Raise LeaseLost unless the lease is surely still ours; called before each batch is written."""
        if time.monotonic() >= self._valid_until:
            raise LeaseLost(
                f"the lease of s3://{self._bucket}/{self._key} was not renewed for {self._seconds:.0f} s; "
                "another writer may have it. Start again when the store answers"
            )

    def stands_at(
        self, position: Mapping[tuple[str, int], int], finished: tuple[str, int] | None = None
    ) -> None:
        """Note how far the holder's stream has come; the next heartbeat tells it to whoever waits for a time.

        ``finished``: checkpoint and id of the batch that brought it there; None where no batch of this holder did.
        """
        named = {f"{topic}/{partition}": offset for (topic, partition), offset in position.items()}
        batch = {} if finished is None else {"checkpoint": finished[0], "batch_id": finished[1]}
        known = self._stands.get("position", {})
        self._stands = self._stands | {"position": known | named, "batch_at": time.time()} | batch

    def release(self) -> None:
        """Give the lease back, so that the next writer need not wait."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if time.monotonic() < self._valid_until:
            self._client.delete_object(Bucket=self._bucket, Key=self._key, IfMatch=self._etag)
            self._valid_until = 0.0

    def _heartbeat(self) -> None:
        while not self._stop.wait(self._seconds / 5):
            try:
                self._write(self._etag)
            except LeaseHeld:
                self._valid_until = 0.0
                return
            except (ClientError, BotoCoreError) as error:
                # The store may be down for a moment; check() stops the writer if it stays down.
                print(f"lease: not renewed: {error}", file=sys.stderr)

    def _let_settle(self) -> None:
        """Make sure of a takeover: s3proxy compares If-Match first and writes then, so of several takers at the
        same moment all are told that they won. The last one stands, and the others see it here.
        """
        time.sleep(_SETTLE_SECONDS)
        holder, _ = read_holder(self._settings, self._client, self._role)
        if holder is None or holder.token != self._me.token:
            self._valid_until = 0.0
            raise LeaseHeld(f"the lake was taken at the same moment by {holder}")

    def _write(self, etag: str) -> None:
        started = time.monotonic()
        body = json.dumps(asdict(self._me) | self._stands | {"renewed_at": time.time()}).encode()
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            answer = self._client.put_object(Bucket=self._bucket, Key=self._key, Body=body, **condition)  # type: ignore[arg-type]
        except ClientError as error:
            holder, seen_etag = read_holder(self._settings, self._client, self._role)
            if holder is not None and holder.token == self._me.token:
                # An earlier, unanswered attempt of ours went through.
                self._etag, self._valid_until = seen_etag, started + self._seconds
                return
            if error.response.get("Error", {}).get("Code") in _LOST_RACE:
                raise LeaseHeld(f"the lake was taken at the same moment by {holder}") from error
            raise
        self._etag, self._valid_until = answer["ETag"], started + self._seconds


def lease_key(settings: Settings, role: str = WRITER) -> str:
    """Key of the lease's object in the bucket of the lake."""
    return f"{settings.lake_key}_lease/{role}.json"


def read_holder(settings: Settings, client: S3Client, role: str = WRITER) -> tuple[Holder | None, str]:
    """Who stands in the lease, with the tag of that object; (None, "") when nobody does."""
    try:
        answer = client.get_object(Bucket=settings.bucket, Key=lease_key(settings, role))
    except client.exceptions.NoSuchKey:
        return None, ""
    return Holder(**json.loads(answer["Body"].read())), answer["ETag"]


def is_gone(holder: Holder, lease_seconds: float) -> bool:
    """Whether a holder may be taken over: silent for too long, or a process of this machine that has ended."""
    if time.time() - holder.renewed_at > lease_seconds:
        return True
    if holder.host != socket.gethostname():
        return False
    try:
        process = psutil.Process(holder.pid)
        return abs(process.create_time() - holder.process_started) > 1 or process.status() == "zombie"
    except psutil.NoSuchProcess:
        return True
