"""Two writers on one table: whoever commits second sees the first commit, whatever happens between check and write."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import deltalake
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.sql import SparkSession

from lakehouse.settings import Settings
from lakehouse.storage.objects import s3_client
from lakehouse.storage.s3_environment import storage_options
from tests.chaos.fault_proxy import CALM, Disturbance, FaultProxy

pytestmark = pytest.mark.stack

BUCKET = "raced"
HELD_SECONDS = 3.0


@pytest.fixture(scope="module")
def proxy(spark: SparkSession, stack: Settings) -> Iterator[FaultProxy]:
    """Stands between Spark and the bucket of these tests; delta-rs and boto go straight to the store."""
    s3_client(stack).create_bucket(Bucket=BUCKET)
    with FaultProxy(stack.s3_port) as opened:
        conf = spark._jsc.hadoopConfiguration()
        conf.set(f"fs.s3a.bucket.{BUCKET}.endpoint", opened.endpoint)
        yield opened


@pytest.fixture
def table(spark: SparkSession, proxy: FaultProxy) -> Iterator[str]:
    """Name of a table that holds the number 0."""
    name = uuid.uuid4().hex
    spark.range(1).coalesce(1).write.format("delta").save(f"s3a://{BUCKET}/{name}")
    yield name
    proxy.disturbance = CALM


def spark_adds(spark: SparkSession, table: str, number: int) -> None:
    rows = spark.range(number, number + 1).coalesce(1)
    rows.write.format("delta").mode("append").save(f"s3a://{BUCKET}/{table}")


def stranger_adds(stack: Settings, table: str, number: int) -> None:
    opened = deltalake.DeltaTable(f"s3://{BUCKET}/{table}", storage_options=storage_options(stack))
    deltalake.write_deltalake(opened, pa.table({"id": pa.array([number], pa.int64())}), mode="append")


def commits_and_numbers(stack: Settings, table: str) -> tuple[int, list[int]]:
    """Number of the newest commit, and the rows, as delta-rs sees them."""
    opened = deltalake.DeltaTable(f"s3://{BUCKET}/{table}", storage_options=storage_options(stack))
    return opened.version(), sorted(opened.to_pyarrow_table()["id"].to_pylist())


def meanwhile(work: Callable[[], None], proxy: FaultProxy, held: str, other: Callable[[], None]) -> None:
    """Do ``work`` in a thread; while the proxy holds its first PUT to ``held`` back, do ``other``."""
    failures: list[BaseException] = []
    before = proxy.done["slow"]
    proxy.disturbance = Disturbance(slow=1.0, seconds=HELD_SECONDS, only=f"PUT /{BUCKET}/{held}")

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while proxy.done["slow"] == before:
        assert thread.is_alive(), f"ended without writing {held}: {failures}"
        time.sleep(0.01)
    proxy.disturbance = CALM
    other()
    assert thread.is_alive(), "the other commit came too late to be a race"
    thread.join()
    if failures:
        raise failures[0]


def test_a_commit_that_comes_between_check_and_write_is_kept_and_the_later_one_follows_it(
    spark: SparkSession, stack: Settings, proxy: FaultProxy, table: str
) -> None:
    meanwhile(
        lambda: spark_adds(spark, table, 1),
        proxy,
        f"{table}/_delta_log/00000000000000000001.json",
        lambda: stranger_adds(stack, table, 2),
    )
    assert commits_and_numbers(stack, table) == (2, [0, 1, 2])


@pytest.mark.parametrize("is_ours", [True, False])
def test_in_the_same_race_the_log_store_that_delta_brings_loses_the_first_commit(
    spark: SparkSession, stack: Settings, proxy: FaultProxy, is_ours: bool
) -> None:
    key = f"{uuid.uuid4().hex}/_delta_log/00000000000000000000.json"
    jvm: Any = spark._jvm
    conf = spark._jsc.hadoopConfiguration()
    store = (jvm.retail.ConditionalLogStore if is_ours else jvm.io.delta.storage.S3SingleDriverLogStore)(conf)
    path = jvm.org.apache.hadoop.fs.Path(f"s3a://{BUCKET}/{key}")
    actions = jvm.java.util.ArrayList()
    actions.add("ours")
    client = s3_client(stack)

    def theirs() -> None:
        client.put_object(Bucket=BUCKET, Key=key, Body=b"theirs")

    refusal = ""
    try:
        meanwhile(lambda: store.write(path, actions.iterator(), False, conf), proxy, key, theirs)
    except Py4JJavaError as error:
        refusal = str(error)
    kept = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert kept == (b"theirs" if is_ours else b"ours\n")
    assert ("FileAlreadyExistsException" in refusal) == is_ours


def test_a_commit_whose_answer_was_lost_is_made_once(
    spark: SparkSession, stack: Settings, proxy: FaultProxy, table: str
) -> None:
    before = proxy.done["torn after"]
    proxy.disturbance = Disturbance(
        torn_after=1.0, only=f"PUT /{BUCKET}/{table}/_delta_log/00000000000000000001.json"
    )
    calmed = threading.Thread(target=lambda: _calm_after(proxy, before))
    calmed.start()
    spark_adds(spark, table, 1)
    calmed.join()
    assert proxy.done["torn after"] > before
    assert commits_and_numbers(stack, table) == (1, [0, 1])


def _calm_after(proxy: FaultProxy, before: int) -> None:
    deadline = time.monotonic() + 60
    while proxy.done["torn after"] == before and time.monotonic() < deadline:
        time.sleep(0.001)
    proxy.disturbance = CALM


@pytest.mark.parametrize("commits", [10, pytest.param(200, marks=pytest.mark.long)])
@pytest.mark.usefixtures("proxy")
def test_spark_and_delta_rs_side_by_side_lose_no_commit(
    spark: SparkSession, stack: Settings, table: str, commits: int
) -> None:
    theirs, failures = range(1000, 1000 + commits), list[BaseException]()

    def stranger() -> None:
        try:
            for number in theirs:
                stranger_adds(stack, table, number)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    thread = threading.Thread(target=stranger)
    thread.start()
    for number in range(1, 1 + commits):
        spark_adds(spark, table, number)
    thread.join()
    assert not failures
    expected = [0, *range(1, 1 + commits), *theirs]
    assert commits_and_numbers(stack, table) == (2 * commits, expected)
