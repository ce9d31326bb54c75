"""How Saldo is doing, in numbers: gauges that Prometheus, or whatever reads OpenMetrics, collects.

    GROUPS       what there is: each group is one file of include/sql/metrics and the gauges made of its rows
    Collector    reads them for one scrape, and says of each group whether it could be read

The format: https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md. Every value is read when it is
asked for: nothing is counted in the process, so any number of API servers say the same.
"""

from __future__ import annotations

from .collecting import Collector
from .gauges import GROUPS, Gauge, Group

__all__ = ["GROUPS", "Collector", "Gauge", "Group"]
