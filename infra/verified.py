"""``docs/verified.md``: what is verified, how, and what was never run; written from tests and their results.

    python -m infra.verified                       write the page anew from docs/evidence
    python -m infra.verified NAME JUNIT.xml        take in the results of a run first, as `make test-long` does;
                                                   of another: make test ARGS=--junitxml=test.xml

A run is kept as counts by test file, with commit and time, in ``docs/evidence/results.json``; a later run of the same name
takes its place. Results of long tests stand in ``docs/evidence/*.txt``, a line each: ``passed 136.52s tests/…``.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[1]
TARGET, EVIDENCE = "docs/verified.md", "docs/evidence"
RESULTS = f"{EVIDENCE}/results.json"
OUTCOMES = ("passed", "failed", "skipped")
_COMMIT = re.compile(r"^commit (\w{7,40}), (\S+)")
_LINE = re.compile(r"^(passed|failed|skipped)\s+(?:([\d.]+)s\s+)?(tests/[\w/]+\.py)(::\S+)?")
_HEAD = """\
# What is verified, and how

Written by `python -m infra.verified` from the tests and from the results in `docs/evidence`; a test fails while page and
results differ. A line is a test file; its sentence is what it holds. *no result* means that no run kept here holds it.

{runs}
"""

Json = dict[str, Any]


@dataclass(frozen=True)
class Held:
    """A result of one test or of one test file in some run. ``run``: its name, commit and date."""

    file: str
    outcome: str
    count: int
    run: str
    test: str = ""


def page(root: Path) -> str:
    """The text of the page for the checkout at ``root``."""
    runs = _runs(root)
    names = [
        f"- **{name}**: commit {run['commit'][:7]}, {run['at']}: {_counts(_summed(run))}."
        for name, run in runs.items()
    ]
    held = [*_of_runs(runs), *_of_texts(root)]
    by_room: dict[str, list[str]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        file = path.relative_to(root).as_posix()
        room = file.split("/")[1]
        mine = [each for each in held if each.file == file]
        by_room.setdefault(room, []).append(f"| {_sentence(path)} | `{file}` | {_told(mine)} |")
    parts = [_HEAD.format(runs="\n".join(names) or "No run is kept.")]
    for room, lines in by_room.items():
        parts.append(
            f"## {room}\n\n| what holds | file | result |\n|---|---|---|\n" + "\n".join(lines) + "\n"
        )
    never = (root / EVIDENCE / "never_run.txt").read_text(encoding="utf-8")
    parts.append("## Never run\n\n" + never)
    return "\n".join(parts)


def taken_in(junit: str) -> dict[str, dict[str, int]]:
    """Counts by test file from the text of a JUnit file as pytest writes it."""
    found: dict[str, Counter[str]] = {}
    for case in ET.fromstring(junit).iter("testcase"):  # noqa: S314 - pytest of ours wrote it
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        file = case.get("classname", "").replace(".", "/") + ".py"
        found.setdefault(file, Counter())[outcome] += 1
    return {file: dict(sorted(counts.items())) for file, counts in sorted(found.items())}


def lines_of(text: str, name: str) -> list[Held]:
    """Results that a text of evidence holds; the last word on a test counts."""
    newest: dict[str, Held] = {}
    run = name
    for line in text.splitlines():
        if commit := _COMMIT.match(line):
            run = f"{name}, commit {commit[1][:7]}, {commit[2][:10]}"
        elif result := _LINE.match(line):
            test = result[4] or ""
            newest[result[3] + test] = Held(result[3], result[1], 1, run, test)
    return list(newest.values())


def _of_runs(runs: Mapping[str, Json]) -> list[Held]:
    return [
        Held(file, outcome, count, name)
        for name, run in runs.items()
        for file, counts in run["files"].items()
        for outcome, count in counts.items()
    ]


def _of_texts(root: Path) -> list[Held]:
    texts = sorted((root / EVIDENCE).glob("*.txt"))
    return [held for path in texts for held in lines_of(path.read_text(encoding="utf-8"), path.name)]


def _runs(root: Path) -> dict[str, Json]:
    path = root / RESULTS
    found: dict[str, Json] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _summed(run: Json) -> Counter[str]:
    total: Counter[str] = Counter()
    for counts in run["files"].values():
        total.update(counts)
    return total


def _told(held: Iterable[Held]) -> str:
    """``12 passed (check); 1 failed (test-long.txt, commit …)``."""
    by_run: dict[str, Counter[str]] = {}
    for each in held:
        by_run.setdefault(each.run, Counter())[each.outcome] += each.count
    return "; ".join(f"{_counts(counts)} ({run})" for run, counts in by_run.items()) or "*no result*"


def _counts(counts: Mapping[str, int]) -> str:
    return (
        ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in OUTCOMES if counts.get(outcome))
        or "nothing"
    )


def _sentence(path: Path) -> str:
    """The first line of the file's docstring, else its first test's name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if told := ast.get_docstring(tree):
        return told.partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    tests = [
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    name = tests[0] if tests else path.stem
    return name.removeprefix("test_").replace("_", " ").capitalize() + ", …"


def _keep(name: str, junit: Path) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    run = {
        "commit": commit,
        "at": f"{datetime.now(UTC):%FT%H:%MZ}",
        "files": taken_in(junit.read_text(encoding="utf-8")),
    }
    path = ROOT / RESULTS
    path.write_text(json.dumps({**_runs(ROOT), name: run}, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Write the page of the checkout that this module stands in."""
    if arguments:
        name, junit = arguments
        _keep(name, Path(junit))
    (ROOT / TARGET).write_text(page(ROOT), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
