"""Microsoft's own parsers open the model and its queries, and see in it what our small reader sees."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.warehouse.powerbi.microsoft_parser import MicrosoftParser
from tests.warehouse.powerbi.model_checks import query_of
from tests.warehouse.powerbi.tmdl_reader import Model, read_model
from warehouse.render.powerbi import MODEL

DEFINITION = Path(__file__).resolve().parents[3] / "warehouse/powerbi" / MODEL / "definition"
SCRIPT = Path(__file__).with_name("parse_m.cjs")


def query_faults(model: Model, npm_folder: Path) -> list[str]:
    """What the Power Query parser says against the queries."""
    queries = {table.name: query_of(table.of("partition")[0]) for table in model.tables}
    modules = {"NODE_PATH": str(npm_folder / "node_modules")}
    done = subprocess.run(
        ["node", str(SCRIPT)], input=json.dumps(queries), env=os.environ | modules, capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    return [f"query of {name}: {fault}" for name, fault in json.loads(done.stdout).items()]


def test_the_tmdl_parser_opens_the_model_and_agrees_with_our_reader(tmdl_parser: MicrosoftParser) -> None:
    assert tmdl_parser.fault(DEFINITION) == ""
    theirs, ours = tmdl_parser.model(), read_model(DEFINITION)
    columns = {table["name"]: {each["name"] for each in table["columns"]} for table in theirs["tables"]}
    assert columns == {table: set(names) for table, names in ours.columns.items()}
    measures = {each["name"]: each for table in theirs["tables"] for each in table.get("measures", [])}
    mine = {each.name: each for table in ours.tables for each in table.of("measure")}
    assert {name: _flat(each["expression"]) for name, each in measures.items()} == {
        name: _flat(each.expression) for name, each in mine.items()
    }
    assert len(theirs["relationships"]) == len(ours.relationships)
    assert {role["name"] for role in theirs["roles"]} == {role.name for role in ours.roles}


def test_the_power_query_parser_reads_every_query(npm_folder: Path) -> None:
    assert query_faults(read_model(DEFINITION), npm_folder) == []


def _flat(expression: Any) -> str:
    text = "\n".join(expression) if isinstance(expression, list) else expression
    return re.sub(r"\s+", " ", text).strip()
