"""Prometheus' own judge of alert rules: which alerts fire over a series of figures.

Format of a test file: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/. promtool is taken
from the PATH, else built once by Go from its module (some minutes) and kept beside the jars.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

RULES = Path(__file__).resolve().parents[2] / "infra" / "prometheus" / "alerts.yaml"
VERSION = "v0.316.0"
STEP_SECONDS = 15
_MODULE = "github.com/prometheus/prometheus"
Series = Mapping[str, Sequence[float | None]]


def find_promtool() -> str:
    """The program; the test that asks is skipped where neither it nor Go is to be had."""
    if found := shutil.which("promtool"):
        return found
    kept = Path(sys.prefix) / "share" / "retail" / f"promtool-{VERSION}"
    if not kept.exists():
        if not shutil.which("go"):
            pytest.skip("neither promtool nor Go on this machine")
        _build(kept)
    return str(kept)


def assert_fires(series: Series, expected: Mapping[int, set[str]], folder: Path) -> None:
    """The alerts that fire so many seconds after the first figure, and no other. ``series``: one figure each 15 s, None where
    nothing was told; ``folder``: for the test file."""
    firing = 'group by (alertname) (ALERTS{alertstate="firing"})'
    asked = [
        {
            "expr": firing,
            "eval_time": f"{seconds}s",
            "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(names)],
        }
        for seconds, names in expected.items()
    ]
    given = [{"series": name, "values": " ".join(map(_figure, values))} for name, values in series.items()]
    step = f"{STEP_SECONDS}s"
    test = {"interval": step, "input_series": given, "promql_expr_test": asked}
    path = folder / "alerts.test.yaml"
    path.write_text(
        yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": step, "tests": [test]})
    )
    done = subprocess.run(
        [find_promtool(), "test", "rules", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _figure(value: float | None) -> str:
    return "_" if value is None else repr(float(value))


def _build(target: Path) -> None:
    """By Go, from the module proxy that the machine is set up with; go's checksum database vouches for it."""
    folder = target.with_name("promtool-build")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text("module retail.local/promtool\n\ngo 1.25\n")
    for command in (
        ["go", "get", "-tool", f"{_MODULE}/cmd/promtool@{VERSION}"],
        ["go", "build", "-tags", "remove_all_sd", "-o", str(target), f"{_MODULE}/cmd/promtool"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(folder)
