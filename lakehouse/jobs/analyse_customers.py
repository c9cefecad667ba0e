"""Customers scored, placed in cohorts, their baskets paired: gold.customer_rfm, customer_cohorts and basket_pairs.

``spark-submit --py-files dist/retail.zip lakehouse/jobs/analyse_customers.py [--whole]``. Where a stream holds the lake, it does the
work between two batches (it does so every hour anyway); else this job takes the lease. See
lakehouse/storage/customer_tables.py.
"""

from __future__ import annotations

from lakehouse.storage.job_errors import run_job
from lakehouse.storage.upkeep import ask_and_tend


def main() -> None:
    """Run the job."""
    ask_and_tend("customers", __doc__ or "")


if __name__ == "__main__":
    run_job(main)
