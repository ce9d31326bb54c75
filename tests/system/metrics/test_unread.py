"""A group of gauges that could not be read says nothing of what it is about: no alert but the one that says so, and no 0 on the dashboard."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from saldo.metrics import GROUPS, Gauge
from saldo.metrics.airflow import AIRFLOW
from saldo.metrics.airflow import GROUP as AIRFLOW_GROUP
from saldo.metrics.gauges import DISK_FREE, DISK_SIZE, UP
from tests.system.metrics.prometheus import RULES, expressions, promtool, rules

#: Of each group: its gauges.
ALL: dict[str, Iterable[Gauge]] = {
    AIRFLOW_GROUP: AIRFLOW,
    **{one.name: one.gauges for one in GROUPS},
}
#: A value of each label. Alerts, states and components are those a rule asks for.
LABELS = {
    "kind": "agreement", "subject": "nord", "alert": "late", "component": "scheduler", "state": "failed", "pool": "p",
    "entity": "entries", "target": "xledger", "schema": "ops", "table": "proof",
}  # fmt: skip
VALUES = {UP.name: "1", DISK_SIZE.name: "1", DISK_FREE.name: "1", "saldo_component_up": "1", "saldo_nights_apart_seconds": "86400"}  # fmt: skip
HOURS = 100


def well(gauge: Gauge) -> dict[str, str]:
    """Samples of every hour: moments are those of the scrape but the first, and nothing is wrong."""
    labels = ",".join(f'{name}="{LABELS[name]}"' for name in gauge.labels if name != "folder")
    moment = "0" if gauge.name.startswith("saldo_watched_since") else "0+3600"
    value = moment if "timestamp" in gauge.name else VALUES.get(gauge.name, "0")
    return {"series": f'{gauge.name}{{job="saldo",instance="a",{labels}}}', "values": f"{value}x{HOURS + 1}"}  # fmt: skip


def without(group: str) -> list[dict[str, str]]:
    """Samples of all that is well, of which one group cannot be read."""
    series = [well(one) for one in (UP, DISK_FREE, DISK_SIZE)]
    series.append({"series": 'up{job="saldo",instance="a"}', "values": f"1x{HOURS + 1}"})
    for name, gauges in ALL.items():
        is_read = name != group
        series.append(
            {"series": f'saldo_group_up{{job="saldo",instance="a",group="{name}"}}', "values": f"{int(is_read)}x{HOURS + 1}"}
        )  # fmt: skip
        series += [well(one) for one in gauges] if is_read else []
    return series


def told(tmp_path: Path, cases: list[dict[str, Any]]) -> str:
    """What promtool finds wrong; nothing where all is as it must be."""
    said = {"rule_files": [str(RULES)], "evaluation_interval": "1h", "tests": cases}
    (tmp_path / "cases.yaml").write_text(yaml.safe_dump(said))
    done = promtool("test", "rules", tmp_path / "cases.yaml")
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("group", [*ALL, "none"])
def test_no_other_alert_comes_of_it(tmp_path: Path, group: str) -> None:
    names = [rule["alert"] for rule in rules() if rule["alert"] != "SaldoMetricsIncomplete"]
    at = f"{HOURS}h"
    case = {
        "interval": "1h",
        "input_series": without(group),
        "alert_rule_test": [{"alertname": n, "eval_time": at, "exp_alerts": []} for n in names],
        "promql_expr_test": [
            {"expr": "count(saldo_group_up == 0) or vector(0)", "eval_time": at,
             "exp_samples": [{"labels": "{}", "value": int(group != "none")}]}
        ],
    }  # fmt: skip
    assert told(tmp_path, [case]) == ""


def test_the_dashboard_shows_no_number_of_it(tmp_path: Path) -> None:
    counted = [one for one in expressions() if "vector(0)" in one]
    assert len(counted) >= 6
    for one in counted:
        [group] = [name for name in ALL if f'group="{name}"' in one]
        case = {
            "interval": "1h",
            "promql_expr_test": [{"expr": one, "eval_time": "4h", "exp_samples": []}],
        }
        assert told(tmp_path, [case | {"input_series": without(group)}]) == "", one
        assert "got:{}" in told(tmp_path, [case | {"input_series": without("none")}]).replace(" ", ""), one  # fmt: skip
