"""Checks of text files and of the tree: addresses, locks, names that must meet. Faults as in code_checks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable

from tests.house.sources import ROOMS, Source

# Written in pieces, so that this file does not hold what it looks for.
_HOSTS = tuple(
    f"{name}.{end}"
    for name, end in (
        ("pypi", "org"), ("files.pythonhosted", "org"), ("repo1.maven", "org"), ("repo.maven.apache", "org"),
        ("maven", "org"), ("maven-central.storage", ""), ("registry.npmjs", "org"), ("npmjs", "com"),
        ("proxy.golang", "org"), ("sum.golang", "org"), ("crates", "io"), ("docker", "io"), ("ghcr", "io"),
        ("quay", "io"), ("repos.spark-packages", "org"), ("conda.anaconda", "org"),
    )
)  # fmt: skip
_HOST = re.compile("|".join(rf"(?<![\w-]){re.escape(host)}" for host in _HOSTS), re.IGNORECASE)
_FOLDERS = r"work|root|tmp|home/\w|Users/\w|workspace|mnt"
_MACHINE_PATH = re.compile(rf"(?<![\w.$}}~*>/-])/(?:{_FOLDERS})(?=[/\"'`\s]|\w)(?:/|\w*/|\b)")
_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)( ; [^\\]+)? \\$")
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")

SPECIAL_TEST_FOLDERS = {"house", "journey", "chaos", "bench"}


def registry_hosts(source: Source) -> list[str]:
    """No file of ours names a registry: the user's own configuration says where packages come from."""
    return _matches(source, _HOST, "names a registry; leave the address to the user's configuration")


def machine_paths(source: Source) -> list[str]:
    """No path of one machine."""
    return _matches(source, _MACHINE_PATH, "is a path of one machine; take it from settings or tmp_path")


def loose_requirements(source: Source) -> list[str]:
    """A requirement file holds exact versions with their hashes and nothing else."""
    faults, hashes = [], 1
    for number, line in enumerate(source.text.splitlines(), 1):
        if _PIN.match(line):
            if not hashes:
                faults.append(f"{source.path}:{number - 1} a version without a hash")
            hashes = 0
        elif _HASH.match(line):
            hashes += 1
        else:
            faults.append(f"{source.path}:{number} neither name==version nor a hash: {line[:60]}")
    return faults if hashes else [*faults, f"{source.path} ends without a hash"]


def pins(source: Source) -> dict[str, set[str]]:
    """Versions by name; a name may have one per Python version."""
    found: dict[str, set[str]] = {}
    for match in filter(None, map(_PIN.match, source.text.splitlines())):
        found.setdefault(match[1], set()).add(match[2])
    return found


def unlocked(project: str, locks: dict[str, dict[str, set[str]]]) -> list[str]:
    """Every requirement of pyproject.toml stands in its lock, and an exact one with that version."""
    table = tomllib.loads(project)
    groups = table["dependency-groups"]
    wanted = {
        "lakehouse": [
            *table["project"]["dependencies"],
            *groups["build"],
            *table["build-system"]["requires"],
        ],
        "dev": [*table["project"]["dependencies"], *groups["build"], *groups["dev"]],
        "airflow": groups["airflow"],
        "jre": groups["jre"],
        "uv": groups["uv"],
    }
    faults = []
    for lock, requirements in wanted.items():
        for requirement in requirements:
            name, _, exact = re.sub(r"\[[^]]*\]", "", requirement).partition("==")
            name = re.split(r"[<>=!~ ;]", name)[0]
            seen = locks[lock].get(name, set())
            if not seen or (exact and "*" not in exact and seen != {exact}):
                faults.append(
                    f"requirements/{lock}.txt has {name} {seen or 'not'}, pyproject.toml asks {requirement}"
                )
    return faults


def drifted(locks: dict[str, dict[str, set[str]]]) -> list[str]:
    """What both lakehouse.txt and dev.txt hold has the same version."""
    return [
        f"requirements: {name} is {versions} in lakehouse.txt but {locks['dev'].get(name)} in dev.txt; make lock"
        for name, versions in locks["lakehouse"].items()
        if locks["dev"].get(name) != versions
    ]


def astray_tests(paths: Iterable[str]) -> list[str]:
    """Tests mirror the rooms: tests/<room>/<folder> tests <room>/<folder>. Only packages' tests are mirrored."""
    known = set(paths)
    folders = {path.rpartition("/")[0] for path in known}
    faults = []
    for path in sorted(known):
        parts = path.split("/")
        if parts[0] != "tests" or not parts[-1].startswith("test_"):
            continue
        if len(parts) == 2 or parts[1] not in SPECIAL_TEST_FOLDERS | set(ROOMS):
            faults.append(f"{path} belongs under tests/<room> or one of {sorted(SPECIAL_TEST_FOLDERS)}")
        elif parts[1] in ROOMS and "/".join(parts[1:-1]) not in folders:
            faults.append(f"{path} mirrors {'/'.join(parts[1:-1])}/, which does not exist")
    return faults


def broken_thread(paths: Iterable[str]) -> list[str]:
    """One name runs through the house: each gold contract has its code, and the code its test."""
    known = set(paths)
    names = sorted(
        p.split("/")[-1].split(".")[0] for p in known if re.match(r"lakehouse/contracts/gold/.*\.yaml$", p)
    )
    wanted = [f"lakehouse/gold/{name}.py" for name in names]
    wanted += [f"tests/lakehouse/gold/test_{name}.py" for name in names]
    return [f"{path} is missing, but its contract is there" for path in wanted if path not in known]


def misnamed_dags(paths: Iterable[str]) -> list[str]:
    """DAG files are retail_*.py; what they share stays outside dags/."""
    return [
        f"{path} is in dags/ but not called retail_*.py"
        for path in paths
        if re.match(r"orchestration/dags/.*\.py$", path)
        and not re.match(r"orchestration/dags/retail_\w+\.py$", path)
    ]


def _matches(source: Source, pattern: re.Pattern[str], fault: str) -> list[str]:
    return [
        f"{source.path}:{number} {match[0]} {fault}"
        for number, line in enumerate(source.text.splitlines(), 1)
        for match in pattern.finditer(line)
    ]
