"""Every row rule that the rows of a table keep: those of its own contract, and those of the topic that it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lakehouse.contracts import Contract, Shape, load_contract
from lakehouse.rules.row_rules import RowRule, table_rules, typed_rules


def judged_rows(contract: Contract) -> tuple[RowRule, ...]:
    """Row rules of a table, each id once.

    They are asked of the table's columns and of ``contract.fields``, columns that the frame must be given first.
    A fault is found under the same id in the stream and in the table.
    """
    own = table_rules(contract.table)
    ids = {rule.id for rule in own}
    return (*own, *(rule for rule in _of_topic(contract) if rule.id not in ids))


def _of_topic(contract: Contract) -> Iterator[RowRule]:
    if contract.judged_by is None:
        return
    shapes = load_contract(*contract.judged_by).shapes
    if len(shapes) > 1:
        known = " OR ".join(f"coalesce({_when(shape)}, false)" for shape in shapes)
        names = ", ".join(shape.name for shape in shapes)
        yield RowRule("shape_known", known, f"a shape of the contract: {names}", "error", "$.schema_version")
    held = {*contract.table.column_names, *contract.fields}
    for shape in shapes:
        for rule in typed_rules(shape, held):
            yield rule if shape.when == "true" else replace(rule, sql=_only_of(shape, rule))


def _when(shape: Shape) -> str:
    """Which rows of the table came as this shape: told by the same fields, now typed."""
    return shape.when.replace("raw.", "")


def _only_of(shape: Shape, rule: RowRule) -> str:
    return f"NOT coalesce({_when(shape)}, false) OR ({rule.sql})"
