"""Old bytes and old export files go by contract; rows, ledger and the newest export stay."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from ingestion.kafka_producer import EventSender
from lakehouse.contracts import load_contract
from lakehouse.storage.delta_tables import lake_table
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.objects import s3_client
from lakehouse.storage.retention import expire_bytes, expire_exports
from orchestration.rebuild_lake import CannotRebuild, check_bronze_is_whole
from orchestration.reconcile import reconcile

pytestmark = pytest.mark.stack


def test_bytes_and_files_beyond_their_retention_go_and_nothing_loses_its_balance(lake):
    now = dt.datetime.now(dt.UTC)
    sold = {"id": 1, "product": "P", "quantity": 1, "price": "2.50", "sales_time": now.isoformat()}
    with EventSender(lake.settings) as sender:
        sender.send_pairs("sales_data", [(b"k", json.dumps(sold).encode()), (b"k", b"{cut off")])
    lake.walk()
    before = lake.ledger(), lake.sales()
    bronze, refused = (
        lake_table(lake.settings, *name) for name in (("bronze", "sales_data"), ("silver", "quarantine"))
    )
    late = now + dt.timedelta(days=500)
    assert expire_bytes(lake.spark, bronze, late) == "nothing is old enough"
    assert expire_bytes(lake.spark, refused, late).startswith("bytes of records before")
    assert expire_bytes(lake.spark, bronze, now + dt.timedelta(days=801)).startswith(
        "bytes of records before"
    )
    rows = [*lake.rows("bronze.sales_data").collect(), *lake.rows("silver.quarantine").collect()]
    assert [(row.key, row.value, row.headers) for row in rows] == [(None, None, None)] * 3
    assert lake.rows("silver.quarantine").first().reasons == ["json_object: expired by retention"]
    assert (lake.ledger(), lake.sales()) == before
    assert reconcile(lake.settings)["agrees"]
    properties = lake.spark.sql(f"DESCRIBE DETAIL delta.`{bronze.path}`").first().properties
    assert properties["delta.appendOnly"] == "true"
    reader = lake_reader(lake.settings)
    check_bronze_is_whole(reader, now)
    with pytest.raises(CannotRebuild, match="2 records from before"):
        check_bronze_is_whole(reader, now + dt.timedelta(days=801))


def test_the_newest_export_stays_however_old_it_is(stack_settings):
    client, folder = s3_client(stack_settings), f"{stack_settings.lake_key}export/sales_lines/g0000-00000000/"
    for number in range(3):
        client.put_object(Bucket=stack_settings.bucket, Key=f"{folder}v{number}.parquet", Body=b"")
    now, days = dt.datetime.now(dt.UTC), load_contract("export", "sales_lines").retention_days
    assert expire_exports(stack_settings, now) == "0 files removed"
    assert expire_exports(stack_settings, now + dt.timedelta(days=days + 1)) == "2 files removed"
    left = client.list_objects_v2(Bucket=stack_settings.bucket, Prefix=folder)["Contents"]
    assert [entry["Key"].rpartition("/")[2] for entry in left] == ["v2.parquet"]
