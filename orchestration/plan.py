"""What runs, and in which order: the one source of order for the `retail` command and for the clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """A Spark job: its name (also of its log and its record) and its script, from the root of the house."""

    name: str
    script: str


# Layer -> the job that fills it from the layer before. The order is the order of the walk.
LAYER_JOBS: dict[str, Job] = {
    "bronze": Job("land_bronze", "ingestion/jobs/land_bronze.py"),
    "silver": Job("refine_silver", "lakehouse/jobs/refine_silver.py"),
    "gold": Job("publish_gold", "lakehouse/jobs/publish_gold.py"),
}

# All layers in one application: what a small machine runs.
MEDALLION = Job("run_medallion", "orchestration/jobs/run_medallion.py")

JOBS = (MEDALLION, *LAYER_JOBS.values())

# Children of `retail run` that send: a former run may have left one behind.
SOURCE = "source"
