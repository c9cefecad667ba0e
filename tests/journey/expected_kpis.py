"""What each key figure must be, by SQL of its own over tables that were computed from the chain's event files.

One query per figure: its grain, then the figure. Written by the sentence of the figure in ``kpis.yaml``, and sharing
nothing with what renders it. Quotients are rounded to six decimals by whoever compares.
"""

from __future__ import annotations

_NET = "sum(net_amount) FILTER (WHERE NOT is_void)"
_BOOKED = (
    "FROM movements WHERE movement_type IN ('SALE', 'RETURN') AND currency IS NOT NULL GROUP BY currency"
)
_COSTED = "sum(net_amount) FILTER (WHERE cost_amount IS NOT NULL)"
_MARGIN = f"{_COSTED} - sum(cost_amount)"


def _lines(figure: str) -> str:
    return f"SELECT currency, {figure} FROM lines GROUP BY currency"


def _all_lines(figure: str) -> str:
    return f"SELECT {figure} FROM lines"


def _tracked(figure: str) -> str:
    return f"SELECT {figure} FROM now WHERE is_tracked"


def _months(figure: str) -> str:
    return f"SELECT currency, activity_month_date, {figure} FROM cohorts GROUP BY ALL"


def _of(kind: str, column: str = "customer_count") -> str:
    return f"sum({column}) FILTER (WHERE customer_type = '{kind}')"


EXPECTED_KPIS = {
    "net_sales": _lines(_NET),
    "gross_sales": _lines("sum(net_amount + discount) FILTER (WHERE NOT is_void)"),
    "discount_amount": _lines("sum(discount) FILTER (WHERE NOT is_void)"),
    "discount_share": _lines(
        "sum(discount) FILTER (WHERE NOT is_void) / sum(net_amount + discount) FILTER (WHERE NOT is_void)"
    ),
    "tax_amount": _lines("sum(tax) FILTER (WHERE NOT is_void)"),
    "units": _all_lines("sum(quantity) FILTER (WHERE NOT is_void)"),
    "sales_lines": _all_lines("count(*) FILTER (WHERE NOT is_void)"),
    "return_amount": _lines("-sum(net_amount) FILTER (WHERE NOT is_void AND line_type = 'RETURN')"),
    "return_rate": _lines(
        "-sum(net_amount) FILTER (WHERE NOT is_void AND line_type = 'RETURN') "
        "/ sum(net_amount) FILTER (WHERE NOT is_void AND line_type <> 'RETURN')"
    ),
    "void_share": _all_lines("count(*) FILTER (WHERE is_void) / count(*)"),
    "zero_price_share": _all_lines(
        "count(*) FILTER (WHERE NOT is_void AND unit_price = 0) / count(*) FILTER (WHERE NOT is_void)"
    ),
    "unknown_customer_share": _lines(
        f"coalesce(sum(net_amount) FILTER (WHERE NOT is_void AND coalesce(customer_id, '') = ''), 0) / {_NET}"
    ),
    "receipts": "SELECT count(DISTINCT event_id) FROM lines WHERE NOT is_void",
    "basket_value": _lines(f"{_NET} / count(DISTINCT event_id) FILTER (WHERE NOT is_void)"),
    "units_per_basket": _all_lines(
        "sum(quantity) FILTER (WHERE NOT is_void) / count(DISTINCT event_id) FILTER (WHERE NOT is_void)"
    ),
    "lines_per_basket": _all_lines(
        "count(*) FILTER (WHERE NOT is_void) / count(DISTINCT event_id) FILTER (WHERE NOT is_void)"
    ),
    "margin": f"SELECT currency, {_MARGIN} {_BOOKED}",
    "margin_rate": f"SELECT currency, ({_MARGIN}) / {_COSTED} {_BOOKED}",
    "sales_without_cost_share": "SELECT currency, coalesce(sum(net_amount) FILTER (WHERE cost_amount IS NULL), 0) "
    f"/ sum(net_amount) {_BOOKED}",
    "stock_value": "SELECT currency, sum(stock_value) FROM now WHERE currency IS NOT NULL GROUP BY currency",
    "days_of_supply": _tracked("sum(if(is_negative, 0, on_hand)) / sum(daily_demand)"),
    "sell_through": _tracked("sum(demand) / sum(available)"),
    "stock_out_rate": _tracked("count(*) FILTER (WHERE on_hand <= 0) / count(*)"),
    "reorder_share": "SELECT count(*) FILTER (WHERE on_hand <= reorder_point) / count(*) FROM now "
    "WHERE reorder_point IS NOT NULL",
    "shrink_units": "SELECT -sum(count_variance) FROM movements",
    "shrink_rate": "SELECT -sum(count_variance) / (-sum(quantity) FILTER (WHERE movement_type = 'SALE')) FROM movements",
    "negative_stock_share": "SELECT count(*) FILTER (WHERE closing < 0) / count(*) FROM days WHERE is_tracked",
    "known_customers": "SELECT currency, count(DISTINCT customer_key) FROM rfm GROUP BY currency",
    "repeat_rate": "SELECT currency, count(*) FILTER (WHERE receipt_count >= 2) / count(*) FROM rfm GROUP BY currency",
    "new_customers": _months(_of("NEW")),
    "returning_customers": _months(_of("RETURNING")),
    "returning_share": _months(f"coalesce({_of('RETURNING')}, 0) / sum(customer_count)"),
    "unidentified_sales_share": "SELECT currency, "
    f"coalesce({_of('UNKNOWN', 'net_amount')}, 0) / sum(net_amount) FROM cohorts GROUP BY currency",
    "quarantine_share": "SELECT broken / sent FROM traffic",
    "duplicate_share": "SELECT repeated / sent FROM traffic",
}
