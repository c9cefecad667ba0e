"""A whole run shows no secret: not in a log, not in the process list, not in a file that others may read."""

from __future__ import annotations

import stat
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from infra.local.secrets_file import with_secrets
from lakehouse.settings import Settings
from tests.journey.shown_secrets import ProcessList, files_with, secrets_of

pytestmark = [pytest.mark.stack, pytest.mark.long]

# The servers read theirs from here; nobody else may.
KEPT_IN = {"secrets.env", "s3/server.properties"}


def test_a_whole_run_with_warehouse_and_checks_shows_no_secret(
    stack: Settings, retail: Callable[..., CompletedProcess[str]]
) -> None:
    secrets = secrets_of(with_secrets(stack))
    assert {"customer_secret", "s3_secret_key", "warehouse_password"} <= secrets.keys()
    with ProcessList() as processes:
        done = retail("run", "--once", "--source", "simulate", "--limit", "200", prefix="nosecrets")
    assert done.returncode == 0, done.stderr[-3000:]
    assert any("run_medallion" in line for line in processes.seen), "the run was looked at"
    told = done.stdout.encode() + done.stderr.encode() + "\n".join(processes.seen).encode()
    assert not [name for name, secret in secrets.items() if secret in told]
    found = files_with(stack.home, secrets)
    assert "secrets.env" in found, "the search finds what is there"
    assert set(found) <= KEPT_IN, found
    for name in found:
        assert stat.S_IMODE((stack.home / name).stat().st_mode) == 0o600, name
