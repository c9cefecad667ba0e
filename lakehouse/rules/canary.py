"""What marks a canary: a cancelled receipt of a store that no till belongs to. Freshness is measured by it."""

from __future__ import annotations

# No KPI counts a CANCELLED receipt, and no till bears this store.
CANARY_STORE = "CANARY"
