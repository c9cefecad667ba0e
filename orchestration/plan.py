"""What runs, and in which order: the one source of order for the `retail` command and for the clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """A Spark job: its name (also of its log and its record) and its script, from the root of the house."""

    name: str
    script: str


@dataclass(frozen=True)
class Step:
    """One step of the walk from till to warehouse; ``name`` is its task's id in the clock.

    A step is either a Spark ``job`` or a ``verb`` of `retail`, which starts no JVM. ``arguments`` may hold UP_TO.
    """

    name: str
    arguments: tuple[str, ...]
    job: Job | None = None
    verb: tuple[str, ...] = ()


# Layer -> the job that fills it from the layer before. The order is the order of the walk.
LAYER_JOBS: dict[str, Job] = {
    "bronze": Job("land_bronze", "ingestion/jobs/land_bronze.py"),
    "silver": Job("refine_silver", "lakehouse/jobs/refine_silver.py"),
    "gold": Job("publish_gold", "lakehouse/jobs/publish_gold.py"),
}

# What is made of gold's facts beside the walk: the stream does it by itself, these where there is none.
DERIVED_JOBS: dict[str, Job] = {
    "stock": Job("refresh_stock", "lakehouse/jobs/refresh_stock.py"),
    "customers": Job("analyse_customers", "lakehouse/jobs/analyse_customers.py"),
}

# All layers in one application: what a small machine runs.
MEDALLION = Job("run_medallion", "orchestration/jobs/run_medallion.py")

# Judges tables beside whoever writes them; started by `retail check` and by the clock.
CHECK = Job("check_table", "quality/jobs/check_table.py")

# Upkeep and backfill, by whoever holds the lake.
TEND = Job("tend_lake", "lakehouse/jobs/tend_lake.py")

# Gold against what silver makes at once, by whoever holds the lake.
AUDIT = Job("audit_gold", "lakehouse/jobs/audit_gold.py")

# Layers that can be made again from the one before, in order; `retail rebuild` runs them.
REBUILD = (LAYER_JOBS["silver"], LAYER_JOBS["gold"], *DERIVED_JOBS.values())

# Looks whether the stream lives; needs no Spark.
WATCH = Job("watch_stream", "orchestration/jobs/watch_stream.py")

# Stands for the instant that gold shall reach.
UP_TO = "{up_to}"
# A table is judged before it is published, and what is published is compared with what was judged.
PROCESS = Step("process_data", ("--trigger", "once", "--up-to", UP_TO), MEDALLION)
GATE = Step("quality_gate", ("--gate",), CHECK)
LOAD = Step("load_to_snowflake", ("--json",), verb=("warehouse", "refresh"))
VERIFY = Step("verify", ("--json",), verb=("warehouse", "verify"))
# Spark applications that the clock starts share the machine or the queue: so many at a time as the pool has slots.
SPARK_POOL = "retail_spark"

# One round of the house, in order.
WALK = (PROCESS, GATE, LOAD, VERIFY)

# What is done once a day: tables of customers (and of stock, which they are published with), tills, pages.
STOCK = Step("refresh_stock", (), DERIVED_JOBS["stock"])
CUSTOMERS = Step("analyse_customers", (), DERIVED_JOBS["customers"])
TILLS = Step("certify_tills", ("--json",), verb=("reconcile",))
DOCS = Step("data_docs", ("--json",), verb=("report",))

JOBS = (MEDALLION, *LAYER_JOBS.values(), *DERIVED_JOBS.values())

# Children of `retail run` beside the application: a former run may have left one behind.
SENDERS = ("source", "chain")
PUBLISHER = "publisher"
OBSERVER = "observer"
DASHBOARD = "dashboard"
CHILDREN = (*SENDERS, PUBLISHER, OBSERVER, DASHBOARD)
