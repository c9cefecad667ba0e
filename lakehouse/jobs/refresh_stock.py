"""Stock brought up to date: gold.fct_inventory_movements, fct_inventory_daily and inventory_now.

``spark-submit --py-files dist/retail.zip lakehouse/jobs/refresh_stock.py [--whole]``. Where a stream holds the lake, it does the
work between two batches (it does so about once a minute anyway); else this job takes the lease. See
lakehouse/storage/stock.py for what is looked at and written.
"""

from __future__ import annotations

from lakehouse.storage.job_errors import run_job
from lakehouse.storage.upkeep import ask_and_tend


def main() -> None:
    """Run the job."""
    ask_and_tend("stock", __doc__ or "")


if __name__ == "__main__":
    run_job(main)
