"""What every bench writes: its numbers with the time, the commit, the machine and the versions, in docs/evidence/."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from infra.local.java import find_java

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "evidence"
_PACKAGES = ("pyspark", "delta-spark", "deltalake", "confluent-kafka", "pyarrow", "duckdb")


def machine() -> dict[str, object]:
    """Where it was measured: cores, processor, memory in GiB, system, and the versions that matter."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "versions": {
            "python": platform.python_version(),
            "java": find_java().version,
            **{name: version(name) for name in _PACKAGES},
        },
    }


def options(told: str | None) -> argparse.ArgumentParser:
    """The options that every bench knows."""
    parser = argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--to", type=Path, default=FOLDER, help="folder of the result; docs/evidence is committed"
    )
    return parser


def write_evidence(folder: Path, name: str, result: Mapping[str, object]) -> dict[str, object]:
    """Write ``<name>.json`` there: the result, preceded by when, which commit and on what."""
    whole = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "HEAD"),
        "has_uncommitted_changes": bool(
            _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")
        ),
        "machine": machine(),
        "load_average_at_end": round(os.getloadavg()[0], 1),
        **result,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    return whole


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, lowest and highest."""
    return {
        "median": round(statistics.median(values), 3),
        "lowest": round(min(values), 3),
        "highest": round(max(values), 3),
    }


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.processor(),
    )


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], capture_output=True, text=True, cwd=ROOT, check=False
    ).stdout.strip()
