"""Pages, filters, scopes and errors as Moneybird has them."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.support import Sandbox

from .asking import Administration, administration

INVOICES, RECEIPTS = "documents/purchase_invoices", "documents/receipts"


@pytest.fixture(scope="module")
def molen(sandbox: Sandbox) -> Administration:
    return administration(sandbox)


def test_pages_name_the_one_before_first(molen: Administration) -> None:
    found = molen.get("tax_rates", per_page=50, page=2)
    links = found.headers["Link"].split(", ")
    assert [link.partition("; ")[2] for link in links] == ['rel="prev"', 'rel="next"']
    assert (found.headers["X-Total-Count"], len(found.json())) == ("115", 50)
    last = molen.ask("GET", links[1].partition(">")[0].lstrip("<"))
    assert ("next" in last.headers["Link"], len(last.json())) == (False, 15)
    assert "19% btw" in {row["name"] for row in last.json()}
    assert len(molen.get("tax_rates").json()) == 25


def test_the_format_is_part_of_the_path(molen: Administration) -> None:
    plain = molen.ask("GET", f"{molen.root}/{molen.id}/ledger_accounts")
    assert plain.json() == molen.get("ledger_accounts").json()
    codes = [row["account_id"] for row in plain.json()]
    assert None in codes
    assert codes.count("4600") == 2


@pytest.mark.parametrize(
    ("path", "params", "words"),
    [
        (INVOICES, {"per_page": 101}, "Per Page is too big"),
        ("contacts", {"per_page": 101}, "per_page does not have a valid value"),
        (INVOICES, {"filter": "period:202501.."}, "Period must have both a start and end date"),
        ("sales_invoices/synchronization", {"filter": "period:..202512"}, "Period must have both"),
        (RECEIPTS, {"filter": "colour:red"}, "colour is invalid"),
        ("financial_mutations", {"filter": "period:200001..209912"}, "please use sync API"),
        ("reports/debtors", {"period": "this_year"}, "Period is invalid"),
        ("reports/general_ledger", {"period": "202501..202601"}, "Period cannot exceed 12 months"),
        ("reports/creditors", {"period": "202501..202502"}, "Period cannot exceed 1 month"),
        ("reports/journal_entries", {}, "at least a contact_id"),
    ],
)
def test_what_is_asked_badly_is_told_so(
    molen: Administration, path: str, params: dict[str, Any], words: str
) -> None:
    found = molen.get(path, **params)
    assert (found.status_code, words in found.json()["error"]) == (400, True), found.text


def test_a_list_without_a_filter_is_that_of_the_year(molen: Administration) -> None:
    whole, year = molen.ids(INVOICES), molen.get(INVOICES, per_page=100).json()
    assert {row["date"][:4] for row in year} == {"2026"}
    assert len(year) < len(whole)
    mutations = molen.ids("financial_mutations")
    assert len(mutations) < len(molen.ids("financial_mutations", filter="period:200001..209912"))
    old = molen.get(INVOICES, filter="period:20250101..20250630,state:paid|late").json()
    assert {row["date"][:4] for row in old} == {"2025"}
    assert {row["state"] for row in old} <= {"paid", "late"}


def test_a_filter_of_moments_takes_what_changed_strictly_later(molen: Administration) -> None:
    records = sorted(molen.all(INVOICES).values(), key=lambda row: str(row["updated_at"]))
    middle = records[len(records) // 2]
    later = molen.ids(INVOICES, filter=f"updated_after:{middle['updated_at']}")
    assert set(later) == {row["id"] for row in records if row["updated_at"] > middle["updated_at"]}


def test_synchronization_lists_ids_and_gives_records_by_a_hundred(molen: Administration) -> None:
    raw = [row["id"] for row in molen.get(f"{INVOICES}/synchronization").json()]
    assert len(raw) > len(set(raw))
    versions = molen.ids("contacts")
    known = [*versions]
    ids = [*known[:60], "400000010000000001", "x", *known[60:]]
    found = molen.fetched("contacts", ids)
    assert len(known) > len(found) == 98
    assert [row["id"] for row in found] != known[:98]
    assert {row["id"]: row["version"] for row in found}.items() <= versions.items()
    assert molen.fetched(INVOICES, [*molen.ids(RECEIPTS)][:5]) == []
    url = f"{molen.root}/{molen.id}/{RECEIPTS}/synchronization.json"
    assert molen.ask("POST", url, json={}).json() == {
        "error": "Ids is required", "symbolic": {"ids": "required"},
    }  # fmt: skip


def test_ids_are_texts_a_float_cannot_tell_apart(molen: Administration) -> None:
    ids = [*molen.ids(INVOICES), *molen.ids(RECEIPTS)]
    assert all(isinstance(one, str) and len(one) == 18 for one in ids)
    assert len({float(one) for one in ids}) < len(set(ids))


def test_a_missing_scope_is_a_401_that_names_it(molen: Administration) -> None:
    token = "sandbox-moneybird-narrow"
    url = f"{molen.sandbox.url}/sandbox/credentials/moneybird/{token}"
    body = {"opens": [molen.id], "scopes": ["documents"]}
    requests.put(url, json=body, timeout=10).raise_for_status()
    narrow = Administration(molen.company, token)
    assert narrow.get(RECEIPTS).status_code == 200
    for path, lacks in (
        ("sales_invoices/synchronization", "sales_invoices"), ("reports/general_ledger", "bank"),
        ("reports/profit_loss", "sales_invoices and documents"), ("webhooks", "settings"),
    ):  # fmt: skip
        found = narrow.get(path)
        assert (found.status_code, found.json()) == (401, {"error": f"No access to {lacks}"})


def test_archived_contacts_are_shown_where_they_are_asked_for(sandbox: Sandbox) -> None:
    beek = administration(sandbox, "beek", entries=800)
    beek.company.next_day(2)
    some, every = beek.ids("contacts"), beek.ids("contacts", include_archived="true")
    assert len(every) - len(some) == beek.truth()["counts"]["archived_contacts"] > 0
    hidden = beek.fetched("contacts", sorted(set(every) - set(some)))
    assert {row["archived"] for row in hidden} == {True}


def test_a_file_lies_elsewhere_where_no_token_may_go(molen: Administration) -> None:
    one = next(row for row in molen.all(RECEIPTS).values() if row["attachments"])
    file = one["attachments"][0]
    found = molen.get(f"{RECEIPTS}/{one['id']}/attachments/{file['id']}/download")
    assert (found.status_code, found.headers["content-type"][:10]) == (302, "text/plain")
    link = found.headers["Location"]
    assert not link.startswith(molen.root)
    content = requests.get(link, timeout=10)
    assert (content.content[:5], len(content.content)) == (b"%PDF-", file["size"])
    assert molen.ask("GET", link).status_code == 400
    assert requests.get(link.replace("until=1", "until=2"), timeout=10).status_code == 403
    other = molen.get(f"{INVOICES}/{one['id']}/attachments/{file['id']}/download")
    assert (other.status_code, other.json()["error"]) == (404, "record not found")
