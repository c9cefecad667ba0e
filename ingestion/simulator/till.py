"""One register of one store: numbers its transactions without holes and adds them up for its Z-report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from random import Random

from ingestion.events import (
    Receipt,
    ReceiptLine,
    Tender,
    TillSession,
    TillTender,
    Totals,
    TransactionType,
    date_text,
    receipt_totals,
)
from ingestion.simulator.chain import SIMULATED, Store

_AMOUNTS: tuple[str, ...] = ("gross", "discount", "net", "tax", "total")
_TENDERS = ("CARD", "CARD", "CARD", "CASH", "CASH", "MOBILE")
_SPLIT_SHARE = 0.06


@dataclass(frozen=True)
class Rung:
    """What a cashier rings up: the kind, its lines, who serves, who buys, what it refers to."""

    kind: TransactionType
    lines: Sequence[ReceiptLine]
    operator_id: str
    customer_id: str | None = None
    original: str | None = None


@dataclass
class Session:
    """Running account of a till session."""

    session_id: str
    day: date
    opened_at: datetime
    first_seq: int
    count: int = 0
    totals: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(_AMOUNTS, Decimal(0)))
    tenders: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


class Till:
    """A register in a run. ``session`` is the open one."""

    def __init__(self, store: Store, register: str, run_id: str) -> None:
        self.store, self.register = store, register
        self._run_id = run_id
        self._seq = 0
        self._sessions = 0
        self.session: Session | None = None

    def open(self, day: date, at: datetime) -> None:
        """Begin a session of a business day."""
        self._sessions += 1
        name = f"{SIMULATED}{self._run_id}:{self.store.store_id}-{self.register}:{day.isoformat()}"
        self.session = Session(f"{name}:{self._sessions}", day, at, self._seq + 1)

    def ring(self, rung: Rung, at: datetime, rng: Random) -> Receipt:
        """The next receipt; its amounts enter the session."""
        session = self._open_session()
        self._seq += 1
        session.count += 1
        transaction_id = f"{self.store.store_id}-{self.register}-{self._run_id}-{self._seq}"
        totals = receipt_totals([line for line in rung.lines if not line["is_void"]])
        tenders = self._paid(totals["total"], rng) if rung.lines else []
        self._account(totals, tenders, 1)
        event: Receipt = {
            "event_id": f"{SIMULATED}{transaction_id}",
            "schema_version": 2,
            "transaction_id": transaction_id,
            "transaction_type": rung.kind,
            "store_id": self.store.store_id,
            "register_id": self.register,
            "till_session_id": session.session_id,
            "transaction_seq": self._seq,
            "business_date": date_text(session.day),
            "occurred_at": self.store.local(at),
            "operator_id": rung.operator_id,
            "currency": self.store.currency,
            "channel": "store",
            "totals": totals,
            "lines": list(rung.lines),
            "tenders": tenders,
        }
        if rung.customer_id:
            event["customer_id"] = rung.customer_id
        if rung.original:
            event["original_transaction_id"] = rung.original
        return event

    def void(self, receipt: Receipt, operator_id: str, at: datetime, rng: Random) -> Receipt:
        """The post-void of a receipt of the open session; the session forgets the receipt's amounts."""
        self._account(receipt["totals"], receipt["tenders"], -1)
        return self.ring(Rung("POST_VOID", (), operator_id, original=receipt["transaction_id"]), at, rng)

    def close(self, at: datetime, operator_id: str, cash_difference: Decimal) -> TillSession:
        """End the session: its Z-report, with the cash as counted."""
        session = self._open_session()
        self.session = None
        tenders: list[TillTender] = [
            {
                "type": kind,
                "amount": amount,
                "counted_amount": amount + (cash_difference if kind == "CASH" else 0),
            }
            for kind, amount in sorted(session.tenders.items())
        ]
        totals = session.totals
        return {
            "event_id": f"{session.session_id}:z",
            "schema_version": 1,
            "till_session_id": session.session_id,
            "store_id": self.store.store_id,
            "register_id": self.register,
            "operator_id": operator_id,
            "business_date": date_text(session.day),
            "opened_at": self.store.local(session.opened_at),
            "closed_at": self.store.local(at),
            "currency": self.store.currency,
            "first_transaction_seq": session.first_seq,
            "last_transaction_seq": self._seq,
            "receipt_count": session.count,
            "totals": {
                "gross": totals["gross"],
                "discount": totals["discount"],
                "net": totals["net"],
                "tax": totals["tax"],
                "total": totals["total"],
            },
            "tenders": tenders,
            "over_short": sum((each["counted_amount"] - each["amount"] for each in tenders), Decimal(0)),
        }

    def _paid(self, total: Decimal, rng: Random) -> list[Tender]:
        first, second = rng.choice(_TENDERS), rng.choice(_TENDERS)
        is_split = rng.random() < _SPLIT_SHARE and first != second and total > 1
        part = (total / 2).quantize(Decimal("0.01")) if is_split else total
        parts = [(first, part), (second, total - part)] if is_split else [(first, total)]
        return [
            {"seq": seq, "type": kind, "amount": amount, "currency": self.store.currency}
            for seq, (kind, amount) in enumerate(parts, 1)
        ]

    def _account(self, totals: Totals, tenders: Sequence[Tender], sign: int) -> None:
        session = self._open_session()
        for name, amount in totals.items():
            session.totals[name] += sign * Decimal(str(amount))
        for tender in tenders:
            session.tenders[tender["type"]] += sign * tender["amount"]

    def _open_session(self) -> Session:
        if self.session is None:
            raise ValueError(
                f"{self.store.store_id}-{self.register} has no open session; open the till first"
            )
        return self.session
