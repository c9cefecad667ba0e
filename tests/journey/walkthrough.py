"""A page of the docs as steps that can be carried out: edits, new files and commands, in the order of the page.

What counts, each followed by a fenced block: "In `file`, below `text`:" and "above" (the first line that holds the text),
"New file `file`:", and a block of kind ``sh``. Everything else is for people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_STEP = re.compile(
    r"^(?:In `(?P<file>[^`]+)`, (?P<side>below|above) `(?P<anchor>[^`]+)`:"
    r"|New file `(?P<new>[^`]+)`:)?\n*```(?P<kind>\w*)\n(?P<block>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """One step. ``path`` is empty for commands; ``anchor`` is empty for a new file."""

    kind: Literal["below", "above", "new", "run"]
    block: str
    path: str = ""
    anchor: str = ""


def sections(page: str) -> dict[str, list[Step]]:
    """Title of each second-level section -> its steps."""
    parts = _SECTION.split(page)
    return {
        title: list(map(_step, _steps(text))) for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def carry_out(step: Step, root: Path) -> None:
    """Make the edit of a step under ``root``; the place must be there, and a new file must not."""
    path = root / step.path
    if step.kind == "new":
        assert not path.exists(), f"{step.path} exists already"
        path.write_text(step.block, encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    place = next((number for number, line in enumerate(lines) if step.anchor in line), None)
    assert place is not None, f"{step.path} has no line with {step.anchor!r}"
    lines.insert(place + (step.kind == "below"), step.block)
    path.write_text("".join(lines), encoding="utf-8")


def _steps(text: str) -> list[re.Match[str]]:
    return [found for found in _STEP.finditer(text) if found["file"] or found["new"] or found["kind"] == "sh"]


def _step(found: re.Match[str]) -> Step:
    if found["new"]:
        return Step("new", found["block"], found["new"])
    if found["file"]:
        side: Literal["below", "above"] = "below" if found["side"] == "below" else "above"
        return Step(side, found["block"], found["file"], found["anchor"])
    return Step("run", found["block"])
