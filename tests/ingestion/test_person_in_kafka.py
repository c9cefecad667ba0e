"""What Kafka holds of a customer: found in the files of a broker, and gone by a date that its settings give."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ingestion.person_in_kafka import _lifetime, is_named, segments_naming
from lakehouse.rules.person import Sought, person
from lakehouse.rules.pseudonym import pseudonym
from lakehouse.settings import Settings

pytestmark = pytest.mark.check
ANN = person("c42", pseudonym("c42", "s"), [Sought("name", "Ann Lee")])


def segment(path: Path, *records: tuple[bytes | None, bytes | None]) -> None:
    """A segment file as a broker writes it: one compressed batch."""
    from kafka.record import MemoryRecordsBuilder  # type: ignore[import-untyped] # noqa: PLC0415

    builder = MemoryRecordsBuilder(magic=2, compression_type=3, batch_size=1 << 20)
    for key, value in records:
        builder.append(timestamp=0, key=key, value=value, headers=[])
    builder.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(builder.buffer())


def test_compressed_segments_are_read_those_that_are_being_removed_too(
    tmp_path: Path, home_settings: Settings
) -> None:
    segment(tmp_path / "customers-0" / "0.log", (b"c42", None))
    segment(tmp_path / "sales_data-1" / "0.log.deleted", (b"t", b'{"customer_id": "c42"}'), (None, b"{}"))
    segment(tmp_path / "sales_data-1" / "7.log", (b"c42", b'{"customer_id": "c421"}'))
    segment(tmp_path / "sales_data_other-0" / "0.log", (b"t", b"Ann Lee"))
    assert segments_naming(tmp_path, home_settings, ANN) == [
        "customers-0/0.log",
        "sales_data-1/0.log.deleted",
    ]


def test_a_key_names_a_customer_in_the_topic_of_customers_only() -> None:
    assert is_named([b"c42", None], ANN, "customers")
    assert not is_named([b"c42", b"{}"], ANN, "sales_data")
    assert is_named([None, b"for ann lee"], ANN, "sales_data")


def test_the_date_is_that_of_the_newest_record_in_the_same_file() -> None:
    day = 86_400_000
    sales = {"cleanup.policy": "delete", "segment.ms": str(7 * day), "retention.ms": str(7 * day)}
    assert _lifetime(sales) == dt.timedelta(days=14)
    people = {
        "cleanup.policy": "compact",
        "segment.ms": str(day),
        "max.compaction.lag.ms": str(7 * day),
        "delete.retention.ms": str(7 * day),
    }
    assert _lifetime(people) == dt.timedelta(days=15)
    for_ever = sales | {"retention.ms": "-1", "segment.ms": str(2**63 - 1)}
    assert _lifetime(for_ever) == dt.timedelta(days=7300)
