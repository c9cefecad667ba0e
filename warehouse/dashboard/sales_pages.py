"""Pages Sales now and Sales trends."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import streamlit as st

from warehouse.dashboard.figures import SALES_NOW, Choice, kpi_query, live_receipts, newest_sale
from warehouse.dashboard.page import ask, chart, figure_cards, head, published_at, table


def sales_now(choice: Choice) -> None:
    """The last business day of the choice, seconds old, from the native table that Snowpipe feeds."""
    today = replace(choice, first=choice.last)
    head("Sales now", today, ask(newest_sale(choice))[0]["at"], told=f"business day {choice.last:%Y-%m-%d}")
    receipts = f"{ask(live_receipts(today))[0]['receipts']:,}"
    counted = [("Receipts", receipts, "Receipts with a line that counts.")]
    figure_cards(("net_sales", "units", "sales_lines", "return_rate"), today, SALES_NOW, counted)
    stores = ask(kpi_query(("net_sales", "units"), today, ("store_id",), "net_sales DESC", SALES_NOW))
    left, right = st.columns(2)
    with left:
        st.markdown("**Net sales by store**")
        chart(stores[:20], "store_id", "net_sales", f"Net sales, {choice.currency}", "rank")
    with right:
        st.markdown("**Products**")
        products = kpi_query(("units", "net_sales"), today, ("product_id",), "net_sales DESC", SALES_NOW)
        table(ask(products)[:100], "products_today", {"product_id": "Product", "net_sales": "Net sales"})


def sales_trends(choice: Choice) -> None:
    """Days, hours of the store's own clock, stores and products of the period, from gold."""
    head("Sales trends", choice, published_at())
    figure_cards(("net_sales", "gross_sales", "discount_share", "return_rate", "units"), choice)
    figure_cards(("receipts", "basket_value", "units_per_basket", "lines_per_basket"), choice)
    money = f"Net sales, {choice.currency}"
    st.markdown("**Net sales by business day**")
    days = ask(kpi_query(("net_sales",), choice, ("business_date",)))
    chart(days, "business_date", "net_sales", money, "line" if _is_long(choice) else "bar")
    left, right = st.columns(2)
    with left:
        st.markdown("**Receipts by hour of the store's clock**")
        hours = ask(kpi_query(("receipts", "basket_value"), choice, ("local_hour",)))
        chart(hours, "local_hour", "receipts", "Receipts")
    with right:
        st.markdown("**Net sales by store**")
        stores = ask(kpi_query(("net_sales", "units"), choice, ("store_id",), "net_sales DESC"))
        chart(stores[:20], "store_id", "net_sales", money, "rank")
    st.markdown("**Products**")
    by_product = kpi_query(
        ("units", "net_sales", "discount_share", "return_rate"), choice, ("product_id",), "net_sales DESC"
    )
    table(ask(by_product)[:500], "products", {"product_id": "Product", "net_sales": "Net sales"})


def _is_long(choice: Choice) -> bool:
    return choice.last - choice.first > dt.timedelta(days=13)
