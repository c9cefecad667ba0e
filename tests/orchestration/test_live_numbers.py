"""The live figures: the same money in receipts and in facts, each file read once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from lakehouse.storage.lake_reader import LakeReader
from orchestration.live_numbers import LiveNumbers, SumsByFile, ledger_sums, outcomes_text
from tests.orchestration.conftest import Rows, balance, sales_line

pytestmark = pytest.mark.check

Write = Callable[[str, Rows], None]


def line(net: str, is_void: bool | None = False) -> dict[str, object]:
    return {"net_amount": Decimal(net), "is_void": is_void}


def test_net_sales_of_receipts_and_of_facts_agree_by_currency(lake: LakeReader, write: Write) -> None:
    write(
        "silver.receipts",
        [
            {"event_id": "a", "currency": "GBP", "transaction_type": "SALE", "lines": [line("2.5000"), line("9.0000", True)]},
            {"event_id": "b", "currency": "EUR", "transaction_type": "RETURN", "lines": [line("-1.0000", None)]},
            {"event_id": "c", "currency": "GBP", "transaction_type": "CANCELLED", "lines": [line("7.0000")]},
            {"event_id": "d", "currency": "GBP", "transaction_type": "SALE", "lines": []},
            {"event_id": "e", "currency": "GBP", "transaction_type": "POST_VOID", "lines": None},
        ],
    )  # fmt: skip
    write("gold.fct_sales_lines", [sales_line("a", "2.5000"), sales_line("b", "-1.0000", currency="EUR")])
    net = LiveNumbers(lake).read().net
    assert net["receipts"] == net["fct_sales_lines"] == {"GBP": Decimal("2.5000"), "EUR": Decimal("-1.0000")}


def test_a_lake_without_tables_shows_nothing_and_no_error(lake: LakeReader) -> None:
    numbers = LiveNumbers(lake).read()
    assert numbers.rows["gold"]["fct_sales_lines"] is None
    assert outcomes_text(numbers.ledger) == "0 received = 0 accepted + 0 duplicate + 0 quarantined"


def test_growth_is_seen_and_each_file_is_read_once(lake: LakeReader, write: Write) -> None:
    read: list[int] = []

    def counted(rows: pa.Table) -> dict[str, Decimal]:
        read.append(rows.num_rows)
        return ledger_sums(rows)

    sums = SumsByFile(("received",), counted)
    write("ops.ledger", [balance(2, 2, 0, 0)])
    assert sums.total(lake.dataset_of("ops", "ledger")) == {"received": 2}
    write("ops.ledger", [balance(3, 3, 0, 0), balance(4, 4, 0, 0)])
    assert sums.total(lake.dataset_of("ops", "ledger")) == {"received": 9}
    assert read == [1, 2]


def test_rows_that_a_rewrite_replaced_count_no_more(lake: LakeReader, write: Write) -> None:
    sums = SumsByFile(("received",), ledger_sums)
    write("ops.ledger", [balance(2, 2, 0, 0)])
    write("ops.ledger", [balance(3, 3, 0, 0)])
    sums.total(lake.dataset_of("ops", "ledger"))
    table = lake.table("ops", "ledger")
    assert table is not None
    table.optimize.compact()
    assert sums.total(lake.dataset_of("ops", "ledger")) == {"received": 5}
    table.delete("received = 2")
    assert sums.total(lake.dataset_of("ops", "ledger")) == {"received": 3}
