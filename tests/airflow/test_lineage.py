"""OpenLineage events of a real run, as a collector receives them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.airflow.running import airflow, home
from tests.serving import Server, reply, serving
from tests.support import Company, Sandbox

Event = dict[str, Any]


@pytest.fixture(scope="module")
def observed(sandbox, dsn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lineage")
    (folder / "agreements").mkdir()
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO", "OPENLINEAGE"))
    }
    company = sandbox.company("lined", entries=300)
    (folder / "agreements" / f"{company.id}.yaml").write_text(f"""
id: {company.id}
name: Lined
vendor: economic
connection: economic_lined
schedule: null
timezone: Europe/Copenhagen
start_date: 2024-01-01
entities: [self, accounts, entries]
""")
    base = f"{sandbox.url}/economic"
    conn = {
        "conn_type": "economic",
        "host": f"{base}/rest",
        "password": f"sandbox-grant-{company.id}",
        "extra": {
            "app_secret_token": "sandbox-app-secret",
            "openapi_host": f"{base}/openapi",
            "environment": "test",
        },
    }
    environ = {
        **kept,
        **home(folder, folder / "agreements", dsn),
        "AIRFLOW_CONN_ECONOMIC_LINED": json.dumps(conn),
    }
    airflow(environ, "db", "migrate")
    return environ, company


def test_x(observed):
    import time

    environ, company = observed
    with serving() as start:
        collector = start(reply(200))
        on = {
            "AIRFLOW__OPENLINEAGE__DISABLED": "false",
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
                {
                    "type": "transform",
                    "transformer_class": "saldo.openlineage.withholding.WithoutBooks",
                    "transport": {"type": "http", "url": collector.url},
                }
            ),
        }
        on |= json.loads(os.environ.get("MORE", "{}"))
        t = time.time()
        out = airflow({**environ, **on}, "dags", "test", f"saldo__{company.id}")
        print("took", time.time() - t)
        events = [json.loads(b) for b in collector.bodies]
        Path("/tmp/ol-events.json").write_text(json.dumps(events, indent=1))
        Path("/tmp/ol-out.txt").write_text(out)
        print(len(events))
