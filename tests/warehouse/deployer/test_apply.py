"""Deployments on the local Snowflake, over the real wire protocol: repeatable, resumable, and drift is seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lakehouse.settings import Settings
from orchestration.warehouse import applied, planned
from warehouse.connection import Warehouse, connect
from warehouse.deployer.account import read_account
from warehouse.deployer.apply import apply
from warehouse.deployer.plan import plan
from warehouse.deployer.scripts import Script, script_of
from warehouse.errors import DeploymentError

ROOT = Path(__file__).resolve().parents[3]


MINE = (
    'CREATE OR REPLACE SECURE VIEW "GOLD"."DIM_STORE" ("STORE_ID" COMMENT \'Mine.\') AS '
    'SELECT "STORE_ID" FROM "LANDING"."GOLD_DIM_STORE"'
)


def silent(_: str) -> None:
    """Tell nobody."""


def test_a_deployment_is_complete_and_the_second_one_changes_nothing(database: Settings) -> None:
    made = applied(database, silent)
    again = planned(database)
    assert len(made["scripts"]) > 20
    assert (again.is_empty, again.drift, again.refused) == (True, (), ())
    assert applied(database, silent)["scripts"] == []


def test_a_plan_changes_nothing(database: Settings) -> None:
    assert not planned(database).is_empty
    with connect(database) as warehouse:
        found = warehouse.rows("SHOW DATABASES")
    assert database.snowflake_database not in {row["name"] for row in found}


def test_what_somebody_changes_by_hand_is_reported_and_repaired(database: Settings) -> None:
    applied(database, silent)
    with connect(database) as warehouse:
        for by_hand in (
            'DROP VIEW "GOLD"."DIM_DATE"',
            'CREATE TABLE "GOLD"."MINE" ("A" VARCHAR)',
            MINE,
            'ALTER TABLE "LANDING"."SALES_LINES" DROP COLUMN "CHANNEL"',
        ):
            warehouse.run(by_hand)
    found = planned(database)
    told = "\n".join(found.drift)
    assert "GOLD.DIM_DATE is gone" in told
    assert "GOLD.MINE was made by hand" in told
    assert "GOLD.DIM_STORE.STORE_ID has the comment 'Mine.', expected 'Store.'" in told
    assert "GOLD.DIM_STORE.IS_INFERRED is missing in the view" in told
    assert [(each.table, each.column) for each in found.additions] == [("LANDING.SALES_LINES", "CHANNEL")]
    applied(database, silent, repair=True)
    assert planned(database).drift == ("GOLD.MINE was made by hand: no script makes it",)


def test_the_first_error_stops_it_and_the_next_apply_goes_on_from_there(database: Settings) -> None:
    applied(database, silent)
    good, bad, later = (
        script_of("R__91_good.sql", 'CREATE TABLE IF NOT EXISTS "OPS"."ONE" ("A" VARCHAR);'),
        script_of("R__92_bad.sql", 'SELECT "A" FROM "OPS"."ONE"; SELECT "NOTHING" FROM "OPS"."NOWHERE";'),
        script_of("R__93_later.sql", 'CREATE TABLE IF NOT EXISTS "OPS"."TWO" ("A" VARCHAR);'),
    )
    with connect(database) as warehouse:
        with pytest.raises(DeploymentError, match=r"R__92_bad\.sql, statement 2 .*NOWHERE.*apply again"):
            run(warehouse, database, good, bad, later)
        mended = script_of("R__92_bad.sql", 'SELECT "A" FROM "OPS"."ONE";')
        assert run(warehouse, database, good, mended, later) == ["R__92_bad.sql", "R__93_later.sql"]
        assert run(warehouse, database, good, mended, later) == []


def run(warehouse: Warehouse, settings: Settings, *scripts: Script) -> list[str]:
    """Apply these scripts."""
    account = read_account(warehouse, settings.snowflake_database)
    return apply(warehouse, settings, plan(scripts, account, ()), silent)


@pytest.mark.parametrize(
    "place",
    [
        "after:apply.V1.0.0__roles_and_warehouses.sql",  # before there is a history to write it to
        "before:apply.R__22_sales_lines_pipe.sql",
        pytest.param("after:apply.V1.1.0__schemas.sql", marks=pytest.mark.long),
        pytest.param("after:apply.R__21_sales_lines_merge.sql", marks=pytest.mark.long),
        pytest.param("after:apply.R__90_grants.sql", marks=pytest.mark.long),
    ],
)
def test_a_killed_deployment_is_finished_by_the_next_one(database: Settings, place: str) -> None:
    killed = deploy(database, {"RETAIL_CRASH_AT": place})
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not planned(database).is_empty
    finished = deploy(database, {})
    assert finished.returncode == 0, finished.stderr
    found = planned(database)
    assert (found.is_empty, found.drift) == (True, ())


def deploy(settings: Settings, extra: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`retail warehouse apply` in a process of its own."""
    own = {
        "RETAIL_WAREHOUSE_PORT": str(settings.warehouse_port),
        "RETAIL_WAREHOUSE_PASSWORD": settings.warehouse_password.get_secret_value(),
        "RETAIL_SNOWFLAKE_DATABASE": settings.snowflake_database,
        "RETAIL_SNOWFLAKE_LAKE_URL": settings.snowflake_lake_url,
    }
    command = [sys.executable, "-m", "orchestration.cli", "warehouse", "apply", "--json"]
    return subprocess.run(
        command,
        env=os.environ | own | extra,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
