"""Alert rules speak of metrics that exist, and each says where its remedy stands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakehouse.settings import Settings
from orchestration.observe.metrics import PREFIX, metric_names

pytestmark = pytest.mark.check

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "infra" / "prometheus"
RULES: list[dict[str, Any]] = yaml.safe_load((PROMETHEUS / "alerts.yaml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((PROMETHEUS / "dashboard.json").read_text())
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")


def queries() -> list[str]:
    """Every query of the dashboard."""
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    assert all(panel["targets"] for panel in panels)
    return [target["expr"] for panel in panels for target in panel["targets"]]


def metrics_in(expression: str) -> set[str]:
    return set(re.findall(rf"\b{PREFIX}\w+", expression))


def test_rules_and_dashboard_ask_for_metrics_that_exist() -> None:
    asked = [*(rule["expr"] for rule in RULES), *queries()]
    assert len(queries()) > 10
    assert all(map(metrics_in, asked))
    assert set.union(*map(metrics_in, asked)) <= metric_names()


def test_each_alert_has_its_section_in_the_runbook() -> None:
    for rule in RULES:
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        headings = {title.lower() for title in re.findall(r"^### (Retail\w+)$", RUNBOOK, re.MULTILINE)}
        assert (page, anchor in headings) == ("docs/runbook.md", True), rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_each_section_of_the_runbook_belongs_to_an_alert() -> None:
    named = {rule["annotations"]["runbook"].partition("#")[2] for rule in RULES}
    assert {title.lower() for title in re.findall(r"^### (Retail\w+)$", RUNBOOK, re.MULTILINE)} == named


def test_prometheus_looks_where_the_metrics_are() -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    port = Settings.model_fields["metrics_port"].default
    assert job["static_configs"] == [{"targets": [f"127.0.0.1:{port}"]}]
    assert config["rule_files"] == ["alerts.yaml"]
