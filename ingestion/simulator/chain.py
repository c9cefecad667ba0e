"""The chain's stores and the plan of a run.

The stores are the same for every seed. Their names say that they are simulated, so that whoever reads a
report sees it; every event id begins with ``sim:``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

SIMULATED = "sim:"
MASTER_SINCE = timedelta(days=30)


@dataclass(frozen=True)
class Store:
    """One store. ``opens`` and ``closes`` are local hours of its business day (26 = two in the morning);
    ``closing_hour`` is the local hour at which the business day ends."""

    store_id: str
    name: str
    region: str
    country: str
    zone: str
    currency: str
    opens: int
    closes: int
    closing_hour: int = 0
    registers: int = 2

    @property
    def tills(self) -> tuple[str, ...]:
        """Ids of the store's registers."""
        return tuple(f"R{number}" for number in range(1, self.registers + 1))

    def at(self, day: date, hours: float) -> datetime:
        """The instant (UTC) that many hours after local midnight of the day, by the wall clock."""
        whole = day + timedelta(days=int(hours // 24))
        seconds = round(hours % 24 * 3600)
        wall = datetime.combine(whole, time(), ZoneInfo(self.zone)).replace(
            hour=seconds // 3600, minute=seconds // 60 % 60, second=seconds % 60
        )
        return wall.astimezone(UTC)

    def local(self, instant: datetime) -> str:
        """ISO 8601 of an instant with the store's offset."""
        return instant.astimezone(ZoneInfo(self.zone)).isoformat(timespec="milliseconds")

    def business_date(self, instant: datetime) -> date:
        """The business day that an instant belongs to."""
        local = instant.astimezone(ZoneInfo(self.zone))
        return local.date() - timedelta(days=local.hour < self.closing_hour)


STORES = (
    Store("S01", "London Strand (simulated)", "South", "GB", "Europe/London", "GBP", 8, 22),
    Store("S02", "Manchester Piccadilly (simulated)", "North", "GB", "Europe/London", "GBP", 9, 21),
    Store("S03", "Edinburgh Late (simulated)", "North", "GB", "Europe/London", "GBP", 12, 27, 4),
    Store("S04", "Dublin Quays (simulated)", "Ireland", "IE", "Europe/Dublin", "EUR", 8, 20),
    Store("S05", "Berlin Mitte (simulated)", "Continent", "DE", "Europe/Berlin", "EUR", 7, 20),
    Store("S06", "Athens Plaka (simulated)", "Continent", "GR", "Europe/Athens", "EUR", 11, 26, 3),
)


@dataclass(frozen=True)
class ChainPlan:
    """What the chain does. ``start`` is its first business day, ``receipts_per_day`` holds for each store on average;
    ``late``, ``duplicates`` and ``broken`` are shares of all events, 0 to 1, ``broken`` of receipts. ``label`` tells runs
    of one day apart."""

    start: date
    seed: int = 1
    days: int = 7
    receipts_per_day: int = 25
    late: float = 0.02
    duplicates: float = 0.02
    broken: float = 0.005
    label: str = ""

    def __post_init__(self) -> None:
        shares = (self.late, self.duplicates, self.broken)
        if not all(0 <= share <= 1 for share in shares) or min(self.days, self.receipts_per_day) < 1:
            raise ValueError(
                f"shares lie between 0 and 1, days and receipts_per_day are at least 1; seen {self}"
            )

    @property
    def run(self) -> str:
        """Name of the run: the same plan always makes the same events, another start makes other ids."""
        return f"chain|{self.seed}|{self.start.isoformat()}|{self.label}"

    @property
    def run_id(self) -> str:
        """The run in ids."""
        return run_id(self.run)


def run_id(run: str) -> str:
    """Twelve hex digits of a run's name."""
    return blake2b(run.encode(), digest_size=6).hexdigest()


def last_full_week(today: date) -> date:
    """Monday of the last week that ended two days ago or earlier: its late tills have all delivered."""
    ended = today - timedelta(days=2)
    return ended - timedelta(days=ended.weekday() + 7 if ended.weekday() < 6 else 6)
