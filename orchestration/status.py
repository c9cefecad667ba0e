"""How the house is: servers, writer, tables, last batch, balance, quarantine, and what to do next."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from confluent_kafka import KafkaException

from infra.local.secrets_file import with_secrets
from infra.local.stack import ServerStatus, server_status
from ingestion.broker import BrokerUnreachable
from ingestion.kafka_offsets import topic_positions
from lakehouse.contracts import contract_names
from lakehouse.settings import Settings
from lakehouse.storage.gates import Gate, latest_gates
from lakehouse.storage.lake_reader import LakeReader, LakeUnreachable, lake_reader, lease_holder
from lakehouse.storage.replays import judged_ends
from orchestration.job_log import last_batch
from orchestration.local_warehouse import local_warehouse
from orchestration.plan import MEDALLION
from orchestration.spark_job import progress_path
from orchestration.summary import LAYERS, broken_rules, ledger
from quality.freshness_log import FreshnessLog

Json = dict[str, Any]
# Commits of each sales table that are asked for its newest sale; a stream makes one every few seconds.
_COMMITS = 20
# As the alert RetailFreshnessLost: longer than a canary takes.
_STALE_SECONDS = 180.0


def status(settings: Settings) -> Json:
    """The state of servers and lake as one JSON object; starts and changes nothing.

    ``layers``: rows by table, null for a table that is not made yet. ``freshness`` by layer: age of the newest sale
    now and when it was committed (seconds), null for a layer without one. ``gates``: how many tables were checked,
    and those whose gate is closed. Each of the three is null when S3 does not answer.
    """
    settings = with_secrets(settings)
    servers = server_status(settings, local_warehouse(settings))
    found: Json = {
        "servers": [_server(row) for row in servers],
        "writer": None,
        "layers": None,
        "freshness": None,
        "gates": None,
        "ledger": None,
        "quarantine": None,
        "waiting": _waiting(settings, servers, None),
        "last_batch": _last_batch(settings),
    }
    if _is_up(servers, "s3"):
        try:
            lake = lake_reader(settings)
            holder = lease_holder(settings)
            found |= _lake_state(lake) | {"freshness": _freshness(settings, lake)}
            found["writer"] = str(holder) if holder is not None else None
            found["waiting"] = _waiting(settings, servers, lake)
        except LakeUnreachable as error:
            found["lake_error"] = str(error)
    return {**found, "next": advice(found)}


def advice(found: Json) -> list[str]:
    """What a person would do next, the most urgent first."""
    down = [server["name"] for server in found["servers"] if server["state"] != "up"]
    if down:
        return [f"{', '.join(down)} not up: `retail up`, and `retail doctor` if that does not help"]
    if found["layers"] is None:
        return ["the lake cannot be read: `retail doctor`"]
    told = []
    if found["ledger"] is None or not found["ledger"]["received"]:
        told.append("the lake is empty: `retail run`, or `retail run --once --source FILE`")
    elif not found["ledger"]["balanced"] and found["writer"] is None:
        told.append(
            "the ledger is not balanced: `retail process` finishes an interrupted batch; then look again"
        )
    if found["waiting"] and found["writer"] is None:
        told.append(
            f"{found['waiting']:,} records wait in Kafka: `retail process`, or `retail run` to keep going"
        )
    if found["quarantine"]:
        told.append("records were refused: `retail quarantine list --open` shows those never replayed")
    return [*_closed(found), *told, *_stale(found)] or ["nothing: all is well"]


def _closed(found: Json) -> list[str]:
    return [
        f"the gate of {gate['table']} is closed by {', '.join(gate['rules'])}, nothing is published: mend the table, "
        f"then `retail check {gate['table']}` (docs/runbook.md, A gate is closed)"
        for gate in (found["gates"] or {}).get("closed", ())
    ]


def _stale(found: Json) -> list[str]:
    """Layers that stand still although somebody writes; without a writer an old sale is no wonder."""
    if found["writer"] is None:
        return []
    ages = {layer: seen["age_seconds"] for layer, seen in (found["freshness"] or {}).items() if seen}
    stale = ", ".join(layer for layer, seconds in ages.items() if seconds > _STALE_SECONDS)
    told = f"no sale of the last {_STALE_SECONDS / 60:.0f} minutes, though a writer is at work"
    return [f"{stale}: {told}: docs/runbook.md, RetailFreshnessLost"] if stale else []


def _lake_state(lake: LakeReader) -> Json:
    layers = {layer: lake.row_counts(layer) for layer in (*LAYERS, "ops")}
    landed = sum(rows or 0 for rows in layers["bronze"].values())
    return {
        "layers": layers,
        "ledger": None if layers["ops"]["ledger"] is None else ledger(lake, landed),
        "quarantine": dict(broken_rules(lake)),
        "gates": gates_state(latest_gates(lake)),
    }


def gates_state(gates: Mapping[str, Gate]) -> Json:
    """Tables that were ever checked, and those that are closed with the rules that closed them."""
    closed = [gate for _, gate in sorted(gates.items()) if not gate.is_open]
    return {
        "checked": len(gates),
        "closed": [
            {"table": gate.table_name, "rules": list(gate.rule_ids), "since": gate.since_at.isoformat()}
            for gate in closed
        ],
    }


def _freshness(settings: Settings, lake: LakeReader) -> Json:
    log, now = FreshnessLog(settings, lake, first_commits=_COMMITS), dt.datetime.now(dt.UTC)
    log.look()
    return {
        layer: {
            "age_seconds": round(max(0.0, (now - seen.newest.produced_at).total_seconds()), 1),
            "lag_seconds": round(max(0.0, seen.lag.total_seconds()), 1),
            "is_canary": seen.newest.is_canary,
        }
        if (seen := log.latest.get(layer)) is not None
        else None
        for layer in LAYERS
    }


def _waiting(settings: Settings, servers: list[ServerStatus], lake: LakeReader | None) -> int | None:
    """Records in Kafka that no batch has taken; None when that cannot be told (broker down, no topics yet)."""
    if lake is None or not _is_up(servers, "kafka"):
        return None
    taken = judged_ends(lake)
    try:
        now = topic_positions(settings, [settings.topic(name) for name in contract_names("topics")])
    except (BrokerUnreachable, KafkaException):
        return None
    return sum(max(0, end - max(now.firsts[key], taken.get(key, 0))) for key, end in now.nexts.items())


def _last_batch(settings: Settings) -> Json | None:
    batch = last_batch(progress_path(settings, MEDALLION))
    return None if batch is None else {**batch, "age_seconds": round(time.time() - batch["at"], 1)}


def _server(row: ServerStatus) -> Json:
    return {**asdict(row), "log": str(row.log) if row.log else None}


def _is_up(servers: list[ServerStatus], name: str) -> bool:
    return any(row.name == name and row.state == "up" for row in servers)
