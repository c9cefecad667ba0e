"""Page Data trust: the ledger, the gates, the rules that failed, freshness and quarantine."""

from __future__ import annotations

import streamlit as st

from warehouse.connection import Row
from warehouse.dashboard.figures import Choice, Query
from warehouse.dashboard.page import ask, cards, figure_cards, head, published_at, table

LEDGER = Query(
    "SELECT topic, SUM(received) AS received, SUM(accepted) AS accepted, SUM(duplicate) AS duplicate, "
    "SUM(quarantined) AS quarantined, SUM(received - accepted - duplicate - quarantined) AS unaccounted "
    "FROM OPS.LEDGER GROUP BY topic ORDER BY topic"
)
GATES = Query(
    "SELECT table_name, is_open, checked_at, rule_count FROM OPS.GATES "
    "QUALIFY ROW_NUMBER() OVER (PARTITION BY table_name ORDER BY checked_at DESC, check_id DESC) = 1 "
    "ORDER BY is_open, table_name"
)
FAILED = Query(
    "SELECT table_name, rule_id, severity, failed_count, checked_at FROM OPS.QUALITY_RESULTS "
    "QUALIFY RANK() OVER (PARTITION BY table_name ORDER BY checked_at DESC, check_id DESC) = 1 AND is_failed "
    "ORDER BY severity, failed_count DESC, table_name, rule_id"
)
FRESHNESS = Query(
    "SELECT layer, newest_produced_at, committed_at FROM OPS.FRESHNESS "
    "QUALIFY ROW_NUMBER() OVER (PARTITION BY layer ORDER BY committed_at DESC) = 1 ORDER BY layer"
)
QUARANTINE = Query(
    "SELECT topic, received_at, event_id, quarantine_id FROM OPS.QUARANTINE ORDER BY received_at DESC LIMIT 200"
)


def data_trust(choice: Choice) -> None:
    """Whether every record is accounted for and what was refused; all topics, all time, every currency."""
    head("Data trust", choice, published_at("ops"), told="all records since the beginning")
    ledger, gates = ask(LEDGER), ask(GATES)
    closed = [row["table_name"] for row in gates if not row["is_open"]]
    if closed:
        st.error(f"Not published while their gates are closed: {', '.join(closed)}", icon=":material/lock:")
    cards(
        [
            (name.capitalize(), f"{_sum(ledger, name):,}", sentence)
            for name, sentence in (
                ("received", "Records that the topics held."),
                ("accepted", "Records that became rows."),
                ("duplicate", "Records that had come before."),
                ("quarantined", "Records refused with a reason."),
                ("unaccounted", "Must be 0."),
            )
        ]
    )
    figure_cards(("quarantine_share", "duplicate_share"), choice)
    st.markdown("**Ledger by topic**")
    table(ledger, "ledger")
    left, right = st.columns(2)
    with left:
        st.markdown("**Gates**")
        table(gates, "gates", {"table_name": "Table", "is_open": "Open"})
    with right:
        st.markdown("**Freshness by layer**")
        table(ask(FRESHNESS), "freshness")
        st.markdown("**Rules that failed in the newest checks**")
        table(ask(FAILED), "failed_rules")
    st.markdown("**Quarantine, the newest first**")
    table(ask(QUARANTINE), "quarantine")


def _sum(rows: list[Row], name: str) -> int:
    return int(sum(row[name] or 0 for row in rows))
