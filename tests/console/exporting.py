"""What tests of the page of exports share: an organisation that exports to the made-up system, in Chromium and behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

from saldo.hooks import accounting
from saldo.warehouse.connection import Connection
from tests.api import runs_of_dags
from tests.api.test_export_review import DAG, Office
from tests.example_target.kind import EXAMPLE
from tests.example_target.ledger import Ledger
from tests.example_target.target import ExampleTarget
from tests.exports.accounting.engine import Desk
from tests.exports.accounting.examples import line, receipt

BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def office(
    client: TestClient,
    dsn: str,
    tmp_path: Path,
    warehouse: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Office]:
    """The organisation `example`. A preview asks its own system, as the runs do."""
    desk = Desk(dsn, warehouse)
    file = tmp_path / "SALDO_EXPORTS_DIR" / "example.yaml"
    file.write_text(yaml.safe_dump(EXAMPLE))
    runs_of_dags.write_dag(desk.configuration)
    monkeypatch.setattr(
        accounting, "open_target", lambda configuration, **_: ExampleTarget(Ledger(dsn))
    )
    yield Office(client, desk)
    runs_of_dags.forget(DAG)
    desk.clear()


def page_of(client: TestClient, path: str, user: str = "ada", status: int = 200) -> str:
    client.cookies.set("_token", user)
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == status, answer.text
    return answer.text


def send(client: TestClient, path: str, form: dict[str, Any], user: str = "ada") -> Any:
    client.cookies.set("_token", user)
    return client.post(path, data=form, headers=BROWSER, follow_redirects=False)


def stuck(office: Office, id: str = "EXP-2026-0001") -> str:
    """The id of an export whose second line has a category without an account."""
    office.desk.claim(
        id=id,
        lines=[
            line(receipts=[receipt()]),
            line(2, category="lunch", text="Lunch", vat_code=None, vat_amount=None),
        ],
    )
    office.ask(id)
    office.work()
    return str(office.desk.job(id).export_id)
