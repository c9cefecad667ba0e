"""The same questions through other clients, each from an environment of its own: one that is absent fails the test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from lakehouse.settings import Settings
from tests.warehouse.served_lake import SHOP_LINES, standing

pytestmark = pytest.mark.long

UV = Path(sys.executable).parent / "uv"
QUESTION = "SELECT COUNT(*) AS N, SUM(QUANTITY) AS UNITS, MAX(SALES_TIME) AS NEWEST FROM SALES.SALES_DATA"
GOLD = "SELECT SUM(NET_AMOUNT) AS NET FROM GOLD.FCT_SALES_LINES WHERE NOT IS_VOID"

CONNECTOR = """
import json, os, sys
import snowflake.connector
print(snowflake.connector.__version__, file=sys.stderr)
settings = json.loads(os.environ["CLIENT"])
with snowflake.connector.connect(**settings) as session:
    rows = [session.cursor().execute(sql).fetchone() for sql in sys.argv[1:]]
print(json.dumps([[str(value) for value in row] for row in rows]))
"""
SQLALCHEMY = """
import json, os, sys
from sqlalchemy import create_engine, inspect, text
from snowflake.sqlalchemy import URL
settings = json.loads(os.environ["CLIENT"])
place = {name: settings.pop(name) for name in ("host", "port", "protocol")}
engine = create_engine(URL(**settings), connect_args=place)
with engine.connect() as session:
    rows = [session.execute(text(sql)).one() for sql in sys.argv[1:]]
    views = inspect(session).get_view_names("gold")
assert "fct_sales_lines" in views, views
print(json.dumps([[str(value) for value in row] for row in rows]))
"""
Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Makes an environment with the given packages and returns its folder of programs."""

    def made(*packages: str) -> Path:
        environment = tmp_path / "client"
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, environment], check=True)
        python = environment / "bin" / "python"
        subprocess.run(
            [UV, "pip", "install", "--quiet", "--python", python, *packages], check=True, timeout=600
        )
        return environment / "bin"

    return made


def address(shop: Settings) -> dict[str, object]:
    return {
        "account": "local",
        "user": "READER",
        "password": shop.warehouse_password.get_secret_value(),
        "host": "127.0.0.1",
        "port": shop.warehouse_port,
        "protocol": "http",
        "database": shop.snowflake_database,
    }


def told(command: Sequence[str | Path], **environment: str) -> str:
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(sales: list[str], gold: list[str]) -> None:
    """The figures are those of plain Python, exact."""
    lines = standing(SHOP_LINES)
    newest = max(line["occurred_at"] for line in lines)
    assert [Decimal(value) for value in sales[:2]] == [len(lines), sum(line["quantity"] for line in lines)]
    assert sales[2].startswith(f"{newest:%F}")
    assert Decimal(gold[0]) == sum(line["net_amount"] for line in lines)


def test_a_newer_connector(shop: Settings, install: Install) -> None:
    programs = install("snowflake-connector-python==5.2.0")
    out = told([programs / "python", "-c", CONNECTOR, QUESTION, GOLD], CLIENT=json.dumps(address(shop)))
    check(*json.loads(out))


def test_sqlalchemy(shop: Settings, install: Install) -> None:
    programs = install("snowflake-sqlalchemy==2.1.0", "sqlalchemy<2.1")
    out = told([programs / "python", "-c", SQLALCHEMY, QUESTION, GOLD], CLIENT=json.dumps(address(shop)))
    check(*json.loads(out))


def test_the_snowflake_command(shop: Settings, install: Install, tmp_path: Path) -> None:
    programs = install("snowflake-cli==3.30.0")
    config = tmp_path / "config.toml"
    entries = "\n".join(f"{name} = {json.dumps(value)}" for name, value in address(shop).items())
    config.write_text(f"[connections.local]\n{entries}\n", encoding="utf-8")
    config.chmod(0o600)
    rows = []
    for sql in (QUESTION, GOLD):
        command: list[str | Path] = [
            programs / "snow",
            "--config-file",
            config,
            "sql",
            "-c",
            "local",
            "-q",
            sql,
            "--format",
            "json",
        ]
        (row,) = json.loads(told(command, HOME=str(tmp_path)))
        rows.append([str(value) for value in row.values()])
    check(*rows)
