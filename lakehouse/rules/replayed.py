"""Headers of a record that was refused and is sent again, and the day that its dates are measured from.

A replayed record is an ordinary new record of its topic. Three headers tell where it comes from; they stand in
bronze for ever, and what became of a refused record is read from them.
"""

from __future__ import annotations

REPLAY_OF = "replay_of"
"""Quarantine id of the refused record."""

PATCH_SHA256 = "patch_sha256"
"""sha2-256, in hex, of the file that changed the value; UNCHANGED for a value sent byte for byte."""

FIRST_RECEIVED_AT = "first_received_at"
"""When the record was received first, ISO 8601 in UTC; a replay of a replay hands it on."""

UNCHANGED = "none"
HEADERS = (REPLAY_OF, PATCH_SHA256, FIRST_RECEIVED_AT)


def first_received_at() -> str:
    """SQL over ``received_at`` and ``headers`` of a record: when it, or the record that it replays, came first.

    The header counts only beside ``replay_of``, and only if it lies before the arrival of this record: it can
    move the window of business dates back to where it stood, and never ahead. Whether ``replay_of`` names a
    record in quarantine is not asked here, because the stream would have to join a table for it; `retail
    reconcile` asks. As with the header of replayed files, the window guards against mistakes, not malice.
    """
    is_replay = f"array_contains(headers.key, '{REPLAY_OF}')"
    header = f"filter(headers, h -> h.key = '{FIRST_RECEIVED_AT}')"
    first = f"try_cast(CAST(get({header}, 0).value AS STRING) AS TIMESTAMP)"
    # least() passes over nulls: without the header, or with one that is no time, it is received_at.
    return f"least(received_at, CASE WHEN {is_replay} THEN {first} END)"
