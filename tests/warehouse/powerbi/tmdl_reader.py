"""A small reader of TMDL, so that names can be checked where Microsoft's parser cannot be had.

It knows what our files use: objects, properties and expressions by their indentation. Another test holds it against
Microsoft's parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_OBJECT = re.compile(
    r"(table|column|measure|partition|relationship|expression|role|tablePermission|annotation|model|database|ref)"
    r"\s+(?:(?:table|expression|role)\s+)?('(?:[^']|'')+'|[^\s=]+)\s*(?:=\s*(.*))?$"
)
_PROPERTY = re.compile(r"(\w+)(?:\s*:\s*(.*)|\s*=\s*(.*))?$")


@dataclass
class Node:
    """An object of the model, its properties, its expression and the objects in it."""

    kind: str
    name: str
    expression: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def of(self, kind: str) -> list[Node]:
        return [child for child in self.children if child.kind == kind]


@dataclass(frozen=True)
class Model:
    """What the reference checks ask for."""

    tables: tuple[Node, ...]
    relationships: tuple[Node, ...]
    roles: tuple[Node, ...]
    parameters: tuple[str, ...]
    refs: tuple[str, ...]

    @property
    def columns(self) -> dict[str, dict[str, Node]]:
        return {table.name: {each.name: each for each in table.of("column")} for table in self.tables}

    @property
    def measures(self) -> dict[str, str]:
        """Table of each measure by name."""
        return {each.name: table.name for table in self.tables for each in table.of("measure")}


def read_model(folder: Path) -> Model:
    """The model in a ``definition`` folder."""
    nodes = [node for path in sorted(folder.rglob("*.tmdl")) for node in _nodes(path)]
    top = {kind: tuple(node for node in nodes if node.kind == kind) for kind in _KINDS}
    parameters = tuple(node.name for node in top["expression"])
    refs = tuple(node.name for node in top["ref"])
    return Model(top["table"], top["relationship"], top["role"], parameters, refs)


_KINDS = ("table", "relationship", "role", "expression", "ref")


def _nodes(path: Path) -> Iterator[Node]:
    stack: list[tuple[int, Node]] = [(-1, Node("file", path.name))]
    writing = 10**6  # lines at this depth or deeper belong to the expression that was begun
    for line in path.read_text(encoding="utf-8").splitlines():
        depth = len(line) - len(line.lstrip("\t"))
        text = line.strip()
        if depth >= writing:
            stack[-1][1].expression += f"\n{text}"
            continue
        if not text or text.startswith("///"):
            continue
        writing = 10**6
        while stack[-1][0] >= depth:
            stack.pop()
        parent = stack[-1][1]
        found = _OBJECT.match(text)
        if found:
            node = Node(found[1], _bare(found[2]), found[3] or "")
            parent.children.append(node)
            stack.append((depth, node))
            writing = depth + 2 if found[3] == "" else 10**6
        else:
            said = _PROPERTY.match(text)
            if said is None:
                raise ValueError(f"{path.name}: cannot read {text!r}")
            parent.properties[said[1]] = said[2] or said[3] or ""
            writing = depth + 1 if text.endswith("=") else 10**6
    yield from stack[0][1].children


def _bare(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name
