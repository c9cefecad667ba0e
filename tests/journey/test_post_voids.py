"""A post-void takes its receipt out of every figure, whatever comes first, and Snowpipe hears of it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from pyspark.errors import StreamingQueryException

from ingestion.kafka_producer import EventSender
from lakehouse.storage import corrections, voids
from lakehouse.storage.objects import s3_client
from tests.lakehouse.sales_events import line, receipt, totals
from warehouse.export.export_sales import export_sales
from warehouse.export.position import export_key

pytestmark = pytest.mark.stack
NOW = datetime.now(UTC).isoformat(timespec="seconds")


def event(store: str, number: str, **changes: object) -> bytes:
    when = {"business_date": NOW[:10], "occurred_at": NOW, "produced_at": NOW}
    return receipt(event_id=f"{store}-{number}", transaction_id=number, store_id=store, **(when | changes))


def sales(store: str) -> list[bytes]:
    two = {"lines": [line(), line(line_seq=2)], "totals": totals("40.00", "8.00", "48.00")}
    return [event(store, "1"), event(store, "2", **two)]


def void(store: str) -> bytes:
    nothing = {"lines": [], "tenders": [], "totals": totals("0.00", "0.00", "0.00")}
    return event(store, "3", transaction_type="POST_VOID", original_transaction_id="2", **nothing)


def send(lake, values: list[bytes]) -> None:
    with EventSender(lake.settings) as sender:
        sender.send_pairs("sales_data", [(None, value) for value in values])


def exported(lake) -> list[dict]:
    client, prefix = s3_client(lake.settings), export_key(lake.settings)
    found = client.list_objects_v2(Bucket=lake.settings.bucket, Prefix=prefix).get("Contents", [])
    bodies = [
        client.get_object(Bucket=lake.settings.bucket, Key=each["Key"])["Body"].read() for each in found
    ]
    rows: list[dict] = pa.concat_tables([pq.read_table(io.BytesIO(body)) for body in bodies]).to_pylist()
    return rows


def in_warehouse(changes: list[dict]) -> set[tuple[str, int]]:
    """What the merge in Snowflake keeps: of each line the highest version, unless it says D."""
    newest = {row["id"]: row for row in sorted(changes, key=lambda row: row["change_version"])}
    return {(row["event_id"], row["line_seq"]) for row in newest.values() if row["op"] == "U"}


def test_a_voided_receipt_leaves_every_figure_whether_the_void_comes_after_with_or_before_it(lake):
    send(lake, [*sales("after"), void("before"), *sales("with"), void("with")])
    lake.walk()
    export_sales(lake.settings)
    assert in_warehouse(exported(lake)) == {("after-1", 1), ("after-2", 1), ("after-2", 2), ("with-1", 1)}

    send(lake, [void("after"), *sales("before")])
    lake.walk()
    counted = lake.rows("gold.fct_sales_lines").where("NOT is_void").collect()
    stores = ("after", "before", "with")
    assert sorted((row.event_id, row.line_seq) for row in counted) == [(f"{s}-1", 1) for s in stores]
    voided = lake.rows("gold.fct_receipts").where("is_void").collect()
    assert sorted(row.event_id for row in voided) == [f"{s}-2" for s in stores]
    hours = lake.rows("gold.agg_sales_hourly").collect()
    assert {h.store_id: (h.receipt_count, h.line_count, h.net_amount) for h in hours} == {
        store: (1, 1, Decimal("20.0000")) for store in stores
    }

    moved = lake.rows("ops.restatements").collect()
    assert [(m.event_id, m.caused_by, m.line_count, m.net_amount) for m in moved] == [
        ("after-2", "after-3", -2, Decimal("-40.0000"))
    ], "only what had been published before is restated"

    export_sales(lake.settings)
    assert in_warehouse(exported(lake)) == {(f"{store}-1", 1) for store in stores}
    assert export_sales(lake.settings).files == 0, "a second export has nothing to say"


@pytest.mark.long
def test_a_void_whose_batch_dies_at_any_step_leaves_every_figure_when_it_comes_again(lake, monkeypatch):
    send(lake, [*sales("a"), *sales("b"), *sales("c")])
    lake.walk()
    steps = ("fct_sales_lines", "agg_sales_hourly", "fct_receipts")
    for store, place in zip("abc", [f"after:restated.gold.{step}" for step in steps], strict=True):
        send(lake, [void(store)])
        with monkeypatch.context() as patch:
            for module in (voids, corrections):
                patch.setattr(module, "reached", partial(die_at, place))
            with pytest.raises(StreamingQueryException, match=place):
                lake.walk()
        lake.walk()
    hours = lake.rows("gold.agg_sales_hourly").collect()
    assert {h.store_id: (h.receipt_count, h.line_count) for h in hours} == dict.fromkeys("abc", (1, 1))
    for fact in ("gold.fct_sales_lines", "gold.fct_receipts"):
        assert {row.event_id for row in lake.rows(fact).where("is_void").collect()} == {"a-2", "b-2", "c-2"}
    assert lake.rows("ops.restatements").count() == 3


def die_at(place: str, name: str) -> None:
    if name == place:
        raise RuntimeError(place)
