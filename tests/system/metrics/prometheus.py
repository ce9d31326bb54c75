"""Prometheus of Debian: its tool, and a server of a test's own (tests/debian.sh installs both)."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml

from saldo.metrics import GROUPS
from saldo.metrics.airflow import AIRFLOW
from saldo.metrics.gauges import OTHERS
from tests.conftest import free_port
from tests.support import PROJECT

DEPLOY = PROJECT / "deploy" / "prometheus"
RULES = DEPLOY / "saldo.rules.yaml"
DASHBOARD = PROJECT / "deploy" / "grafana" / "saldo.json"
#: Every gauge, and the labels of its samples.
GAUGES = {
    gauge.name: set(gauge.labels)
    for gauge in (*OTHERS, *AIRFLOW, *(one for group in GROUPS for one in group.gauges))
}
#: What Prometheus itself knows, and what node_exporter tells.
NOT_OURS = {"up", "ALERTS", "node_filesystem_avail_bytes", "node_filesystem_size_bytes"}


def promtool(*words: str | Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["promtool", *map(str, words)], input=given, capture_output=True, text=True, check=False
    )


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """Without the rows that head them."""
    found = json.loads(DASHBOARD.read_text())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def expressions() -> list[str]:
    """Those of the dashboard, for all subjects."""
    dashboard = json.loads(DASHBOARD.read_text())
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    asked += [one["expr"] for one in dashboard["annotations"]["list"]]
    return [expression.replace("$subject", ".*") for expression in asked]


def gauges_of(expression: str) -> set[str]:
    """Names of what an expression reads."""
    bare = re.sub(r'"[^"]*"', "", expression)
    return set(re.findall(r"\b(?:saldo|node)_\w+|\b(?:up|ALERTS)\b(?=\{)", bare))


@dataclass
class Prometheus:
    """A running server."""

    url: str

    def ask(self, path: str, **parameters: str) -> Any:
        answer = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=30)
        found = answer.json()
        assert found["status"] == "success", found
        return found["data"]

    def value(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an expression now. Fails for one that cannot be read."""
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found


@contextmanager
def running(folder: Path, target: str, token: str) -> Iterator[Prometheus]:
    """A server that scrapes a host and port every two seconds as deploy/prometheus/prometheus.yaml says, with the rules of Saldo."""
    said = yaml.safe_load((DEPLOY / "prometheus.yaml").read_text())
    said["global"] = {"scrape_interval": "2s", "evaluation_interval": "1s"}
    said["rule_files"] = [str(RULES)]
    [job] = said["scrape_configs"]
    (folder / "token").write_text(token)
    job |= {"scheme": "http", "scrape_timeout": "2s", "static_configs": [{"targets": [target]}]}
    job["authorization"] = {"credentials_file": str(folder / "token")}
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(said))
    port = free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                "prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
    found = Prometheus(f"http://127.0.0.1:{port}")
    try:
        _wait(found, process, folder / "log")
        yield found
    finally:
        process.terminate()
        process.wait(30)


def _wait(found: Prometheus, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if requests.get(f"{found.url}/-/ready", timeout=1).ok:
                return
        except requests.RequestException:
            pass
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
