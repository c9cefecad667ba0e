"""What the lake knows of a customer who is to be erased. Reads only, without a JVM."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

import pyarrow.compute as pc  # type: ignore[import-untyped]

from lakehouse.rules.person import FIELDS, Kind, Person, Sought, person
from lakehouse.rules.pseudonym import ERASED, pseudonym
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader

_TOLD: tuple[Kind, ...] = ("name", "email", "phone")


def known_person(lake: LakeReader, settings: Settings, customer_id: str, also: Iterable[str] = ()) -> Person:
    """The customer with every name, e-mail and phone that silver and bronze tell of, and the texts ``also``.

    A text that another customer's master data tell as well is left out: looking for it would find that one.
    """
    key = pseudonym(customer_id, settings.customer_secret.get_secret_value())
    told = {*_of_silver(lake, key), *_of_bronze(lake, customer_id)}
    others = _of_others(lake, key)
    shared = {each for each in told if (each.kind, each.text.casefold()) in others}
    asked = {Sought("other", text) for text in also}
    return person(customer_id, key, (told - shared) | asked, (each.kind for each in shared))


def _digits(phone: str) -> str:
    """The number as a program may keep it: digits, and the plus that begins it."""
    return re.sub(r"(?!^\+)[^0-9]", "", phone.strip())


def _of_silver(lake: LakeReader, key: str) -> Iterator[Sought]:
    rows = lake.rows("silver", "customers", _TOLD, pc.field("customer_key") == key)
    for row in [] if rows is None else rows.to_pylist():
        yield from _texts(row)


def _of_bronze(lake: LakeReader, customer_id: str) -> Iterator[Sought]:
    rows = lake.rows("bronze", "customers", ("value",))
    for value in [] if rows is None else rows["value"].to_pylist():
        try:
            fields = json.loads(value or b"", parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            continue
        if isinstance(fields, dict) and fields.get(FIELDS["id"]) == customer_id:
            yield from _texts(fields)


def _of_others(lake: LakeReader, key: str) -> set[tuple[Kind, str]]:
    """What master data tell of anybody else."""
    rows = lake.rows("silver", "customers", _TOLD, ~pc.field("customer_key").isin([key, ERASED]))
    found = set[tuple[Kind, str]]()
    for row in [] if rows is None else rows.to_pylist():
        found |= {(each.kind, each.text.casefold()) for each in _texts(row)}
    return found


def _texts(row: dict[str, object]) -> Iterator[Sought]:
    for kind in _TOLD:
        text = row.get(kind)
        if isinstance(text, str) and text.strip():
            yield Sought(kind, text)
            if kind == "phone":
                yield Sought(kind, _digits(text))
