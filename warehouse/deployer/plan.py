"""What an apply would do: pure, from the scripts, the history of deployments and what the account holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from warehouse.deployer.scripts import Script
from warehouse.render.expected_objects import ExpectedObject

# Schemas that hold nothing but ours; a stranger in them is reported.
_OWN_SCHEMAS = ("LANDING", "SALES", "GOLD", "OPS")
_OWN_BY_HAND = {
    "SALES.SALES_DATA",
    "SALES.SALES_NOW",
    "SALES.REPORT_ACCESS",
    "OPS.SCHEMA_HISTORY",
    "OPS.PUBLICATIONS",
}


@dataclass(frozen=True)
class SeenColumn:
    """A column in the account, its type as ``NUMBER(18, 4)``."""

    kind: str
    comment: str = ""


@dataclass(frozen=True)
class Deployed:
    """A script that has run well, as the history knows it."""

    script: str
    version: str
    checksum: str


@dataclass(frozen=True)
class Account:
    """What the account holds: deployments, the latest last, and columns by ``SCHEMA.NAME`` and name."""

    history: Sequence[Deployed] = ()
    objects: Mapping[str, Mapping[str, SeenColumn]] = field(default_factory=dict)


@dataclass(frozen=True)
class Addition:
    """A column that a contract has and a table lacks."""

    table: str
    column: str
    statement: str


@dataclass(frozen=True)
class Plan:
    """``additions`` run first, then ``scripts``. ``drift`` is what somebody changed by hand; ``refused`` stops an apply."""

    scripts: tuple[Script, ...] = ()
    additions: tuple[Addition, ...] = ()
    drift: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether an apply would change nothing."""
        return not (self.scripts or self.additions)


def plan(
    scripts: Sequence[Script], account: Account, expected: Sequence[ExpectedObject], repair: bool = False
) -> Plan:
    """The plan. With ``repair``, scripts whose views or tables were changed by hand run again."""
    ran = {deployed.script for deployed in account.history}
    due = {script.name for script in scripts if _is_due(script, account.history)}
    drift = [fault for each in expected if each.script in ran - due for fault in _drift(each, account)]
    again = {script for script, _ in drift} if repair else set()
    strangers = _strangers(account, expected) if ran else []
    return Plan(
        scripts=tuple(script for script in scripts if script.name in due | again),
        additions=tuple(_additions(expected, account)),
        drift=tuple([told for _, told in drift] + strangers + _rewritten(scripts, account.history)),
        refused=tuple(_refused(expected, account)),
    )


def _is_due(script: Script, history: Sequence[Deployed]) -> bool:
    """V that never ran, R whose text is not what ran last, A always."""
    if script.kind == "V":
        return script.name not in {deployed.script for deployed in history}
    known = [deployed.checksum for deployed in history if deployed.script == script.name]
    return script.kind == "A" or not known or known[-1] != script.checksum


def _rewritten(scripts: Iterable[Script], history: Sequence[Deployed]) -> list[str]:
    """V scripts whose text is no longer what ran."""
    ran = {deployed.script: deployed.checksum for deployed in history}
    return [
        f"{script.name} was changed after it ran, so the change has no effect: write it as a new V script"
        for script in scripts
        if script.kind == "V" and ran.get(script.name, script.checksum) != script.checksum
    ]


def _additions(expected: Iterable[ExpectedObject], account: Account) -> Iterable[Addition]:
    for table in expected:
        seen = account.objects.get(table.title)
        if seen is None or table.is_view:
            continue
        for name, column in table.columns.items():
            if name not in seen and column.addition:
                sql = f"ALTER TABLE {table.quoted} ADD COLUMN {column.addition}"
                yield Addition(table.title, name, sql)


def _refused(expected: Iterable[ExpectedObject], account: Account) -> Iterable[str]:
    """Changes of tables that are no additions; a view is simply made again."""
    for table in expected:
        seen = account.objects.get(table.title)
        if seen is None or table.is_view:
            continue
        for name, column in table.columns.items():
            found = seen.get(name)
            if found is None and not column.addition:
                yield (
                    f"{table.title} lacks the required or partition column {name}: a table takes only new "
                    "nullable columns; write a new version of the contract beside the old"
                )
            elif found is not None and not _same_type(found.kind, column.kind):
                yield (
                    f"{table.title}.{name} is {found.kind}, the contract says {column.kind}: types do not "
                    "change in place; write a new version of the contract beside the old, or undo the change by hand"
                )


def _drift(each: ExpectedObject, account: Account) -> Iterable[tuple[str, str]]:
    seen = account.objects.get(each.title)
    if seen is None:
        yield each.script, f"{each.title} is gone; `retail warehouse apply --repair` makes it again"
        return
    for name in seen.keys() - each.columns.keys() - {"VALUE"}:
        yield each.script, f"{each.title}.{name} is in no contract; drop it, or add it to the contract"
    for name, column in each.columns.items():
        found = seen.get(name)
        if found is None:
            if each.is_view:
                yield (
                    each.script,
                    f"{each.title}.{name} is missing in the view; `apply --repair` makes it again",
                )
        elif each.is_view and not _same_type(found.kind, column.kind):
            yield (
                each.script,
                f"{each.title}.{name} is {found.kind}, expected {column.kind}; `apply --repair`",
            )
        elif column.comment and found.comment != column.comment:
            yield (
                each.script,
                f"{each.title}.{name} has the comment {found.comment!r}, expected {column.comment!r}",
            )


def _strangers(account: Account, expected: Iterable[ExpectedObject]) -> list[str]:
    known = {each.title for each in expected} | _OWN_BY_HAND
    return [
        f"{title} was made by hand: no script makes it"
        for title in sorted(account.objects.keys() - known)
        if title.partition(".")[0] in _OWN_SCHEMAS and not title.endswith("_ICEBERG")
    ]


def _same_type(seen: str, expected: str) -> bool:
    """Snowflake tells VARCHAR as TEXT and the precision of instants elsewhere; the local one keeps arrays as VARIANT."""
    return _plain(seen) == _plain(expected)


def _plain(kind: str) -> str:
    name, _, rest = kind.upper().replace(" ", "").partition("(")
    name = {"TEXT": "VARCHAR", "STRING": "VARCHAR", "ARRAY": "VARIANT"}.get(name, name)
    return f"{name}({rest}" if name == "NUMBER" else name
