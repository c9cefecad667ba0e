"""The project is published by Microsoft's own tool to a workspace that speaks Fabric's interface."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from fabric_cicd import constants  # type: ignore[import-untyped]

from lakehouse.contracts import ContractError
from tests.warehouse.powerbi.fake_fabric import WORKSPACE, Workspace, running
from tests.warehouse.powerbi.tmdl_reader import read_model
from warehouse.jobs.publish_reports import project, publish, told
from warehouse.render.powerbi import MODEL, REPORT

PROJECT = Path(__file__).resolve().parents[3] / "warehouse/powerbi"
SERVER = {"SnowflakeServer": "shop.example.com"}


class Reader:
    """Somebody who is signed in."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """A token of an hour."""
        assert scopes
        return AccessToken("of-ours", int(time.time()) + 3600)


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """An empty workspace, which the tool takes for Fabric."""
    with running(Workspace()) as there:
        monkeypatch.setattr(constants, "DEFAULT_API_ROOT_URL", there.address)
        monkeypatch.setattr(constants, "FABRIC_API_ROOT_URL", there.address)
        yield there


def published(workspace: Workspace, kind: str) -> tuple[str, dict[str, str]]:
    """Identity and files of the only item of that kind."""
    (item,) = (each for each in workspace.items if each["type"] == kind)
    return item["id"], workspace.files[item["id"]]


def test_model_and_report_arrive_as_they_are_committed_and_the_report_reads_that_model(
    workspace: Workspace,
) -> None:
    publish(WORKSPACE, SERVER, Reader())
    assert workspace.unknown == []
    assert workspace.token == "Bearer of-ours"
    identity, files = published(workspace, "SemanticModel")
    assert _but(files, "definition/expressions.tmdl") == _but(
        _committed(MODEL), "definition/expressions.tmdl"
    )
    assert 'SnowflakeServer = "shop.example.com"' in files["definition/expressions.tmdl"]
    assert 'SnowflakeRole = "RETAIL_BI"' in files["definition/expressions.tmdl"]
    _, pages = published(workspace, "Report")
    assert _but(pages, "definition.pbir") == _but(_committed(REPORT), "definition.pbir")
    assert identity in json.dumps(json.loads(pages["definition.pbir"])["datasetReference"]["byConnection"])


def test_publishing_again_replaces_both_and_touches_nothing_else(workspace: Workspace) -> None:
    foreign = workspace.add("Report", "Of somebody else")
    publish(WORKSPACE, SERVER, Reader())
    before = [each["id"] for each in workspace.items]
    workspace.asked.clear()
    publish(WORKSPACE, {"SnowflakeServer": "other.example.com"}, Reader())
    assert [each["id"] for each in workspace.items] == before
    assert "other.example.com" in published(workspace, "SemanticModel")[1]["definition/expressions.tmdl"]
    assert foreign in before
    assert foreign not in workspace.files
    assert not [each for each in workspace.asked if each.startswith("DELETE") or foreign in each]


def test_a_workspace_that_refuses_fails_the_job(workspace: Workspace) -> None:
    with pytest.raises(Exception, match="Unhandled error occurred calling GET on"):
        publish("99999999-2222-3333-4444-555555555555", SERVER, Reader())
    assert workspace.items == []


def test_a_parameter_that_is_none_is_refused_before_anything_is_sent(workspace: Workspace) -> None:
    with pytest.raises(ContractError, match="no parameter SnowflakeHost; parameters are SnowflakeServer"):
        publish(WORKSPACE, {"SnowflakeHost": "x"}, Reader())
    assert workspace.asked == []


@pytest.mark.check
def test_the_command_line_needs_a_workspace_and_a_server(tmp_path: Path) -> None:
    assert told(["w", "SnowflakeServer=h", "SnowflakeRole=R"]) == (
        "w",
        {"SnowflakeServer": "h", "SnowflakeRole": "R"},
    )
    for wrong in (
        [],
        ["w"],
        ["w", "SnowflakeRole=R"],
        ["w", "SnowflakeServer=h", "R"],
        ["SnowflakeServer=h"],
    ):
        with pytest.raises(ContractError, match="expected WORKSPACE SnowflakeServer=HOST"):
            told(wrong)
    project(tmp_path, SERVER)
    assert read_model(tmp_path / MODEL / "definition").measures


def _committed(item: str) -> dict[str, str]:
    home = PROJECT / item
    return {
        path.relative_to(home).as_posix(): path.read_text(encoding="utf-8")
        for path in home.rglob("*")
        if path.is_file() and ".pbi" not in path.parts
    }


def _but(files: dict[str, str], name: str) -> dict[str, str]:
    return {path: text for path, text in files.items() if path not in (name, ".platform")}
