"""What the pages ask: SQL with its parameters, from a reader's choice and the key figures. Pure.

A figure is written once, in ``kpis.yaml``; here it only gets its table, its filter and its groups. Amounts are ex tax
in the currency of the choice, and two currencies are never added.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lakehouse.contracts import load_contract
from lakehouse.contracts.kpis import Kpi, all_kpis
from warehouse.render.kpis import snowflake_expression

SALES_NOW = "SALES.SALES_NOW"


@dataclass(frozen=True)
class Choice:
    """What the reader looks at. ``first`` and ``last`` are business dates; without ``stores`` all stores count."""

    currency: str
    first: dt.date
    last: dt.date
    stores: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """A statement, and a value for each ``%s`` in it."""

    sql: str
    parameters: tuple[object, ...] = ()


def kpi(name: str) -> Kpi:
    """The key figure of that id. Raises KeyError."""
    return {each.id: each for each in all_kpis()}[name]


def kpi_query(
    names: Sequence[str], choice: Choice, by: Sequence[str] = (), order: str = "", table: str = ""
) -> Query:
    """Key figures of one table for the choice; one row, or one for each value of the columns ``by``.

    Columns: ``by``, then the ids of the figures. ``table``: another relation with the columns of the figures' own.
    """
    figures = [kpi(name) for name in names]
    relations = {f"{each.layer}.{each.table}".upper() for each in figures}
    if len(relations) != 1:
        raise ValueError(f"figures of one table expected, seen {sorted(relations)}")
    own = load_contract(figures[0].layer, figures[0].table).table.column_names
    where, parameters = condition(choice, own)
    shown = [*by, *(f"{snowflake_expression(each)} AS {each.id}" for each in figures)]
    sql = f"SELECT {', '.join(shown)} FROM {table or relations.pop()}{where}"
    if by:
        sql += f" GROUP BY {', '.join(by)} ORDER BY {order or ', '.join(by)}"
    return Query(sql, parameters)


def condition(choice: Choice, columns: Iterable[str]) -> tuple[str, tuple[object, ...]]:
    """WHERE of the choice over a relation with these columns, and its parameters; what it lacks is not asked."""
    held = set(columns)
    parts, parameters = [], list[object]()
    if "currency" in held and choice.currency:
        parts.append("currency = %s")
        parameters.append(choice.currency)
    if "store_id" in held and choice.stores:
        parts.append(f"store_id IN ({', '.join(['%s'] * len(choice.stores))})")
        parameters.extend(choice.stores)
    if "business_date" in held:
        parts.append("business_date BETWEEN %s AND %s")
        parameters.extend((choice.first, choice.last))
    return (f" WHERE {' AND '.join(parts)}" if parts else "", tuple(parameters))


def rows_of(table: str, columns: Sequence[str], choice: Choice, order: str, most: int = 500) -> Query:
    """Rows of a gold table as they stand, at most so many."""
    own = load_contract("gold", table).table.column_names
    where, parameters = condition(choice, own)
    return Query(
        f"SELECT {', '.join(columns)} FROM GOLD.{table.upper()}{where} ORDER BY {order} LIMIT {most}",
        parameters,
    )


def offered() -> Query:
    """Currencies, stores and the first and last business date that there are to choose from."""
    return Query(
        "SELECT currency, store_id, MIN(business_date) AS first_date, MAX(business_date) AS last_date, "
        "SUM(receipt_count) AS receipts FROM GOLD.AGG_SALES_HOURLY GROUP BY currency, store_id"
    )


def last_published(layer: str = "gold") -> Query:
    """When Snowflake was last given a newer state of the layer (UTC)."""
    return Query("SELECT MAX(published_at) AS at FROM OPS.PUBLICATIONS WHERE layer = %s", (layer,))


def newest_sale(choice: Choice) -> Query:
    """When the broker took in the newest line that Snowpipe has loaded (UTC)."""
    where, parameters = condition(choice, ("currency", "store_id"))
    return Query(f"SELECT MAX(received_at) AS at FROM {SALES_NOW}{where}", parameters)


def live_receipts(choice: Choice) -> Query:
    """Receipts with a line that counts, among the lines that Snowpipe has loaded."""
    where, parameters = condition(choice, ("currency", "store_id", "business_date"))
    void = " AND NOT is_void" if where else " WHERE NOT is_void"
    return Query(f"SELECT COUNT(DISTINCT event_id) AS receipts FROM {SALES_NOW}{where}{void}", parameters)
