"""Pseudonyms of customers."""

from __future__ import annotations

import hashlib

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.settings import SettingsError

PEPPER_PREFIX = "customerpepper"
"""Marks the secret in plans so that Spark's redaction (see lakehouse.storage.session) can hide it."""


def pepper(secret: str) -> str:
    """The secret in the form that goes into plans: recognisable, and not the secret itself."""
    if not secret:
        raise SettingsError(
            "RETAIL_CUSTOMER_SECRET is empty; expected a secret. `retail up` makes one under RETAIL_HOME, "
            "in production give it by the environment"
        )
    return PEPPER_PREFIX + hashlib.sha256(secret.encode()).hexdigest()


def customer_key(customer_id: Column, secret: str) -> Column:
    """sha2-256 (64 hex digits) of the secret and the id; null for a null or empty id."""
    return F.when(F.length(customer_id) > 0, F.sha2(F.concat(F.lit(pepper(secret)), customer_id), 256))
