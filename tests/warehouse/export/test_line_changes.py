"""What Snowpipe is told of a line: its id, whether it stands, and which change is the newest."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest

from tests.warehouse.export.sale_lines import sale_line, sale_lines
from warehouse.export.export_names import ExportName, change_version, parsed_name
from warehouse.export.line_changes import export_schema, line_changes

pytestmark = pytest.mark.check


def test_new_lines_are_told_as_they_are_with_the_columns_of_the_contract() -> None:
    told = line_changes(sale_lines(sale_line("b"), sale_line("a", 2), sale_line("a", 1)), None, 7)
    assert told.schema == export_schema()
    assert [
        (row["event_id"], row["line_seq"], row["op"], row["change_version"]) for row in told.to_pylist()
    ] == [
        ("a", 1, "U", 7),
        ("a", 2, "U", 7),
        ("b", 1, "U", 7),
    ]
    assert told.to_pylist()[0]["net_amount"] == Decimal("10.0000")


def test_the_id_of_a_plain_line_is_its_own_and_that_of_any_other_a_hash_which_fits_38_digits() -> None:
    told = line_changes(
        sale_lines(sale_line("v1:123456789012345678", schema_version=1), sale_line("a|b", 3)), None, 1
    )
    expected = int(hashlib.sha256(b"a|b|3").hexdigest()[:30], 16)
    assert [int(row["id"]) for row in told.to_pylist()] == [expected, 123456789012345678]
    assert expected < 10**38


def test_a_row_that_only_moved_to_another_file_is_no_change() -> None:
    both = sale_line("a"), sale_line("b")
    assert line_changes(sale_lines(*both), sale_lines(*reversed(both)), 2).num_rows == 0


def test_a_voided_and_a_vanished_line_are_told_as_deleted_and_the_rest_of_their_files_is_not_told() -> None:
    before = sale_lines(sale_line("kept"), sale_line("voided"), sale_line("gone"))
    after = sale_lines(sale_line("kept"), sale_line("voided", is_void=True))
    told = line_changes(after, before, 3).to_pylist()
    assert [(row["event_id"], row["op"]) for row in told] == [("gone", "D"), ("voided", "D")]


def test_a_file_name_says_where_its_rows_come_from_and_sorts_by_age() -> None:
    old, new = ExportName(0, "0a1b2c3d", 9, 12), ExportName(0, "0a1b2c3d", 13, 100, 2, 3)
    assert parsed_name(f"lake/export/sales_lines/{new.path}") == new
    assert sorted([new.path, old.path]) == [old.path, new.path]
    assert not new.is_last_part
    assert parsed_name("lake/export/position.json") is None


def test_a_table_made_anew_wins_over_the_one_before_it() -> None:
    assert change_version(1, 0) > change_version(0, 999_999_999)
