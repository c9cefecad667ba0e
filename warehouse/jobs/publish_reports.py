"""Entry: publish the Power BI project to a workspace: the semantic model, then the report that reads it.

``python -m warehouse.jobs.publish_reports WORKSPACE SnowflakeServer=HOST [SnowflakeWarehouse=…]``. WORKSPACE is the id of
the workspace; what follows are parameters of the queries. An item of the same name is replaced, no other is touched, and
nothing is deleted. Signs in as azure-identity finds a way: `az login`, a managed identity, or AZURE_CLIENT_ID,
AZURE_TENANT_ID and AZURE_CLIENT_SECRET of a service principal. Needs fabric-cicd (`make setup dev`) and no Spark.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from azure.core.credentials import TokenCredential
from azure.identity import DefaultAzureCredential
from fabric_cicd import FabricWorkspace, publish_all_items  # type: ignore[import-untyped]

from lakehouse.contracts import ContractError
from lakehouse.storage.job_errors import run_job
from warehouse.render.powerbi import MODEL, REPORT
from warehouse.render.powerbi.model import layout
from warehouse.render.powerbi.tmdl import expressions_file, with_parameters

# A model before the report on it.
_ITEMS = ("SemanticModel", "Report")


def publish(workspace: str, parameters: Mapping[str, str], credential: TokenCredential) -> None:
    """Create or replace both items of the workspace. Raises ContractError for a parameter that the model has not."""
    with TemporaryDirectory() as folder:
        project(Path(folder), parameters)
        there = FabricWorkspace(
            workspace_id=workspace,
            repository_directory=folder,
            item_type_in_scope=list(_ITEMS),
            token_credential=credential,
        )
        publish_all_items(there)


def project(folder: Path, parameters: Mapping[str, str]) -> None:
    """The committed project in ``folder``, with these values of the parameters."""
    said = expressions_file(with_parameters(layout(), parameters))
    home = Path(str(resources.files("warehouse").joinpath("powerbi")))
    for item in (MODEL, REPORT):
        shutil.copytree(home / item, folder / item, ignore=shutil.ignore_patterns(".pbi"))
    (folder / MODEL / "definition/expressions.tmdl").write_text(said, encoding="utf-8")


def told(arguments: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Workspace and parameters of the command line. Raises ContractError when they cannot be read."""
    workspace, *rest = arguments or [""]
    parameters = dict(each.split("=", 1) for each in rest if "=" in each)
    if (
        not workspace
        or "=" in workspace
        or len(parameters) != len(rest)
        or "SnowflakeServer" not in parameters
    ):
        raise ContractError(
            f"expected WORKSPACE SnowflakeServer=HOST [name=value …], seen {' '.join(arguments) or 'nothing'}"
        )
    return workspace, parameters


def main() -> None:
    """Publish once and say so as one line of JSON."""
    workspace, parameters = told(sys.argv[1:])
    publish(workspace, parameters, DefaultAzureCredential())
    print(json.dumps({"event": "published", "workspace": workspace, "items": _ITEMS}), flush=True)


if __name__ == "__main__":
    run_job(main)
