"""Small files wherever Hadoop finds them: local disk, HDFS or S3."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession


def list_names(spark: SparkSession, path: str) -> list[str]:
    """Names in a folder; none when it does not exist."""
    folder = _hadoop_path(spark, path)
    system = folder.getFileSystem(_configuration(spark))
    return (
        [status.getPath().getName() for status in system.listStatus(folder)] if system.exists(folder) else []
    )


def _hadoop_path(spark: SparkSession, path: str) -> Any:  # a py4j object
    return spark._jvm.org.apache.hadoop.fs.Path(path)  # type: ignore[union-attr]


def _configuration(spark: SparkSession) -> Any:  # a py4j object
    return spark._jsc.hadoopConfiguration()


def read_text(spark: SparkSession, path: str) -> str | None:
    """The text of a file, or None when there is none."""
    hadoop_path = _hadoop_path(spark, path)
    system = hadoop_path.getFileSystem(_configuration(spark))
    if not system.exists(hadoop_path):
        return None
    stream = system.open(hadoop_path)
    try:
        return str(spark._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))  # type: ignore[union-attr]
    finally:
        stream.close()


def write_text(spark: SparkSession, path: str, text: str) -> None:
    """Write whole or not at all: a local or HDFS file gets its name last, S3 shows an object only when complete."""
    target, partial = _hadoop_path(spark, path), _hadoop_path(spark, path + ".partial")
    system = target.getFileSystem(_configuration(spark))
    stream = system.create(partial, True)
    try:
        stream.write(text.encode())
    finally:
        stream.close()
    system.rename(partial, target)
