"""Journals, purchase invoices, dimensions and files: made, changed, posted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zlib import crc32

import pytest

from tests.support import Sandbox

from .asking import HONORARIUM, TAXI, Books, books


@pytest.fixture(scope="module")
def shared(sandbox: Sandbox) -> Books:
    """Of tests that leave nothing behind."""
    return books(sandbox, "bcshared")


# --- journals ------------------------------------------------------------------------------------


def test_a_line_is_made_found_and_posted(sandbox: Sandbox) -> None:
    one = books(sandbox, "bcline")
    journal = one.journal("saldo")
    line = one.made(f"{journal}/journalLines", {**TAXI, "documentNumber": " ex000412-1 "})
    assert (line["documentNumber"], line["lineNumber"], line["amount"]) == ("EX000412-1", 10_000, 121.0)  # fmt: skip
    key = "externalDocumentNumber eq 'SALDO-EXP-000412'"
    assert [row["id"] for row in one.found(f"{journal}/journalLines", key)] == [line["id"]]
    assert one.found(f"{journal}/journalLines", key.lower().replace("externaldocumentnumber", "externalDocumentNumber")) == []  # fmt: skip
    assert one.post(journal).status_code == 204
    assert one.found(f"{journal}/journalLines") == []
    entries = one.found("generalLedgerEntries", "documentNumber eq 'EX000412-1'")
    assert [(row["accountNumber"], row["debitAmount"], row["creditAmount"]) for row in entries] == [
        ("4410", 121.0, 0.0), ("5410", 0.0, 121.0),
    ]  # fmt: skip
    assert "externalDocumentNumber" not in entries[0]
    assert one.refused("POST", f"{journal}/Microsoft.NAV.post")[2].startswith("There is nothing to post.")  # fmt: skip


def test_an_account_with_vat_has_it_taken_out(sandbox: Sandbox) -> None:
    one = books(sandbox, "bcvat")
    journal = one.journal()
    one.made(f"{journal}/journalLines", {**TAXI, "accountNumber": "4430", "amount": 125.00})
    one.post(journal)
    assert one.posted("EX000412-1") == {
        "4430": Decimal("100.00"), "5630": Decimal("25.00"), "5410": Decimal("-125.00"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"documentNumber": "X" * 21}, "Application_StringExceededLength"),
        ({"externalDocumentNumber": "X" * 36}, "Application_StringExceededLength"),
        ({"amount": "121.00"}, "BadRequest"),
        ({"postingDate": "02-03-2026"}, "BadRequest"),
        ({"description": None}, "BadRequest"),
        ({"extra": 1}, "BadRequest"),
        ({"journalDisplayName": "x"}, "BadRequest_InvalidOperation"),
        ({"accountNumber": "4450"}, "Application_FieldValidationException"),
        ({"accountNumber": "4000"}, "Application_FieldValidationException"),
        ({"accountNumber": "5410"}, "Application_FieldValidationException"),
        ({"accountNumber": "9999"}, "Internal_InvalidTableRelation"),
        ({"balancingAccountNumber": "V99999"}, "Internal_InvalidTableRelation"),
        ({"balancingAccountNumber": "V00040"}, "Application_DialogException"),
        ({"accountType": "Customer"}, "Internal_InvalidTableRelation"),
        ({"amount": 1e20}, "BadRequest"),
        ({"accountType": "Nobody"}, "Application_EvaluateException"),
        ({"dimensionSetLines": [{"code": "AFDELING", "valueCode": "OLD"}]}, "Application_DialogException"),
        ({"dimensionSetLines": [{"code": "AFDELING", "valueCode": "NO"}]}, "Internal_InvalidTableRelation"),
    ],
)  # fmt: skip
def test_what_a_line_cannot_be_leaves_nothing(
    shared: Books, other: dict[str, Any], code: str
) -> None:
    journal = shared.journal(f"J{crc32(str(other).encode()) % 10**8}")
    told = shared.refused("POST", f"{journal}/journalLines", {**TAXI, **other})
    assert told[:2] == (400, code)
    assert "CorrelationId" in told[2]
    assert shared.found(f"{journal}/journalLines") == []


def test_lines_are_numbered_and_their_numbers_are_keys(shared: Books) -> None:
    lines = f"{shared.journal('NUMBERS')}/journalLines"
    numbers = [shared.made(lines, {**TAXI, **more})["lineNumber"] for more in ({}, {"lineNumber": 15_000}, {}, {})]  # fmt: skip
    assert numbers == [10_000, 15_000, 25_000, 35_000]
    told = shared.refused("POST", lines, {**TAXI, "lineNumber": 15_000})
    assert told[1] == "Internal_EntityWithSameKeyExists"
    assert shared.refused("POST", "journals", {"code": "numbers"})[1] == "Internal_EntityWithSameKeyExists"  # fmt: skip


def test_a_line_is_changed_by_whoever_has_its_etag(shared: Books) -> None:
    lines = f"{shared.journal('ETAGS')}/journalLines"
    made = shared.made(lines, TAXI)
    path, tag = f"journalLines({made['id']})", made["@odata.etag"]
    assert shared.refused("PATCH", path, {"amount": 1})[:2] == (400, "BadRequest_InvalidToken")
    changed = shared.ask("PATCH", path, {"amount": 99.995}, If_Match=tag)
    assert (changed.status_code, changed.json()["amount"]) == (200, 100.0)
    stale = shared.refused("PATCH", path, {"amount": 1}, If_Match=tag)
    assert stale[:2] == (409, "Request_EntityChanged")
    assert shared.refused("DELETE", path, If_Match=tag)[0] == 409
    assert shared.ask("DELETE", path).status_code == 204
    assert shared.refused("GET", path)[:2] == (404, "BadRequest_NotFound")


def test_a_line_of_an_employee_cannot_be_read_back(shared: Books) -> None:
    lines = f"{shared.journal('EMPLOYEE')}/journalLines"
    shared.made(lines, {**TAXI, "accountType": "Employee", "accountNumber": "E12"})
    assert shared.found(lines) == []
    told = shared.refused("GET", "journalLines")
    assert told[2].startswith("You must specify a journal batch ID")


def test_one_bad_line_and_nothing_is_posted(sandbox: Sandbox) -> None:
    one = books(sandbox, "bcbad")
    journal = one.journal()
    lines = f"{journal}/journalLines"
    one.made(lines, TAXI)
    one.made(lines, {**TAXI, "documentNumber": "ODD", "balancingAccountNumber": ""})

    def why() -> str:
        return one.refused("POST", f"{journal}/Microsoft.NAV.post")[2]

    assert "Document No. ODD is out of balance by 121.00." in why()
    one.do("delete_line", documentNumber="ODD")
    one.do("account", number="4410", blocked=True)
    assert "Blocked must be equal to 'No' in G/L Account: No.=4410." in why()
    one.do("account", number="4410", blocked=False, _wants="AFDELING")
    assert "Select a Dimension Value Code for the Dimension Code AFDELING" in why()
    (line,) = one.found(lines)
    one.made(f"journalLines({line['id']})/dimensionSetLines", {"code": "afdeling", "valueCode": "ops"})  # fmt: skip
    one.do("vendor", number="V00031", blocked="All")
    assert "Vendor V00031 is blocked with type All" in why()
    one.do("vendor", number="V00031", blocked=" ")
    one.do("close_on_post", **{"from": "2026-04-01"})
    assert one.found("generalLedgerSetup")[0]["allowPostingFrom"] == "2024-01-01"
    assert "not within your range of allowed posting dates" in why()
    assert one.found("generalLedgerSetup")[0]["allowPostingFrom"] == "2026-04-01"
    assert one.found("accountingPeriods", "startingDate eq 2026-03-01")[0]["closed"] is True
    assert one.truth()["posted"] == {}
    one.do("period", **{"from": "2026-01-01"})
    assert one.post(journal).status_code == 204
    entry = one.found("generalLedgerEntries")[0]
    (dimension,) = one.found(f"generalLedgerEntries({entry['id']})/dimensionSetLines")
    assert (dimension["code"], dimension["valueCode"]) == ("AFDELING", "OPS")


# --- purchase invoices ---------------------------------------------------------------------------


def test_an_invoice_is_worked_out_and_posted_once(sandbox: Sandbox) -> None:
    one = books(sandbox, "bcinvoice")
    draft = one.made("purchaseInvoices", HONORARIUM)
    totals = [draft[f"total{name}"] for name in ("AmountExcludingTax", "TaxAmount", "AmountIncludingTax")]  # fmt: skip
    assert (draft["status"], totals) == ("Draft", [840.0, 210.0, 1050.0])
    again = one.made("purchaseInvoices", HONORARIUM)
    assert one.post(f"purchaseInvoices({draft['id']})").status_code == 204
    key = "vendorInvoiceNumber eq 'SALDO-HON-7' and vendorNumber eq 'V00031'"
    states = {row["status"]: row for row in one.found("purchaseInvoices", key)}
    assert (set(states), states["Draft"]["id"]) == ({"Open", "Draft"}, again["id"])
    assert states["Open"]["number"] != draft["number"]
    assert one.refused("GET", f"purchaseInvoices({draft['id']})")[0] == 404
    told = one.refused("POST", f"purchaseInvoices({again['id']})/Microsoft.NAV.post")
    assert told[2].startswith("Purchase Invoice SALDO-HON-7 already exists for this vendor.")
    told = one.refused("POST", f"purchaseInvoices({states['Open']['id']})/Microsoft.NAV.post")
    assert told[2].startswith("The action can be applied to a draft invoice only.")
    assert one.posted(states["Open"]["number"]) == {
        "4520": Decimal("840.00"), "5630": Decimal("210.00"), "5410": Decimal("-1050.00"),
    }  # fmt: skip
    one.do("set", keeps_invoice_id=True)
    third = one.made("purchaseInvoices", {**HONORARIUM, "vendorInvoiceNumber": "ANOTHER"})
    one.post(f"purchaseInvoices({third['id']})")
    assert one.ask("GET", f"purchaseInvoices({third['id']})").json()["status"] == "Open"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"vendorNumber": ""}, "The vendor cannot be found."),
        ({"vendorNumber": "V9"}, "The vendor cannot be found."),
        ({"shortcutDimension1Code": "NO"}, "The field Dimension Value Code of table"),
        ({"currencyCode": "XXX"}, "The field Currency Code of table Purchase Header"),
        ({"totalTaxAmount": 1}, "The property 'totalTaxAmount' is read-only."),
        ({"purchaseInvoiceLines": [{"lineType": "Account", "lineObjectNumber": "4450"}]}, "Blocked must be"),
    ],
)  # fmt: skip
def test_what_an_invoice_cannot_be(shared: Books, other: dict[str, Any], words: str) -> None:
    assert shared.refused("POST", "purchaseInvoices", {**HONORARIUM, **other})[2].startswith(words)
    assert shared.found("purchaseInvoices") == []


def test_what_only_posting_finds(sandbox: Sandbox) -> None:
    one = books(sandbox, "bclate")
    blank = one.made("purchaseInvoices", {**HONORARIUM, "vendorInvoiceNumber": ""})
    path = f"purchaseInvoices({blank['id']})"
    assert "Vendor Invoice No." in one.refused("POST", f"{path}/Microsoft.NAV.post")[2]
    one.ask("PATCH", path, {"vendorInvoiceNumber": "x1"}, If_Match="*")
    (line,) = one.found(f"{path}/purchaseInvoiceLines")
    inside = f"{path}/purchaseInvoiceLines({line['id']})"
    one.ask("PATCH", inside, {"quantity": 0}, If_Match=line["@odata.etag"])
    assert one.ask("GET", path).json()["totalAmountIncludingTax"] == 0
    assert "Quantity must have a value" in one.refused("POST", f"{path}/Microsoft.NAV.post")[2]
    one.ask("PATCH", path, {"pricesIncludeTax": True}, If_Match="*")
    one.ask("PATCH", inside, {"quantity": 2, "unitCost": 62.50}, If_Match="*")
    now = one.ask("GET", path).json()
    assert (now["totalAmountExcludingTax"], now["totalTaxAmount"]) == (100.0, 25.0)


# --- files ---------------------------------------------------------------------------------------


def test_a_file_comes_in_two_steps_each_with_an_etag(sandbox: Sandbox) -> None:
    one = books(sandbox, "bcfile")
    journal = one.journal()
    lines = [one.made(f"{journal}/journalLines", TAXI) for _ in range(2)]
    for place, line in enumerate(lines):
        given = {"parentId": line["id"], "parentType": "Journal", "fileName": f"{place}.pdf"}
        made = one.made("attachments", given)
        assert made["byteSize"] == 0
        path = f"attachments({made['id']})/attachmentContent"
        kind = {"Content_Type": "application/octet-stream"}
        url = f"{one.root}/companies({one.truth()['id']})/{path}"
        assert one.session.patch(url, data=b"%PDF", timeout=10).status_code == 400
        headers = {"Content-Type": kind["Content_Type"], "If-Match": made["@odata.etag"]}
        assert one.session.patch(url, data=b"%PDF", headers=headers, timeout=10).status_code == 204
        assert one.session.patch(url, data=b"%PDF", headers=headers, timeout=10).status_code == 409
        assert one.session.get(url, timeout=10).content == b"%PDF"
        (found,) = one.found("attachments", f"parentId eq {line['id']}")
        assert (found["fileName"], found["byteSize"]) == (f"{place}.pdf", 4)
    assert one.refused("POST", "attachments", {"parentType": "Journal", "fileName": "x"})[1] == "BadRequest_RequiredParamNotProvided"  # fmt: skip
    one.post(journal)
    (kept,) = one.truth()["files"]  # of lines with one number and date only the first one's
    assert (kept["name"], kept["document"]) == ("0.pdf", "EX000412-1")
