"""What the tests of the judge share: Great Expectations over rows made by hand."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession

from quality.judge import Judge
from quality.quality_results import Check, Verdict
from quality.scope import WHOLE, Scope
from quality.suites import TableRules
from quality.views import Views
from tests.quality.good_lake import NOW, Judged, Lake, frame


@pytest.fixture(scope="session")
def judged(spark: SparkSession) -> Judged:
    """Asks the rules of a table over a lake given as rows or frames."""

    def verdict(rules: TableRules, lake: Lake | dict[str, DataFrame], scope: Scope = WHOLE) -> Verdict:
        def rows(name: str) -> DataFrame:
            given = lake[name]
            return frame(spark, name, given) if isinstance(given, list) else given

        views = Views(spark, rows)
        versions = dict.fromkeys((rules.table_name, *rules.sources), 1)
        found, _ = Judge(views).verdict(Check("c1", NOW, rules, versions, scope))
        views.drop()
        return found

    return verdict
