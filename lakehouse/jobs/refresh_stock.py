"""Stock brought up to date: gold.fct_inventory_movements, fct_inventory_daily and inventory_now.

``spark-submit --py-files dist/retail.zip lakehouse/jobs/refresh_stock.py``. Where a stream holds the lake, it does the
work between two batches (it does so about once a minute anyway); else this job takes the lease. See
lakehouse/storage/stock.py for what is looked at and written.
"""

from __future__ import annotations

import argparse

from lakehouse.storage.job_errors import run_job
from lakehouse.storage.upkeep import ask_and_tend


def main() -> None:
    """Run the job."""
    parser = argparse.ArgumentParser(
        "refresh_stock", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--progress-file", default="", help="accepted as every job does")
    parser.parse_args()
    ask_and_tend("stock")


if __name__ == "__main__":
    run_job(main)
