"""The SQL scripts, named as schemachange names them: ``V<version>__…`` once, ``R__…`` when changed, ``A__…`` always."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from io import StringIO
from itertools import pairwise
from typing import Literal

from snowflake.connector.util_text import split_statements

from lakehouse.settings import Settings
from warehouse.errors import DeploymentError
from warehouse.render.variables import filled_in, template_variables

Kind = Literal["V", "R", "A"]
ACCOUNT = "account"
_NAME = re.compile(r"(?:V(?P<version>\d+(?:\.\d+)*)|(?P<kind>[RA]))__(?P<description>\w+)\.sql")


@dataclass(frozen=True)
class Script:
    """One file. ``text`` is what runs: the variables are filled in. ``is_account``: makes objects of the account."""

    name: str
    kind: Kind
    version: tuple[int, ...]
    description: str
    text: str
    is_account: bool = False

    @property
    def checksum(self) -> str:
        """What the history knows the text by; schemachange takes the same hash."""
        return hashlib.sha224(self.text.encode()).hexdigest()

    @property
    def statements(self) -> tuple[str, ...]:
        """Its statements without comments, each as it is sent."""
        found = (sql.strip().rstrip(";").strip() for sql, _ in split_statements(StringIO(self.text), True))
        return tuple(sql for sql in found if sql)


def sql_folder() -> Traversable:
    """Where the scripts stand."""
    return resources.files("warehouse").joinpath("sql")


def read_scripts(settings: Settings) -> tuple[Script, ...]:
    """All scripts in the order in which they run; those of the account only where the settings say that we make them."""
    variables = template_variables(settings)
    files = [(file, False) for file in sql_folder().iterdir() if file.is_file()]
    if settings.snowflake_account_objects:
        files += [(file, True) for file in sql_folder().joinpath(ACCOUNT).iterdir()]
    return in_order(
        script_of(file.name, filled_in(file.name, file.read_text(encoding="utf-8"), variables), is_account)
        for file, is_account in files
        if file.name.endswith(".sql")
    )


def script_of(name: str, text: str, is_account: bool = False) -> Script:
    """A script from its name and text; raises DeploymentError for a name that schemachange would not take."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise DeploymentError(
            f"{name}: expected V<version>__<description>.sql, R__<description>.sql or A__<description>.sql"
        )
    version = tuple(int(part) for part in match["version"].split(".")) if match["version"] else ()
    kind: Kind = "V" if version else ("R" if match["kind"] == "R" else "A")
    return Script(name, kind, version, match["description"].replace("_", " "), text, is_account)


def in_order(scripts: Iterable[Script]) -> tuple[Script, ...]:
    """V by version, then R, then A by name. Raises DeploymentError where two would be taken for one."""
    listed = [script for script in scripts if script.statements]
    order = {"V": 0, "R": 1, "A": 2}
    done = sorted(listed, key=lambda script: (order[script.kind], script.version, script.name))
    for one, other in pairwise(done):
        if one.name == other.name or (one.kind == "V" and one.version == other.version):
            raise DeploymentError(
                f"{one.name} and {other.name} have one version; give the later one a higher"
            )
    return tuple(done)
