"""`retail reconcile`: broker, bronze, ledger, silver, quarantine and gold against one another, live stream or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from confluent_kafka import KafkaException

from infra.local.secrets_file import with_secrets
from ingestion.broker import BrokerUnreachable
from ingestion.kafka_offsets import topic_positions
from lakehouse.contracts import contract_names
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader, lake_reader, lease_holder
from lakehouse.storage.lake_snapshot import newest_batch
from orchestration.plan import LAYER_JOBS
from quality.reconcile.compare import compare
from quality.reconcile.figures import BrokerRow, figures, ledger_rows
from quality.reconcile.tills import till_differences

Json = dict[str, Any]


def reconcile(settings: Settings) -> Json:
    """What was compared and what differs; ``agrees`` says whether nothing does.

    ``writer``: who writes the lake, or null; then ``in_flight`` is the batch that was left out, because it may
    stand in some tables only. ``waiting``: records on the broker that no compared batch has taken. ``tills``: sessions
    whose Z-report differs from the receipts that came; a till that errs is no layer that disagrees.

    Raises LakeUnreachable or BrokerUnreachable.
    """
    settings = with_secrets(settings)
    lake = lake_reader(settings)
    writer = lease_holder(settings)
    found = _reconciled(settings, lake, writer.command if writer else None)
    if writer is None and (writer := lease_holder(settings)) is not None:
        # Somebody began to write while the tables were read.
        found = _reconciled(settings, lake, writer.command)
    return {"writer": str(writer) if writer else None, **found}


def _reconciled(settings: Settings, lake: LakeReader, writer: str | None) -> Json:
    """The ledger is read first, then the broker and the tables: they may know more than the ledger, never less."""
    cut = newest_batch(lake) if writer else None
    ledger = ledger_rows(lake, cut)
    # The job of gold reads silver in batches of its own: while it writes, gold is behind and uneven.
    with_gold = writer != LAYER_JOBS["gold"].name
    given = figures(lake, ledger, _broker(settings), cut)
    found = compare(given, with_gold=with_gold, is_at_rest=writer is None)
    return {
        "agrees": not found.differences,
        "in_flight": asdict(cut) if cut else None,
        "with_gold": with_gold,
        "waiting": found.waiting,
        "chain": found.chain,
        "partitions": found.partitions,
        "differences": [asdict(each) for each in found.differences],
        "tills": till_differences(lake, cut) if with_gold else [],
    }


def _broker(settings: Settings) -> list[BrokerRow]:
    wire = [settings.topic(name) for name in contract_names("topics")]
    try:
        now = topic_positions(settings, wire)
    except KafkaException as error:
        raise BrokerUnreachable(
            settings.bootstrap, f"it does not tell where {', '.join(wire)} stand: {error}"
        ) from error
    nexts: Mapping[tuple[str, int], int] = now.nexts
    return [(*key, now.firsts[key], end) for key, end in sorted(nexts.items())]
