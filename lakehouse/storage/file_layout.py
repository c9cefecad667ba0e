"""How rows are spread over files before they are written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from pyspark.sql import DataFrame

# A batch of few dates is written as it lies; one of many is gathered by date, one file a date.
_MANY_DATES = 4
_SMALL_FILES = 2


def few_files(rows: DataFrame, dates: Collection[dt.date], *, is_small: bool) -> DataFrame:
    """Rows of these business dates laid out for a table partitioned by business date."""
    if len(dates) > _MANY_DATES:
        return rows.repartition("business_date")
    return rows.coalesce(_SMALL_FILES) if is_small else rows
