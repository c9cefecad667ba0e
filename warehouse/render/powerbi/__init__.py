"""The Power BI project as text: which files of ``warehouse/powerbi`` derive from contracts and layouts, and their text."""

from __future__ import annotations

import json
from typing import Any

from warehouse.render.powerbi.measures import all_measures
from warehouse.render.powerbi.model import layout, model_tables, powerbi_file, stars
from warehouse.render.powerbi.names import tag
from warehouse.render.powerbi.report import report_documents
from warehouse.render.powerbi.tmdl import (
    expressions_file,
    model_file,
    relationships_file,
    role_files,
    table_file,
)
from warehouse.render.powerbi.visuals import SCHEMAS, Fields

MODEL = "Retail.SemanticModel"
REPORT = "Retail.Report"


def powerbi_files() -> dict[str, str]:
    """Text by path below ``warehouse/powerbi``. The theme and the READMEs are written by hand."""
    documents = {
        "Retail.pbip": {
            "$schema": f"{SCHEMAS}pbip/pbipProperties/1.0.0/schema.json",
            "version": "1.0",
            "artifacts": [{"report": {"path": REPORT}}],
            "settings": {"enableAutoRecovery": True},
        },
        f"{MODEL}/.platform": _platform("SemanticModel", MODEL),
        f"{REPORT}/.platform": _platform("Report", REPORT),
        f"{MODEL}/definition.pbism": {
            "$schema": f"{SCHEMAS}item/semanticModel/definitionProperties/1.0.0/schema.json",
            "version": "4.2",
            "settings": {},
        },
        f"{REPORT}/definition.pbir": {
            "$schema": f"{SCHEMAS}item/report/definitionProperties/2.0.0/schema.json",
            "version": "4.0",
            "datasetReference": {"byPath": {"path": f"../{MODEL}"}},
        },
    }
    pages = report_documents(powerbi_file("pages.yaml")["pages"], model_fields())
    documents |= {f"{REPORT}/definition/{path}": document for path, document in pages.items()}
    texts = {
        path: json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for path, document in documents.items()
    }
    return texts | {f"{MODEL}/definition/{path}": text for path, text in _model_files().items()}


def model_fields() -> Fields:
    """Columns and measures of the model as ``Table.Name``."""
    return Fields(
        frozenset(f"{table.name}.{column.name}" for table in model_tables() for column in table.columns),
        frozenset(f"{measure.table}.{measure.name}" for measure in all_measures()),
    )


def _model_files() -> dict[str, str]:
    tables = model_tables()
    files = {
        "database.tmdl": "database\n\tcompatibilityLevel: 1601\n",
        "model.tmdl": model_file(layout(), tables),
        "expressions.tmdl": expressions_file(layout()),
        "relationships.tmdl": relationships_file(stars()),
    }
    for table in tables:
        own = [measure for measure in all_measures() if measure.table == table.name]
        files[f"tables/{table.name}.tmdl"] = table_file(table, own)
    return files | {f"roles/{name}": text for name, text in role_files(layout()).items()}


def _platform(kind: str, name: str) -> dict[str, Any]:
    return {
        "$schema": f"{SCHEMAS}gitIntegration/platformProperties/2.0.0/schema.json",
        "metadata": {"type": kind, "displayName": "Retail"},
        "config": {"version": "2.0", "logicalId": tag("item", name)},
    }
