"""Pseudonyms of customers, and what is kept of a customer who was erased. The silver column says the same in SQL."""

from __future__ import annotations

import hashlib

from lakehouse.settings import SettingsError

PEPPER_PREFIX = "customerpepper"
"""Marks the secret in plans so that Spark's redaction (see lakehouse.storage.session) can hide it."""

ERASED = "ERASED"
"""Id, pseudonym and text of everybody who was erased; never the id of a living customer."""

ERASED_EVENT = "erased-"
"""Begins the event ids of master data of erased customers: those ids often name the customer."""

TOMBSTONE_EVENT = "tombstone-"
"""Begins the event ids of tombstones (topics/customers); they tell a place in Kafka and nobody's name."""

_SUPPRESSED = "erased|"
_EVENT_DIGITS = 32


def pepper(secret: str) -> str:
    """The secret in the form that goes into plans: recognisable, and not the secret itself."""
    if not secret:
        raise SettingsError(
            "RETAIL_CUSTOMER_SECRET is empty; expected a secret. `retail up` makes one under RETAIL_HOME, "
            "in production give it by the environment"
        )
    return PEPPER_PREFIX + hashlib.sha256(secret.encode()).hexdigest()


def pseudonym(customer_id: str, secret: str) -> str:
    """sha2-256 (64 hex digits) of the secret and the id, as lakehouse.silver.customer_key makes it in Spark."""
    if customer_id == ERASED:
        return ERASED
    return hashlib.sha256((pepper(secret) + customer_id).encode()).hexdigest()


def suppression_hash(key: str) -> str:
    """What ops.erasures keeps of an erased customer: a hash of the pseudonym, by which a later event is known.

    It stands in no other table, so nothing can be joined to it.
    """
    return hashlib.sha256((_SUPPRESSED + key).encode()).hexdigest()


def suppression_sql(key: str) -> str:
    """The same in SQL over the column ``key``."""
    return f"sha2(concat('{_SUPPRESSED}', {key}), 256)"


def erased_event_id(event_id: str, secret: str) -> str:
    """The event id of a state of an erased customer: the same for the same id, so a repetition is still known."""
    if event_id.startswith((TOMBSTONE_EVENT, ERASED_EVENT)):
        return event_id
    digest = hashlib.sha256((pepper(secret) + event_id).encode()).hexdigest()
    return ERASED_EVENT + digest[:_EVENT_DIGITS]


def erased_event_sql(event_id: str, pepper_text: str) -> str:
    """The same in SQL over the expression ``event_id``; ``pepper_text`` as ``pepper`` gives it."""
    kept = f"startswith({event_id}, '{TOMBSTONE_EVENT}') OR startswith({event_id}, '{ERASED_EVENT}')"
    digest = f"left(sha2(concat('{pepper_text}', {event_id}), 256), {_EVENT_DIGITS})"
    return f"CASE WHEN {kept} THEN {event_id} ELSE concat('{ERASED_EVENT}', {digest}) END"
