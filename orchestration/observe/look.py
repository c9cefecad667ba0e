"""One look at stream, lake and servers: figures as samples. Starts and changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from infra.local.processes import read_record
from infra.local.servers import SUPERVISOR, run_dir
from infra.local.stack import server_status
from ingestion.stream_lag import Lag, partition_lags
from lakehouse.contracts import contract_names
from lakehouse.settings import Settings
from lakehouse.storage.gates import latest_gates
from lakehouse.storage.lake_reader import LakeReader, lease_holder
from lakehouse.storage.lease import Holder
from lakehouse.storage.replays import judged_ends
from orchestration.live_numbers import Sums, SumsByFile
from orchestration.local_warehouse import local_warehouse
from orchestration.observe.metrics import Sample
from orchestration.plan import CHILDREN, MEDALLION
from orchestration.summary import LAYERS, OUTCOMES
from quality.freshness import Arrival

_Value = TypeVar("_Value")
_UNBALANCED = "unbalanced"


@dataclass
class Look:
    """Follows one lake: a file is read once, a table that did not change not again. Not for two threads."""

    settings: Settings
    lake: LakeReader
    _ledger: SumsByFile = field(default_factory=lambda: SumsByFile(("received", *OUTCOMES), balance_sums))
    _refused: SumsByFile = field(default_factory=lambda: SumsByFile(("rule_ids",), rule_counts))
    _known: dict[str, tuple[int, object]] = field(default_factory=dict)

    def servers(self) -> Iterator[Sample]:
        """Whether the servers answer, and how often processes were restarted."""
        for row in server_status(self.settings, local_warehouse(self.settings)):
            if row.name != SUPERVISOR:
                yield Sample("server_up", float(row.state == "up"), (row.name,))
                yield Sample("process_restarts", row.restarts, (row.name,))
        for name in (MEDALLION.name, *CHILDREN):
            record = read_record(run_dir(self.settings), name)
            if record is not None:
                yield Sample("process_restarts", record.restarts, (name,))

    def holder(self) -> Holder | None:
        """The application, if it writes the lake now. Raises LakeUnreachable."""
        found = lease_holder(self.settings)
        return found if found is not None and found.command == MEDALLION.name else None

    def lags(self, holder: Holder | None) -> list[Lag]:
        """Each partition; the position is what the stream tells, else what the ledger accounts for.

        Raises BrokerUnreachable, LakeUnreachable.
        """
        if holder is not None and holder.position:
            return partition_lags(self.settings, holder.position)
        ends = self._once("ops", "ledger", lambda: judged_ends(self.lake)) or {}
        return partition_lags(
            self.settings, {f"{topic}/{number}": end for (topic, number), end in ends.items()}
        )

    def tables(self) -> Iterator[Sample]:
        """Rows, ledger, quarantine, gates. Raises LakeUnreachable.

        Bronze is read between two looks at the ledger: while a batch commits, either may be ahead of the other.
        """
        before = self._ledger.total(self.lake.dataset_of("ops", "ledger"))
        rows = {layer: self.lake.row_counts(layer) for layer in (*LAYERS, "ops")}
        ledger = self._ledger.total(self.lake.dataset_of("ops", "ledger"))
        for layer, counts in rows.items():
            yield from (
                Sample("table_rows", count, (layer, name))
                for name, count in counts.items()
                if count is not None
            )
        for outcome in ("received", *OUTCOMES):
            yield Sample("ledger_records", float(ledger.get(outcome, 0)), (outcome,))
        yield Sample("ledger_unbalanced_records", float(ledger.get(_UNBALANCED, 0)))
        landed = sum(rows["bronze"][name] or 0 for name in contract_names("bronze"))
        received = (int(before.get("received", 0)), int(ledger.get("received", 0)))
        yield Sample("ledger_bronze_difference_records", difference(landed, *received))
        for rule, count in self._refused.total(self.lake.dataset_of("silver", "quarantine")).items():
            yield Sample("quarantine_records", float(count), (rule,))
        gates = self._once("ops", "gates", lambda: latest_gates(self.lake)) or {}
        for name, gate in gates.items():
            yield Sample("gate_closed", float(not gate.is_open), (name,))

    def _once(self, layer: str, name: str, read: Callable[[], _Value]) -> _Value | None:
        """What is read from a table, read again only when the table has a new version."""
        table = self.lake.table(layer, name)
        if table is None:
            return None
        version, value = self._known.get(name, (-1, None))
        if version != table.version():
            value = read()
            self._known[name] = (table.version(), value)
        return value  # type: ignore[return-value]


def lag_samples(lags: list[Lag], now: dt.datetime) -> Iterator[Sample]:
    """Position and lag of each partition."""
    for lag in lags:
        labels = (lag.topic, str(lag.partition))
        waits = max(0.0, (now - lag.oldest_at).total_seconds()) if lag.oldest_at else 0.0
        yield Sample("stream_position", lag.position, labels)
        yield Sample("stream_lag_records", lag.target - lag.position, labels)
        yield Sample("stream_lag_seconds", waits, labels)


def stream_samples(holder: Holder | None) -> Iterator[Sample]:
    """Whether the application lives, and its last batch."""
    yield Sample("stream_up", float(holder is not None))
    if holder is not None and holder.batch_at:
        yield Sample("stream_batch_timestamp_seconds", holder.batch_at)


def freshness_samples(latest: Mapping[str, Arrival], now: dt.datetime) -> Iterator[Sample]:
    """Age and lag of each layer."""
    for layer, arrival in latest.items():
        age = max(0.0, (now - arrival.newest.produced_at).total_seconds())
        yield Sample("freshness_age_seconds", age, (layer,))
        yield Sample("freshness_lag_seconds", max(0.0, arrival.lag.total_seconds()), (layer,))


def difference(landed: int, received_before: int, received_after: int) -> int:
    """Rows of bronze beyond what the ledger received between two looks; 0 while they lie between the two."""
    return landed - min(max(landed, received_before), received_after)


def balance_sums(rows: pa.Table) -> Sums:
    """Sum of each outcome, and by how many records rows do not add up, whichever the direction."""
    counted = pc.add(pc.add(rows["accepted"], rows["duplicate"]), rows["quarantined"])
    off = pc.sum(pc.abs(pc.subtract(rows["received"], counted))).as_py() or 0
    sums = {name: Decimal(pc.sum(rows[name]).as_py() or 0) for name in ("received", *OUTCOMES)}
    return {**sums, _UNBALANCED: Decimal(off)}


def rule_counts(rows: pa.Table) -> Sums:
    """Records by the rule that they broke."""
    counts = pc.value_counts(pc.list_flatten(rows["rule_ids"].combine_chunks())).to_pylist()
    return {row["values"]: Decimal(row["counts"]) for row in counts}
