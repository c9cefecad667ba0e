"""A driver that removes the old files of one table, whose folders VACUUM lists on executors. Started by spark-submit."""

from __future__ import annotations

from lakehouse.settings import load_settings
from lakehouse.storage.delta_tables import lake_table
from lakehouse.storage.maintenance import vacuumed
from lakehouse.storage.session import spark_session


def main() -> None:
    """Remove them."""
    settings = load_settings()
    vacuumed(spark_session(settings, "vacuum"), lake_table(settings, "bronze", "sales_data"), 168)


if __name__ == "__main__":
    main()
