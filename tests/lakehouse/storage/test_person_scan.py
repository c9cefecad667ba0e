"""Every file is read, and what is found is named by file and column."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from deltalake import write_deltalake

from lakehouse.rules.person import Sought, person
from lakehouse.rules.pseudonym import pseudonym
from lakehouse.settings import load_settings
from lakehouse.storage.known_person import known_person
from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.person_scan import found_in_table, scan_files, table_of

pytestmark = pytest.mark.check
ANN = person("c42", pseudonym("c42", "s"), [Sought("name", "Ann Lee")])


def test_files_are_named_with_their_columns_however_deep(tmp_path: Path) -> None:
    folder = tmp_path / "copies" / "deep"
    folder.mkdir(parents=True)
    lines = pa.array(
        [[{"description": "for ANN LEE"}], None], pa.list_(pa.struct({"description": pa.string()}))
    )
    told = pa.table({"lines": lines, "value": [b"{}", None], "n": [1, 2]})
    pq.write_table(told, folder / "a.parquet", compression="zstd")
    (tmp_path / "copies" / "half.parquet").write_bytes(b"PAR1 Ann Lee")
    (tmp_path / "copies" / "b.log").write_text(f"key {ANN.pseudonym}\n")
    (tmp_path / "copies" / "c.log").write_text("nobody\n")
    found = scan_files(tmp_path, ["copies", "absent"], ANN)
    assert found.searched == {"local": 4}
    named = sorted((Path(each.file).name, each.column, each.kinds) for each in found.found)
    assert named == [
        ("a.parquet", "lines.description", ("name",)),
        ("b.log", "", ("pseudonym",)),
        ("half.parquet", "", ("name",)),
    ]


def test_a_short_id_counts_where_a_table_means_a_customer() -> None:
    rows = pa.table({"customer_id": ["c42", "c1"], "product_id": ["c42", "c42"], "key": [b"c42", b"c42"]})
    assert found_in_table(rows, ANN, "silver.customers") == [("customer_id", ("id",), 1)]
    assert found_in_table(rows, ANN, "bronze.customers") == [("key", ("id",), 2)]
    assert found_in_table(rows, ANN, "bronze.sales_data") == []


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("bronze/sales_data/part-0.parquet", "bronze.sales_data"),
        ("gold/fct_receipts/_delta_log/00000000000000000001.json", "gold.fct_receipts"),
        ("export/sales_lines/g0000-0/v0.parquet", ""),
        ("docs/quality/index.html", ""),
    ],
)
def test_a_file_belongs_to_its_table(key: str, table: str) -> None:
    assert table_of(key) == table


def test_what_others_bear_too_is_not_looked_for(tmp_path: Path) -> None:
    secret = "s"
    rows = [
        {"customer_key": pseudonym(who, secret), "name": name, "email": mail, "phone": "+44 20 7946 0001"}
        for who, name, mail in [("c42", "Ann Lee", "ann@example.org"), ("c43", "Bob Lee", "bob@example.org")]
    ]
    write_deltalake(str(tmp_path / "silver" / "customers"), pa.Table.from_pylist(rows))
    given = load_settings(customer_secret=secret)
    found = known_person(LakeReader(str(tmp_path), {}), given, "c42", ["L. Ann"])
    assert found.shared == ("phone",)
    assert {(each.kind, each.text) for each in found.sought if each.kind != "pseudonym"} == {
        ("id", "c42"), ("name", "Ann Lee"), ("email", "ann@example.org"), ("other", "L. Ann"),
    }  # fmt: skip
