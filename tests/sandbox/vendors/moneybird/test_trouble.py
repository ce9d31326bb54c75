"""Limits, tokens that run out, edits by hand, what vanishes, and webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
import requests

from tests.support import Sandbox

from .asking import Administration, administration

INVOICES, RECEIPTS = "documents/purchase_invoices", "documents/receipts"


def first_paid(one: Administration, path: str = INVOICES) -> dict[str, Any]:
    return next(row for row in one.all(path).values() if row["state"] == "paid" and row["payments"])


# --- limits --------------------------------------------------------------------------------------


def test_a_token_has_so_many_requests_in_a_window(sandbox: Sandbox) -> None:
    dijk = administration(sandbox, "dijk", entries=800, moneybird_limit=5, moneybird_window_s=2)
    url = f"{dijk.root}/administrations.json"
    told = [dijk.ask("GET", url) for _ in range(6)]
    assert [one.status_code for one in told] == [200] * 5 + [429]
    assert "RateLimit-Limit" not in told[0].headers
    last = told[-1]
    assert (last.text, last.headers["RateLimit-Limit"]) == ("Retry later", "5")
    wait = int(last.headers["Retry-After"]) - time.time()
    assert 0 < wait <= 3
    assert last.headers["RateLimit-Reset"] == last.headers["Retry-After"]
    other = administration(sandbox, "sluis", entries=800)
    assert other.ask("GET", url).status_code == 200
    dijk.do("limit", requests=500, seconds=60)
    assert dijk.ask("GET", url).status_code == 200


def test_somebody_else_may_use_the_same_token(sandbox: Sandbox) -> None:
    dijk = administration(sandbox, "dam", entries=800, moneybird_limit=150)
    url = f"{dijk.root}/administrations.json"
    dijk.do("others", requests=149)
    assert [dijk.ask("GET", url).status_code for _ in range(2)] == [200, 429]
    usage = f"{sandbox.url}/sandbox/companies/{dijk.company.id}/moneybird"
    told = requests.get(usage, timeout=10).json()
    assert (told["used"], told["others"], told["total"], told["throttled"]) == (150, 149, 2, 1)
    dijk.do("forget")
    assert dijk.ask("GET", url).status_code == 200


def test_reports_have_a_lower_limit_of_their_own(sandbox: Sandbox) -> None:
    dijk = administration(sandbox, "terp", entries=800, moneybird_report_limit=1)
    path = "reports/balance_sheet"
    assert [dijk.get(path).status_code for _ in range(2)] == [200, 429]
    assert dijk.get("ledger_accounts").status_code == 200


# --- tokens --------------------------------------------------------------------------------------


def refreshed(one: Administration, **other: str) -> requests.Response:
    form = {
        "grant_type": "refresh_token", "client_id": "sandbox-moneybird-client",
        "client_secret": "sandbox-moneybird-secret",
        "refresh_token": f"sandbox-moneybird-refresh-{one.company.id}", **other,
    }  # fmt: skip
    return requests.post(f"{one.sandbox.url}/moneybird/oauth/token", data=form, timeout=10)


def test_an_access_token_may_have_an_end_or_none(sandbox: Sandbox) -> None:
    ever = administration(sandbox, "polder", entries=800)
    told = refreshed(ever).json()
    assert "expires_in" not in told
    assert Administration(ever.company, told["access_token"]).id == ever.id
    short = administration(sandbox, "wad", entries=800, moneybird_expires_in=1)
    told = refreshed(short).json()
    assert told["expires_in"] == 1
    by_token = Administration(short.company, told["access_token"])
    url = f"{short.root}/administrations.json"
    assert by_token.ask("GET", url).status_code == 200
    time.sleep(1.05)
    assert by_token.ask("GET", url).status_code == 401
    wrong = refreshed(short, refresh_token="no")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    wrong = refreshed(short, client_secret="no")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")


def test_a_refresh_token_may_be_good_once(sandbox: Sandbox) -> None:
    once = administration(sandbox, "vliet", entries=800, moneybird_refresh_rotates=True)
    told = refreshed(once).json()
    assert refreshed(once).status_code == 400
    assert refreshed(once, refresh_token=told["refresh_token"]).status_code == 200


# --- edits ---------------------------------------------------------------------------------------


def test_a_document_is_edited_by_hand(sandbox: Sandbox) -> None:
    kade = administration(sandbox, "kade", entries=800)
    one = next(
        row for row in kade.all(INVOICES).values()
        if row["state"] in ("open", "late") and row["details"] and not row["payments"]
    )  # fmt: skip
    told = kade.do(
        "edit", document=one["id"], date="2026-10-01", description="=1+1", price="12.3456"
    )
    (now,) = kade.fetched(INVOICES, [one["id"]])
    assert (now["date"], now["version"]) == ("2026-10-01", told["version"])
    assert (now["details"][0]["price"], now["details"][0]["description"]) == ("12.3456", "=1+1")
    assert now["version"] > one["version"]
    assert kade.ids(INVOICES)[one["id"]] == now["version"]
    kade.do("edit", document=one["id"], reference="again", same_second=True)
    (again,) = kade.fetched(INVOICES, [one["id"]])
    assert (again["reference"], again["version"]) == ("again", now["version"])
    kade.do("edit", document=one["id"], paid_on="2026-10-30")
    (paid,) = kade.fetched(INVOICES, [one["id"]])
    assert (paid["state"], paid["paid_at"]) == ("paid", "2026-10-30")
    kade.do("kind", document=one["id"], kind="receipt")
    assert kade.fetched(INVOICES, [one["id"]]) == []
    assert kade.fetched(RECEIPTS, [one["id"]])[0]["version"] > paid["version"]
    kade.do("delete", document=one["id"])
    assert one["id"] not in kade.ids(RECEIPTS)
    assert one["id"] in kade.truth()["deleted"]
    sums = sum(float(row["amount"]) for row in kade.rows("postings"))
    assert round(sums, 2) == 0


def test_what_a_deleted_document_was_paid_by_is_unprocessed_again(sandbox: Sandbox) -> None:
    kade = administration(sandbox, "kaai", entries=800)
    one = next(
        row for row in kade.all(INVOICES).values()
        if any(payment["financial_mutation_id"] for payment in row["payments"])
    )  # fmt: skip
    id = one["payments"][0]["financial_mutation_id"]
    (before,) = kade.fetched("financial_mutations", [id])
    assert (before["state"], len(before["payments"])) == ("processed", 1)
    kade.do("delete", document=one["id"])
    (after,) = kade.fetched("financial_mutations", [id])
    assert (after["state"], after["payments"]) == ("unprocessed", [])
    assert after["amount"] == after["amount_open"] == before["amount"]
    assert after["version"] > before["version"]


def test_a_document_vanishes_between_list_and_fetch(sandbox: Sandbox) -> None:
    kade = administration(sandbox, "brug", entries=800)
    ids = [*kade.ids(RECEIPTS)]
    kade.company.fault("vanished", match="POST")
    found = {row["id"] for row in kade.fetched(RECEIPTS, ids)}
    (gone,) = set(ids) - found
    assert gone not in kade.ids(RECEIPTS)


def test_lists_are_half_or_empty_and_links_lead_astray(sandbox: Sandbox) -> None:
    kade = administration(sandbox, "steiger", entries=800)
    whole = kade.get(f"{INVOICES}/synchronization").json()
    kade.company.fault("half")
    assert kade.get("ledger_accounts").status_code == 200  # the administration's id was asked first
    kade.company.fault("half", match="purchase_invoices/synchronization")
    assert kade.get(f"{INVOICES}/synchronization").json() == whole[: len(whole) // 2]
    kade.company.fault("empty", match="synchronization")
    assert kade.get(f"{INVOICES}/synchronization").json() == []
    kade.company.fault("new_field", match="tax_rates")
    found = kade.get("tax_rates", per_page=100)
    assert ("next" in found.headers["Link"], "unknownField" in found.json()[0]) == (True, True)
    kade.company.fault("endless", match="tax_rates", where="same")
    assert "page=2" in kade.get("tax_rates", per_page=100, page=2).headers["Link"]
    kade.company.fault("foreign_link", match="tax_rates", put="https://evil.example")
    assert "<https://evil.example/" in kade.get("tax_rates").headers["Link"]


# --- webhooks ------------------------------------------------------------------------------------


class _Target(BaseHTTPRequestHandler):
    got: ClassVar[list[tuple[str, bytes]]] = []
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.headers["Moneybird-Signature"], body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def target() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _Target.got, _Target.status = [], 200
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()


def wait_for(deliveries: int) -> None:
    """Until so many have come."""
    deadline = time.monotonic() + 10
    while len(_Target.got) < deliveries and time.monotonic() < deadline:
        time.sleep(0.02)


def test_webhooks_are_registered_and_told_signed(sandbox: Sandbox, target: str) -> None:
    kade = administration(sandbox, "toren", entries=800)
    url = f"{kade.root}/{kade.id}/webhooks.json"
    refused = kade.ask("POST", url, json={"url": target, "events": ["document"]})
    assert refused.json()["symbolic"] == {"events": "removed"}
    _Target.status = 500
    refused = kade.ask("POST", url, json={"url": target})
    assert (refused.status_code, "url" in refused.json()["error"]) == (422, True)
    _Target.status = 200
    made = kade.ask("POST", url, json={"url": target, "enabled_events": ["document"]})
    assert made.status_code == 201
    assert "secret" not in kade.ask("GET", url).json()[0]
    _Target.got.clear()
    one = first_paid(kade)
    kade.do("edit", document=one["id"], reference="hook")
    wait_for(2)
    assert len(_Target.got) == 2
    header, body = _Target.got[0]
    parts = [part.partition("=")[::2] for part in header.split(",")]
    at = dict(parts)["t"]
    digest = hmac.new(made.json()["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256)
    assert ("v1", digest.hexdigest()) in parts
    told = json.loads(body)
    assert (told["action"], told["entity_id"]) == ("document_updated", one["id"])
    assert told["webhook_token"] == made.json()["token"]
    before = {**kade.ids(INVOICES), **kade.ids(RECEIPTS)}
    kade.company.next_day()
    after = {**kade.ids(INVOICES), **kade.ids(RECEIPTS)}
    changed = {id for id in {*before, *after} if before.get(id) != after.get(id)}
    _Target.got.clear()
    kade.do("send")
    wait_for(2 * len(changed))
    assert sorted(json.loads(body)["entity_id"] for _, body in _Target.got) == sorted(
        [*changed] * 2
    )
    assert kade.ask("DELETE", url.replace("webhooks", f"webhooks/{told['webhook_id']}")).status_code == 204  # fmt: skip
