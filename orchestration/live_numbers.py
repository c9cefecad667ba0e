"""The figures of the live table, read from the lake while it grows: each file of a table is read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.dataset as ds  # type: ignore[import-untyped]

from lakehouse.storage.lake_reader import LakeReader, files_read
from orchestration.summary import LAYERS, OUTCOMES, exact_sum

Sums = dict[str, Decimal]

_SOLD = pa.array(["SALE", "RETURN", "EXCHANGE", "ADJUSTMENT"])
_LEDGER = ("received", *OUTCOMES)


@dataclass(frozen=True)
class Numbers:
    """Rows by layer and table (None = not made yet), sums of the ledger, and net sales (ex tax, without voided
    lines) by table and currency."""

    rows: dict[str, dict[str, int | None]] = field(default_factory=dict)
    ledger: dict[str, int] = field(default_factory=dict)
    net: dict[str, Sums] = field(default_factory=dict)


@dataclass
class SumsByFile:
    """Sums over a table that remembers those of each file: a file of a Delta table never changes."""

    columns: tuple[str, ...]
    sums_of: Callable[[pa.Table], Sums]
    _known: dict[str, Sums] = field(default_factory=dict)

    def total(self, dataset: ds.Dataset | None) -> Sums:
        """Sums over the files that the table has now."""
        if dataset is None:
            return {}
        files = {fragment.path: fragment for fragment in dataset.get_fragments()}
        for path in files.keys() - self._known.keys():
            rows = files[path].to_table(schema=dataset.schema, columns=list(self.columns))
            self._known[path] = self.sums_of(rows)
        self._known = {path: self._known[path] for path in files}
        added: Sums = {}
        for sums in self._known.values():
            for key, value in sums.items():
                added[key] = added.get(key, Decimal(0)) + value
        return added


class LiveNumbers:
    """Follows one lake. Not for use by two threads."""

    def __init__(self, lake: LakeReader) -> None:
        self._lake = lake
        self._ledger = SumsByFile(_LEDGER, ledger_sums)
        self._net = {
            ("silver", "receipts"): SumsByFile(("currency", "transaction_type", "lines"), receipt_sums),
            ("gold", "fct_sales_lines"): SumsByFile(("currency", "is_void", "net_amount"), line_sums),
            ("gold", "agg_sales_hourly"): SumsByFile(("currency", "net_amount"), sums_by_currency),
        }

    def read(self) -> Numbers:
        """The figures now. Raises LakeUnreachable."""
        with files_read("a table"):
            return self._read()

    def _read(self) -> Numbers:
        ledger = self._ledger.total(self._lake.dataset_of("ops", "ledger"))
        return Numbers(
            rows={layer: self._lake.row_counts(layer) for layer in LAYERS},
            ledger={name: int(ledger.get(name, 0)) for name in _LEDGER},
            net={
                name: sums.total(self._lake.dataset_of(layer, name))
                for (layer, name), sums in self._net.items()
            },
        )


def ledger_sums(rows: pa.Table) -> Sums:
    """Sum of each outcome."""
    return {name: Decimal(pc.sum(rows[name]).as_py() or 0) for name in rows.column_names}


def sums_by_currency(rows: pa.Table) -> Sums:
    """``net_amount`` by ``currency``; amounts of two currencies are never added."""
    currencies = pc.unique(rows["currency"]).to_pylist()
    return {
        code: exact_sum(rows["net_amount"].filter(pc.equal(rows["currency"], code))) for code in currencies
    }


def line_sums(rows: pa.Table) -> Sums:
    """Net amounts of the fact, without voided lines."""
    return sums_by_currency(rows.filter(pc.invert(rows["is_void"])))


def receipt_sums(rows: pa.Table) -> Sums:
    """Net amounts of the lines inside receipts, counted as the fact counts them."""
    sold = rows.filter(pc.is_in(rows["transaction_type"], value_set=_SOLD)).combine_chunks()
    if not sold.num_rows:
        return {}
    lists = sold["lines"].combine_chunks()
    lines = pc.list_flatten(lists)
    flat = pa.table(
        {
            "currency": sold["currency"].take(pc.list_parent_indices(lists)),
            "is_void": pc.coalesce(pc.struct_field(lines, "is_void"), pa.scalar(False)),
            "net_amount": pc.struct_field(lines, "net_amount"),
        }
    )
    return line_sums(flat)


def outcomes_text(ledger: dict[str, int]) -> str:
    """``10 received = 8 accepted + 1 duplicate + 1 quarantined``."""
    counts = Counter(ledger)
    return f"{counts['received']:,} received = " + " + ".join(f"{counts[name]:,} {name}" for name in OUTCOMES)
