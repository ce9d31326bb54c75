"""Lists, batches, and what goes wrong: outcomes nobody saw, limits, tokens that run out, people."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.support import Sandbox

from .asking import HONORARIUM, TAXI, Books, books, token_of


@pytest.fixture
def one(sandbox: Sandbox) -> Books:
    return books(sandbox, "bctrouble")


def lines_of(one: Books, count: int = 0) -> str:
    """The path of the lines of a new journal; count: that are there."""
    path = f"{one.journal()}/journalLines"
    for n in range(count):
        one.made(path, {**TAXI, "documentNumber": f"D{n}", "externalDocumentNumber": f"O'{n}"})
    return path


# --- lists ---------------------------------------------------------------------------------------


def test_filters(one: Books) -> None:
    path = lines_of(one, 4)
    for filter, numbers in {
        "externalDocumentNumber eq 'O''2'": ["D2"],
        "documentNumber eq 'D1' or documentNumber eq 'D3'": ["D1", "D3"],
        "(lineNumber gt 10000 and amount ge 121) and startswith(documentNumber,'D')": ["D1", "D2", "D3"],
        "contains(description,'de V') and lineNumber le 10000": ["D0"],
        "postingDate lt 2026-03-02": [],
        "dimensionSetLines/any(d: d/code eq 'NO')": ["D0", "D1", "D2", "D3"],  # no effect
    }.items():  # fmt: skip
        assert [row["documentNumber"] for row in one.found(path, filter)] == numbers, filter
    for filter in (
        "documentNumber eq 'D1' or amount eq 121", "documentNumber eq D1", "postingDate eq '2026-03-02'",
        "nothing eq 1", "amount like 1", "(amount eq 1", "amount eq 1 and",
    ):  # fmt: skip
        told = one.refused("GET", path, params={"$filter": filter})
        assert told[:2] == (400, "BadRequest"), filter


def test_pages_lead_on_by_links(one: Books) -> None:
    path = lines_of(one, 5)
    params = {"$top": "4", "$skip": "1", "$orderby": "lineNumber desc", "$select": "documentNumber", "$count": "true"}  # fmt: skip
    answer = one.ask("GET", path, params=params, Prefer="odata.maxpagesize=3").json()
    assert answer["@odata.count"] == 5
    second = one.session.get(answer["@odata.nextLink"], timeout=10).json()
    rows = answer["value"] + second["value"]
    assert [row["documentNumber"] for row in rows] == ["D3", "D2", "D1", "D0"]
    assert set(rows[0]) == {"@odata.etag", "documentNumber"}
    assert "@odata.nextLink" not in second


def test_a_replica_lags(one: Books) -> None:
    path = lines_of(one, 1)
    answer = one.ask("GET", path, Data_Access_Intent="ReadOnly").json()
    assert (answer["value"], len(one.found(path))) == ([], 1)


# --- batches -------------------------------------------------------------------------------------


def inside(path: str, *accounts: str) -> list[tuple[str, str, Any]]:
    return [("POST", path, {**TAXI, "accountNumber": account}) for account in accounts]


def test_a_batch_has_statuses_inside(one: Books) -> None:
    path = lines_of(one)
    asked = inside(path, "4410", "9999", "4420")
    assert one.batch(*asked) == [201, 400]
    assert len(one.found(path)) == 1
    assert one.batch(*asked, Prefer="odata.continue-on-error") == [201, 400, 201]
    assert len(one.found(path)) == 3
    assert one.batch(*asked, Isolation="snapshot") == [201, 400]
    assert len(one.found(path)) == 3
    assert one.batch(*inside(path, "4410", "4420"), Isolation="snapshot") == [201, 201]
    assert len(one.found(path)) == 5
    one.company.fault("partial", match=path)
    assert one.batch(*inside(path, "4410", "4410", "4410")) == [201, 500]
    url = f"{one.root}/$batch?company={one.truth()['id']}"
    too_many = one.session.post(url, json={"requests": [{}] * 101}, timeout=10)
    assert too_many.status_code == 413


def test_what_posting_commits_a_batch_does_not_take_back(one: Books) -> None:
    path = lines_of(one)
    post = f"{path.partition('/')[0]}/Microsoft.NAV.post"
    asked = [*inside(path, "4410"), ("POST", post, None), *inside(path, "4420", "9999")]
    assert one.batch(*asked, Isolation="snapshot") == [201, 204, 201, 400]
    assert one.found(path) == []
    assert set(one.truth()["posted"]) == {"EX000412-1"}


# --- outcomes nobody saw -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more"),
    [("drop", {}), ("lost", {"by": 500}), ("late", {"seconds": 0.4})],
)
def test_it_is_done_and_nobody_knows(one: Books, kind: str, more: dict[str, Any]) -> None:
    path = lines_of(one)
    for asked, body in ((path, TAXI), (f"{path.partition('/')[0]}/Microsoft.NAV.post", None)):
        one.company.fault(kind, match=asked, **more)
        try:
            assert one.ask("POST", asked, body, timeout=0.2).status_code == 500
        except requests.RequestException:
            assert kind != "lost"
    assert set(one.truth()["posted"]) == {"EX000412-1"}


def test_refusals_leave_nothing(one: Books) -> None:
    path = lines_of(one)
    for kind, after in (("429", "7"), ("429", None), ("503", "3"), ("412", None)):
        one.company.fault(kind, match=path, retry_after=int(after) if after else None)
        told = one.ask("POST", path, TAXI)
        assert (told.status_code, told.headers.get("Retry-After")) == (int(kind), after)
    one.do("lock", writes=1)
    assert "locked by another user" in one.refused("POST", path, TAXI)[2]
    assert one.found(path) == []
    one.made(path, TAXI)


def test_an_app_has_so_many_requests(one: Books) -> None:
    app = {"app": "app-short-lived"}
    one.session.headers["Authorization"] = f"Bearer {token_of(one.company.sandbox, app['app'])}"
    one.do("limit", **app, requests=2, seconds=60)
    told = [one.ask("GET", "accounts").status_code for _ in range(3)]
    one.do("limit", **app)
    assert told == [200, 200, 429]
    assert one.do("usage", **app)["throttled"] >= 1
    time.sleep(2.1)  # the token lasts two seconds
    assert one.refused("GET", "accounts")[:2] == (401, "Authentication_InvalidCredentials")


def test_two_who_write_to_one_company_are_seen(one: Books) -> None:
    path, app, url = lines_of(one), "app-writers", f"{one.company.sandbox.url}/sandbox/credentials"
    for vendor in ("entra", "business_central"):
        given = {"secret": f"sandbox-secret-{app}"}
        requests.put(f"{url}/{vendor}/{app}", json=given, timeout=10).raise_for_status()
    one.session.headers["Authorization"] = f"Bearer {token_of(one.company.sandbox, app)}"
    one.made(path, TAXI)
    assert one.do("usage", app=app)["writers_at_once"] == 1
    one.company.fault("latency", match=path, seconds=0.3, times=2)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda n: one.made(path, TAXI), range(2)))
    assert one.do("usage", app=app)["writers_at_once"] == 2


# --- people --------------------------------------------------------------------------------------


def test_people_write_post_change_and_delete(one: Books) -> None:
    path = lines_of(one, 1)
    one.do("ask", path=path, body={**TAXI, "documentNumber": "BY-HAND"})
    one.do("post_journal", journal="SALDO")
    assert set(one.truth()["posted"]) == {"D0", "BY-HAND"}
    one.do("change_entry", documentNumber="D0", debitAmount="1.25")
    one.do("delete_entries", documentNumber="BY-HAND")
    (entry, _) = one.found("generalLedgerEntries")
    assert (entry["documentNumber"], entry["debitAmount"]) == ("D0", 1.25)
    one.made("purchaseInvoices", HONORARIUM)
    one.do("change_invoice", vendorInvoiceNumber="SALDO-HON-7", status="Paid")
    assert one.found("purchaseInvoices")[0]["status"] == "Paid"
    one.do("delete_invoice", vendorInvoiceNumber="SALDO-HON-7")
    assert one.found("purchaseInvoices") == []
    one.do("rename", name="NEW", display_name="New name")
    companies = one.session.get(f"{one.root}/companies", timeout=10).json()["value"]
    assert [row["name"] for row in companies if row["id"] == one.truth()["id"]] == ["NEW"]
