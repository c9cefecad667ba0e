"""The dashboard, run by Streamlit: `retail dashboard`, or `streamlit run warehouse/dashboard/app.py`.

Settings come from the environment (``RETAIL_…``), the password of the local Snowflake too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import streamlit as st

from warehouse.connection import Row
from warehouse.dashboard.figures import Choice, offered
from warehouse.dashboard.page import ask
from warehouse.dashboard.sales_pages import sales_now, sales_trends
from warehouse.dashboard.shop_pages import customers, inventory
from warehouse.dashboard.trust_page import data_trust
from warehouse.errors import StatementFailed, WarehouseUnreachable

Show = Callable[[Choice], None]
# title, page, its address, icon, seconds between two looks
PAGES: tuple[tuple[str, Show, str, str, int], ...] = (
    ("Sales now", sales_now, "sales-now", ":material/bolt:", 5),
    ("Sales trends", sales_trends, "sales-trends", ":material/trending_up:", 30),
    ("Inventory", inventory, "inventory", ":material/inventory_2:", 30),
    ("Customers", customers, "customers", ":material/groups:", 60),
    ("Data trust", data_trust, "data-trust", ":material/verified:", 15),
)
# A figure of ten digits fits its card, and the page begins below the menu instead of in the middle.
STYLE = """
[data-testid="stMetricValue"] {font-size: 1.2rem}
[data-testid="stMainBlockContainer"] {padding-top: 4rem; padding-bottom: 2rem}
"""
PERIODS = {"last day": 1, "7 days": 7, "28 days": 28, "all": None}


def choose(rows: Sequence[Row]) -> Choice:
    """The reader's choice among what there is; kept while the reader walks from page to page."""
    by_sales = sorted({row["currency"] for row in rows}, key=lambda name: -_receipts(rows, name))
    money, span, shops = st.columns([1, 2, 2])
    currency = money.selectbox("Currency", by_sales, key="currency")
    mine = [row for row in rows if row["currency"] == currency]
    label = span.segmented_control("Period", list(PERIODS), default="28 days", key="period") or "28 days"
    stores = shops.multiselect(
        "Stores", sorted(row["store_id"] for row in mine), key="stores", placeholder="all"
    )
    last = max(row["last_date"] for row in mine)
    days = PERIODS[label]
    first = min(row["first_date"] for row in mine) if days is None else last - dt.timedelta(days=days - 1)
    return Choice(currency, first, last, tuple(stores))


def shown(show: Show, seconds: int) -> Callable[[], None]:
    """A page that looks again every so many seconds, with what there is to say when it cannot."""

    def page() -> None:
        try:
            rows = ask(offered())
        except (WarehouseUnreachable, StatementFailed) as error:
            _told(error)
            return
        if not rows:
            st.info("No sale has been published yet. `retail run` brings the first within a minute or two.")
            st.button("Look again")
            return
        choice = choose(rows)

        @st.fragment(run_every=seconds)
        def numbers() -> None:
            try:
                show(choice)
            except (WarehouseUnreachable, StatementFailed) as error:
                _told(error)

        numbers()

    return page


def _told(error: Exception) -> None:
    st.error(f"Snowflake does not answer. {error}", icon=":material/cloud_off:")
    st.caption("The page looks again by itself. `retail status` tells what is wrong.")


def _receipts(rows: Sequence[Row], currency: str) -> int:
    return int(sum(row["receipts"] for row in rows if row["currency"] == currency))


def main() -> None:
    """Draw the page that the reader is on."""
    st.set_page_config("Retail", ":material/storefront:", layout="wide")
    st.html(f"<style>{STYLE}</style>")
    pages = [
        st.Page(shown(show, seconds), title=title, url_path=path, icon=icon, default=path == "sales-now")
        for title, show, path, icon, seconds in PAGES
    ]
    st.navigation(pages, position="top").run()


if __name__ == "__main__":
    main()
