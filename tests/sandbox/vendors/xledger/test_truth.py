"""The truth is told from the books, and is what the API shows."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from sandbox.vendors.xledger.schema import ROOTS
from tests.sandbox.vendors.xledger.asking import Xledger

COMPANIES = ("fjordbygg", "fjorddrift", "lofoten", "havblik", "everything")
SHARED = ("objectKinds", "taxTableSetups")
Sums = defaultdict[str, defaultdict[str, Decimal]]


@pytest.fixture(scope="module", params=COMPANIES)
def company(request: pytest.FixtureRequest, xledger: Xledger) -> tuple[str, str]:
    """Its id and token, some days on."""
    id = str(request.param)
    if id == "everything":
        more: dict[str, Any] = {
            "currencies": ["EUR", "USD"], "deletions": True, "renumbers": True, "reopens_on": 2,
            "unknown_account": 1, "unbalanced_voucher": 2, "entries": 2_000,
        }  # fmt: skip
        xledger.company(id, **more)
    xledger.state.put(xledger.state.books[id].company, xledger_burst=100_000)
    xledger.next_day(id, 5)
    return id, f"sandbox-xledger-token-{id}"


def csv_of(xledger: Xledger, id: str, what: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(xledger.truth(id, f"xledger-{what}").text)))


def summed(rows: list[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    found: Sums = defaultdict(lambda: defaultdict(Decimal))
    for outer, inner, amount in rows:
        found[outer][inner] += Decimal(amount)
    return {outer: {k: str(v) for k, v in inner.items()} for outer, inner in found.items()}


def test_counts(xledger: Xledger, company: tuple[str, str]) -> None:
    id, token = company
    counts = xledger.truth(id).json()["counts"]
    assert counts.keys() == ROOTS.keys()
    for root in ROOTS:
        rows = xledger.rows(root, "ownerSet: CURRENT", token=token)
        assert counts[root] == len(rows), root


def test_lines(xledger: Xledger, company: tuple[str, str]) -> None:
    id, token = company
    codes = {
        row["dbId"]: row["code"]
        for root in ("objectValues", "projects")
        for row in xledger.rows(root, token=token)
    }
    shown = [
        {
            "db_id": line["dbId"], "date": line["header"]["postedDate"],
            "account_code": line["account"]["code"], "amount_base": line["amount"],
            "amount": line["invoiceAmount"], "currency": line["currency"]["code"],
            "department_code": codes.get(line["glObject1DbId"], ""),
            "cost_object_code": codes.get(line["glObject2DbId"], ""),
            "project_code": codes.get(line["glObject3DbId"], ""),
            "source": line["header"]["transactionSource"]["code"],
            "voucher": str(line["header"]["transactionNumber"]),
            "tax_code": line["taxRule"]["code"] if line["taxRule"] else "",
            "period_db_id": str(line["period"]["dbId"]), "text": line["text"],
        }
        for line in xledger.rows("transactions", token=token)
    ]  # fmt: skip
    assert csv_of(xledger, id, "transactions") == shown
    assert {row["source"] for row in shown} == {"OB", "AR", "AP", "BANK", "GL"}


@pytest.mark.parametrize(
    ("what", "root"), [("receivables", "arTransactions"), ("payables", "apTransactions")]
)
def test_subledgers(xledger: Xledger, company: tuple[str, str], what: str, root: str) -> None:
    id, token = company
    rows = xledger.rows(root, token=token)
    shown = [
        {
            "db_id": str(line["dbId"]), "date": line["transactionHeader"]["postedDate"],
            "due_date": line["dueDate"] or "", "subledger_db_id": str(line["subledgerDbId"]),
            "invoice_number": line["invoiceNumber"] or "", "kind": line["slTransactionType"]["name"],
            "currency": line["currency"]["code"], "amount_base": line["amount"],
            "amount": line["invoiceAmount"], "remaining": line["invoiceRemaining"],
        }
        for line in rows
    ]  # fmt: skip
    told = csv_of(xledger, id, what)
    assert [{k: v for k, v in row.items() if k != "voucher"} for row in told] == shown
    remaining = [
        (str(x["subledgerDbId"]), x["currency"]["code"], x["invoiceRemaining"])
        for x in rows if Decimal(x["invoiceRemaining"])
    ]  # fmt: skip
    assert xledger.truth(id).json()[what] == summed(remaining)
    assert {row["kind"] for row in shown} >= {"INVOICE", "ELECTRONIC_PAYMENT"}


def test_the_subledgers_are_their_accounts(xledger: Xledger, company: tuple[str, str]) -> None:
    """What customers and suppliers owe, line by line, is what lies on their accounts."""
    id, _ = company
    lines = csv_of(xledger, id, "transactions")
    for what, account in (("receivables", "5600"), ("payables", "6800")):
        of_parties = sum(Decimal(row["amount_base"]) for row in csv_of(xledger, id, what))
        on_account = (Decimal(x["amount_base"]) for x in lines if x["account_code"] == account)
        assert of_parties == sum(on_account)


def test_sums(xledger: Xledger, company: tuple[str, str]) -> None:
    id, token = company
    truth, lines = xledger.truth(id).json(), csv_of(xledger, id, "transactions")
    by_month = [(x["account_code"], x["date"][:7], x["amount_base"]) for x in lines]
    assert truth["movements"] == summed(by_month)
    periods = {row["dbId"]: row["description"] for row in xledger.rows("periods", token=token)}
    shown = [
        (row["account"]["code"], periods[row["period"]["dbId"]], row["amount"])
        for row in xledger.rows("accountBalances", token=token)
    ]
    assert truth["periods"] == summed(shown)
    assert any(period.endswith("-13") for found in truth["periods"].values() for period in found)


def test_hours(xledger: Xledger, company: tuple[str, str]) -> None:
    id, token = company
    rows = xledger.rows("timesheets", token=token)
    hours = [(str(x["project"]["dbId"]), x["assignmentDate"][:7], x["workingHours"]) for x in rows]
    assert xledger.truth(id).json()["hours"] == summed(hours)
    shown = [
        (
            x["dbId"], x["assignmentDate"], str(x["employee"]["dbId"]), str(x["project"]["dbId"]),
            x["workingHours"], x["invoiceHours"], x["hourlyCost"], str(x["approved"]).lower(),
        )
        for x in rows
    ]  # fmt: skip
    told = [
        (
            x["db_id"], x["date"], x["employee_db_id"], x["project_db_id"], x["hours"],
            x["invoice_hours"], x["hourly_cost"], x["is_approved"],
        )
        for x in csv_of(xledger, id, "timesheets")
    ]  # fmt: skip
    assert told == shown


def test_names(xledger: Xledger, company: tuple[str, str]) -> None:
    id, token = company
    truth = xledger.truth(id).json()
    for root in ("customers", "suppliers", "employees", "projects", "accounts"):
        rows = xledger.rows(root, token=token)
        assert truth[root] == {str(row["dbId"]): row["description"] for row in rows}, root


def test_what_is_carried_forward_is_not_shown(xledger: Xledger) -> None:
    """Balances run on: the bank's is all that has moved on it, since the books began."""
    books = xledger.truth("lofoten", "entries").text
    carried = [row for row in csv.DictReader(io.StringIO(books)) if row["is_opening"] == "true"]
    shown = csv_of(xledger, "lofoten", "transactions")
    assert len(shown) == books.count("\n") - 1 - len(
        [x for x in carried if x["entry_type"] != "opening_entry"]
    )
    assert len({x["date"] for x in carried}) > 1
    assert {x["date"] for x in shown if x["source"] == "OB"} == {"2023-07-01"}


def test_an_unknown_truth_is_404(xledger: Xledger) -> None:
    assert xledger.truth("lofoten", "xledger-nothing").status_code == 404
    assert xledger.truth("nobody", "xledger").status_code == 404
