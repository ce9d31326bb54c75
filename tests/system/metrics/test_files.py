"""The files for Prometheus and Grafana: read by Prometheus' own tool, and all they ask for exists."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from saldo.metrics import Collector
from tests.support import PROJECT
from tests.system.metrics.prometheus import (
    DASHBOARD,
    DEPLOY,
    GAUGES,
    NOT_OURS,
    RULES,
    expressions,
    gauges_of,
    panels,
    promtool,
    rules,
)

CASES = sorted(Path(__file__).parent.glob("*.test.yaml"))
PAGE = PROJECT / "docs" / "observability.md"


def test_prometheus_takes_the_rules() -> None:
    done = promtool("check", "rules", "--lint-fatal", RULES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules())} rules found" in done.stdout


def test_rules_fire_when_they_must_and_only_then() -> None:
    done = promtool("test", "rules", *CASES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_has_a_case_that_fires_and_one_that_nearly_does() -> None:
    tested: Counter[tuple[str, bool]] = Counter()
    for case in (case for path in CASES for case in yaml.safe_load(path.read_text())["tests"]):
        for one in case["alert_rule_test"]:
            tested[one["alertname"], bool(one["exp_alerts"])] += 1
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    assert set(tested) == {(name, fires) for name in names for fires in (True, False)}


def test_every_rule_says_what_is_wrong_and_what_to_do() -> None:
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "remedy"}, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        remedy = rule["annotations"]["remedy"]
        for word in remedy.split():
            if word.startswith("docs/"):
                assert (PROJECT / word.strip("().,;")).exists(), remedy


def test_the_page_names_every_rule() -> None:
    text = PAGE.read_text()
    assert [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in text] == []


def test_rules_read_what_there_is() -> None:
    for rule in rules():
        assert gauges_of(rule["expr"])
        assert gauges_of(rule["expr"]) <= set(GAUGES) | NOT_OURS, rule["alert"]


def test_prometheus_takes_the_scrape_configuration(tmp_path: Path) -> None:
    said = yaml.safe_load((DEPLOY / "prometheus.yaml").read_text())
    [job] = said["scrape_configs"]
    token = tmp_path / "token"
    token.write_text("x" * 20)
    job["authorization"]["credentials_file"] = str(token)
    said["rule_files"] = [str(DEPLOY / name) for name in said["rule_files"]]
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(said))
    done = promtool("check", "config", tmp_path / "prometheus.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_finds_nothing_wrong_with_what_is_exposed(dsn: str, tmp_path: Path) -> None:
    registry = CollectorRegistry()
    registry.register(Collector(lambda: dsn, {"logs": tmp_path}))
    done = promtool("check", "metrics", given=generate_latest(registry).decode())
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


# --- the dashboard -------------------------------------------------------------------------------


def test_prometheus_reads_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    asked = [
        {"record": f"asked:{n}", "expr": expression} for n, expression in enumerate(expressions())
    ]
    assert len(asked) > 40
    (tmp_path / "asked.yaml").write_text(
        yaml.safe_dump({"groups": [{"name": "asked", "rules": asked}]})
    )
    done = promtool("check", "rules", tmp_path / "asked.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_reads_what_there_is_and_shows_all_of_it() -> None:
    read = {name for expression in expressions() for name in gauges_of(expression)}
    assert read <= set(GAUGES) | NOT_OURS
    by_rules = {name for rule in rules() for name in gauges_of(rule["expr"])}
    # How old the newest comparison is, how fast bytes came, and what only tables of ops tell better.
    unused = {
        "saldo_last_success_timestamp_seconds", "saldo_alerts_open_since_timestamp_seconds", "saldo_proof_checked_timestamp_seconds",
        "saldo_received_bytes_24h", "saldo_tries_running", "saldo_table_rows", "saldo_warehouse_migration",
    }  # fmt: skip
    assert set(GAUGES) - read - by_rules == unused


def test_a_legend_names_labels_that_the_gauge_has() -> None:
    for panel in panels():
        for target in panel["targets"]:
            legend = target["legendFormat"]
            named = {part.partition("}}")[0] for part in legend.split("{{")[1:]}
            labels = set.union(
                *(GAUGES.get(name, set()) for name in gauges_of(target["expr"])), set()
            )
            assert named <= labels, panel["title"]


def test_panels_have_a_place_of_their_own_and_say_what_they_show() -> None:
    taken: Counter[tuple[int, int]] = Counter()
    every = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    for panel in every:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        taken.update(
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        )
    assert set(taken.values()) == {1}
    for panel in panels():
        assert panel["title"], panel
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize("name", ["provisioning.yaml", "datasource.yaml"])
def test_grafana_finds_its_files(name: str) -> None:
    said = yaml.safe_load((DASHBOARD.parent / name).read_text())
    assert said["apiVersion"] == 1
    assert ("providers" in said) != ("datasources" in said)
