"""A warehouse that lacks what this version reads or writes, or refuses it: every page says so, and every route of programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import sql
from psycopg.conninfo import make_conninfo

from saldo.api.warehouse_problems import problem_of
from saldo.errors import DataRejected
from tests.airflow.running import warehouse_connection
from tests.api.runs_of_dags import forget, store_dag, write_agreement_dag
from tests.support import agreement, write_agreement

AN_ID = "00000000-0000-4000-8000-000000000017"
A_HASH = "a" * 64
ONE, BOUGHT, EXPORT = "/agreements/shop", "/purchases/shop", f"/exports/{AN_ID}"
PAGES = [
    "/", ONE, f"{ONE}/history", f"{ONE}/drift", f"{ONE}/changes", f"{ONE}/changes.csv", f"{ONE}/progress", f"{ONE}/proof",
    f"{ONE}/postings?account=1&year=2026", f"{ONE}/postings.csv?account=1&year=2026", f"{ONE}/vouchers?number=1&year=2026",
    f"{ONE}/vouchers/documents/1",
    f"{ONE}/balances", f"{ONE}/find?q=rent", f"{ONE}/find/texts?q=rent",
    "/exports", "/exports/progress", EXPORT, f"{EXPORT}/now", f"{EXPORT}/progress", f"{EXPORT}/receipts/1/{A_HASH}",
    "/files", "/files/drop", "/files/drop/1/1", "/files/drop/template",
    "/health/alerts",
    "/purchases", BOUGHT, f"{BOUGHT}/files", f"{BOUGHT}/progress", f"{BOUGHT}/files/a.xlsx", f"{BOUGHT}/requests/{AN_ID}",
    f"{BOUGHT}/requests/{AN_ID}/state", f"{BOUGHT}/sync",
]  # fmt: skip
#: Path of a form, and what is in it.
FORMS = [
    (f"{ONE}/runs", {"mode": "auto"}), ("/exports/chosen", {"what": "cancel", "chosen": f"{AN_ID} 2026-01-01T00:00:00+00:00"}),
    *[(f"{EXPORT}/{what}", {"seen": "2026-01-01T00:00:00+00:00"}) for what in ("retry", "lines", "booked", "cancel", "preview")],
    ("/files/drop/look", {}), (f"{BOUGHT}/export", {"key": "0" * 32}), (f"{BOUGHT}/files/a.xlsx/delete", {}), (f"{BOUGHT}/sync", {}),
]  # fmt: skip
#: They read no warehouse, or have it as a part of theirs.
APART = {
    "/files/{config_id}/state", "/dags/{dag_id}", "/health", "/metrics", "/api/v1/openapi.json", "/data-docs/{agreement_id}/{run}/{page}"}  # fmt: skip
REST, EXPORTS = "/api/v1/purchases/shop", "/api/v1/accounting-exports"
A_FILE, LINES = {"filename": "a.xlsx"}, {"lines": [{"line": 1, "text": "x"}]}
ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/api/v1/documents/other/voucher/1.pdf", None), ("GET", "/api/v1/agreements/shop/progress", None),
    ("GET", f"{REST}/sync", None), ("POST", f"{REST}/sync", None),
    ("GET", f"{REST}/export", None), ("GET", f"{REST}/export/{AN_ID}", None), ("POST", f"{REST}/export", {"ids": ["1"]}),
    ("DELETE", f"{REST}/export", A_FILE),
    ("GET", f"{REST}/files", None), ("GET", f"{REST}/files/a.xlsx", None), ("POST", f"{REST}/files", {**A_FILE, "data": ""}),
    ("DELETE", f"{REST}/files", A_FILE),
    ("GET", EXPORTS, None), ("GET", f"{EXPORTS}/targets", None), ("GET", f"{EXPORTS}/{AN_ID}", None),
    ("DELETE", f"{EXPORTS}/{AN_ID}", None), ("POST", f"{EXPORTS}/{AN_ID}/cancel", None), ("POST", f"{EXPORTS}/{AN_ID}/retry", {}),
    ("POST", f"{EXPORTS}/{AN_ID}/booked", {"reference": "1"}), ("POST", f"{EXPORTS}/{AN_ID}/lines", LINES),
]  # fmt: skip
#: Their requests are long, and of organisations: tests/api has them.
ELSEWHERE = {
    ("POST", "/api/v1/expenses"), ("POST", EXPORTS), ("POST", f"{EXPORTS}/batch"), ("PUT", f"{EXPORTS}/{{export_id:uuid}}"),
    ("POST", "/api/v1/webhooks/moneybird/{agreement_id}/{secret}"),
}  # fmt: skip


TITLE = "The warehouse has another version"
MONEYBIRD = {"vendor": "moneybird", "company": "NL1"}
HEADERS = {"Authorization": "Bearer root", "Sec-Fetch-Site": "same-origin"}


def as_browser(client: TestClient, method: str, path: str, form: Any = None) -> Any:
    return client.request(
        method, path, data=form, headers={**HEADERS, "Accept": "text/html"}, follow_redirects=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of file configurations, of which there is one."""
    found = tmp_path_factory.mktemp("files")
    source = {"folder": "file:///srv/drop"}
    drop = {"id": "drop", "kind": "budget", "agreement": "shop", "source": source, "match": "*.csv"}
    (found / "drop.yaml").write_text(yaml.safe_dump(drop))
    return found


@pytest.fixture(scope="module")
def dags(airflows_tables: None, folder: Path) -> Iterator[None]:
    from saldo.airflow.files_builder import build_files_dag

    write_agreement_dag(agreement("shop", **MONEYBIRD))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALDO_FILES_DIR", str(folder))
        store_dag(build_files_dag())
    yield
    forget("saldo__shop", "saldo_files")


@pytest.fixture
def configured(
    app: FastAPI, dags: None, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a route asks for before the warehouse: Airflow's DAGs, an agreement with purchases, and a configuration of files."""
    write_agreement(tmp_path / "SALDO_AGREEMENTS_DIR", "shop", **MONEYBIRD)
    monkeypatch.setenv("SALDO_FILES_DIR", str(folder))


@pytest.fixture
def emptied(configured: None, dsn: str) -> Iterator[None]:
    """As before the first migration: what is read first is missing, as what is read last may be."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')"
        ).fetchall()
        names = {name: f"{name}_of_another_version" for (name,) in found}
        _rename(connection, names)
    yield
    with psycopg.connect(dsn) as connection:
        _rename(connection, {new: old for old, new in names.items()})


def _rename(connection: psycopg.Connection[Any], names: dict[str, str]) -> None:
    for old, new in names.items():
        connection.execute(
            sql.SQL("alter schema {} rename to {}").format(sql.Identifier(old), sql.Identifier(new))
        )


@pytest.fixture
def stranger(cluster: Any, configured: None, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # fmt: skip
    """The connection names a role that may read nothing."""
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute("create role stranger login password 'stranger'")
    found = make_conninfo(dsn, user="stranger", password="stranger")
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(found))
    yield
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute("drop role stranger")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_so(emptied: None, client: TestClient, path: str) -> None:
    answer = as_browser(client, "GET", path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30"), answer.text
    assert f"<h1>{TITLE}</h1>" in answer.text


@pytest.mark.parametrize(("path", "form"), FORMS, ids=[path for path, _ in FORMS])
def test_a_form_is_answered_with_it(
    emptied: None, client: TestClient, path: str, form: dict[str, str]
) -> None:
    answer = as_browser(client, "POST", path, form)
    assert answer.status_code == 503, answer.text
    assert f"<h1>{TITLE}</h1>" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "body", "key"),
    [(*one, {}) for one in ROUTES]
    + [
        (*one, {"Idempotency-Key": "k"})
        for one in ROUTES
        if one[0] == "POST" and one[1].startswith(REST)
    ],
)
def test_a_program_is_told(
    emptied: None, client: TestClient, method: str, path: str, body: Any, key: dict[str, str]
) -> None:
    answer = client.request(method, path, json=body, headers={**HEADERS, **key})
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    its_own = "Airflow's API server cannot fetch documents"
    assert answer.json()["title"] == (its_own if "/documents/" in path else TITLE)


def test_health_has_the_rest(emptied: None, client: TestClient) -> None:
    assert as_browser(client, "GET", "/health").status_code == 200


def test_who_may_not_is_refused_all_the_same(emptied: None, client: TestClient) -> None:
    headers = {"Authorization": "Bearer vera"}
    answer = client.post(f"{REST}/sync", headers=headers)
    assert answer.status_code == 403, "though it cannot be written down"


@pytest.mark.parametrize("path", ["/", f"{BOUGHT}/files", f"{REST}/export", "/api/v1/agreements/shop/progress"])  # fmt: skip
def test_a_role_without_rights_is_told(stranger: None, client: TestClient, path: str) -> None:
    answer = as_browser(client, "GET", path)
    assert answer.status_code == 503, answer.text
    assert "<h1>The warehouse does not let Saldo do this</h1>" in answer.text
    assert client.get(path, headers=HEADERS).status_code == 503


def test_who_was_faster_is_no_outage() -> None:
    """All three are psycopg's OperationalError, as a warehouse that is away is."""
    for error in (
        psycopg.errors.LockNotAvailable,
        psycopg.errors.SerializationFailure,
        psycopg.errors.DeadlockDetected,
    ):
        problem = problem_of(error("somebody was faster"))
        assert problem is not None
        assert problem.status == 409
    assert problem_of(psycopg.errors.UniqueViolation("twice")) is None


def test_what_cannot_be_stored_is_the_requests() -> None:
    problem = problem_of(DataRejected("the text is too long"))
    assert problem is not None
    assert (problem.status, problem.detail) == (422, "the text is too long.")


def test_a_mistake_of_saldos_shows_no_trace(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, configured: None
) -> None:
    from saldo.api import progress as route

    def mistaken(*_: Any) -> Any:
        raise KeyError("a secret of the code")

    monkeypatch.setattr(route, "progress_of", mistaken)
    path = "/api/v1/agreements/shop/progress"
    with TestClient(app, raise_server_exceptions=False) as client:
        page, answer = as_browser(client, "GET", path), client.get(path, headers=HEADERS)
    assert "<h1>Something went wrong</h1>" in page.text
    assert answer.json()["title"] == "Something went wrong"
    for found in (page, answer):
        assert found.status_code == 500
        assert "secret" not in found.text


def test_all_that_can_be_asked_is_asked(app: FastAPI) -> None:
    asked = [("GET", path) for path in PAGES] + [("POST", path) for path, _ in FORMS]
    asked += [(method, path) for method, path, _ in ROUTES]
    missed = {
        (method, route.path)
        for route in app.routes
        if hasattr(route, "methods")
        for method in route.methods
        if not any(
            method == its and route.path_regex.match(path.partition("?")[0]) for its, path in asked
        )
    }
    assert missed == ELSEWHERE | {("GET", path) for path in APART} | {("HEAD", "/health")}
