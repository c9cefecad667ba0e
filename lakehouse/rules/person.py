"""Who is looked for: the texts that name one customer, and the pattern that finds them in a text or in bytes.

A text that could as well mean something else (a number of five digits is also a product code) counts only where a
customer is meant: in JSON under its own field, and in columns that a contract classifies. A distinctive one counts
everywhere, as a word of its own: not inside a longer word or number, nor an address inside a longer address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from lakehouse.rules.pseudonym import ERASED

Kind = Literal["id", "name", "email", "phone", "pseudonym", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)

FIELDS: dict[str, str] = {"id": "customer_id", "name": "name", "email": "email", "phone": "phone"}
"""Field of the topic `customers` by kind."""

_LEAST_LETTERS, _LEAST_DIGITS = 6, 9
# What may stand before and after a word; the escapes are those of JSON. RE2, Java and Python read all of it alike.
_BEFORE = r"(?:^|[^0-9A-Za-z]|\\[nrtbf]|\\u[0-9A-Fa-f]{4})"
_AFTER = r"(?:$|[^0-9A-Za-z])"
_BEFORE_MAIL = r"(?:^|[^0-9A-Za-z._%+-]|\\[nrtbf]|\\u[0-9A-Fa-f]{4})"
_AFTER_MAIL = r"(?:$|[^0-9A-Za-z.-]|\.(?:$|[^0-9A-Za-z]))"


@dataclass(frozen=True, order=True)
class Sought:
    """One text that names the customer."""

    kind: Kind
    text: str

    @property
    def is_distinctive(self) -> bool:
        """Whether the text can hardly mean anything but this customer."""
        if self.text.isdigit():
            return len(self.text) >= _LEAST_DIGITS
        return len(self.text) >= _LEAST_LETTERS and not self.text.isalpha()


@dataclass(frozen=True)
class Person:
    """A customer to be erased. ``sought`` holds id and pseudonym too; ``shared``: kinds of texts that name another
    customer as well, and are not looked for."""

    customer_id: str
    pseudonym: str
    sought: tuple[Sought, ...]
    shared: tuple[Kind, ...] = ()

    @property
    def distinctive(self) -> tuple[Sought, ...]:
        """What is looked for everywhere."""
        return tuple(each for each in self.sought if each.is_distinctive)

    @property
    def ambiguous(self) -> tuple[Sought, ...]:
        """What is looked for only where a customer is meant."""
        return tuple(each for each in self.sought if not each.is_distinctive)

    def as_json(self) -> str:
        """The person as text, for the request; it names the customer."""
        texts = [[each.kind, each.text] for each in self.sought]
        return json.dumps([self.customer_id, self.pseudonym, texts, list(self.shared)])

    @classmethod
    def of_json(cls, text: str) -> Person:
        """The person that ``as_json`` told."""
        customer_id, key, texts, shared = json.loads(text)
        return cls(customer_id, key, tuple(Sought(*each) for each in texts), tuple(shared))


def person(customer_id: str, key: str, told: Iterable[Sought], shared: Iterable[Kind] = ()) -> Person:
    """The person of that id and pseudonym with what is told of it; empty texts and repetitions are left out."""
    own = {Sought("id", customer_id), Sought("pseudonym", key)}
    texts = {each for each in told if each.text.strip() and each.text != ERASED}
    return Person(customer_id, key, tuple(sorted(own | texts)), tuple(sorted(set(shared))))


def pattern(sought: Sequence[Sought], *, of_customers: bool = False) -> str:
    """A regular expression that finds any of the texts, whatever their case, as RE2, Java and Python read it.

    An ambiguous id is found only as the value of `customer_id` in JSON; other ambiguous texts only in master data of
    customers (``of_customers``), as the value of their field.
    """
    words = [each for each in sought if each.is_distinctive]
    plain = [form for each in words if each.kind != "email" for form in _forms(each.text)]
    mails = [form for each in words if each.kind == "email" for form in _forms(each.text)]
    parts = [rf"{_BEFORE}(?:{'|'.join(plain)}){_AFTER}"] if plain else []
    parts += [rf"{_BEFORE_MAIL}(?:{'|'.join(mails)}){_AFTER_MAIL}"] if mails else []
    parts += [field_pattern(each) for each in _in_fields(sought, of_customers=of_customers)]
    return f"(?i)(?:{'|'.join(parts) or '$^x'})"


def field_pattern(sought: Sought, open_group: str = "(?:") -> str:
    """Finds the text as the value of its field in JSON; a number may stand without quotes.

    ``open_group`` begins the group of what follows a bare number: `(?=` where the engine knows that.
    """
    forms = "|".join(_forms(sought.text))
    bare = rf"|{sought.text}{open_group}$|[^0-9A-Za-z.])" if sought.text.isdigit() else ""
    return rf'"{FIELDS[sought.kind]}"\s*:\s*(?:"(?:{forms})"{bare})'


def without(value: bytes, sought: Sequence[Sought], *, of_customers: bool = False) -> bytes:
    """The bytes with ERASED in place of every text that ``pattern`` finds; all other bytes stay."""
    for each in sought:
        if each.is_distinctive:
            value = re.sub(_word_pattern(each).encode(), rb"\1" + ERASED.encode(), value)
    for each in _in_fields(sought, of_customers=of_customers):
        told = f'"{FIELDS[each.kind]}": "{ERASED}"'.encode()
        value = re.sub(f"(?i){field_pattern(each, '(?=')}".encode(), told, value)
    return value


def word_patterns(sought: Sequence[Sought]) -> tuple[str, ...]:
    """A pattern for each distinctive text; replaced by ``$1`` and ERASED it is gone (Java's regexp_replace)."""
    return tuple(_word_pattern(each) for each in sought if each.is_distinctive)


def _word_pattern(sought: Sought) -> str:
    before, after = (_BEFORE_MAIL, _AFTER_MAIL) if sought.kind == "email" else (_BEFORE, _AFTER)
    return f"(?i)({before})(?:{'|'.join(_forms(sought.text))})(?={after})"


def _in_fields(sought: Sequence[Sought], *, of_customers: bool) -> list[Sought]:
    kinds = FIELDS if of_customers else ("id",)
    return [each for each in sought if not each.is_distinctive and each.kind in kinds]


def _forms(text: str) -> list[str]:
    """The text as it stands in UTF-8 and as JSON may escape it, ready for a regular expression.

    Engines that read bytes know no capitals beyond ASCII, so those of the whole text are forms of their own.
    """
    cases = {text, text.lower(), text.upper()}
    forms = {
        form
        for each in cases
        for form in (each, json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1])
    }
    return [_escaped(form) for form in sorted({form.lower() if form.isascii() else form for form in forms})]


def _escaped(text: str) -> str:
    """Escaped for RE2, Java and Python alike: only what is neither letter, digit nor beyond ASCII needs it."""
    return re.sub(r"([^0-9A-Za-z\u0080-\U0010ffff])", r"\\\1", text)
