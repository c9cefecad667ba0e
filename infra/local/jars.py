"""Jars of Spark, Kafka and the S3 server: pinned lists, fetched by the Ivy inside pyspark, checked by sha256.

One folder per set under the virtual environment. A set is built beside its place and renamed, so it is
whole or absent; what Ivy has downloaded stays in its cache, so an interrupted fetch goes on where it was.

    python -m infra.local.jars [SET…]      fetch what is missing (what `make setup` calls, and `make yarn-test`)
    python -m infra.local.jars lock SET    write the sha256 list anew, after the pins in jars/SET.xml changed
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from infra.local.errors import StackError
from infra.local.files import MIB, need_space, only_one, write_atomically
from infra.local.java import find_java

SETS = ("lake", "kafka", "s3proxy")
"""What `make setup` fetches."""
FETCHED_BY = dict.fromkeys(SETS, "make setup") | {"yarn": "make yarn-test"}
"""Every set that is pinned, with the command that fetches it."""
_LISTS = Path(__file__).with_name("jars")
_SPACE = 300 * MIB  # cache and folders of the sets of set-up are 230 MiB, those of YARN 110
_AGAIN = "check the network (a proxy is taken from https_proxy) and run `{}` again: it goes on where it was"

Progress = Callable[[str], None]


def jar_folder(set_name: str) -> Path:
    """Folder that holds exactly the jars of a set. Raises StackError when it is not there or not whole."""
    folder = _root() / "jars" / set_name
    missing = _missing(folder, locked(set_name))
    if missing:
        raise StackError(
            f"{len(missing)} jars of the set {set_name!r} are missing in {folder} (first: {missing[0]}); "
            f"run `{FETCHED_BY[set_name]}`"
        )
    return folder


def locked(set_name: str) -> dict[str, str]:
    """sha256 of each jar of a set by file name, as committed."""
    if set_name not in FETCHED_BY:
        raise StackError(f"no jar set {set_name!r}; expected one of {', '.join(FETCHED_BY)}")
    lines = (_LISTS / f"{set_name}.sha256").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def wrong_jars(set_name: str) -> list[str]:
    """Names of the jars of an installed set that are missing or differ from the lock. Reads every byte."""
    return _wrong(_root() / "jars" / set_name, locked(set_name))


def fetch_jars(sets: Iterable[str], progress: Progress) -> None:
    """Install the sets that are not there yet. Safe to interrupt and to call from two processes at once."""
    root = _root()
    wanted = [name for name in sets if _missing(root / "jars" / name, locked(name))]
    if not wanted:
        return
    need_space(root, _SPACE, "it lies in the virtual environment")
    try:
        with only_one(root / "jars.lock", lambda: progress("waiting for another process that fetches jars")):
            for name in wanted:
                _install(root, name, progress)
    except PermissionError as error:
        raise StackError(
            f"cannot write jars to {root}: {error.strerror}; use a virtual environment of your own"
        ) from error


def _install(root: Path, name: str, progress: Progress) -> None:
    final, draft = root / "jars" / name, root / "jars" / f".{name}.new"
    lock = locked(name)
    if not _missing(final, lock):
        return  # the process we waited for has done it
    for attempt in (1, 2):
        shutil.rmtree(draft, ignore_errors=True)
        _retrieve(root / "ivy", name, draft, progress)
        wrong = _wrong(draft, lock)
        if not wrong:
            break
        if attempt == 2:
            raise StackError(_refusal(name, draft, wrong[0], lock))
        _forget(root / "ivy", wrong)
    shutil.rmtree(final, ignore_errors=True)
    draft.rename(final)
    progress(f"{name}: {len(lock)} jars ready")


def _refusal(set_name: str, folder: Path, jar: str, lock: Mapping[str, str]) -> str:
    path = folder / jar
    seen = f"sha256 {_digest(path)}" if path.exists() else "no such file"
    expected = f"sha256 {lock[jar]}" if jar in lock else "a set without this jar"
    return (
        f"jar {jar} of the set {set_name!r} was refused: seen {seen}, expected {expected}. The registry or "
        f"something on the way served other bytes than those that were reviewed; {_AGAIN.format(FETCHED_BY[set_name])}"
    )


def _retrieve(cache: Path, name: str, target: Path, progress: Progress) -> None:
    """Let Ivy download what its cache lacks and copy the set to ``target``."""
    names = set(locked(name))
    total, done = len(names), len(names & {path.name for path in cache.rglob("*.jar")})
    output: list[str] = []
    with subprocess.Popen(
        _ivy_command(cache, name, target), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as ivy:
        assert ivy.stdout is not None
        try:
            for line in ivy.stdout:
                output.append(line.strip())
                if "[SUCCESSFUL ]" in line:
                    done += 1
                    progress(f"{name}: {min(done, total)} of {total} jars")
        except BaseException:
            ivy.kill()
            raise
    if ivy.returncode != 0:
        raise StackError(_failure(name, output))


def _ivy_command(cache: Path, name: str, target: Path) -> list[str]:
    return [
        str(find_java().binary),
        # A half-filled ~/.m2 would be asked first and trip Ivy.
        f"-Duser.home={cache / 'home'}",
        f"-Dretail.cache={cache}",
        *_proxy_flags(urllib.request.getproxies()),
        *("-jar", str(_ivy_jar())),
        *("-settings", str(_LISTS / "ivysettings.xml")),
        *("-ivy", str(_LISTS / f"{name}.xml")),
        *("-retrieve", f"{target}/[artifact]-[revision].[ext]"),
    ]


def _proxy_flags(proxies: Mapping[str, str]) -> list[str]:
    """Java does not read https_proxy; pip and uv do, and the user has set it once for all."""
    proxy = urlsplit(proxies.get("https", ""))
    if not proxy.hostname:
        return []
    return [f"-Dhttps.proxyHost={proxy.hostname}", f"-Dhttps.proxyPort={proxy.port or 8080}"]


def _ivy_jar() -> Path:
    pyspark = importlib.util.find_spec("pyspark")
    if pyspark is None or pyspark.origin is None:
        raise StackError("pyspark is not installed in this environment, and it brings Ivy; run `make setup`")
    found = sorted((Path(pyspark.origin).parent / "jars").glob("ivy-*.jar"))
    if not found:
        raise StackError(
            f"no ivy-*.jar in {Path(pyspark.origin).parent / 'jars'}; reinstall pyspark: `make setup`"
        )
    return found[-1]


def _failure(set_name: str, output: list[str]) -> str:
    text = "\n".join(output)
    if "No space left on device" in text:
        return f"the disk filled up while fetching the jars of {set_name!r}; free 300 MiB and run `{FETCHED_BY[set_name]}` again"
    missing = re.findall(r"-- artifact \S+?#(\S+?);(\S+?)!", text)
    missing += re.findall(r"\[FAILED\s*\] \S+?#(\S+?);(\S+?)!", text)
    first = f"{missing[0][0]}-{missing[0][1]}.jar" if missing else "an unknown jar"
    cause = re.search(r"\((java\.[\w.]+(?:Exception|Error): [^()]*)\)", text)
    seen = cause[1] if cause else ("the registry does not have it" if missing else "\n".join(output[-5:]))
    return f"{max(1, len(set(missing)))} jars of the set {set_name!r} could not be downloaded (first: {first}): {seen}; {_AGAIN.format(FETCHED_BY[set_name])}"


def _forget(cache: Path, jars: Iterable[str]) -> None:
    """Remove bad downloads from the cache, so that the next retrieval fetches them again."""
    bad = set(jars)
    for path in cache.rglob("*.jar"):
        if path.name in bad:
            path.unlink()


def _missing(folder: Path, lock: Mapping[str, str]) -> list[str]:
    present = {path.name for path in folder.glob("*.jar")} if folder.is_dir() else set()
    # A jar too many counts as well: it would be on the classpath.
    return sorted(set(lock) ^ present)


def _wrong(folder: Path, lock: Mapping[str, str]) -> list[str]:
    missing = _missing(folder, lock)
    differing = [n for n, digest in lock.items() if n not in missing and _digest(folder / n) != digest]
    return sorted([*missing, *differing])


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _root() -> Path:
    return Path(sys.prefix) / "share" / "retail"


def _write_lock(set_name: str) -> None:
    root = _root()
    draft = root / "jars" / f".{set_name}.lock"
    shutil.rmtree(draft, ignore_errors=True)
    _retrieve(root / "ivy", set_name, draft, print)
    lines = [f"{_digest(path)}  {path.name}" for path in sorted(draft.glob("*.jar"))]
    write_atomically(_LISTS / f"{set_name}.sha256", "\n".join(lines) + "\n")
    shutil.rmtree(draft)


def main(arguments: list[str]) -> int:
    """Fetch all sets, or write a lock; returns the exit code."""
    try:
        if arguments[:1] == ["lock"]:
            for name in arguments[1:]:
                _write_lock(name)
        else:
            fetch_jars(arguments or SETS, lambda line: print(line, flush=True))
    except StackError as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
