"""Runs a plan, statement by statement. The first error stops it; every statement may be repeated, so the same
command goes on from there."""

from __future__ import annotations

import time
from collections.abc import Callable

from lakehouse.settings import Settings
from lakehouse.storage.crash_points import reached
from warehouse.connection import Warehouse
from warehouse.deployer.account import history_exists, record
from warehouse.deployer.plan import Plan
from warehouse.deployer.scripts import Script
from warehouse.errors import DeploymentError, StatementFailed
from warehouse.render.snowflake_names import identifier

Tell = Callable[[str], None]


def apply(warehouse: Warehouse, settings: Settings, plan: Plan, tell: Tell) -> list[str]:
    """Names of the scripts that ran. Raises DeploymentError for a plan that holds a refusal, and for the statement
    that Snowflake refused."""
    if plan.refused:
        raise DeploymentError("nothing was applied: " + "; ".join(plan.refused))
    database = settings.snowflake_database
    # A script may end in another role, and the history belongs to the engineer.
    as_engineer = f"USE ROLE {identifier(settings.snowflake_prefix + '_ENGINEER')}"
    if plan.additions:
        warehouse.run(as_engineer)
    for addition in plan.additions:
        tell(f"column {addition.table}.{addition.column}")
        _run(warehouse, addition.table, 1, addition.statement)
    # The history table is made by one of the scripts; what ran before it is written down as soon as it stands.
    waiting: list[tuple[object, ...]] = []
    known = history_exists(warehouse, database)
    for script in plan.scripts:
        tell(f"script {script.name}")
        reached(f"before:apply.{script.name}")
        waiting.append(_ran(warehouse, script))
        reached(f"after:apply.{script.name}")
        known = known or history_exists(warehouse, database)
        if known:
            warehouse.run(as_engineer)
        while known and waiting:
            record(warehouse, database, waiting.pop(0))
    return [script.name for script in plan.scripts]


def _ran(warehouse: Warehouse, script: Script) -> tuple[object, ...]:
    began = time.monotonic()
    for number, statement in enumerate(script.statements, start=1):
        _run(warehouse, script.name, number, statement)
    version = ".".join(str(part) for part in script.version) or None
    seconds = round(time.monotonic() - began)
    return version, script.description, script.name, script.kind, script.checksum, seconds, "Success"


def _run(warehouse: Warehouse, where: str, number: int, statement: str) -> None:
    try:
        warehouse.run(statement)
    except StatementFailed as error:
        first = statement.split("\n", 1)[0][:160]
        raise DeploymentError(
            f"{where}, statement {number} ({first}): {error}. What ran before it stands; mend it and apply again"
        ) from error
