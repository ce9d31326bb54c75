"""Saldo in Airflow's API server: who may open which document, what is said when not, and the Test of every
connection type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import requests

from saldo.api.app import create_app
from saldo.console.shell.browsers import BrowserRoute
from tests.support import SECRET, Company, Sandbox, write_agreement
from tests.system.running import Stack

from .conftest import Server

pytestmark = pytest.mark.timeout(600)
IDS = ("open", "offline", "unconnected", "switched_off")
#: Of what these tests put into the stack's warehouse: beyond all keys of its own.
_FIRST_KEY = 900_001


def economic(url: str, id: str) -> dict[str, Any]:
    base = f"{url}/economic"
    return {
        "conn_type": "economic", "host": f"{base}/rest", "password": f"sandbox-grant-{id}",
        "extra": {"app_secret_token": SECRET, "openapi_host": f"{base}/openapi"},
    }  # fmt: skip


@pytest.fixture(scope="module")
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("papers", entries=1_000)


@pytest.fixture(scope="module")
def invoice(company: Company) -> str:
    """A number the vendor has a PDF of."""
    return str(asked(company, "rest/invoices/booked")["collection"][0]["bookedInvoiceNumber"])


@pytest.fixture(scope="module")
def voucher(company: Company) -> dict[str, Any]:
    """A document attached to a voucher."""
    path = "openapi/documentsapi/v4.0.1/AttachedDocuments"
    found: dict[str, Any] = asked(company, path)["items"][0]
    return found


def asked(company: Company, path: str) -> Any:
    headers = {"X-AppSecretToken": SECRET, "X-AgreementGrantToken": f"sandbox-grant-{company.id}"}
    return requests.get(
        f"{company.sandbox.url}/economic/{path}", headers=headers, timeout=10
    ).json()


@pytest.fixture(scope="module", autouse=True)
def _known(
    stack: Stack, server: Server, company: Company, dsn: str, invoice: str, voucher: dict[str, Any]
) -> Iterator[None]:
    """Agreements with these documents; of those no DAG has ever run."""
    connect_to(server, company.id, company.sandbox.url)
    connect_to(server, "offline", "http://127.0.0.1:1")
    ids = (company.id, *IDS[1:])
    for id in ids:
        write_agreement(stack.agreements, id, enabled=id != "switched_off")
    with psycopg.connect(dsn) as connection:
        for key, id in enumerate(ids, start=_FIRST_KEY):
            connection.execute(
                "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, "
                "base_currency) values (%s, %s, %s, 'economic', 'DKK')",
                [key, id, id],
            )
            documents = (
                ("invoice", None, invoice, None, True),
                ("invoice", None, "424242", None, True),  # known, but the vendor has none any more
                ("invoice", None, "777777", None, False),
                (
                    "voucher", voucher["accountingYear"], str(voucher["voucherNumber"]),
                    str(voucher["number"]), True,
                ),
            )  # fmt: skip
            for nth, row in enumerate(documents):
                connection.execute(
                    "insert into mart.dim_document (document_key, agreement_key, kind, "
                    "accounting_year, document_number, attached_document_number, has_pdf, "
                    "is_deleted) values (%s, %s, %s, %s, %s, %s, %s, false)",
                    [10 * key + nth, key, *row],
                )
    yield
    for id in ids:
        (stack.agreements / f"{id}.yaml").unlink()
    with psycopg.connect(dsn) as connection:
        for table in ("dim_document", "dim_agreement"):
            connection.execute(f"delete from mart.{table} where agreement_key >= {_FIRST_KEY}")


def connect_to(server: Server, id: str, url: str) -> None:
    """The connection of an agreement, made as in the UI."""
    fields = economic(url, id)
    answer = requests.post(
        f"{server.url}/api/v2/connections",
        json={"connection_id": f"economic_{id}", **fields, "extra": json.dumps(fields["extra"])},
        headers={"Authorization": f"Bearer {server.token('admin')}"},
        timeout=60,
    )
    answer.raise_for_status()


def link(id: str, kind: str, number: object) -> str:
    return f"/saldo/api/v1/documents/{id}/{kind}/{number}.pdf"


@pytest.fixture
def url(company: Company, invoice: str) -> str:
    return link(company.id, "invoice", invoice)


def opened(dsn: str, id: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select status, requests from ops.sync_run where agreement_id = %s and "
            "entity = 'document_pdf' order by sync_run_id",
            [id],
        ).fetchall()


# --- who -----------------------------------------------------------------------------------------


def test_every_route_is_closed_to_anonymous_callers(server: Server) -> None:
    app = create_app()
    assert app.docs_url is None
    assert app.redoc_url is None
    assert app.openapi_url is None
    # What only browsers are answered leads them to the log-in.
    pages = [route.path for route in _routes(app) if isinstance(route, BrowserRoute)]
    assert "/health" in pages
    for path in pages:
        assert server.browse(f"/saldo{path}", user=None).status_code == 302, path
    others = [route for route in _routes(app) if not isinstance(route, BrowserRoute)]
    paths = [route.path for route in others if "{secret}" not in route.path]
    assert "/api/v1/documents/{agreement_id}/{kind}/{number}.pdf" in paths
    assert server.get("/saldo/health", user=None).json() == {"status": "ok"}
    reading = {route.path for route in others if "GET" in route.methods}
    for path in (path for path in paths if path != "/health" and path in reading):
        path = re.sub(r"\{\w+:uuid\}", "2f6c3a4e-6c0b-4c0e-9d57-0b6c1c1a7f10", path)
        path = re.sub(r"\{\w+:int\}", "1", path)
        path = path.replace("{", "").replace("}", "")
        answer = server.get(f"/saldo{path}", user=None)
        assert answer.status_code == 401, path
        assert answer.headers["Content-Type"] == "application/problem+json"
    for path in ("/docs", "/openapi.json", "/redoc"):
        assert server.get(f"/saldo{path}", user=None).status_code == 404, path


def test_the_document_of_the_routes_names_where_they_are(server: Server) -> None:
    answer = server.get("/saldo/api/v1/openapi.json", user="nora")
    assert answer.status_code == 200
    found = answer.json()
    assert found["servers"] == [{"url": "/saldo"}]
    assert "/api/v1/documents/{agreement_id}/{kind}/{number}.pdf" in found["paths"]


def _routes(app: Any) -> list[Any]:
    return [route for route in app.routes if hasattr(route, "endpoint")]


def test_a_strange_token_is_no_login(server: Server, url: str) -> None:
    answer = server.get(url, user=None, Authorization="Bearer of.another.server")
    assert answer.status_code == 401
    assert "log in" in answer.json()["detail"].lower()


def test_a_browser_is_led_through_the_login_and_back(server: Server, url: str) -> None:
    answer = server.browse(url, user=None)
    assert answer.status_code == 302
    target = urlsplit(answer.headers["Location"])
    assert (target.netloc, target.path) == ("", "/api/v2/auth/login")
    assert parse_qs(target.query) == {"next": [url]}
    followed = server.browse(answer.headers["Location"], user=None)
    assert parse_qs(urlsplit(followed.headers["Location"]).query) == {"next": [url]}


def test_who_may_not_see_the_dag_may_not_see_its_documents(server: Server, url: str) -> None:
    answer = server.get(url, user="nora")
    assert answer.status_code == 403
    assert "saldo__" in answer.json()["detail"]
    page = server.browse(url, user="nora")
    assert page.status_code == 403
    assert "<h1>You may not see this agreement</h1>" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy


# --- what ----------------------------------------------------------------------------------------


def test_a_viewer_gets_the_pdf_and_it_is_written_down(
    server: Server, url: str, dsn: str, company: Company, invoice: str
) -> None:
    before = len(opened(dsn, company.id))
    for answer in (server.get(url), server.browse(url)):
        assert answer.status_code == 200
        assert answer.content.startswith(b"%PDF-")
        assert answer.content.rstrip().endswith(b"%%EOF")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Content-Disposition"] == (
            f'inline; filename="{company.id}-invoice-{invoice}.pdf"'
        )
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert opened(dsn, company.id)[before:] == [("success", 1)] * 2
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select actor, action, agreement_id, detail->>'document_number' from ops.audit "
            "order by audit_id desc limit 1"
        ).fetchone()
    assert row == ("vera", "document opened", company.id, invoice)


def test_a_voucher_is_found_by_the_number_of_what_is_attached(
    server: Server, company: Company, voucher: dict[str, Any]
) -> None:
    answer = server.get(link(company.id, "voucher", voucher["number"]))
    assert answer.status_code == 200
    name = f"{company.id}-voucher-{voucher['accountingYear']}-{voucher['voucherNumber']}.pdf"
    assert name in answer.headers["Content-Disposition"]


def test_nothing_else_can_be_fetched(
    server: Server, company: Company, dsn: str, invoice: str
) -> None:
    before = len(opened(dsn, company.id))
    for path in (
        link(company.id, "invoice", "31415"),  # the warehouse knows none
        link(company.id, "invoice", "777777"),  # without a PDF
        link(company.id, "voucher", invoice),
        link(company.id, "salary", invoice),
        link(company.id, "invoice", f"{invoice}%2F..%2F..%2Fself"),
        link(company.id, "invoice", f"{invoice}%3Ffilter"),
        link(company.id, "invoice", "..%2F..%2F..%2Fself"),
        link(company.id, "invoice", "1%27%20or%20%271"),
        link(company.id, "invoice", "%D9%A1%D9%A2"),  # digits, but not ours
        link("switched_off", "invoice", invoice),
        link("nobody", "invoice", invoice),
        link("..%2Fopen", "invoice", invoice),
        link("*", "invoice", invoice),
    ):
        assert server.get(path).status_code == 404, path
    assert opened(dsn, company.id)[before:] == []


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"kind": "403"}, 403, "e-conomic refuses"),
        ({"kind": "revoked"}, 403, "e-conomic refuses"),
        ({"kind": "module"}, 403, "e-conomic refuses"),
        ({"kind": "404"}, 404, "e-conomic has no such document any more"),
        ({"kind": "429", "retry_after": 40}, 429, "Try again in 40 seconds"),
        ({"kind": "503", "retry_after": 20}, 503, "answers with 503"),
        ({"kind": "500"}, 503, "answers with 500"),
        ({"kind": "drop"}, 503, "the answer broke off"),
        ({"kind": "html"}, 502, "is no PDF"),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else None,
)
def test_trouble_at_the_vendor_is_told_in_words(
    server: Server,
    url: str,
    company: Company,
    dsn: str,
    fault: dict[str, Any],
    status: int,
    words: str,
) -> None:
    company.fault(match="/pdf", times=9, **fault)
    answer = server.get(url)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["title"] + answer.json()["detail"]
    assert server.browse(url).status_code == status
    if "retry_after" in fault:
        assert answer.headers["Retry-After"] == str(fault["retry_after"])
    assert {kind for kind, _ in opened(dsn, company.id)[-2:]} == {"skipped"}  # counted, no alert
    assert "sandbox-grant" not in answer.text
    assert SECRET not in answer.text


def test_a_pdf_that_broke_off_once_arrives_whole(
    server: Server, url: str, company: Company
) -> None:
    company.fault(match="/pdf", kind="drop", times=1)
    answer = server.get(url)
    assert answer.status_code == 200
    assert answer.content.rstrip().endswith(b"%%EOF")


def test_an_api_server_without_a_way_to_the_vendor_says_so(server: Server, invoice: str) -> None:
    answer = server.get(link("offline", "invoice", invoice))
    assert answer.status_code == 503
    assert "the API server lacks the network's way to it" in answer.json()["detail"]
    answer = server.get(link("unconnected", "invoice", invoice))
    assert answer.status_code == 503
    assert "'economic_unconnected', which does not exist" in answer.json()["detail"]


def test_documents_leave_the_nights_their_calls(
    server: Server, url: str, company: Company, dsn: str
) -> None:
    row = (
        "insert into ops.sync_run (agreement_id, entity, dag_id, run_id, try_number, mode, "
        "started_at, status, requests) select %s, %s, 'x', 'filled', 1, 'auto', "
        "clock_timestamp() - interval '{ago}', 'success', {calls} from generate_series(1, {rows})"
    )
    for entity, ago, calls, rows, wait_s in (
        ("document_pdf", "10 seconds", 1, 60, 60),
        ("document_pdf", "23 hours", 1, 5_000, 3_600),
        ("entries", "1 hour", 50_000, 1, 3_600),
    ):
        with psycopg.connect(dsn) as connection:
            filled = row.format(ago=ago, calls=calls, rows=rows)
            connection.execute(filled, [company.id, entity])
        answer = server.get(url)
        with psycopg.connect(dsn) as connection:
            connection.execute("delete from ops.sync_run where run_id = 'filled'")
        assert answer.status_code == 429, entity
        assert wait_s - 30 <= int(answer.headers["Retry-After"]) <= wait_s
    assert server.get(url).status_code == 200


# --- the connection types ------------------------------------------------------------------------


def others(url: str) -> dict[str, dict[str, Any]]:
    """A connection that works of every type but e-conomic's, by its type."""
    found: dict[str, dict[str, Any]] = {
        "xledger": {
            "host": f"{url}/xledger/graphql", "password": "sandbox-xledger-fjordgruppen",
            "extra": {"owner_db_id": "4711"},
        },
        "moneybird": {
            "host": f"{url}/moneybird/api/v2", "password": "sandbox-moneybird-all",
            "extra": {"administration_id": "300000000000000001"},
        },
        "business_central": {
            "host": f"{url}/business_central", "login": "app-all",
            "password": "sandbox-secret-app-all",
            "extra": {
                "tenant": "fjordgruppen.example", "environment": "Production",
                "key_environment": "test", "company": "Fjordgruppen Bygg AS",
                "token_url": f"{url}/entra/fjordgruppen.example/oauth2/v2.0/token",
            },
        },
    }  # fmt: skip
    return {name: {"conn_type": name, **fields} for name, fields in found.items()}


def tried(server: Server, fields: dict[str, Any]) -> dict[str, Any]:
    """What the Test button of a form that is not saved yet shows."""
    answer = requests.post(
        f"{server.url}/api/v2/connections/test",
        json={"connection_id": "being_edited", **fields, "extra": json.dumps(fields["extra"])},
        headers={"Authorization": f"Bearer {server.token('admin')}"},
        timeout=60,
    )
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def test_the_test_button_in_the_api_server(server: Server, company: Company) -> None:
    own = economic(company.sandbox.url, company.id)
    good = tried(server, own)
    assert good["status"], good
    assert f"agreement {company.agreement_number}" in good["message"]
    bad = tried(server, {**own, "password": "wrong"})
    assert not bad["status"]
    assert "grant token is wrong" in bad["message"]
    assert (
        "this connection has no app secret token" in tried(server, {**own, "extra": {}})["message"]
    )
    viewer = {"Authorization": f"Bearer {server.token('vera')}"}
    body = {"connection_id": "x", "conn_type": "economic", "host": "http://127.0.0.1:1"}
    refused = requests.post(
        f"{server.url}/api/v2/connections/test", json=body, headers=viewer, timeout=60
    )
    assert refused.status_code == 403


def test_a_production_key_is_tried_where_its_saved_name_allows_it(
    server: Server, company: Company
) -> None:
    own = economic(company.sandbox.url, company.id)
    production = {**own, "extra": {**own["extra"], "environment": "production"}}
    refused = tried(server, production)
    assert not refused["status"]
    assert refused["message"].startswith("this connection holds a production key")
    requests.post(
        f"{server.url}/api/v2/connections",
        json={
            "connection_id": "of_the_pilot",
            **production,
            "extra": json.dumps(production["extra"]),
        },
        headers={"Authorization": f"Bearer {server.token('admin')}"},
        timeout=60,
    ).raise_for_status()
    found = tried(server, production)
    assert found["status"], found


@pytest.mark.parametrize(
    ("name", "opens", "refuses"),
    [
        ("xledger", "Fjordgruppen Bygg AS: Xledger entity 4711", "does not recognise its format"),
        ("moneybird", "Taxibedrijf De Vries: Moneybird admin", "Moneybird refuses the token (401)"),
        ("business_central", "Fjordgruppen Bygg AS: company a1c5", "the secret is wrong"),
    ],
)
def test_the_test_button_of_the_other_types(
    server: Server, sandbox: Sandbox, name: str, opens: str, refuses: str
) -> None:
    fields = others(sandbox.url)[name]
    good = tried(server, fields)
    assert good["status"], good
    assert good["message"].startswith(opens)
    bad = tried(server, {**fields, "password": "wrong"})
    assert not bad["status"]
    assert refuses in bad["message"]


def test_a_saved_connection_is_tested_as_the_ui_does(server: Server, company: Company) -> None:
    admin = {"Authorization": f"Bearer {server.token('admin')}"}
    url = company.sandbox.url
    _saved_and_tested_as_the_ui_does(server, admin, economic(url, company.id))
    _saved_and_tested_as_the_ui_does(server, admin, others(url)["business_central"])


def _saved_and_tested_as_the_ui_does(
    server: Server, admin: dict[str, str], fields: dict[str, Any]
) -> None:
    """Airflow 3.3.2's button sends port 0 and stars for what is stored (see saldo/api/backport.py)."""
    id = f"saved_{fields['conn_type']}"
    body = {"connection_id": id, **fields, "extra": json.dumps(fields["extra"])}
    base = f"{server.url}/api/v2/connections"
    requests.post(base, json=body, headers=admin, timeout=60).raise_for_status()
    stored = requests.get(f"{base}/{id}", headers=admin, timeout=60).json()
    shown = {name: stored[name] for name in ("connection_id", "conn_type", "host", "extra")}
    assert "***" in shown["extra"]
    button = {
        **shown,
        "password": "***",
        "login": stored["login"] or "",
        "schema": "",
        "description": "",
        "port": 0,
    }
    answer = requests.post(f"{base}/test", json=button, headers=admin, timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"], answer.text
    elsewhere = {**button, "host": "http://127.0.0.1:1"}
    refused = requests.post(f"{base}/test", json=elsewhere, headers=admin, timeout=60)
    assert refused.status_code == 400  # what is stored is still not sent to another address
    assert (
        requests.post(
            f"{base}/test", json={**button, "port": 81}, headers=admin, timeout=60
        ).status_code
        == 400
    )
