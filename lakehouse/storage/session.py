"""The one Spark session factory."""

from __future__ import annotations

import os

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from lakehouse.rules.pseudonym import PEPPER_PREFIX
from lakehouse.settings import Settings
from lakehouse.storage.log_store import CONF, install_log_store
from lakehouse.storage.s3_environment import s3_environment

_DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # The default of 50 partitions costs more than the state of a table with thousands of files.
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.databricks.delta.properties.defaults.enableDeletionVectors": "false",
    **CONF,
}
_MEANING = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # Snowflake external tables cannot read INT96.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.redaction.string.regex": f"{PEPPER_PREFIX}[0-9a-f]{{64}}",
}
_SMALL_BATCHES = {
    # The rules of a topic are one expression of 20,000 characters; inferring constraints from it fills the heap.
    "spark.sql.constraintPropagation.enabled": "false",
    # A batch generates more classes than Spark's hundred; with those, every batch compiled all of them again.
    "spark.sql.codegen.cache.maxEntries": "4000",
    # Every aggregation, sort and shuffle of every task takes at least one page; by default 64 MB of a heap of 3 GB.
    "spark.buffer.pageSize": "1m",
    # A small batch comes into the driver; one of few but huge records must not fill it (ingestion.kafka_stream).
    "spark.driver.maxResultSize": "512m",
    # What is judged is kept for a few seconds and read twice; looking for the best encoding takes a tenth of the batch.
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    # Of rows that the driver holds, more than some thousand are for tasks: the optimizer evaluates a local relation by its
    # interpreter, row by row, in one thread.
    "spark.sql.execution.arrow.localRelationThreshold": "1m",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.scheduler.mode": "FAIR",
    "spark.sql.streaming.stopTimeout": "60s",
    "spark.hadoop.fs.s3a.fast.upload.buffer": "bytebuffer",
    "spark.hadoop.fs.s3a.performance.flags": "*",
    "spark.hadoop.fs.s3a.input.stream.type": "classic",
    "spark.ui.enabled": "false",
    # Noting the Python line of each Column call costs a tenth of a second in every small batch.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
}


def spark_conf(settings: Settings) -> dict[str, str]:
    """Spark settings of every job. Holds no secret: S3 keys go by the environment (see s3_environment)."""
    return _DELTA | _MEANING | _SMALL_BATCHES | _s3_conf(settings)


def spark_session(settings: Settings, app_name: str) -> SparkSession:
    """The session of a job or of the tests; UTC, Delta, S3.

    A tuning given to spark-submit by ``--conf`` wins; what carries meaning (UTC, Delta, timestamps) does not.
    """
    os.environ.update(s3_environment(settings))
    builder = SparkSession.Builder().appName(app_name)
    given: dict[str, str] = {}
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        SparkContext._ensure_initialized()
        given = dict(SparkConf().getAll())
    else:
        builder = builder.master(settings.spark_master)
    for key, value in spark_conf(settings).items():
        if key not in given or key in _DELTA | _MEANING:
            builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("WARN")
    install_log_store(session)
    return session


def _s3_conf(settings: Settings) -> dict[str, str]:
    conf = {"spark.hadoop.fs.s3a.endpoint.region": settings.s3_region}
    if settings.s3_url:
        conf |= {
            "spark.hadoop.fs.s3a.endpoint": settings.s3_url,
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.connection.ssl.enabled": str(settings.s3_url.startswith("https")).lower(),
        }
    if settings.s3_access_key:
        conf["spark.hadoop.fs.s3a.aws.credentials.provider"] = (
            "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider"
        )
    return conf
