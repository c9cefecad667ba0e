"""A contract in memory: what a table or topic holds and which rules its rows obey. No engine in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning"]


class ContractError(ValueError):
    """A contract is wrong, or a lake does not fit it; the message says what was seen and the remedy."""


@dataclass(frozen=True)
class Rule:
    """A rule written in a contract.

    ``kind`` is ``rowPredicate`` (SQL boolean over one row; NULL passes), ``sql`` (a query over the table)
    or ``invalidValues`` (the values that ``column`` may take).
    """

    id: str
    kind: Literal["rowPredicate", "sql", "invalidValues"]
    severity: Severity
    description: str
    sql: str = ""
    column: str = ""
    valid_values: tuple[str, ...] = ()
    must_be: int | None = None


@dataclass(frozen=True)
class Column:
    """One column. ``fields`` are those of an object or of the objects in an array."""

    name: str
    logical_type: str
    physical_type: str
    description: str
    required: bool = False
    primary_key: int | None = None
    partition_key: int | None = None
    classification: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[Column, ...] = ()
    element: Column | None = None
    rules: tuple[Rule, ...] = ()
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Shape:
    """One table, or one message shape of a topic.

    ``when`` is the SQL boolean over ``raw`` that tells a record of this shape from the topic's others.
    """

    name: str
    description: str
    grain: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    when: str = "true"

    def column(self, name: str) -> Column:
        """The top-level column ``name``; raises ContractError with the nearest names."""
        for column in self.columns:
            if column.name == name:
                return column
        raise ContractError(f"{self.name} has no column {name!r}; it has {', '.join(self.column_names)}")

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the top-level columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Names of the primary key columns in key order."""
        keyed = [column for column in self.columns if column.primary_key is not None]
        return tuple(column.name for column in sorted(keyed, key=lambda column: column.primary_key or 0))

    @property
    def partition_columns(self) -> tuple[str, ...]:
        """Names of the partition columns in order."""
        parted = [column for column in self.columns if column.partition_key is not None]
        return tuple(column.name for column in sorted(parted, key=lambda column: column.partition_key or 0))


@dataclass(frozen=True)
class Contract:
    """One Open Data Contract Standard document: a table of a layer, or a topic with its shapes."""

    layer: str
    name: str
    version: str
    description: str
    shapes: tuple[Shape, ...]
    retention: tuple[int, str]
    properties: Mapping[str, Any]
    freshness_seconds: int | None = None

    @property
    def table(self) -> Shape:
        """The one table of the contract; a topic with several shapes has none."""
        if len(self.shapes) != 1:
            raise ContractError(f"{self.layer}.{self.name} has {len(self.shapes)} shapes, not one table")
        return self.shapes[0]

    @property
    def retention_days(self) -> int:
        """How long its rows, records or files are kept; a year has 365 days."""
        value, unit = self.retention
        return value * _UNIT_DAYS[unit]

    @property
    def reads(self) -> tuple[str, ...]:
        """What it is made from, as ``layer.name``."""
        return tuple(self.properties.get("reads", ()))

    @property
    def judged_by(self) -> tuple[str, str] | None:
        """Layer and name of the topic contract whose rules the rows keep as well; None for most tables."""
        layer, _, name = str(self.properties.get("judged_by", "")).partition(".")
        return (layer, name) if name else None

    @property
    def fields(self) -> Mapping[str, str]:
        """For fields of ``judged_by`` that have no column of their name: SQL over a row of the table."""
        return {str(name): str(sql) for name, sql in dict(self.properties.get("fields", {})).items()}

    @property
    def member(self) -> str | None:
        """Column of the id, where a record of the topic is the whole state of one member (master data); else None."""
        return str(self.properties["member"]) if "member" in self.properties else None

    @property
    def tombstone(self) -> str | None:
        """SQL over a record without value: the text that it is read as; None where such a record is refused."""
        return str(self.properties["tombstone"]) if "tombstone" in self.properties else None

    @property
    def kafka(self) -> dict[str, str]:
        """Kafka settings of a topic: ``partitions``, ``replication_factor`` and topic configs."""
        prefix = "kafka."
        settings = {
            key.removeprefix(prefix): str(value)
            for key, value in self.properties.items()
            if key.startswith(prefix)
        }
        if self.layer == "topics":
            settings["retention.ms"] = str(self.retention_days * 86_400_000)
        return settings


_UNIT_DAYS = {"d": 1, "y": 365}
