"""A container's check is good exactly while the application holds the lease."""

from __future__ import annotations

import pytest

from infra.stream_health import WRITER, main
from lakehouse.settings import Settings
from lakehouse.storage.lease import Lease

pytestmark = pytest.mark.stack


@pytest.fixture
def lake(stack_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("RETAIL_LAKE_PREFIX", stack_settings.lake_prefix)
    return stack_settings


def test_the_stream_is_well_exactly_while_the_application_holds_the_lease(
    lake: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main() == 1
    with Lease(lake, WRITER):
        assert main() == 0
    assert main() == 1
    assert capsys.readouterr().out.splitlines() == [
        f"the lake is written by nobody, expected {WRITER}",
        f"the lake is written by {WRITER}, expected {WRITER}",
        f"the lake is written by nobody, expected {WRITER}",
    ]


def test_another_writer_is_not_the_stream(lake: Settings) -> None:
    with Lease(lake, "maintain_lake"):
        assert main() == 1


def test_a_store_that_does_not_answer_is_said_and_not_raised(
    lake: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RETAIL_S3_ENDPOINT", "http://127.0.0.1:9")
    assert lake.bucket
    assert main() == 1
    assert "retail doctor" in capsys.readouterr().out
