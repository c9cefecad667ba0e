"""The balance of a batch: every record received is accepted, a counted duplicate, or quarantined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa  # type: ignore[import-untyped]

from lakehouse.contracts import load_contract
from lakehouse.schema.arrow_schema import arrow_schema
from lakehouse.storage.batches import Batch


class LedgerUnbalanced(RuntimeError):
    """Records of a batch are not accounted for; the query stops before gold is written."""


@dataclass(frozen=True)
class Balance:
    """What happened to the records of one topic partition in one batch."""

    topic: str
    partition: int
    first_offset: int
    last_offset: int
    received: int
    accepted: int
    duplicate: int
    quarantined: int
    lines: int
    with_warnings: int
    with_unknown_fields: int


def check_balance(balances: Iterable[Balance], batch: Batch) -> None:
    """Raise LedgerUnbalanced, naming query, batch, partition and offsets, unless all is accounted for."""
    for row in balances:
        counted = row.accepted + row.duplicate + row.quarantined
        if row.received != counted or _gaps(row, batch) < 0:
            raise LedgerUnbalanced(
                f"query {batch.query}, batch {batch.batch_id}, {row.topic}/{row.partition} offsets "
                f"{row.first_offset} to {row.last_offset}: planned {batch.ranges.get((row.topic, row.partition))}, "
                f"received {row.received}, but accepted {row.accepted} + duplicate {row.duplicate} + quarantined "
                f"{row.quarantined} = {counted}. Nothing of this batch was written to silver or gold; start again, "
                "and if it comes again look at these offsets with `retail consume`"
            )


def ledger_rows(balances: Iterable[Balance], batch: Batch) -> pa.Table:
    """Rows of ops.ledger for the balances of a batch."""
    shape = load_contract("ops", "ledger").table
    rows = [dict(zip(shape.column_names, _row(balance, batch), strict=True)) for balance in balances]
    return pa.Table.from_pylist(rows, arrow_schema(shape.columns))


def _row(balance: Balance, batch: Batch) -> tuple[object, ...]:
    return (
        batch.query,
        batch.checkpoint_id,
        batch.batch_id,
        balance.topic,
        balance.partition,
        balance.first_offset,
        balance.last_offset,
        balance.received,
        balance.accepted,
        balance.duplicate,
        balance.quarantined,
        balance.lines,
        _gaps(balance, batch),
        balance.with_warnings,
        balance.with_unknown_fields,
    )


def _gaps(balance: Balance, batch: Batch) -> int:
    """Planned offsets that carried no record (transaction markers, aborted records)."""
    first, end = batch.ranges.get((balance.topic, balance.partition), (0, balance.received))
    return end - first - balance.received
