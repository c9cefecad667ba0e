"""Names of the semantic model: what readers see, how TMDL and DAX quote it, and tags that never change."""

from __future__ import annotations

import re
import uuid

# Tags name an object across renames of its text. The root is any fixed UUID; tags derive from it and the path.
_ROOT = uuid.UUID("6f3f3a52-0c5e-4c2e-9d86-0d0f5a7f5a11")
_SPELLED = {"uom": "UOM", "rfm": "RFM", "iso": "ISO", "sla": "SLA"}
_SMALL = {"of", "per", "without", "in", "on", "by", "and", "with"}
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def title(name: str) -> str:
    """``net_amount`` as ``Net Amount``."""
    return " ".join(_SPELLED.get(word, word.capitalize()) for word in name.split("_"))


def caption(name: str) -> str:
    """``Share of free lines`` as ``Share of Free Lines``."""
    words = name.split(" ")
    return " ".join(word if word in _SMALL else word[:1].upper() + word[1:] for word in words)


def table_title(contract: str) -> str:
    """``fct_sales_lines`` as ``Sales Lines``: without the prefix of its kind."""
    return title(re.sub(r"^(fct|dim|agg)_", "", contract))


def quoted(name: str) -> str:
    """A name in TMDL; one with a space stands in quotes."""
    return name if _PLAIN.fullmatch(name) else "'" + name.replace("'", "''") + "'"


def dax_column(table: str, column: str) -> str:
    """A column in DAX."""
    return f"'{table}'[{column}]"


def tag(*path: str) -> str:
    """The lineage tag of the object at ``path``."""
    return str(uuid.uuid5(_ROOT, "/".join(path)))
