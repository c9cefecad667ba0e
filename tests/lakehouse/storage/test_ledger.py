"""received = accepted + duplicate + quarantined, or nothing is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lakehouse.storage.batches import Batch
from lakehouse.storage.ledger import Balance, LedgerUnbalanced, check_balance, ledger_rows

BALANCE = Balance("sales_data", 1, 100, 109, received=10, accepted=7, duplicate=2, quarantined=1, lines=20,
                  with_warnings=1, with_unknown_fields=0)  # fmt: skip
BATCH = Batch("refine", "c1", 4, {("sales_data", 1): (100, 112)}, may_repeat=False)


@pytest.mark.check
def test_a_balanced_batch_passes() -> None:
    check_balance([BALANCE], BATCH)


@pytest.mark.check
@pytest.mark.parametrize("wrong", [replace(BALANCE, accepted=6), replace(BALANCE, duplicate=3)])
def test_a_record_too_few_or_too_many_stops_the_batch_and_says_where(wrong: Balance) -> None:
    where = r"query refine, batch 4, sales_data/1 offsets 100 to 109: planned \(100, 112\), received 10, but accepted"
    with pytest.raises(LedgerUnbalanced, match=where):
        check_balance([BALANCE, wrong], BATCH)


@pytest.mark.check
def test_more_records_than_planned_stop_the_batch() -> None:
    short = replace(BATCH, ranges={("sales_data", 1): (100, 105)})
    with pytest.raises(LedgerUnbalanced, match="Nothing of this batch was written"):
        check_balance([BALANCE], short)


@pytest.mark.check
def test_the_ledger_counts_planned_offsets_that_carried_no_record() -> None:
    (row,) = ledger_rows([BALANCE], BATCH).to_pylist()
    assert row == {
        "query": "refine", "checkpoint_id": "c1", "batch_id": 4, "topic": "sales_data", "partition": 1,
        "first_offset": 100, "last_offset": 109, "received": 10, "accepted": 7, "duplicate": 2, "quarantined": 1,
        "lines": 20, "gaps": 2, "with_warnings": 1, "with_unknown_fields": 0,
    }  # fmt: skip
