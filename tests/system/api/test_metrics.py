"""The metrics of the running stack, in Airflow's own API server, with a token from a connection made as in the UI."""

from __future__ import annotations

import secrets

import pytest
import requests

from tests.metrics.scraping import samples_of
from tests.system.api.conftest import Server

pytestmark = pytest.mark.timeout(600)


def test_the_metrics_of_a_night(server: Server) -> None:
    token = secrets.token_hex(24)
    off = server.get("/saldo/metrics", user=None, Authorization=f"Bearer {token}")
    assert off.status_code == 401
    requests.post(
        f"{server.url}/api/v2/connections",
        json={"connection_id": "saldo_metrics", "conn_type": "generic", "password": token},
        headers={"Authorization": f"Bearer {server.token('admin')}"},
        timeout=60,
    ).raise_for_status()
    answer = server.get("/saldo/metrics", user=None, Authorization=f"Bearer {token}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    found = samples_of(answer.text)
    nordlys = (("kind", "agreement"), ("subject", "nordlys"))
    assert found["saldo_warehouse_up", ()] == 1
    assert found["saldo_rows_read_24h", nordlys] > 1_000
    assert found["saldo_proof_differing", nordlys] == 0
    assert ("saldo_last_good_night_timestamp_seconds", nordlys) in found
    assert found["saldo_disk_free_bytes", (("folder", "logs"),)] > 0
    assert server.get("/saldo/metrics", user="admin").status_code == 401
    assert server.get("/saldo/metrics", user=None, Authorization="Bearer").status_code == 401
    for path in server.stack.run_dir.rglob("*.log"):
        assert token not in path.read_text(errors="replace"), path
