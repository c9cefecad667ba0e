"""`retail process`: one Spark job, of one layer or of all."""

from __future__ import annotations

import time
from collections.abc import Sequence

from infra.local.errors import StackError
from infra.local.secrets_file import with_secrets
from lakehouse.settings import Settings
from orchestration.plan import DERIVED_JOBS, LAYER_JOBS, MEDALLION
from orchestration.spark_job import Tell, run_to_end, servers_away
from orchestration.summary import Json
from orchestration.writer_lock import clear_leftovers, take_writer_lock


def process(
    settings: Settings, layer: str | None, arguments: Sequence[str], tell: Tell, master: str = ""
) -> Json:
    """Run the job of the layer (None = all in one) to its end; returns job, batches and seconds.

    ``layer`` may also be ``stock`` or ``customers``, which read no stream and take no ``arguments``.

    A continuous one runs until Ctrl-C, which is its good end. ``batches`` is null where nobody counted them: the
    jobs of single layers do not tell theirs. Raises JobFailed with the job's own words, WriterBusy, StackError while a server is away.
    """
    started = time.monotonic()
    job = MEDALLION if layer is None else (LAYER_JOBS | DERIVED_JOBS)[layer]
    arguments = () if layer in DERIVED_JOBS else arguments
    take_writer_lock(settings, f"retail process{f' --layer {layer}' if layer else ''}")
    clear_leftovers(settings, tell)
    settings = with_secrets(settings)
    away = servers_away(settings, with_kafka=layer in (None, "bronze"))
    if away:  # a JVM would take ten seconds to say the same
        raise StackError(away)
    batches = None
    try:
        told = run_to_end(settings, job, arguments, tell, master)
        batches = len([each for each in told if each["event"] == "batch"]) if job is MEDALLION else None
    except KeyboardInterrupt:
        if "continuous" not in arguments:
            raise
    return {"job": job.name, "batches": batches, "seconds": round(time.monotonic() - started, 3)}
