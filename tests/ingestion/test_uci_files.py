"""Online Retail is read from csv, xlsx and parquet alike; what would need guessing is refused with its line."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.uci_files import read_uci_file
from ingestion.uci_rows import UciFileError, UciRow
from tests.ingestion.uci_samples import uci_row, write_csv, write_parquet, write_xlsx

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
LINE = "536365,85123A,WHITE MUG,6,2010-12-01 08:26:00,2.5500,17850,United Kingdom\n"
FIRST_DAY = datetime(2009, 12, 1)  # noqa: DTZ001 - shop wall time

rows_of_a_shop = st.lists(
    st.builds(
        uci_row,
        invoice=st.sampled_from(["536365", "C536379", "A563185"]),
        stock_code=st.sampled_from(["85123A", "71053", "gift_0001_20", "POST"]),
        description=st.sampled_from(["WHITE MUG", '£5 "VOUCHER", RED', None]),
        quantity=st.integers(-80_995, 80_995).map(Decimal),
        invoice_date=st.integers(0, 1_000_000).map(lambda minutes: FIRST_DAY + timedelta(minutes=minutes)),
        unit_price=st.integers(-99_999, 99_999).map(lambda pence: Decimal(pence).scaleb(-2)),
        customer_id=st.sampled_from(["17850", None]),
    ),
    min_size=1,
    max_size=40,
)


def unnumbered(rows: Sequence[UciRow]) -> list[UciRow]:
    """Rows without their line, which counts the header in a file of lines only."""
    return [replace(row, line=0) for row in rows]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of_a_shop)
def test_the_same_rows_are_read_from_csv_xlsx_and_parquet(rows: list[UciRow], tmp_path: Path) -> None:
    expected = unnumbered(rows)
    assert unnumbered(read_uci_file(write_csv(tmp_path / "a.csv", rows))) == expected
    assert unnumbered(read_uci_file(write_xlsx(tmp_path / "a.xlsx", rows))) == expected
    assert unnumbered(read_uci_file(write_parquet(tmp_path / "a.parquet", rows))) == expected
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    assert unnumbered(read_uci_file(packed)) == expected


def test_the_columns_of_online_retail_ii_are_the_same_columns_in_any_order(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ii.csv"
    path.write_text(
        "Price,Customer ID,Country,Invoice,StockCode,Description,Quantity,InvoiceDate\n"
        "2.55,17850.0,United Kingdom,536365,85123A,WHITE MUG,6,2010-12-01T08:26\n"
    )
    assert read_uci_file(path) == [uci_row(line=2)]


def test_the_csv_copies_in_windows_encoding_keep_their_pound_sign(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes((HEADER + LINE.replace("WHITE MUG", "£10 VOUCHER")).encode("cp1252"))
    assert read_uci_file(path)[0].description == "£10 VOUCHER"


@pytest.mark.parametrize(
    ("other", "month", "day"),
    [("12/25/2010 9:00", 12, 1), ("25/12/2010 09:00", 1, 12), ("25-12-2010 09:00", 1, 12)],
)
def test_day_and_month_are_told_apart_by_a_date_that_allows_only_one(
    tmp_path: Path, other: str, month: int, day: int
) -> None:
    path = tmp_path / "dates.csv"
    dates = ("12/1/2010 8:26", other)
    path.write_text(HEADER + "".join(LINE.replace("2010-12-01 08:26:00", date) for date in dates))
    assert read_uci_file(path)[0].invoice_date == datetime(2010, month, day, 8, 26)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (HEADER + LINE.replace("2010-12-01", "12/1/2010"), "day/month and month/day are both possible"),
        (
            HEADER + LINE.replace("2010-12-01", "12/25/2010") + LINE.replace("2010-12-01", "25/12/2010"),
            "both day/month",
        ),
        (HEADER + LINE + LINE.replace("2.5500", "NaN"), r"line 3: UnitPrice: expected a number .*'NaN'"),
        (HEADER + LINE.replace(",6,", ",six,"), "line 2: Quantity: expected a number .*'six'"),
        (HEADER + LINE.replace(",6,", ",1e400,"), "line 2: Quantity: expected a number .*'1e400'"),
        (HEADER + LINE.replace("2.5500", "0." + "1" * 29), "line 2: UnitPrice: expected a number"),
        (
            HEADER + LINE.replace("2010-12-01 08:26:00", "9999-12-31T23:59:59-14:00"),
            "line 2: InvoiceDate: expected a date within the calendar",
        ),
        (HEADER + LINE.replace("536365", ""), "line 2: InvoiceNo is empty"),
        (HEADER + LINE.replace("2010-12-01 08:26:00", "yesterday"), "line 2: InvoiceDate: .*'yesterday'"),
        (HEADER + LINE.replace(",United Kingdom", ""), "line 2: 7 cells, expected 8"),
        (HEADER.replace("Quantity,", "") + LINE, "missing or repeated: Quantity; seen: InvoiceNo, StockCode"),
        ("", "seen: nothing"),
    ],
)
def test_a_file_that_cannot_be_read_without_guessing_is_refused_with_its_line(
    tmp_path: Path, text: str, seen: str
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    with pytest.raises(UciFileError, match=f"wrong.csv: .*{seen}"):
        read_uci_file(path)


def test_a_file_that_was_cut_off_on_its_way_is_refused(tmp_path: Path) -> None:
    whole = {
        "a.csv.gz": gzip.compress((HEADER + LINE * 100).encode()),
        "a.xlsx": write_xlsx(tmp_path / "w.xlsx", [uci_row()]).read_bytes(),
        "a.parquet": write_parquet(tmp_path / "w.parquet", [uci_row()]).read_bytes(),
    }
    for name, data in whole.items():
        (tmp_path / name).write_bytes(data[: len(data) // 2])
        with pytest.raises(UciFileError, match=name):
            read_uci_file(tmp_path / name)


@pytest.mark.parametrize(
    ("cells", "seen"),
    [
        ([[1, 2]], "expected a text, a number or a date, seen list"),
        ([{"a": 1}], "seen dict"),
        ([b"a"], "seen bytes"),
    ],
)
def test_a_parquet_cell_that_holds_more_than_a_value_is_refused(
    tmp_path: Path, cells: list[object], seen: str
) -> None:
    path = write_parquet(tmp_path / "nested.parquet", [uci_row()])
    table = pq.read_table(path)
    pq.write_table(table.set_column(2, "Description", pa.array(cells)), path)
    with pytest.raises(UciFileError, match=f"line 1: Description: .*{seen}"):
        read_uci_file(path)


def test_a_parquet_file_with_bytes_that_are_no_text_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "latin.parquet", [uci_row(description="CAFE MUG")])
    path.write_bytes(path.read_bytes().replace(b"CAFE MUG", b"CAF\xe9 MUG"))
    with pytest.raises(UciFileError, match=r"latin\.parquet: damaged file"):
        read_uci_file(path)


def test_two_sheets_that_repeat_each_other_are_not_added_up(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for sheet in (book.worksheets[0], book.create_sheet("Year 2010-2011")):
        sheet.append(HEADER.strip().split(","))
    book.save(tmp_path / "both.xlsx")
    with pytest.raises(UciFileError, match="2 sheets with data"):
        read_uci_file(tmp_path / "both.xlsx")
