"""The rules of one message shape or table, compiled from its contract to SQL.

Every rule is a SQL boolean over one row: true or NULL passes, false is a violation. ``required`` rules never
yield NULL. Over a parsed event a column ``x`` stands twice: ``raw.x`` as read from JSON and ``x`` as typed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from lakehouse.contracts import Column, Rule, Shape
from lakehouse.contracts.model import Severity
from lakehouse.contracts.physical_types import is_number, literal

_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
_OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2})"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


@dataclass(frozen=True)
class RowRule:
    """One compiled rule. ``path`` is the JSON path of what it looks at, for explanations."""

    id: str
    sql: str
    expected: str
    severity: Severity
    path: str


@dataclass(frozen=True)
class ArrayRules:
    """Rules over the elements of one array, evaluated in one walk: ``r`` is the raw element, ``t`` the typed."""

    column: str
    rules: tuple[RowRule, ...]


def event_rules(shape: Shape) -> tuple[RowRule, ...]:
    """Rules over the top level of a parsed event: form and range of each field, then the written ones."""
    rules: list[RowRule] = []
    for column in shape.columns:
        rules.extend(_field_rules(column, "", "raw.", ""))
        if column.logical_type == "object":
            for field in column.fields:
                rules.extend(_field_rules(field, f"{column.name}_", f"raw.{column.name}.", f"{column.name}."))
    rules.extend(_written(rule) for rule in shape.rules if rule.kind == "rowPredicate")
    return tuple(rules)


def element_rules(shape: Shape) -> tuple[ArrayRules, ...]:
    """Rules over the elements of the shape's arrays of objects."""
    arrays = [column for column in shape.columns if column.logical_type == "array" and column.fields]
    return tuple(ArrayRules(column.name, tuple(_one_array(column))) for column in arrays)


def table_rules(shape: Shape) -> tuple[RowRule, ...]:
    """Row rules of a table over its typed columns: values that must stand, their bounds, and what is written."""
    rules = [
        replace(rule, path=column.name)
        for column in shape.columns
        for rule in _field_rules(column, "", "", "")
    ]
    rules.extend(_written(rule) for rule in shape.rules if rule.kind == "rowPredicate")
    return tuple(rules)


def typed_rules(shape: Shape, fields: Collection[str]) -> tuple[RowRule, ...]:
    """The rules of a message shape over a table that holds these of its fields, typed.

    The ids are those of the stream. Rules of form and digits are left out: a typed value has its form.
    """
    rules: list[RowRule] = []
    for column in shape.columns:
        if column.name not in fields:
            continue
        rules.extend(_field_rules(column, "", "", ""))
        if column.logical_type == "object":
            for field in column.fields:
                rules.extend(
                    _field_rules(
                        field, f"{column.name}_", f"{column.name}.", f"{column.name}.", f"$.{column.name}"
                    )
                )
        if column.logical_type == "array" and column.fields:
            rules.extend(_of_elements(column))
    rules.extend(_written(rule) for rule in shape.rules if rule.kind == "rowPredicate")
    return tuple(rules)


def _of_elements(column: Column) -> Iterator[RowRule]:
    """Rules over the typed elements ``t`` of an array, each asked of all elements of a row at once."""
    path = f"$.{column.name}[*]"
    present = RowRule(
        f"{column.name}_element_required", "t IS NOT NULL", "an object in each place", "error", path
    )
    of_fields = (
        rule for field in column.fields for rule in _field_rules(field, f"{column.name}_", "t.", "t.", path)
    )
    for rule in (present, *of_fields):
        yield replace(rule, sql=f"forall(`{column.name}`, t -> coalesce({rule.sql}, true))")


def _one_array(column: Column) -> Iterator[RowRule]:
    path = f"$.{column.name}[*]"
    yield RowRule(
        f"{column.name}_element_required", "r IS NOT NULL", "an object in each place", "error", path
    )
    for field in column.fields:
        yield from _field_rules(field, f"{column.name}_", "r.", "t.", path)


def _field_rules(column: Column, prefix: str, raw: str, typed: str, path: str = "$") -> Iterator[RowRule]:
    """Rules of one field; ``raw`` and ``typed`` are put before its name, ``prefix`` before the rule's.

    Where both are the same the field stands typed only, and its form is not asked for.
    """
    if not path.endswith("]") and raw.count(".") > 1:
        path = f"$.{raw.split('.')[1]}"
    where = f"{path}.{column.name}"
    name, source, value = f"{prefix}{column.name}", f"{raw}`{column.name}`", f"{typed}`{column.name}`"
    if column.required:
        yield RowRule(f"{name}_required", f"{source} IS NOT NULL", _expected(column), "error", where)
    form = _form(column, source, value) if raw != typed else ""
    if form:
        yield RowRule(
            f"{name}_{'digits' if is_number(column) else 'form'}", form, _expected(column), "error", where
        )
    limits = _limits(column, value)
    if limits:
        yield RowRule(f"{name}_range", limits, _range_text(column), "error", where)
    yield from _text_rules(column, name, value, where)
    yield from _allowed(column, value, where)


def _text_rules(column: Column, name: str, value: str, where: str) -> Iterator[RowRule]:
    options = column.options
    low, high = options.get("minLength"), options.get("maxLength")
    if low is not None or high is not None:
        bounds = [f"length({value}) >= {low}"] if low is not None else []
        bounds += [f"length({value}) <= {high}"] if high is not None else []
        text = f"{low or 0} to {high} characters" if high is not None else f"at least {low} characters"
        yield RowRule(f"{name}_length", " AND ".join(bounds), text, "error", where)
    if "pattern" in options:
        pattern = str(options["pattern"])
        yield RowRule(
            f"{name}_pattern", f"{value} RLIKE {literal(pattern)}", f"text like {pattern}", "error", where
        )


def _allowed(column: Column, value: str, where: str) -> Iterator[RowRule]:
    for rule in column.rules:
        values = ", ".join(literal(item) for item in rule.valid_values)
        yield RowRule(
            rule.id, f"{value} IN ({values})", f"one of {', '.join(rule.valid_values)}", rule.severity, where
        )


def _written(rule: Rule) -> RowRule:
    return RowRule(rule.id, rule.sql, rule.description, rule.severity, "$")


def _form(column: Column, source: str, value: str) -> str:
    """Whether the raw value has the form of its type, so that typing it changed nothing."""
    if is_number(column):
        return f"{source} IS NULL OR coalesce({source} = {value}, false)"
    if column.physical_type == "TIMESTAMP":
        offset = _OFFSET if column.options.get("timezone") else _OFFSET + "?"
        return f"{source} IS NULL OR ({source} RLIKE {literal(_TIME + offset + '$')} AND {value} IS NOT NULL)"
    if column.physical_type == "DATE":
        return f"{source} IS NULL OR ({source} RLIKE {literal(_DATE)} AND {value} IS NOT NULL)"
    if column.physical_type == "BOOLEAN":
        return f"{source} IN ('true', 'false')"
    return ""


def _limits(column: Column, value: str) -> str:
    low, high = column.options.get("minimum"), column.options.get("maximum")
    bounds = [f"{value} >= {_bound(column, low)}"] if low is not None else []
    bounds += [f"{value} <= {_bound(column, high)}"] if high is not None else []
    return " AND ".join(bounds)


def _bound(column: Column, limit: object) -> str:
    if is_number(column):
        return str(limit)
    return f"{column.physical_type} {literal(str(limit))}"


def _range_text(column: Column) -> str:
    low, high = column.options.get("minimum"), column.options.get("maximum")
    if low is not None and high is not None:
        return f"between {low} and {high}"
    return f"at least {low}" if low is not None else f"at most {high}"


def _expected(column: Column) -> str:
    texts = {
        "INT": "a whole number",
        "BIGINT": "a whole number",
        "DATE": "a date YYYY-MM-DD",
        "BOOLEAN": "true or false",
        "STRUCT": "an object",
        "ARRAY": "a list",
        "STRING": "text",
    }
    if column.physical_type == "TIMESTAMP":
        return "a time like 2026-11-23T10:15:00" + ("+00:00" if column.options.get("timezone") else "Z")
    return texts.get(column.physical_type, f"a plain number that fits {column.physical_type}")
