"""The commonest faults of a set-up, each with what was seen, what was expected and what to do. Prints nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import psutil

from infra.local.errors import StackError
from infra.local.files import MIB, free_space
from infra.local.jars import SETS, locked, wrong_jars
from infra.local.java import OLDEST, find_java
from infra.local.ports import find_holder, is_free, taken_message
from infra.local.probes import bucket_exists, kafka_answers, s3_clock, s3_refusal
from infra.local.processes import find_child, read_record
from infra.local.secrets_file import is_private, privacy_advice, secrets_path, with_secrets
from infra.local.servers import SUPERVISOR, LocalServer, local_servers, run_dir
from infra.local.stack import LEAST_DISK
from lakehouse.settings import Settings, SettingsError, load_settings

_LEAST_MEMORY = 4096 * MIB
_CLOCK_SECONDS = (
    60.0  # S3 refuses signatures that are 15 minutes off; a lease and freshness suffer long before
)
_START = "run `retail up`"


@dataclass(frozen=True)
class Finding:
    """One examined point. ``remedy`` is empty when all is well."""

    name: str
    ok: bool
    seen: str
    expected: str
    remedy: str


def diagnose(settings: Settings, guests: Sequence[LocalServer] = ()) -> list[Finding]:
    """Examine this machine and the servers; changes nothing and starts nothing but ``java -version``."""
    servers = (*local_servers(settings), *guests)
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _java,
        _python,
        _jars,
        partial(_ports, servers=servers),
        _home,
        _disk,
        partial(_memory, servers=servers),
        _settings,
        _secrets,
        partial(_pid_files, servers=servers),
        _broker,
        _s3,
        _clock,
        *(partial(_guest, server=each) for each in guests),
    )
    # Secrets are filled in as `up` does, for they may stand in this home's file only.
    return [check(_with_secrets_or_not(settings)) for check in checks]


def _finding(name: str, ok: bool, told: tuple[str, str], remedy: str) -> Finding:
    seen, expected = told
    return Finding(name, ok, seen, expected, "" if ok else remedy)


def _with_secrets_or_not(settings: Settings) -> Settings:
    try:
        return with_secrets(settings)
    except StackError:
        return settings  # its own finding says so


def _java(_: Settings) -> Finding:
    expected = f"Java {OLDEST} or newer"
    try:
        java = find_java()
    except StackError as error:
        return Finding("Java", False, str(error), expected, "run `make setup`, or set RETAIL_JAVA_HOME")
    return Finding("Java", True, f"Java {java.version} from {java.source}, {java.home}", expected, "")


def _python(_: Settings) -> Finding:
    version = sys.version_info[:2]
    told = (f"Python {version[0]}.{version[1]}", "Python 3.11 to 3.13")
    return _finding(
        "Python", (3, 11) <= version < (3, 14), told, "make the environment anew: `make clean setup`"
    )


def _jars(_: Settings) -> Finding:
    wrong = [f"{name}: {jar}" for name in SETS for jar in wrong_jars(name)]
    count = sum(len(locked(name)) for name in SETS)
    seen = f"{len(wrong)} missing or altered, first {wrong[0]}" if wrong else f"{count} jars whole"
    remedy = "delete share/retail/jars in the virtual environment and run `make setup`"
    return _finding("jars", not wrong, (seen, f"{count} jars with the sha256 of the lock"), remedy)


def _ports(settings: Settings, servers: Sequence[LocalServer]) -> Finding:
    idle = [s for s in servers if find_child(run_dir(settings), s.name) is None]
    taken = [
        taken_message(port, server.title, server.setting, find_holder(port))
        for server in idle
        for port in server.ports
        if not is_free(port)
    ]
    told = ("; ".join(taken) or "free, or held by our own servers", "the ports of our servers for us")
    return _finding("ports", not taken, told, "stop the holder or move the port")


def _home(settings: Settings) -> Finding:
    """RETAIL_HOME, or the folder above it that would hold it."""
    place = settings.home
    while not place.exists() and place != place.parent:
        place = place.parent
    ok = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    seen = f"{settings.home}: {place} {'can be written' if ok else 'is no folder that we can write'}"
    told = (seen, "a folder of yours, on a disk of this machine")
    return _finding("home", ok, told, "set RETAIL_HOME to a folder that you can write")


def _disk(settings: Settings) -> Finding:
    free = free_space(settings.home)
    told = (f"{free // MIB:,} MiB free for {settings.home}", f"at least {LEAST_DISK // MIB:,} MiB")
    return _finding("disk", free >= LEAST_DISK, told, "free some space or move RETAIL_HOME")


def _memory(settings: Settings, servers: Sequence[LocalServer]) -> Finding:
    available = psutil.virtual_memory().available
    ours = 0
    for server in servers:
        child = find_child(run_dir(settings), server.name)
        ours += child.memory_info().rss if child is not None else 0
    told = (
        f"{(available + ours) // MIB:,} MiB available, our servers' own included",
        f"at least {_LEAST_MEMORY // MIB:,} MiB",
    )
    remedy = "close other programs, or set RETAIL_SPARK_DRIVER_MEMORY lower"
    return _finding("memory", available + ours >= _LEAST_MEMORY, told, remedy)


def _settings(settings: Settings) -> Finding:
    place = f"the environment and {settings.home / 'retail.env'}"
    try:
        load_settings()
    except (SettingsError, OSError, UnicodeDecodeError) as error:
        return Finding(
            "settings", False, str(error), f"readable settings in {place}", "correct what is named"
        )
    return Finding("settings", True, f"read from {place}", f"readable settings in {place}", "")


def _secrets(settings: Settings) -> Finding:
    path, expected = secrets_path(settings), "readable by you alone (mode 0600)"
    if not path.exists():
        given = bool(settings.customer_secret.get_secret_value())
        seen = "secrets come from the environment" if given else f"{path} is not there yet"
        return Finding("secrets", True, seen, f"{expected}, made at the first `retail up`", "")
    mode = f"{path} has mode {path.stat().st_mode & 0o777:04o}"
    return _finding("secrets", is_private(path), (mode, expected), privacy_advice(path))


def _pid_files(settings: Settings, servers: Sequence[LocalServer]) -> Finding:
    stale = []
    for name in dict.fromkeys(("kafka", "s3", *(server.name for server in servers), SUPERVISOR)):
        record = read_record(run_dir(settings), name)
        if record is not None and find_child(run_dir(settings), name) is None:
            stale.append(f"{name} (process {record.pid}, {record.state})")
    told = (
        f"left behind: {', '.join(stale)}" if stale else "none is stale",
        "each speaks of a living process",
    )
    return _finding("pid files", not stale, told, f"{_START}: it clears them")


def _broker(settings: Settings) -> Finding:
    ok = kafka_answers(settings)
    told = (
        f"{settings.bootstrap} {'answers' if ok else 'does not answer'}",
        "a broker that tells its metadata",
    )
    return _finding("Kafka", ok, told, "check RETAIL_KAFKA_BOOTSTRAP" if settings.kafka_bootstrap else _START)


def _s3(settings: Settings) -> Finding:
    address, expected = (
        settings.s3_url or "Amazon S3",
        f"our keys accepted and bucket {settings.bucket!r} present",
    )
    refusal = s3_refusal(settings)
    if refusal:
        remedy = "check RETAIL_S3_ENDPOINT and the S3 keys" if settings.s3_endpoint else _START
        return Finding("S3", False, f"{address}: {refusal}", expected, remedy)
    present = bucket_exists(settings)
    told = (f"{address} answers, the bucket {'is there' if present else 'is missing'}", expected)
    return _finding("S3", present, told, f"{_START} (it makes a local bucket) or set RETAIL_BUCKET")


def _guest(_: Settings, server: LocalServer) -> Finding:
    ok = server.answers()
    told = (f"port {server.port} {'answers' if ok else 'does not answer'}", "an answer")
    return _finding(server.title, ok, told, _START)


def _clock(settings: Settings) -> Finding:
    expected = f"within {_CLOCK_SECONDS:.0f} s of S3's clock"
    theirs = s3_clock(settings)
    if theirs is None:
        return Finding("clock", True, "not compared: S3 does not answer", expected, "")
    skew = (datetime.now(UTC) - theirs).total_seconds()
    told = (f"{skew:+.0f} s against S3", expected)
    return _finding("clock", abs(skew) <= _CLOCK_SECONDS, told, "set this machine's clock (turn on NTP)")
