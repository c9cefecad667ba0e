"""Names of the semantic model: each field, table, step and parameter that is named exists. Faults as text, none = good."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.warehouse.powerbi.tmdl_reader import Model, Node

_TYPES = {"string", "int64", "decimal", "double", "dateTime", "boolean"}
_MODES = {"import", "directQuery", "dual"}
_TEXT_OR_COMMENT = re.compile(r'"(?:[^"]|"")*"|//.*|--.*|/\*[\s\S]*?\*/')
_FIELD = re.compile(r"(?:'([^']+)'|\b([A-Za-z_]\w*))?\s*\[([^\]]+)\]")
_KEYWORDS = {"RETURN", "IN", "VAR", "AND", "OR", "NOT"}


def model_faults(model: Model) -> list[str]:
    """Everything that the model's own files say wrong about one another."""
    return [*_shapes(model), *_relationships(model), *_roles(model), *_measures(model), *_queries(model)]


def dax_faults(model: Model, where: str, expression: str, home: str = "") -> Iterator[str]:
    """Fields of an expression that the model has not. ``home`` is the table whose columns need no table name."""
    for quoted, bare, name in _FIELD.findall(_TEXT_OR_COMMENT.sub("", expression)):
        table = quoted or (bare if bare.upper() not in _KEYWORDS else "")
        if not table:
            if name not in model.measures and name not in model.columns.get(home, {}):
                yield f"{where}: no measure [{name}]"
        elif table not in model.columns:
            yield f"{where}: no table '{table}'"
        elif name not in model.columns[table] and model.measures.get(name) != table:
            yield f"{where}: no column '{table}'[{name}]"


def _shapes(model: Model) -> Iterator[str]:
    names = [table.name for table in model.tables]
    known = {*names, *model.parameters, *(role.name for role in model.roles)}
    yield from (f"model.tmdl: ref {name} is defined nowhere" for name in set(model.refs) - known)
    yield from (f"model.tmdl: no ref to {name}" for name in known - set(model.refs))
    for table in model.tables:
        for column in table.of("column"):
            if column.properties.get("dataType") not in _TYPES:
                yield f"{table.name}[{column.name}]: data type {column.properties.get('dataType')}"
        names = [each.name.casefold() for kind in ("column", "measure") for each in table.of(kind)]
        yield from (
            f"{table.name}: {name} stands twice" for name in sorted(set(names)) if names.count(name) > 1
        )
        for partition in table.of("partition"):
            if partition.properties.get("mode") not in _MODES:
                yield f"{table.name}: mode {partition.properties.get('mode')}"


def _relationships(model: Model) -> Iterator[str]:
    for each in model.relationships:
        ends = []
        for end in ("fromColumn", "toColumn"):
            table, column = _end(each.properties.get(end, ""))
            found = model.columns.get(table, {}).get(column)
            if found is None:
                yield f"relationship {each.name}: no column {table}[{column}]"
            else:
                ends.append(found)
        if len({end.properties.get("dataType") for end in ends}) == 2:
            yield f"relationship {each.name}: its ends have different types"
        if len(ends) == 2 and "isKey" not in ends[1].properties:
            yield f"relationship {each.name}: its one side is no key"


def _end(text: str) -> tuple[str, str]:
    parts = [quoted or bare for quoted, bare in re.findall(r"'([^']+)'|([^.']+)", text)]
    return (parts[0], parts[1]) if len(parts) == 2 else (text, "")


def _roles(model: Model) -> Iterator[str]:
    for role in model.roles:
        if not role.of("tablePermission"):
            yield f"role {role.name}: filters nothing"
        for permission in role.of("tablePermission"):
            if permission.name not in model.columns:
                yield f"role {role.name}: no table {permission.name}"
            yield from dax_faults(model, f"role {role.name}", permission.expression, permission.name)


def _measures(model: Model) -> Iterator[str]:
    for table in model.tables:
        for measure in table.of("measure"):
            if not measure.expression.strip():
                yield f"measure [{measure.name}]: no expression"
            yield from dax_faults(model, f"measure [{measure.name}]", measure.expression, table.name)


def _queries(model: Model) -> Iterator[str]:
    """Parameters, steps and columns of the queries."""
    for table in model.tables:
        (partition,) = table.of("partition")
        query = query_of(partition)
        steps = set(re.findall(r"^\s*(\w+) = ", query, re.MULTILINE))
        for name in set(re.findall(r"\bSnowflake[A-Z]\w*", query)) - set(model.parameters):
            yield f"query of {table.name}: no parameter {name}"
        last = query.rsplit("\nin\n", 1)[-1].strip()
        used = {last, *re.findall(r"(?:Table\.\w+\(|= )([A-Z]\w*)(?=[,){])", query)}
        yield from (
            f"query of {table.name}: no step {name}" for name in sorted(used - steps - set(model.parameters))
        )
        selected = re.search(r"Table\.SelectColumns\(\w+, \{([^}]*)\}", query)
        sources = {column.properties.get("sourceColumn") for column in table.of("column")}
        if selected is None or set(re.findall(r'"([^"]+)"', selected[1])) != sources:
            yield f"query of {table.name}: selects other columns than the table has"


def query_of(partition: Node) -> str:
    """The M query of a partition."""
    return partition.expression.partition("\n")[2]  # its first line says that it is M
