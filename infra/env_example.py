"""``infra/env.example``: every setting with its meaning, written from ``lakehouse/settings.py``.

python -m infra.env_example        write the file anew, after a setting was added
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from lakehouse.settings import Settings

TARGET = "infra/env.example"
_HEAD = """\
# Every setting of the house: its meaning, then the line that sets it, with the value that counts when it is absent.
# Take out the leading # of what you change, and put the line into the environment or into $RETAIL_HOME/retail.env
# (the environment wins). Secrets belong into the environment or a secret store; `retail up` makes those of the
# local servers itself and keeps them in $RETAIL_HOME/secrets.env.
# Written by `python -m infra.env_example` from lakehouse/settings.py.
"""
# Where the default is computed, and what is told instead of it.
_COMPUTED = {"home": ".retail"}


def env_example() -> str:
    """The text of the file, settings in the order in which the code lists them."""
    return _HEAD + "".join(_entry(name, field) for name, field in Settings.model_fields.items())


def _entry(name: str, field: FieldInfo) -> str:
    default = "" if field.annotation is SecretStr else _COMPUTED.get(name, field.default)
    return f"\n# {_meaning(name, field)}\n#RETAIL_{name.upper()}={_written(default)}\n"


def _meaning(name: str, field: FieldInfo) -> str:
    meaning = field.description or ""
    if field.annotation is SecretStr:
        return f"{meaning} (secret)"
    if get_origin(field.annotation) is Literal:
        return f"{meaning} ({' | '.join(map(str, get_args(field.annotation)))})"
    return f"{meaning} (the environment only)" if name in _COMPUTED else meaning


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def main() -> None:
    """Write the file of the checkout that this module stands in."""
    (Path(__file__).resolve().parents[1] / TARGET).write_text(env_example(), encoding="utf-8")


if __name__ == "__main__":
    main()
