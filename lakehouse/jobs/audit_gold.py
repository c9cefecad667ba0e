"""Gold against a full recomputation: facts and hours from silver, stock and customers from their sources.

``spark-submit --py-files dist/retail.zip lakehouse/jobs/audit_gold.py``. Where a stream holds the lake, it does the
work between batches, one month at a time; else this job takes the lease. Exit 1 names the first table and the days
that differ. See lakehouse/storage/audit.py.
"""

from __future__ import annotations

from lakehouse.storage.job_errors import run_job
from lakehouse.storage.upkeep import ask_and_tend


def main() -> None:
    """Run the job."""
    ask_and_tend("audit", __doc__ or "")


if __name__ == "__main__":
    run_job(main)
