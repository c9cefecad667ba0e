"""Terraform and warehouse/sql/account make the same account objects; one of the two is used for an account."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.check

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "infra" / "terraform" / "modules"
ACCOUNT = (MODULES / "snowflake_account" / "main.tf").read_text(encoding="utf-8")
ACCESS = (MODULES / "snowflake_access" / "main.tf").read_text(encoding="utf-8")
SQL = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "warehouse" / "sql").rglob("*.sql")}
ROLES_SQL = SQL["V1.0.0__roles_and_warehouses.sql"]
INTEGRATIONS_SQL = SQL["V1.0.1__integrations.sql"]


def test_roles_and_what_they_are_for_agree() -> None:
    sql = dict(
        re.findall(r'CREATE ROLE IF NOT EXISTS "\{\{ prefix \}\}_(\w+)"\s+COMMENT = \'(.*)\';', ROLES_SQL)
    )
    terraform = dict(re.findall(r'^    (\w+)\s+= \{ comment = "(.*)", parent', ACCOUNT, re.MULTILINE))
    assert sql
    assert terraform == sql


def test_who_inherits_from_whom_agrees() -> None:
    sql = set(
        re.findall(r'GRANT ROLE "\{\{ prefix \}\}_(\w+)" TO ROLE "(?:\{\{ prefix \}\}_)?(\w+)";', ROLES_SQL)
    )
    terraform = {
        (role, "SYSADMIN" if parent == "null" else parent.strip('"'))
        for role, parent in re.findall(
            r"^    (\w+)\s+= \{ comment = .*, parent = (\S+) \}", ACCOUNT, re.MULTILINE
        )
    }
    assert sql
    assert terraform == sql


def test_warehouses_and_their_timeouts_agree() -> None:
    sql = {
        name: (comment, seconds)
        for name, comment, seconds in re.findall(
            r'CREATE WAREHOUSE IF NOT EXISTS "\{\{ prefix \}\}_(\w+)" WITH[^;]*?COMMENT = \'(.*)\'\s+'
            r"STATEMENT_TIMEOUT_IN_SECONDS = (\d+);",
            ROLES_SQL,
        )
    }
    terraform = {
        name: (comment, seconds)
        for name, comment, seconds in re.findall(
            r'^    (\w+_WH)\s+= \{ comment = "(.*)", timeout = (\d+)', ACCOUNT, re.MULTILINE
        )
    }
    assert sql
    assert terraform == sql


def test_the_budget_of_the_warehouses_agrees() -> None:
    triggers = re.findall(r"ON (\d+) PERCENT DO (\w+)", ROLES_SQL)
    assert triggers == [("80", "NOTIFY"), ("100", "SUSPEND"), ("110", "SUSPEND_IMMEDIATE")]
    assert re.search(r"notify_triggers\s+= \[80\]", ACCOUNT)
    assert re.search(r"suspend_trigger\s+= 100", ACCOUNT)
    assert re.search(r"suspend_immediate_trigger\s+= 110", ACCOUNT)


def test_snowflake_may_read_the_same_folders() -> None:
    told = re.search(r"STORAGE_ALLOWED_LOCATIONS = \((.*?)\)", INTEGRATIONS_SQL, re.DOTALL)
    assert told
    sql = [
        "export/" if path == "{{ export_url }}" else path.removeprefix("{{ lake_url }}")
        for path in re.findall(r"'([^']+)'", told[1])
    ]
    terraform = re.search(r"folders = \[(.*)\]", ACCESS)
    assert terraform
    assert re.findall(r'"([^"]+)"', terraform[1]) == sql


def test_what_an_integration_says_of_itself_agrees() -> None:
    for comment in re.findall(r"COMMENT = '(.*)';", INTEGRATIONS_SQL):
        assert f'"{comment}"' in ACCESS


def test_the_notification_is_for_the_folder_of_the_pipe() -> None:
    folder = re.search(r'FROM @"LANDING"\."EXPORT_STAGE"/(\S+)', SQL["R__22_sales_lines_pipe.sql"])
    assert folder
    main = (MODULES / "lakehouse" / "main.tf").read_text(encoding="utf-8")
    assert f'export_prefix  = "${{local.lake_prefix}}export/{folder[1]}"' in main
