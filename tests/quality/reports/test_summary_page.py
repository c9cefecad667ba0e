"""The summary page tells the worst first, hides nothing, loads nothing, and lets no record write into it."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from deltalake import write_deltalake

from lakehouse.settings import Settings, load_settings
from lakehouse.storage.lake_reader import LakeReader
from quality.reports import shelf
from quality.reports.run_report import MOST_STORES, rules_by_bar, run_report, stores_by_day, trend
from quality.reports.summary_page import Occasion, span, summary_page, tiles, verdict

pytestmark = pytest.mark.check

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
Rows = list[dict[str, Any]]
Write = Callable[[str, Rows], None]

_INT = pa.int64()
SCHEMAS = {
    "ops.ledger": pa.schema(
        {"query": pa.string(), "batch_id": _INT}
        | dict.fromkeys(
            ("received", "accepted", "duplicate", "quarantined", "lines", "gaps", "with_warnings",
             "with_unknown_fields"), _INT)
    ),
    "silver.quarantine": pa.schema(
        {"quarantine_id": pa.string(), "received_at": pa.timestamp("us", "UTC"), "value": pa.binary(),
         "rule_ids": pa.list_(pa.string())}
    ),
    "silver.receipts": pa.schema({"received_at": pa.timestamp("us", "UTC")}),
    "ops.gates": pa.schema(
        {"check_id": pa.string(), "table_name": pa.string(), "checked_at": pa.timestamp("us", "UTC"),
         "is_open": pa.bool_(), "since_at": pa.timestamp("us", "UTC"), "rule_ids": pa.list_(pa.string()),
         "warning_ids": pa.list_(pa.string()), "rule_count": _INT, "checked_count": _INT, "is_whole": pa.bool_(),
         "scope_dates": pa.list_(pa.date32()), "table_version": _INT,
         "source_versions": pa.list_(pa.struct({"table_name": pa.string(), "version": _INT})),
         "rules_id": pa.string(), "contract_version": pa.string()}
    ),
    "ops.quality_results": pa.schema(
        {"check_id": pa.string(), "table_name": pa.string(), "rule_id": pa.string(),
         "checked_at": pa.timestamp("us", "UTC"), "kind": pa.string(), "severity": pa.string(),
         "is_failed": pa.bool_(), "checked_count": _INT, "failed_count": _INT,
         "examples": pa.list_(pa.string()), "description": pa.string()}
    ),
}  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> LakeReader:
    return LakeReader(str(tmp_path / "lake"), {})


@pytest.fixture
def write(lake: LakeReader) -> Write:
    def append(name: str, rows: Rows) -> None:
        table = pa.Table.from_pylist(rows, schema=SCHEMAS[name])
        write_deltalake(f"{lake.root}/{name.replace('.', '/')}", table, mode="append")

    return append


def balance(received: int, accepted: int, duplicate: int, quarantined: int) -> dict[str, Any]:
    counts = {"received": received, "accepted": accepted, "duplicate": duplicate, "quarantined": quarantined}
    rest = {"lines": accepted, "gaps": 0, "with_warnings": 0, "with_unknown_fields": 0}
    return {"query": "medallion", "batch_id": 1} | counts | rest


def refused(minutes: int, value: bytes | None, *rules: str) -> dict[str, Any]:
    received_at = NOW - dt.timedelta(minutes=minutes)
    return {
        "quarantine_id": f"s-0-{minutes}",
        "received_at": received_at,
        "value": value,
        "rule_ids": list(rules),
    }


def gate(check_id: str, *rules: str, **given: Any) -> dict[str, Any]:
    row = {
        "check_id": check_id, "table_name": "gold.fct_sales_lines", "checked_at": NOW, "is_open": not rules,
        "since_at": NOW, "rule_ids": list(rules), "warning_ids": [], "rule_count": 3, "checked_count": 7,
        "is_whole": True, "scope_dates": None, "table_version": 1, "source_versions": [], "rules_id": "r",
        "contract_version": "1.0.0",
    }  # fmt: skip
    return row | given


def result(check_id: str, rule: str, failed: int, **given: Any) -> dict[str, Any]:
    row = {
        "check_id": check_id, "table_name": "gold.fct_sales_lines", "rule_id": rule, "checked_at": NOW,
        "kind": "set", "severity": "error", "is_failed": failed > 0, "checked_count": 7, "failed_count": failed,
        "examples": ['{"event_id":"e1"}'] if failed else [], "description": "each line stands once",
    }  # fmt: skip
    return row | given


def test_an_empty_lake_says_that_nothing_came_and_nothing_was_checked(lake: LakeReader) -> None:
    page = summary_page(run_report(lake, NOW), Occasion("s3://lake"), None)
    for sentence in ("Nothing was received yet", "Not checked yet", "Nothing was refused", "Not compared"):
        assert sentence in page
    assert "Data Docs" not in page


def test_a_page_shows_gates_rules_ledger_quarantine_and_freshness(lake: LakeReader, write: Write) -> None:
    write("ops.ledger", [balance(10, 8, 1, 1), balance(5, 5, 0, 0)])
    write("silver.receipts", [{"received_at": NOW - dt.timedelta(seconds=42)}])
    write(
        "silver.quarantine",
        [refused(3, b'{"store_id": "S7", "x', "json_object"), refused(1, None, "value_present")],
    )
    write("ops.gates", [gate("2026-1"), gate("2026-2", "line_unique", checked_at=NOW + dt.timedelta(1))])
    write("ops.quality_results", [result("2026-1", "old_rule", 9), result("2026-2", "line_unique", 2),
                                  result("2026-2", "kept_rule", 0)])  # fmt: skip
    report = run_report(lake, NOW)
    page = summary_page(report, Occasion("s3://lake", states={"open": 2}), "../index.html")
    assert verdict(report, Occasion("s3://lake"))["title"] == "1 gate is closed: gold.fct_sales_lines"
    for text in (
        "line_unique",
        "each line stands once",
        "e1",
        "S7",
        "none named",
        "42 s",
        "2 open",
        "balanced",
    ):
        assert text in page, text
    assert "old_rule" not in page
    assert "kept_rule" not in page
    assert report["ledger"][0]["received"] == 15
    assert '<a href="../index.html">Data Docs</a>' in page


def test_the_worst_finding_is_the_headline(lake: LakeReader, write: Write) -> None:
    write("ops.ledger", [balance(10, 8, 1, 1)])
    report = run_report(lake, NOW)
    assert verdict(report, Occasion("s3://lake"))["mood"] == "warn"
    differing = Occasion("s3://lake", reconcile={"agrees": False, "differences": [{}], "chain": []})
    assert verdict(report, differing) == {"mood": "bad", "title": "Layers differ"}
    write("ops.ledger", [balance(10, 8, 1, 0)])
    assert verdict(run_report(lake, NOW), Occasion("s3://lake"))["title"] == "The ledger does not balance"


def test_open_gates_are_good_news_and_warnings_are_said(lake: LakeReader, write: Write) -> None:
    write("ops.ledger", [balance(10, 10, 0, 0)])
    write("ops.gates", [gate("1")])
    assert verdict(run_report(lake, NOW), Occasion("s3://lake"))["mood"] == "good"
    write("ops.gates", [gate("2", checked_at=NOW + dt.timedelta(1), warning_ids=["usual_volume"])])
    assert "warnings" in verdict(run_report(lake, NOW), Occasion("s3://lake"))["title"]


def test_what_a_record_says_is_shown_as_text_and_runs_nothing(lake: LakeReader, write: Write) -> None:
    evil = b'{"store_id": "<script>alert(1)</script>"}'
    write(
        "silver.quarantine",
        [refused(1, evil, "shape_known"), refused(2, b'{"store_id":"\xff"}', "utf8_valid")],
    )
    page = summary_page(run_report(lake, NOW), Occasion("s3://lake"), None)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_page_loads_nothing_from_anywhere(lake: LakeReader, write: Write) -> None:
    write("silver.quarantine", [refused(1, b"x", "json_object")])
    page = summary_page(run_report(lake, NOW), Occasion("s3://lake"), None)
    assert re.findall(r'(?:src|href|url|@import)\s*[=(]\s*["\']?[a-z]+:', page) == []
    assert "prefers-color-scheme:dark" in page


def test_amounts_keep_their_pennies_however_large(lake: LakeReader) -> None:
    totals = {"sales_lines": 1, "receipts": 1, "net_value": str(Decimal("12345678901234567.8901"))}
    shown = tiles(run_report(lake, NOW), Occasion("s3://lake", totals=totals))
    assert "12,345,678,901,234,567.89" in {tile["value"] for tile in shown}


def test_bars_cover_the_whole_time_and_are_few() -> None:
    for seconds in (0, 59, 3_600, 86_400, 40 * 86_400, 800 * 86_400):
        step, bars = trend(NOW - dt.timedelta(seconds=seconds), NOW)
        assert 1 <= bars <= 30
        assert step * bars > seconds


def test_rules_and_stores_are_ranked_and_the_small_ones_are_one() -> None:
    ranked = rules_by_bar([("a", 0, 1), ("b", 1, 5), ("a", 1, 2)], 2)
    assert [(row["rule"], row["count"], row["bars"]) for row in ranked] == [
        ("b", 5, [0, 5]),
        ("a", 3, [1, 2]),
    ]
    day = NOW.date()
    many = stores_by_day([(f"S{n:02}", day, 100 - n) for n in range(MOST_STORES + 3)])
    assert [row["store"] for row in many["stores"]][-2:] == [f"S{MOST_STORES - 1:02}", "3 others"]
    assert sum(row["count"] for row in many["stores"]) == sum(100 - n for n in range(MOST_STORES + 3))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("RETAIL_HOME", str(tmp_path / "home"))
    return load_settings(lake_prefix="a/b")


def test_the_newest_pages_are_kept_under_their_time(settings: Settings) -> None:
    times = [NOW + dt.timedelta(minutes=minute) for minute in range(shelf.KEPT + 3)]
    latest = [shelf.keep(settings, f"page {at}", at) for at in times]
    assert latest[-1].read_text() == f"page {times[-1]}"
    kept = sorted(path.name for path in shelf.reports_folder(settings).glob("summary-*.html"))
    assert len(kept) == shelf.KEPT
    assert kept[0] == "summary-20261123T120300Z.html"


def test_the_page_stands_beside_the_data_docs(settings: Settings) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Great Expectations' own imports
        from quality import docs_site  # noqa: PLC0415 - it takes seconds, and one test needs it
    assert shelf.data_docs_index(settings).parent == docs_site.docs_folder(settings)
    assert shelf.reports_key(settings) == f"{docs_site.docs_key(settings)}summary.html"


@pytest.mark.parametrize(
    ("seconds", "text"), [(42, "42 s"), (300, "5 min"), (10_800, "3 h"), (864_000, "10 days")]
)
def test_spans_are_read_at_a_glance(seconds: float, text: str) -> None:
    assert span(seconds) == text
