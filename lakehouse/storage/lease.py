"""One driver at a time writes a lake: the holder of its lease.

The lease is an object made by a conditional PUT (If-None-Match), renewed and taken over by If-Match, so that
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
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.settings import Settings
from lakehouse.storage.objects import s3_client

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_SETTLE_SECONDS = 0.5  # far longer than a PUT that is on its way
_LOST_RACE = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class LeaseHeld(RuntimeError):
    """Another writer holds the lake; the message names it. Worth retrying."""


class LeaseLost(RuntimeError):
    """The lease went to another writer or could not be renewed in time; nothing may be written any more."""


@dataclass(frozen=True)
class Holder:
    """Who holds the lease. Times are seconds since the epoch."""

    token: str
    host: str
    pid: int
    process_started: float
    command: str
    taken_at: float
    renewed_at: float

    def __str__(self) -> str:
        age = max(0.0, time.time() - self.renewed_at)
        return f"{self.command} (pid {self.pid} on {self.host}, heard of {age:.0f} s ago)"


class Lease:
    """The writer's lease of one lake, kept by a heartbeat thread until released."""

    def __init__(self, settings: Settings, command: str) -> None:
        self._settings = settings
        self._client: S3Client = s3_client(settings)
        self._bucket, self._key = settings.bucket, lease_key(settings)
        self._seconds = settings.lease_seconds
        now = time.time()
        process = psutil.Process()
        self._me = Holder(
            uuid.uuid4().hex, socket.gethostname(), os.getpid(), process.create_time(), command, now, now
        )
        self._etag = ""
        self._valid_until = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._heartbeat, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self) -> None:
        """Take the lease or raise LeaseHeld with the holder's name."""
        holder, etag = read_holder(self._settings, self._client)
        if holder is not None and not is_gone(holder, self._seconds):
            raise LeaseHeld(
                f"the lake s3://{self._bucket}/{self._key.rsplit('_lease', 1)[0]} is being written by {holder}; "
                "one driver at a time writes a lake: wait for it, or stop it first"
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
        holder, _ = read_holder(self._settings, self._client)
        if holder is None or holder.token != self._me.token:
            self._valid_until = 0.0
            raise LeaseHeld(f"the lake was taken at the same moment by {holder}")

    def _write(self, etag: str) -> None:
        started = time.monotonic()
        body = json.dumps(asdict(self._me) | {"renewed_at": time.time()}).encode()
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            answer = self._client.put_object(Bucket=self._bucket, Key=self._key, Body=body, **condition)  # type: ignore[arg-type]
        except ClientError as error:
            holder, seen_etag = read_holder(self._settings, self._client)
            if holder is not None and holder.token == self._me.token:
                # An earlier, unanswered attempt of ours went through.
                self._etag, self._valid_until = seen_etag, started + self._seconds
                return
            if error.response.get("Error", {}).get("Code") in _LOST_RACE:
                raise LeaseHeld(f"the lake was taken at the same moment by {holder}") from error
            raise
        self._etag, self._valid_until = answer["ETag"], started + self._seconds


def lease_key(settings: Settings) -> str:
    """Key of the lease's object in the bucket of the lake."""
    return f"{settings.lake_key}_lease/writer.json"


def read_holder(settings: Settings, client: S3Client) -> tuple[Holder | None, str]:
    """Who stands in the lease, with the tag of that object; (None, "") when nobody does."""
    try:
        answer = client.get_object(Bucket=settings.bucket, Key=lease_key(settings))
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
