"""Entry: export the new changes of sale lines for Snowpipe and say what was written, as one line of JSON.

``spark-submit --py-files dist/retail.zip warehouse/jobs/export_sales.py`` or plain ``python``: it needs no Spark.
It asks no gate; `retail warehouse refresh` does, and is what publishes.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from lakehouse.settings import load_settings
from lakehouse.storage.crash_points import arm
from lakehouse.storage.job_errors import run_job
from warehouse.export.export_sales import export_sales


def main() -> None:
    """Run the export once."""
    settings = load_settings()
    arm(settings.crash_at)
    print(json.dumps({"event": "exported", **asdict(export_sales(settings))}), flush=True)


if __name__ == "__main__":
    run_job(main)
