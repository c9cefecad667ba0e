"""Pseudonyms of customers."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.rules.pseudonym import ERASED, pepper


def customer_key(customer_id: Column, secret: str) -> Column:
    """sha2-256 (64 hex digits) of the secret and the id; null for a null or empty id, ERASED for ERASED."""
    key = F.sha2(F.concat(F.lit(pepper(secret)), customer_id), 256)
    return F.when(customer_id == ERASED, F.lit(ERASED)).when(F.length(customer_id) > 0, key)
