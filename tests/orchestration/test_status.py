"""Status says what to do next, and its screens fit what they are given."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console, RenderableType

from infra.local.doctor import Finding
from infra.local.processes import ChildRecord
from lakehouse.settings import Settings
from lakehouse.storage.gates import Gate
from orchestration.live_numbers import Numbers
from orchestration.live_table import View, freshness, live_table, plain_line
from orchestration.screens import age, doctor_screen, ledger_line, status_screen, summary_screen
from orchestration.status import advice, gates_state, status

LEDGER = {"received": 10, "accepted": 8, "duplicate": 1, "quarantined": 1, "lines": 20, "balanced": True}
SERVER = {"name": "kafka", "state": "up", "pid": 1, "port": 2, "rss": 1 << 20, "restarts": 0, "log": None}
CLOSED = {
    "table": "gold.fct_receipts",
    "rules": ["receipt_unique"],
    "since": "2026-11-24T10:00:00+00:00",
}
STALE = {"age_seconds": 500.0, "lag_seconds": 2.0, "is_canary": True}
BATCH = {
    "event": "batch",
    "batch_id": 4,
    "at": 95.0,
    "seconds": 1.5,
    "freshness_p50": 2.0,
    "freshness_p95": 4.0,
}


def state(**given: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "servers": [SERVER],
        "writer": None,
        "layers": {"bronze": {"sales_data": 10}, "ops": {"ledger": None}},
        "freshness": {"bronze": {"age_seconds": 4.0, "lag_seconds": 1.0, "is_canary": False}, "gold": None},
        "gates": {"checked": 2, "closed": []},
        "ledger": LEDGER,
        "quarantine": {},
        "waiting": 0,
        "last_batch": None,
        "next": [],
    }
    return found | given


def seen(screen: RenderableType, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO())
    with console.capture() as shown:
        console.print(screen)
    return shown.get()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"servers": [{**SERVER, "state": "down"}]}, "kafka not up: `retail up`"),
        ({"layers": None, "ledger": None}, "retail doctor"),
        ({"ledger": None}, "the lake is empty: `retail run`"),
        ({"waiting": 5}, "5 records wait in Kafka: `retail process`"),
        ({"ledger": {**LEDGER, "balanced": False}}, "not balanced: `retail process`"),
        ({"quarantine": {"json_object": 1}}, "retail quarantine list"),
        ({"gates": {"checked": 2, "closed": [CLOSED]}}, "gold.fct_receipts is closed by receipt_unique"),
        ({"writer": "run_medallion", "freshness": {"gold": STALE}}, "gold: no sale of the last 3 minutes"),
        ({"writer": None, "freshness": {"gold": STALE}}, "all is well"),
        ({}, "all is well"),
    ],
)
def test_the_advice_fits_the_state(given: dict[str, Any], told: str) -> None:
    assert told in " ".join(advice(state(**given)))


def test_what_a_writer_is_doing_now_is_nobodys_task() -> None:
    busy = state(writer="run_medallion (pid 1 on vm)", waiting=5, ledger={**LEDGER, "balanced": False})
    assert advice(busy) == ["nothing: all is well"]
    assert "a batch is being written" in ledger_line(busy["ledger"], busy["writer"]).plain


def test_with_stopped_servers_status_answers_at_once_and_says_what_to_do(settings: Settings) -> None:
    found = status(settings)
    assert {server["state"] for server in found["servers"]} == {"down"}
    assert found["layers"] is None
    assert "retail up" in found["next"][0]
    assert "retail up" in seen(status_screen(found))


def test_a_table_that_is_not_made_yet_is_no_zero() -> None:
    text = seen(status_screen(state(), with_tables=True))
    assert "not made yet" in text
    assert "10 received = 8 accepted + 1 duplicate + 1 quarantined" in text


def test_one_screen_answers_all_that_is_asked_of_a_house_in_trouble() -> None:
    names = ("bronze", "silver", "gold", "ops")
    stale = dict.fromkeys(names[:3], STALE)
    found = state(
        servers=[{**SERVER, "name": name} for name in ("kafka", "s3", "warehouse", "supervisor")],
        writer="run_medallion (pid 4711 on till7, heard of 2 s ago)",
        last_batch={**BATCH, "age_seconds": 400.0, "received": 10},
        layers={layer: {f"table_{n}": n for n in range(16)} for layer in names},
        freshness=stale,
        gates={"checked": 24, "closed": [CLOSED]},
        quarantine={f"rule_{n}": 9 - n for n in range(9)},
        waiting=1234,
    )
    text = seen(status_screen(found | {"next": advice(found)}))
    assert len(text.splitlines()) <= 24
    told = " ".join(text.split())
    for part in (
        "Alive yes run_medallion (pid 4711",
        "kafka up, s3 up",
        "gold 16 of 16 120 8 min ago (canary) 2 s",
        "10 received = 8 accepted",
        "1,234 records wait",
        "rule_0 9, rule_1 8, rule_2 7, rule_3 6 and 5 rules more",
        "CLOSED: gold.fct_receipts; 24 tables checked",
        "retail check gold.fct_receipts",
        "RetailFreshnessLost",
    ):
        assert part in told, part


def test_a_closed_gate_is_named_with_its_rules() -> None:
    since = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)
    shut = Gate("gold.fct_receipts", False, ("receipt_unique",), (), 9, since, since, 3, {}, True, None, "r")
    gates = {
        "gold.fct_receipts": shut,
        "gold.dim_date": replace(shut, table_name="gold.dim_date", is_open=True),
    }
    assert gates_state(gates) == {"checked": 2, "closed": [CLOSED]}


def test_the_summary_shows_money_as_it_is() -> None:
    totals = {"sales_lines": 1, "receipts": 1, "units": "1.000", "net_value": "3706827.6410", "customers": 1}
    quality = {"checked": 3, "failed": 1}
    layers = {"gold": {"fct_sales_lines": 1}, "warehouse": None}
    found = {"layers": layers, "ledger": LEDGER, "totals": totals, "quality": quality, "seconds": 1.0}
    assert "3706827.6410" in seen(summary_screen(found))


def test_a_failed_finding_comes_with_its_remedy() -> None:
    text = seen(doctor_screen([Finding("disk", False, "1 MiB free", "1,024 MiB", "free some space")]))
    assert "FAILED" in text
    assert "remedy: free some space" in text


def test_freshness_is_the_median_of_the_medians_and_the_worst_of_the_rest() -> None:
    batches = [{"freshness_p50": p50, "freshness_p95": p50 * 2} for p50 in (1.0, 2.0, 9.0)]
    assert freshness([*batches, {"batch_id": 4}]) == (2.0, 18.0)
    assert freshness([{"batch_id": 4}]) is None


@pytest.mark.parametrize("width", [60, 80, 160])
def test_the_live_table_shows_a_lake_at_work_and_one_that_is_empty(width: int) -> None:
    rows: dict[str, dict[str, int | None]] = {
        "bronze": {"sales_data": 12},
        "silver": {"receipts": 8},
        "gold": {"fct_sales_lines": 20, "dim_date": None},
    }
    numbers = Numbers(rows, LEDGER, {"receipts": {"GBP": Decimal("1.50")}})
    child = ChildRecord("source", 1, 0.0, "waiting", restarts=2)
    view = View(100.0, 61.0, numbers, (BATCH,), "run_medallion", (child,), ("a message",))
    text = seen(live_table(view), width)
    for part in ("fct_sales_lines", "restarted 2 times", "a message", "silver 1.50"):
        assert part in text
    assert "2 more being written" in " ".join(text.replace("│", " ").split())
    assert "nothing sold yet" in seen(live_table(View(0.0, 0.0)), width)


def test_without_a_terminal_one_line_says_the_same() -> None:
    line = plain_line(View(100.0, 61.0, Numbers({}, LEDGER, {}), (BATCH,)))
    assert "\n" not in line
    assert "10 received = 8 accepted" in line
    assert "p50 2.0 s p95 4.0 s" in line


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (300, "5 min"), (10_800, "3 h"), (864_000, "10 days")]
)
def test_ages_are_read_at_a_glance(seconds: float, text: str) -> None:
    assert age(seconds) == text
