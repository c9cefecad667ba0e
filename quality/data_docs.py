"""Data Docs: Great Expectations' validation pages in a frame of ours that opens without a network, and their index.

GX renders the content; its own page frame loads styles, icons and scripts from public addresses. Ours has one small
style sheet beside the pages, light and dark.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view.view import DefaultJinjaPageView
from jinja2 import BaseLoader, ChoiceLoader, PackageLoader

from quality.examples import fields_of
from quality.quality_results import Verdict

DAYS_SHOWN, RUNS_SHOWN = 14, 50
Json = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """What one page shows: our verdict and GX's result."""

    verdict: Verdict
    result: ExpectationSuiteValidationResult

    @property
    def name(self) -> str:
        """File name of the page."""
        return f"{self.verdict.check.table_name}.html"


def page_html(page: Page) -> str:
    """The page of one table in one check; it stands two folders below the index."""
    verdict, check = page.verdict, page.verdict.check
    document = ValidationResultsPageRenderer(run_info_at_end=True).render(page.result).to_json_dict()
    # The first block of theirs repeats our heading and links to a page that only a GX project has.
    overview, *sections = (
        section for section in document["sections"] if section.get("section_name") != "Run Info"
    )
    document["sections"] = [overview | {"content_blocks": overview["content_blocks"][1:]}, *sections]
    scope = check.scope
    dates = scope.dates or ()
    changed = (
        "1 business date that changed" if len(dates) == 1 else f"{len(dates)} business dates that changed"
    )
    part = "the whole table" if scope.is_whole else changed
    more = {
        "home": "../../",
        "check_id": check.id,
        "checked_at": f"{check.at:%F %T} UTC",
        "state": state_of(told_state(verdict)),
        "part": f"{verdict.checked_count:,} rows, {part}, at version {check.versions[check.table_name]}, "
        f"contract {check.rules.contract.version}",
        "failed": [finding for finding in verdict.findings if finding.is_failed],
        "queries": [
            (each.expectation_config.meta["rule_id"], _sql(each.expectation_config.kwargs))
            for each in page.result.results
            if each.expectation_config is not None and each.expectation_config.meta is not None
        ],
    }
    return _view().env.get_template("page.html").render(document, **more)


def index_html(lake: str, runs: Sequence[Json], summary: str | None = None) -> str:
    """The index over all tables and days. ``runs``: run_summary of each check, in any order.

    ``summary``: where the summary page of the lake stands, seen from the index; None where there is none.
    """
    newest_first = sorted(runs, key=lambda run: str(run["id"]), reverse=True)
    days = sorted({str(run["day"]) for run in runs}, reverse=True)[:DAYS_SHOWN]
    cells: dict[tuple[str, str], Json] = {}
    for run in newest_first:
        for table in run["verdicts"]:
            cells.setdefault((table["table"], run["day"]), _cell(run, table))
    template = _view().env.get_template("index.html")
    return template.render(
        lake=lake,
        summary=summary,
        tables=sorted({name for name, _ in cells}, key=_by_layer),
        days=days,
        cells=cells,
        runs=[_line(run) for run in newest_first[:RUNS_SHOWN]],
    )


def run_summary(check_id: str, at: str, day: str, verdicts: Sequence[Verdict]) -> Json:
    """What the index needs of a check; kept beside its pages."""
    return {"id": check_id, "at": at, "day": day, "verdicts": [told_state(verdict) for verdict in verdicts]}


def told_state(verdict: Verdict) -> Json:
    """Table, rules asked, rules that failed by severity."""
    return {
        "table": verdict.check.table_name,
        "rules": len(verdict.findings),
        "errors": [finding.rule_id for finding in verdict.failed("error")],
        "warnings": [finding.rule_id for finding in verdict.failed("warning")],
    }


def state_of(told: Mapping[str, Any]) -> dict[str, str]:
    """Tone, mark and sentence of a verdict."""
    errors, warnings = told["errors"], told["warnings"]
    if errors:
        text = (
            f"Gate closed: {len(errors)} of {told['rules']} rules failed. Nothing of this table is published."
        )
        return {"tone": "bad", "mark": "✗", "text": text}
    if warnings:
        return {
            "tone": "warn",
            "mark": "!",
            "text": f"Gate open, {len(warnings)} of {told['rules']} rules warn.",
        }
    return {"tone": "good", "mark": "✓", "text": f"Gate open: all {told['rules']} rules kept."}


def _cell(run: Json, table: Json) -> Json:
    failed = [*table["errors"], *table["warnings"]]
    return {
        **state_of(table),
        "href": f"{run['day']}/{run['id']}/{table['table']}.html",
        "title": f"{run['at']}: {', '.join(failed) or 'all rules kept'}",
        "note": str(len(failed)) if failed else "",
    }


def _line(run: Json) -> Json:
    verdicts = run["verdicts"]
    return {
        "id": run["id"],
        "at": run["at"],
        "tables": len(verdicts),
        "rules": sum(table["rules"] for table in verdicts),
        "closed": [table["table"] for table in verdicts if table["errors"]],
        "warned": [table["table"] for table in verdicts if table["warnings"] and not table["errors"]],
    }


def _by_layer(name: str) -> tuple[int, str]:
    layers = ("bronze", "silver", "gold", "ops")
    return layers.index(name.partition(".")[0]), name


def _sql(kwargs: Mapping[str, Any]) -> str:
    return str(kwargs.get("predicate") or kwargs.get("query"))


def _view() -> DefaultJinjaPageView:
    """GX's templates behind ours. Ours end in .html, which is what makes Jinja escape the values of strangers."""
    view = DefaultJinjaPageView()
    theirs = view.env.loader
    assert isinstance(theirs, BaseLoader)
    view.env.filters["fields"] = fields_of
    view.env.filters["short_day"] = lambda day: f"{dt.date.fromisoformat(day):%d %b}"
    view.env.loader = ChoiceLoader([PackageLoader("quality", "pages"), theirs])
    return view
