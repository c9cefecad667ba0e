"""Status says what to do next, and its screens fit what they are given."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console, RenderableType

from infra.local.doctor import Finding
from infra.local.processes import ChildRecord
from lakehouse.settings import Settings
from orchestration.live_numbers import Numbers
from orchestration.live_table import View, freshness, live_table, plain_line
from orchestration.screens import age, doctor_screen, ledger_line, status_screen, summary_screen
from orchestration.status import advice, status

LEDGER = {"received": 10, "accepted": 8, "duplicate": 1, "quarantined": 1, "lines": 20, "balanced": True}
SERVER = {"name": "kafka", "state": "up", "pid": 1, "port": 2, "rss": 1 << 20, "restarts": 0, "log": None}
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
    text = seen(status_screen(state()))
    assert "not made yet" in text
    assert "10 received = 8 accepted + 1 duplicate + 1 quarantined" in text


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
