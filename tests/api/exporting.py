"""Organisations that export, for tests of the routes: `fjell` and `havn`, whose DAGs are in the tests' own Airflow."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from saldo.warehouse.connection import Connection
from tests.api import runs_of_dags
from tests.api.test_purchases import ask, problem
from tests.exports.accounting.examples import ORGANISATIONS, configurations
from tests.exports.accounting.register import clear

PATH = "/api/v1/accounting-exports"
FJELL, HAVN = "saldo_export__fjell", "saldo_export__havn"
SECRET = "a-long-text-that-nobody-guesses"


@pytest.fixture
def organisations(
    app: Any, tmp_path: Path, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The folder of their files. The connection of fjell has a secret for reports."""
    folder = tmp_path / "SALDO_EXPORTS_DIR"
    for name in ("fjell", "havn"):
        shutil.copy(ORGANISATIONS / f"{name}.yaml", folder)
    extra = {"webhook_secret": SECRET}
    found = {"conn_type": "business_central", "login": "x", "password": "x", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_FJELL_BC", json.dumps(found))
    for name in ("fjell", "havn"):
        runs_of_dags.write_dag(configurations()[name])
    yield folder
    runs_of_dags.forget(FJELL, HAVN)
    clear(warehouse)
    warehouse.execute("truncate ops.idempotency_key")


def asked(client: TestClient, **more: Any) -> Any:
    """An export of fjell that was asked for."""
    user, key = more.pop("user", "ada"), more.pop("key", "")
    body = {
        "organisation": "fjell",
        "expense_id": "EXP-2026-0001",
        "target_system": "business_central",
    }
    headers = {"Idempotency_Key": key} if key else {}
    return ask(client, "POST", PATH, {**body, **more}, user=user, **headers)


def seen(client: TestClient, id: object, user: str = "vera") -> dict[str, Any]:
    answer = ask(client, "GET", f"{PATH}/{id}", user=user)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def decided(client: TestClient, id: object, what: str, body: Any = None, **more: Any) -> Any:
    return ask(client, "POST", f"{PATH}/{id}/{what}", body, **more)


__all__ = [
    "FJELL",
    "HAVN",
    "PATH",
    "SECRET",
    "ask",
    "asked",
    "decided",
    "organisations",
    "problem",
    "seen",
]
