"""How rows are spread over files before Spark writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from pyspark.sql import DataFrame

# A batch of few dates is written as it lies; one of many is gathered by date, one file a date.
_MANY_DATES = 4


def by_date(rows: DataFrame, dates: Collection[dt.date]) -> DataFrame:
    """Rows of these business dates laid out for a table partitioned by business date."""
    return rows.repartition("business_date") if len(dates) > _MANY_DATES else rows
