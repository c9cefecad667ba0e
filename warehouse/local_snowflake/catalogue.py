"""What was created and is only kept on record: roles, grants, warehouses, integrations, policies, stages, formats;
and the definitions of what we run ourselves: external tables, pipes, streams, tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from warehouse.local_snowflake.answers import Answer, Value, answer, told
from warehouse.local_snowflake.errors import SnowflakeError, already_exists, does_not_exist
from warehouse.local_snowflake.sessions import Session
from warehouse.local_snowflake.statements import Statement, name_parts, options

INTEGRATIONS = ("STORAGE INTEGRATION", "NOTIFICATION INTEGRATION", "CATALOG INTEGRATION", "INTEGRATION")
OF_THE_ACCOUNT = (*INTEGRATIONS, "ROLE", "WAREHOUSE", "USER", "RESOURCE MONITOR")
OF_A_SCHEMA = ("MASKING POLICY", "TAG", "STAGE", "FILE FORMAT", "EXTERNAL TABLE", "PIPE", "STREAM", "TASK")
NOT_ENFORCED = (
    "roles, grants, masking policies, tags, warehouses, resource monitors and integrations are on record and not "
    "enforced: whoever logs in sees everything"
)
HIDDEN = "_fs_information_schema"  # fakesnow's own schema in each database, which no client is shown
Key = tuple[str, str, str, str]


@dataclass
class Recorded:
    """One object: its key (kind, database, schema, name), its options and whatever state its room keeps."""

    key: Key
    text: str
    options: dict[str, str]
    created_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(" ", "milliseconds"))
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Qualified name, as in messages."""
        return ".".join(part for part in self.key[1:] if part)

    @property
    def quoted(self) -> str:
        """Qualified name, quoted for SQL."""
        return quoted(*self.key[1:])


Fill = Callable[[Session, Recorded, Statement], None]


class Catalogue:
    """Every recorded object by its key. Its callers hold the lock of writers."""

    def __init__(self) -> None:
        self._objects: dict[Key, Recorded] = {}
        self._grants: list[tuple[str, str]] = []

    def key(self, session: Session, kind: str, name: str) -> Key:
        """The full name of an object as this session would resolve it."""
        parts = name_parts(name)
        if kind in OF_THE_ACCOUNT:
            return ("INTEGRATION" if kind in INTEGRATIONS else kind, "", "", parts[-1])
        here = (session.fake.database or "", session.fake.schema or "")
        full = (*here[: 3 - len(parts)], *parts)
        if not all(full):
            raise SnowflakeError(
                f"Cannot perform CREATE {kind}. This session does not have a current schema. Call 'USE SCHEMA', "
                "or use a qualified name.",
                90106,
                "22000",
            )
        return (kind, full[0], full[1], full[2])

    def find(self, session: Session, kind: str, name: str) -> Recorded:
        """The object, or Snowflake's error that it does not exist."""
        key = self.key(session, kind, name)
        if key not in self._objects:
            raise does_not_exist(kind, ".".join(part for part in key[1:] if part))
        return self._objects[key]

    def of_kind(self, kind: str) -> list[Recorded]:
        """All objects of a kind, by name."""
        return [found for key, found in sorted(self._objects.items()) if key[0] == kind]

    def create(self, session: Session, statement: Statement, fill: Fill | None = None) -> Answer:
        """CREATE: ``fill`` checks the statement and gives the object its state; what it refuses is not recorded."""
        key = self.key(session, statement.kind, statement.name)
        if key in self._objects and not statement.replace:
            if not statement.exists:
                raise already_exists(key[-1])
            return told(f"{key[-1]} already exists, statement succeeded.")
        made = Recorded(key, statement.text, options(statement.rest))
        if fill is not None:
            fill(session, made, statement)
        self._objects[key] = made
        return told(f"{statement.kind.capitalize()} {key[-1]} successfully created.")

    def alter(self, session: Session, statement: Statement) -> Answer:
        """ALTER … SET of an object on record."""
        self.find(session, statement.kind, statement.name).options.update(options(statement.rest))
        return told("Statement executed successfully.")

    def drop(self, session: Session, statement: Statement) -> Answer:
        """DROP [IF EXISTS] of an object on record."""
        key = self.key(session, statement.kind, statement.name)
        if self._objects.pop(key, None) is None and not statement.exists:
            raise does_not_exist(statement.kind, key[-1])
        return told(f"{key[-1]} successfully dropped.")

    def forget_all_in(self, database: str, schema: str | None = None) -> None:
        """What goes with its dropped schema or database."""
        for key in [k for k in self._objects if k[1] == database and schema in (None, k[2])]:
            del self._objects[key]

    def grant(self, _: Session, statement: Statement) -> Answer:
        """GRANT and REVOKE: kept on record, never enforced."""
        self._grants.append((datetime.now(UTC).isoformat(" ", "milliseconds"), statement.text))
        return told("Statement executed successfully.")

    def show_grants(self, _: Session, __: Statement) -> Answer:
        """Every GRANT and REVOKE as it was said."""
        return answer(["created_on", "statement"], self._grants)

    def show(self, _: Session, statement: Statement) -> Answer:
        """SHOW of a kind, with LIKE; each option of the objects is a column in lower case."""
        kind = "INTEGRATION" if statement.kind in INTEGRATIONS else statement.kind
        words = statement.rest.split("'")
        pattern = words[1].replace("%", "*").replace("_", "?").upper() if len(words) > 2 else "*"
        found = [each for each in self.of_kind(kind) if fnmatchcase(each.key[-1].upper(), pattern)]
        told_of = [{**each.options, **_state(each)} for each in found]
        extra = sorted({name for each in told_of for name in each})
        rows: list[list[Value]] = []
        for each, seen in zip(found, told_of, strict=True):
            head_row = [each.created_at, each.key[3], each.key[1], each.key[2], "SYSADMIN", each.text]
            rows.append([*head_row, *(seen.get(name) for name in extra)])
        head = ("created_on", "name", "database_name", "schema_name", "owner", "definition")
        return answer([*head, *(name.lower() for name in extra)], rows)

    def describe(self, session: Session, statement: Statement) -> Answer:
        """DESC of an object on record: its options."""
        found = self.find(session, statement.kind, statement.name)
        return answer(["property", "property_value"], list({**found.options, **_state(found)}.items()))


def quoted(*parts: str) -> str:
    """A name for SQL, every part in quotes."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts if part)


def literal(text: object) -> str:
    """A string literal for SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def _state(found: Recorded) -> dict[str, str]:
    return {name: str(value) for name, value in found.state.items() if isinstance(value, str | int | bool)}
