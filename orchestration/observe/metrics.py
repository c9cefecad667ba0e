"""The metrics of the house: their names, meanings and labels, and figures as Prometheus reads them. Pure.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/. Alert rules and dashboard name no other metric.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

PREFIX = "retail_"
BATCH_SECONDS = "retail_stream_batch_seconds"
_BUCKETS = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 30, 60, 120)


@dataclass(frozen=True)
class Sample:
    """One figure. ``labels``: values in the order of GAUGES."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


# Name without prefix -> its meaning, its labels.
GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "observed_timestamp_seconds": ("When the observer looked last (seconds since 1970)", ()),
    "observe_seconds": ("How long that look took", ()),
    "server_up": ("1 when the server answers", ("server",)),
    "process_restarts": ("How often a process of this home was restarted by its supervisor", ("process",)),
    "stream_up": ("1 while the application holds the lease of the lake", ()),
    "stream_batch_timestamp_seconds": ("When the stream's last batch ended (seconds since 1970)", ()),
    "stream_batch_freshness_seconds": ("Age of the last batch's sales when gold held them", ("quantile",)),
    "stream_position": ("Offset after the last record that is in gold", ("topic", "partition")),
    "stream_lag_records": ("Records that wait for a batch", ("topic", "partition")),
    "stream_lag_seconds": ("Age of the record that waits longest, 0 without one", ("topic", "partition")),
    "table_rows": ("Rows of a table by its log", ("layer", "table")),
    "ledger_records": ("Sum of the ledger", ("outcome",)),
    "ledger_unbalanced_records": ("Records by which rows of the ledger do not add up", ()),
    "ledger_bronze_difference_records": ("Rows of bronze less records received by the ledger", ()),
    "quarantine_records": ("Refused records by the rule that they broke", ("rule",)),
    "gate_closed": ("1 while the gate of a table is closed", ("table",)),
    "freshness_age_seconds": ("Age of the newest sale that a layer shows", ("layer",)),
    "freshness_lag_seconds": ("Age of the newest sale of a layer's last commit when it was made", ("layer",)),
    "canaries_sent": ("Canaries that this observer sent", ()),
}
HISTOGRAMS = {BATCH_SECONDS: "Time of a batch, from its records to the last commit"}


class Figures(Collector):
    """The figures of the last look, and the times of all batches since the observer began."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self.batch_seconds = Histogram(
            BATCH_SECONDS, HISTOGRAMS[BATCH_SECONDS], buckets=_BUCKETS, registry=self.registry
        )
        self._samples: tuple[Sample, ...] = ()

    def show(self, samples: Iterable[Sample]) -> None:
        """Replace what was shown; what is no longer known disappears."""
        self._samples = tuple(samples)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families with samples, in the order of GAUGES."""
        shown = self._samples
        for name, (meaning, labels) in GAUGES.items():
            family = GaugeMetricFamily(PREFIX + name, meaning, labels=labels)
            for sample in shown:
                if sample.name == name:
                    family.add_metric(list(sample.labels), sample.value)
            if family.samples:
                yield family


def metric_names() -> set[str]:
    """Every name that Prometheus can be asked for."""
    series = {f"{name}{end}" for name in HISTOGRAMS for end in ("_bucket", "_count", "_sum")}
    return series | {PREFIX + name for name in GAUGES}
