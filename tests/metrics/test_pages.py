"""What docs/observability.md says of the gauges is what there is."""

from __future__ import annotations

import re

from saldo.metrics import GROUPS
from saldo.metrics.airflow import AIRFLOW
from saldo.metrics.gauges import OTHERS
from tests.support import PROJECT

PAGE = PROJECT / "docs" / "observability.md"


def test_the_page_has_every_gauge_with_its_labels() -> None:
    rows = re.findall(r"^\| `(saldo_\w+)` \| ([^|]*) \| (.*) \|$", PAGE.read_text(), re.M)
    told = {name: (tuple(re.findall(r"`(\w+)`", labels)), said) for name, labels, said in rows}
    gauges = (*OTHERS, *AIRFLOW, *(gauge for group in GROUPS for gauge in group.gauges))
    assert told == {gauge.name: (gauge.labels, gauge.help) for gauge in gauges}
    assert len(rows) == len(told)
