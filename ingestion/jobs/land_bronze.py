"""Kafka to bronze: every record byte for byte, with its coordinates.

``spark-submit --py-files dist/retail.zip ingestion/jobs/land_bronze.py [--trigger once|continuous]``. The one
application calls ``land`` on the same records live.
"""

from __future__ import annotations

from functools import partial

import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from ingestion.kafka_stream import check_kafka_position, start_kafka_query
from lakehouse.contracts import contract_names
from lakehouse.settings import Settings
from lakehouse.silver.erased import without_erased
from lakehouse.storage.batches import Batch, append, stamped
from lakehouse.storage.concurrently import Write, concurrently
from lakehouse.storage.delta_tables import LakeTable, ensure_tables, lake_table
from lakehouse.storage.erasures import ErasedCustomers
from lakehouse.storage.job_errors import run_job
from lakehouse.storage.lease import Lease
from lakehouse.storage.streams import job_arguments

QUERY = "land_bronze"


def land(records: DataFrame, batch: Batch, settings: Settings) -> list[Write]:
    """The writes that append the records of a batch to the bronze tables of their topics."""
    rows = stamped(records, batch)
    wire = {topic for (topic, _), (first, end) in batch.ranges.items() if end > first}
    present = [table for table in tables(settings) if settings.topic(table.contract.name) in wire]
    if batch.is_small:
        return [partial(_append_few, rows, present, batch, settings)]
    return [partial(append, _own(rows, table, settings), table, batch) for table in present]


def _append_few(rows: DataFrame, present: list[LakeTable], batch: Batch, settings: Settings) -> None:
    """The records of a small batch are fetched once, for all tables: they have the same columns."""
    found = rows.select(*present[0].contract.table.column_names).toArrow()
    own = [
        (table, found.filter(pc.equal(found["topic"], settings.topic(table.contract.name))))
        for table in present
    ]
    concurrently(partial(append, mine, table, batch) for table, mine in own)


def at_the_door(records: DataFrame, erased: ErasedCustomers, settings: Settings) -> DataFrame:
    """The records of a batch, those of erased customers without the customer."""
    secret = settings.customer_secret.get_secret_value()
    return without_erased(records, erased.hashes, settings.topic("customers"), secret)


def _own(records: DataFrame, table: LakeTable, settings: Settings) -> DataFrame:
    mine = records.where(F.col("topic") == settings.topic(table.contract.name))
    return mine.select(*table.contract.table.column_names)


def tables(settings: Settings) -> list[LakeTable]:
    """The tables that this job writes."""
    return [lake_table(settings, "bronze", name) for name in contract_names("bronze")]


def main() -> None:
    """Run the job."""
    arguments = job_arguments(QUERY, __doc__ or "")
    settings = arguments.settings

    erased = ErasedCustomers()

    def handle(records: DataFrame, batch: Batch) -> None:
        concurrently(land(at_the_door(records, erased, settings), batch, settings))

    with Lease(settings, QUERY) as lease:
        ensure_tables(arguments.spark, tables(settings))
        erased.renew(settings)
        try:
            start_kafka_query(arguments, QUERY, handle, lease).awaitTermination()
        except StreamingQueryException:
            check_kafka_position(arguments, QUERY)
            raise


if __name__ == "__main__":
    run_job(main)
