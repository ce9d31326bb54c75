"""What a scrape finds, as a reader of OpenMetrics reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from saldo.metrics import Collector

#: (name, labels) -> value.
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def exposed(dsn: str | Callable[[], str], folders: Mapping[str, Path] | None = None) -> str:
    """The text of one scrape."""
    registry = CollectorRegistry()
    registry.register(Collector(dsn if callable(dsn) else lambda: dsn, folders))
    return generate_latest(registry).decode()


def samples_of(text: str) -> Samples:
    """Raises ValueError for what is no OpenMetrics."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Scrape:
    """One scrape of a warehouse."""

    def __init__(
        self, dsn: str | Callable[[], str], folders: Mapping[str, Path] | None = None
    ) -> None:
        self.text = exposed(dsn, folders)
        self.samples = samples_of(self.text)

    def __call__(self, name: str, **labels: str) -> float | None:
        """The value of a sample; None where there is none."""
        return self.samples.get((name, tuple(sorted(labels.items()))))

    def names(self) -> set[str]:
        return {name for name, _ in self.samples}
