"""Plots of what the benches wrote, as SVG whose text stays text. The same numbers give the same file."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

_OURS, _OTHERS, _LIMIT, _GOAL = "#0b6e4f", "#9aa5b1", "#c0392b", "#e08e0b"
_WIDTH = 8.0
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bench",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e9ec",
    "axes.axisbelow": True,
}

Found = Mapping[str, Any]


def rates(found: Found) -> Figure:
    """Records a second of everything compared: median bar, lowest to highest as a line."""
    names = list(dict.fromkeys(row["measured"] for row in found["measurements"]))
    by_name = {
        name: [r["rate"] / 1000 for r in found["measurements"] if r["measured"] == name and r["round"]]
        for name in names
    }
    figure, (axes,) = _figure(1, 0.42 * len(names) + 0.9)
    for place, (name, values) in enumerate(reversed(by_name.items())):
        middle = statistics.median(values)
        axes.barh(place, middle, color=_OURS if name in ("Kafka -> gold", "Kafka -> bronze") else _OTHERS)
        axes.plot([min(values), max(values)], [place, place], color="black", linewidth=1)
        _beside(axes, max(values), place, f"{middle:,.1f}")
    axes.set_yticks(range(len(names)), list(reversed(names)))
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("thousand records a second, median of the rounds; black: lowest to highest")
    return figure


def freshness(found: Found) -> Figure:
    """Age of sales by place, beside the budget."""
    places = found["places"]
    figure, (axes,) = _figure(1, 0.6 * len(places) + 0.9)
    for at, row in enumerate(reversed(places.values())):
        axes.barh(at + 0.18, row["p50"], 0.34, color=_OTHERS, label="p50" if not at else None)
        axes.barh(at - 0.18, row["p95"], 0.34, color=_OURS, label="p95" if not at else None)
        axes.plot(
            [row["budget_p95"]] * 2,
            [at - 0.4, at + 0.4],
            color=_GOAL,
            label="budget of p95" if not at else None,
        )
        _beside(axes, row["p50"], at + 0.18, row["p50"])
        _beside(axes, row["p95"], at - 0.18, row["p95"])
    axes.set_yticks(range(len(places)), list(reversed(places)))
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("seconds since the till sent it")
    _legend(axes)
    return figure


def growth(found: Found) -> Figure:
    """Seconds of each counted increment after the short and the long past."""
    figure, (axes,) = _figure(1, 2.6)
    labels: list[str] = []
    for case in found["cases"]:
        for history in found["histories"]:
            rows = [r for r in case["increments"] if r["history"] == history and r["round"]]
            values = [row["batch_seconds"] for row in rows]
            at = len(labels)
            axes.bar(
                at,
                statistics.median(values),
                0.6,
                color=_OURS if history == found["histories"][1] else _OTHERS,
            )
            axes.plot([at] * len(values), values, "k.", markersize=5)
            labels.append(f"dates {case['density']}\n{history:,} lines of history")
    axes.set_xticks(range(len(labels)), labels)
    axes.grid(visible=False, axis="x")
    axes.set_ylabel("seconds of a batch")
    return figure


def soak(found: Found) -> Figure:
    """Batch time, files of the tables with most files, and memory, by minutes."""
    series = found["series"]
    figure, (batches, files, memory) = _figure(3, 7.0)
    batches.plot(*_minutes(series["batch_seconds"]), ".", markersize=3, color=_OURS)
    batches.set_ylabel("seconds of a batch")
    for begin in found["thirds_begin_at"]:
        batches.axvline(begin / 60, color=_LIMIT, linewidth=0.8, linestyle=":")
    crowded = sorted(series["files"], key=lambda name: -max(value for _, value in series["files"][name]))[:6]
    for name in crowded:
        files.plot(*_minutes(series["files"][name]), label=name, linewidth=1.2)
    files.set_ylabel("data files")
    for name, values in series["memory_mib"].items():
        memory.plot(*_minutes(values), label=name, linewidth=1.2)
    memory.set_ylabel("resident MiB")
    memory.set_xlabel("minutes since the first batch; dotted: where the first, second and last third begin")
    for axes in (batches, files, memory):
        axes.set_ylim(bottom=0)
    for axes in (files, memory):
        _legend(axes)
    return figure


def backlog(found: Found) -> Figure:
    """Age of the events of each batch, reported and true."""
    figure, (axes,) = _figure(1, 2.8)
    rows = found["batches"]
    numbers = [row["batch_id"] for row in rows]
    for q, style in (("p50", "-"), ("p95", ":")):
        axes.plot(
            numbers, [row[f"true_{q}"] for row in rows], style, color=_OTHERS, linewidth=4, label=f"true {q}"
        )
        axes.plot(numbers, [row[f"reported_{q}"] for row in rows], style, color=_OURS, label=f"reported {q}")
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("batch since the start")
    axes.set_ylabel("age of its events, s")
    _legend(axes)
    return figure


def dashboard(found: Found) -> Figure:
    """Seconds of each look at a page, beside its goal."""
    rows = list(reversed(found["seconds"]))
    figure, (axes,) = _figure(1, 0.32 * len(rows) + 0.9)
    for at, row in enumerate(rows):
        axes.barh(at, row["median"], 0.6, color=_OURS)
        axes.plot([row["median"], row["worst"]], [at, at], color="black", linewidth=1)
        axes.plot([row["goal"]] * 2, [at - 0.4, at + 0.4], color=_GOAL)
    axes.set_yticks(range(len(rows)), [f"{row['page']}, {row['what']}" for row in rows])
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("seconds, median; black: to the worst; orange: goal")
    return figure


PLOTS: dict[str, Callable[[Found], Figure]] = {
    "bench": rates,
    "bench_freshness": freshness,
    "bench_growth": growth,
    "bench_soak": soak,
    "bench_backlog": backlog,
    "bench_dashboard": dashboard,
}


def draw(name: str, found: Found, folder: Path) -> Path:
    """Write the plot of an evidence file; where it lies."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.svg"
    with mpl.rc_context(_STYLE):
        PLOTS[name](found).savefig(path, metadata={"Date": None}, bbox_inches="tight")
    return path


def _figure(panels: int, height: float) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    return figure, list(figure.subplots(panels, 1, squeeze=False, sharex=True)[:, 0])


def _beside(axes: Axes, at: float, place: float, value: object) -> None:
    """A number to the right of the end of a bar."""
    axes.annotate(str(value), (at, place), (4, 0), textcoords="offset points", va="center")


def _legend(axes: Axes) -> None:
    """To the right of the plot, where no line runs."""
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def _minutes(series: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [at / 60 for at, _ in series], [value for _, value in series]
