"""Pages Inventory and Customers."""

from __future__ import annotations

import streamlit as st

from warehouse.dashboard.figures import Choice, kpi_query, rows_of
from warehouse.dashboard.page import ask, chart, figure_cards, head, published_at, table

_STOCK = (
    "store_id",
    "product_id",
    "on_hand",
    "days_of_supply",
    "reorder_point",
    "is_stock_out",
    "is_negative",
)
_PAIRS = ("product_id", "paired_product_id", "support", "confidence", "lift")


def inventory(choice: Choice) -> None:
    """What is on hand now by the books, what is short, and what counts found missing in the period."""
    head("Inventory", choice, published_at())
    figure_cards(("stock_value", "days_of_supply", "sell_through", "stock_out_rate", "reorder_share"), choice)
    figure_cards(("shrink_units", "shrink_rate", "negative_stock_share"), choice)
    st.markdown("**Goods on hand, the shortest first**")
    order = "is_stock_out DESC, days_of_supply NULLS LAST, store_id, product_id"
    table(ask(rows_of("inventory_now", _STOCK, choice, order)), "inventory_now", {"on_hand": "On hand"})
    st.markdown("**Shrink by store**")
    stores = ask(kpi_query(("shrink_units", "shrink_rate"), choice, ("store_id",), "shrink_units DESC"))
    chart(stores[:20], "store_id", "shrink_units", "Units missing at counts", "rank")


def customers(choice: Choice) -> None:
    """Customers with consent: how many, who comes back, in which segments, and what is bought together."""
    head("Customers", choice, published_at(), told="all time, customers with consent")
    figure_cards(("known_customers", "repeat_rate"), choice)
    figure_cards(("unidentified_sales_share",), choice)
    left, right = st.columns(2)
    months = ask(
        kpi_query(
            ("new_customers", "returning_customers", "returning_share"), choice, ("activity_month_date",)
        )
    )
    with left:
        st.markdown("**New customers by month**")
        chart(months, "activity_month_date", "new_customers", "New customers")
    with right:
        st.markdown("**Returning customers by month**")
        chart(months, "activity_month_date", "returning_customers", "Returning customers")
    st.markdown("**Segments (recency, frequency, value)**")
    segments = kpi_query(("known_customers", "repeat_rate"), choice, ("segment",), "known_customers DESC")
    table(ask(segments), "segments", {"known_customers": "Customers", "repeat_rate": "Repeat rate"})
    st.markdown("**Bought together**")
    pairs = rows_of("basket_pairs", _PAIRS, choice, "lift DESC, product_id, paired_product_id", 100)
    table(ask(pairs), "basket_pairs", {"paired_product_id": "Together with"})
