"""`retail rebuild`: silver, gold and the ledger made again from bronze alone, by the jobs by layer.

What stood there is set aside in the bucket first, so nothing is lost and a second run begins from bronze again. The
checkpoint of the stream is set aside too: a new one begins where bronze ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyarrow.compute as pc  # type: ignore[import-untyped]

from infra.local.errors import StackError
from infra.local.secrets_file import with_secrets
from lakehouse.contracts import contract_names, load_contract
from lakehouse.settings import Settings, SettingsError
from lakehouse.storage.lake_reader import LakeReader, LakeUnreachable, lake_reader, lease_holder
from lakehouse.storage.lease import LeaseHeld
from lakehouse.storage.objects import s3_client
from orchestration.plan import LAYER_JOBS, MEDALLION, REBUILD, Job
from orchestration.spark_job import run_to_end, servers_away
from orchestration.summary import Json, ledger, totals
from orchestration.writer_lock import clear_leftovers, take_writer_lock

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

Tell = Callable[[str], None]
RunJob = Callable[[Settings, Job, tuple[str, ...], Tell], object]
_MADE = ("silver/", "gold/", "ops/ledger/")
_QUERIES = ("medallion", *(job.name for job in LAYER_JOBS.values()))
_ASIDE = "aside"


def rebuild_lake(settings: Settings, tell: Tell, run_job: RunJob = run_to_end) -> Json:
    """Rebuild, and return the figures of before and after. Raises LeaseHeld, SettingsError, StackError, JobFailed."""
    settings = with_secrets(settings)
    take_writer_lock(settings, "retail rebuild")
    clear_leftovers(settings, tell)
    if away := servers_away(settings):
        raise StackError(away)
    lake = lake_reader(settings)
    if (holder := lease_holder(settings)) is not None:
        raise LeaseHeld(
            f"the lake is being written by {holder}; stop it first, a rebuild needs the lake alone"
        )
    check_bronze_is_whole(lake, dt.datetime.now(dt.UTC))
    before, stamp = figures(lake), f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}"
    checkpoints = local_checkpoints(settings)
    moved = set_aside(s3_client(settings), settings, stamp)
    for path in checkpoints:
        path.rename(path.with_name(f"{path.name}.{stamp}"))
    tell(f"{moved:,} files of silver, gold and ledger set aside under {_ASIDE}/{stamp}/")
    for job in REBUILD:
        arguments = ("--trigger", "once") if job in LAYER_JOBS.values() else ()
        run_job(settings, job, arguments, tell)
    run_job(settings, MEDALLION, ("--trigger", "once", "--start-from", "lake"), tell)
    aside = f"s3://{settings.bucket}/{settings.lake_key}{_ASIDE}/{stamp}/"
    return {"before": before, "after": figures(lake_reader(settings)), "aside": aside}


def check_bronze_is_whole(lake: LakeReader, now: dt.datetime) -> None:
    """Raise CannotRebuild when retention has emptied records: what they brought could not be made again."""
    for name in contract_names("bronze"):
        before = now - dt.timedelta(days=load_contract("bronze", name).retention_days)
        old = lake.rows("bronze", name, ("received_at",), pc.field("received_at") < before)
        if old is not None and old.num_rows:
            raise CannotRebuild(
                f"bronze.{name} has {old.num_rows:,} records from before {before:%F}, whose bytes retention lets go: silver "
                "of then cannot be made again. Take single tables back with `retail restore`, or days of gold with the DAG "
                "retail_backfill"
            )


class CannotRebuild(RuntimeError):
    """Bronze does not hold all that silver was made from."""


def figures(lake: LakeReader) -> Json | None:
    """Totals of gold, sums of the ledger and rows of silver; None where they cannot be read."""
    try:
        silver = {name: rows or 0 for name, rows in lake.row_counts("silver").items()}
        landed = sum(rows or 0 for rows in lake.row_counts("bronze").values())
        return {"silver": silver, "ledger": ledger(lake, landed), "totals": totals(lake)}
    except (LakeUnreachable, OSError):  # damaged tables are why one rebuilds
        return None


def local_checkpoints(settings: Settings) -> list[Path]:
    """Folders of the streams' checkpoints that are there. Raises SettingsError where they lie elsewhere."""
    places = [urlsplit(settings.checkpoint_path(query)) for query in _QUERIES]
    if any(place.scheme != "file" for place in places):
        raise SettingsError(
            f"checkpoints lie at {settings.checkpoint_root}; move those of {', '.join(_QUERIES)} away and run the jobs as "
            'docs/runbook.md, "Rebuild from bronze", has them'
        )
    return [path for place in places if (path := Path(place.path)).exists()]


def set_aside(client: S3Client, settings: Settings, stamp: str) -> int:
    """Move the tables away within the bucket; returns how many files."""
    count = 0
    for made in _MADE:
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=settings.bucket, Prefix=f"{settings.lake_key}{made}"
        )
        for key in [entry["Key"] for page in pages for entry in page.get("Contents", ())]:
            there = f"{settings.lake_key}{_ASIDE}/{stamp}/{key.removeprefix(settings.lake_key)}"
            source = {"Bucket": settings.bucket, "Key": key}
            client.copy_object(Bucket=settings.bucket, Key=there, CopySource=source)  # type: ignore[arg-type]
            client.delete_object(Bucket=settings.bucket, Key=key)
            count += 1
    return count
