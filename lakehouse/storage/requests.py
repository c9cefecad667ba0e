"""What the holder of a lake is asked to do between its batches: maintenance, rebuilding of days, and the answers.

One driver writes a lake, so whoever wants work done on tables writes a request into the lake and waits. A request
is an object under ``_requests/``; it consists of named steps, and each finished step is noted, so that the work
goes on where it stopped when the holder dies. Between two steps the stream has its turn.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.settings import Settings
from lakehouse.storage.crash_points import reached
from lakehouse.storage.job_errors import JobError, job_error
from lakehouse.storage.lease import Lease
from lakehouse.storage.objects import s3_client

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

Arguments = Mapping[str, str]
PRIVATE = "person"
"""An argument that names a customer: it goes from the request as soon as the work is done."""
Steps = Mapping[str, Callable[[], str]]
"""Step by name; it returns what it did. Repeating a step changes nothing."""
Verbs = Mapping[str, Callable[[Arguments], Steps]]
Tell = Callable[[str], None]


class RequestFailed(RuntimeError):
    """A request that was worked on failed; ``exit_code`` is that of the error behind it."""

    def __init__(self, request: Request) -> None:
        self.exit_code = request.exit_code
        super().__init__(f"request {request.id} ({request.verb}) failed: {request.message}")


@dataclass(frozen=True)
class Request:
    """A request as it stands in the lake. ``done``: finished steps and what each said. Times: seconds since 1970."""

    id: str
    verb: str
    arguments: Arguments
    asked_at: float
    state: Literal["open", "done", "failed"] = "open"
    done: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    exit_code: int = 0
    ended_at: float = 0.0


def ask(
    settings: Settings, request_id: str, verb: str, arguments: Arguments, *, is_again: bool = False
) -> Request:
    """Write the request, or open again one of that id that failed; one that is done stays done, unless ``is_again``:
    then it, and one that failed, begins anew."""
    client = s3_client(settings)
    known = read_request(client, settings, request_id)
    if known is not None and (known.state == "open" or (known.state == "done" and not is_again)):
        return known
    done = known.done if known and not is_again else {}
    request = Request(request_id, verb, dict(arguments), time.time(), done=done)
    _write(client, settings, request)
    return request


def serve(settings: Settings, lease: Lease, verbs: Verbs, tell: Tell) -> None:
    """Work off all open requests, oldest first. A request that fails is answered so; LeaseLost ends the writer."""
    client = s3_client(settings)
    try:
        waiting = open_requests(client, settings)
    except (ClientError, BotoCoreError) as error:  # the lease's heartbeat decides whether that is serious
        tell(f"requests cannot be read now: {error}")
        return
    for request in waiting:
        done, began = dict(request.done), time.monotonic()
        try:
            for name, step in verbs[request.verb](request.arguments).items():
                if name in done:
                    continue
                with lease.turn:
                    lease.check()
                    done[name] = step()
                tell(f"{request.verb} {name}: {done[name]}")
                _write(client, settings, replace(request, done=done))
                reached(f"after:request.{name}")
                time.sleep(float(request.arguments.get("pause_seconds", "0")))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a request must not stop the stream
            told: JobError = job_error(error)
            lease.check()
            _write(client, settings, _ended(request, done, "failed", told.message, told.exit_code))
            tell(f"{request.verb} failed: {told.message}")
            continue
        seconds = time.monotonic() - began
        _write(client, settings, _ended(request, done, "done", f"{len(done)} steps, {seconds:.1f} s", 0))


def open_requests(client: S3Client, settings: Settings) -> list[Request]:
    """Requests that nobody has ended, oldest first."""
    answer = client.list_objects_v2(Bucket=settings.bucket, Prefix=f"{_folder(settings)}open/")
    found = [
        read_request(client, settings, each["Key"].rpartition("/")[2].removesuffix(".json"))
        for each in answer.get("Contents", ())
    ]
    waiting = [request for request in found if request is not None and request.state == "open"]
    return sorted(waiting, key=lambda request: request.asked_at)


def read_request(client: S3Client, settings: Settings, request_id: str) -> Request | None:
    """The request of that id; None when nobody asked."""
    for state in ("ended", "open"):
        try:
            found = client.get_object(Bucket=settings.bucket, Key=_key(settings, state, request_id))
        except client.exceptions.NoSuchKey:
            continue
        return Request(**json.loads(found["Body"].read()))
    return None


def _ended(
    request: Request, done: Mapping[str, str], state: Literal["done", "failed"], message: str, exit_code: int
) -> Request:
    kept = {name: told for name, told in request.arguments.items() if state != "done" or name != PRIVATE}
    ended = replace(request, arguments=kept, state=state, done=done, message=message)
    return replace(ended, exit_code=exit_code, ended_at=time.time())


def _write(client: S3Client, settings: Settings, request: Request) -> None:
    """Put the request where its state says, then take it away from where it stood."""
    here, there = ("open", "ended") if request.state == "open" else ("ended", "open")
    body = json.dumps(asdict(request)).encode()
    client.put_object(Bucket=settings.bucket, Key=_key(settings, here, request.id), Body=body)
    client.delete_object(Bucket=settings.bucket, Key=_key(settings, there, request.id))


def _folder(settings: Settings) -> str:
    return f"{settings.lake_key}_requests/"


def _key(settings: Settings, state: str, request_id: str) -> str:
    return f"{_folder(settings)}{state}/{request_id}.json"
