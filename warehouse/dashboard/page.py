"""What all pages share: asking Snowflake, the head of a page, cards, charts and tables. Touches Streamlit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from lakehouse.settings import Settings, load_settings
from warehouse.connection import Row, Warehouse, connect
from warehouse.dashboard.figures import Choice, Query, kpi, kpi_query, last_published
from warehouse.dashboard.screen import NOTHING, csv_text, instant, period, written

SECONDS_KEPT = 2

Card = tuple[str, str, str]
"""Label, written value, and the sentence that explains it."""


class Session:
    """The one session of this dashboard with Snowflake; opened anew after an error."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._open = settings, ExitStack()
        self._warehouse: Warehouse | None = None

    def rows(self, query: Query) -> list[Row]:
        """Rows with the names of their columns in lower case. Raises WarehouseUnreachable, StatementFailed."""
        if self._warehouse is None:
            self._warehouse = self._open.enter_context(connect(self._settings))
        try:
            found = self._warehouse.rows(query.sql, query.parameters)
        except Exception:
            self._warehouse = None
            self._open.close()
            raise
        return [{name.lower(): value for name, value in row.items()} for row in found]


@st.cache_resource(show_spinner="Connecting to Snowflake …")
def session() -> Session:
    """The session, shared by all readers of this process."""
    return Session(load_settings())


@st.cache_data(ttl=SECONDS_KEPT, show_spinner="Asking Snowflake …")
def ask(query: Query) -> list[Row]:
    """Rows of a question; kept for two seconds, so that what one page asks twice is asked once."""
    return session().rows(query)


def head(title: str, choice: Choice, as_of: dt.datetime | None, told: str = "") -> None:
    """Title, and what the numbers below are: period, currency, stores, as-of time."""
    st.subheader(title, anchor=False)
    stores = ", ".join(choice.stores) if choice.stores else "all stores"
    parts = [told or period(choice.first, choice.last), choice.currency, stores, f"as of {instant(as_of)}"]
    st.caption(" · ".join(parts))


def published_at(layer: str = "gold") -> dt.datetime | None:
    """When Snowflake was last given a newer state of the layer (UTC)."""
    rows = ask(last_published(layer))
    return rows[0]["at"] if rows else None


def cards(values: Sequence[Card]) -> None:
    """Cards with a label, a written value and a sentence that explains it; they wrap on a narrow screen."""
    with st.container(horizontal=True, gap="small"):
        for label, value, sentence in values:
            st.metric(label, value, help=sentence, border=True, width=205)


def figure_cards(names: Sequence[str], choice: Choice, table: str = "", more: Sequence[Card] = ()) -> None:
    """Cards of key figures that stand over one table, and ``more`` beside them."""
    rows = ask(kpi_query(names, choice, table=table))
    found = rows[0] if rows else {}
    own = [
        (kpi(name).name, written(kpi(name), found.get(name), choice.currency), kpi(name).sentence)
        for name in names
    ]
    cards([*own, *more])


def table(rows: Sequence[Row], name: str, headings: dict[str, str] | None = None) -> None:
    """Rows as a table, and below it the same rows to take away; says so where there is none."""
    if not rows:
        st.info("Nothing for this choice.", icon=":material/inbox:")
        return
    shown = pd.DataFrame([{key: _plain(value) for key, value in row.items()} for row in rows])
    config = {key: st.column_config.Column(text) for key, text in (headings or {}).items()}
    st.dataframe(shown, hide_index=True, column_config=config, width="stretch")
    st.download_button("Download CSV", csv_text(rows), f"{name}.csv", "text/csv", key=f"csv-{name}")


def chart(rows: Sequence[Row], x: str, y: str, label: str, kind: str = "bar") -> None:
    """One measure along one column, with both axes named; ``kind`` is bar, line or rank (the largest on top)."""
    if not rows:
        st.info("Nothing for this choice.", icon=":material/inbox:")
        return
    frame = pd.DataFrame([{x: row[x], label: float(row[y] or 0)} for row in rows])
    heading = x.replace("_", " ")
    if kind == "line":
        st.line_chart(frame, x=x, y=label, x_label=heading, y_label=label, height=260)
    elif kind == "rank":
        st.bar_chart(
            # Streamlit keeps the labels with the columns when it lays the bars down.
            frame,
            x=x,
            y=label,
            x_label=heading,
            y_label=label,
            horizontal=True,
            height=480,
            sort=f"-{label}",
        )
    else:
        st.bar_chart(frame, x=x, y=label, x_label=heading, y_label=label, height=260)


def _plain(value: Any) -> Any:
    """Decimals as numbers for sorting and aligning on screen only; the file keeps them exact."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return NOTHING if value is None else value
