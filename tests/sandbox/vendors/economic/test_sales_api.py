"""What is sold over HTTP: paging, filters, totals, bulk lines, PDFs, and the truth told as CSV."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.sandbox.vendors.economic.test_entities import (
    DOCUMENTS,
    Q2C,
    STATUSES,
    answer,
    by_cursor,
    classic,
    get,
    truth_csv,
)
from tests.support import Company, Sandbox

LINES = f"{Q2C}/invoices/booked/lines"
NUMBER = "bookedInvoiceNumber"


@pytest.fixture(scope="module")
def company(sandbox: Sandbox) -> Company:
    """A company no test of this module changes; small cursor pages."""
    found = sandbox.company(
        "sales", entries=6_000, customers=80, currencies=["EUR", "USD"], cursor_page=70, orders=60
    )
    found.next_day(6)
    return found


@pytest.fixture
def own(sandbox: Sandbox) -> Company:
    return sandbox.company("ownsales", entries=1_500, customers=30, currencies=["EUR"])


def numbers(rows: list[dict[str, Any]], name: str = NUMBER) -> list[int]:
    return [row[name] for row in rows]


# --- booked invoices -----------------------------------------------------------------------------


def test_invoices_are_paged_with_links_that_keep_the_filter(company: Company) -> None:
    everything = classic(company, "invoices/booked")
    wish = f"{NUMBER}$gt:10100$and:{NUMBER}$lte:10150"
    body = answer(company, "rest/invoices/booked", filter=wish, pagesize=20, skippages=1)
    wanted = [n for n in numbers(everything) if 10_100 < n <= 10_150]
    assert numbers(body["collection"]) == wanted[20:40]
    paging = body["pagination"]
    assert (paging["results"], paging["resultsWithoutFilter"]) == (len(wanted), len(everything))
    assert "skippages=2" in paging["nextPage"]
    assert "filter=" in paging["nextPage"]
    last = answer(company, "rest/invoices/booked", filter=wish, pagesize=20, skippages=2)
    assert "nextPage" not in last["pagination"]
    assert answer(company, "rest/invoices/booked", skippages=9_999)["collection"] == []
    assert get(company, "rest/invoices/booked", pagesize=1_001).status_code == 400


@pytest.mark.parametrize(
    ("wish", "test"),
    [
        (f"{NUMBER}$in:[10007,10009,99999]", lambda row: row[NUMBER] in (10_007, 10_009)),
        (f"{NUMBER}$eq:10011", lambda row: row[NUMBER] == 10_011),
        (f"{NUMBER}$lt:10011", lambda row: row[NUMBER] < 10_011),
        (f"{NUMBER}$ne:10011", lambda row: row[NUMBER] != 10_011),
        ("date$gte:2026-03-01", lambda row: row["date"] >= "2026-03-01"),
        ("date$lt:2024-04-01", lambda row: row["date"] < "2024-04-01"),
        (
            "date$gte:2025-02-01$and:date$lte:2025-02-28",
            lambda row: "2025-02-01" <= row["date"] <= "2025-02-28",
        ),
        (
            f"date$gte:2025-02-01$and:{NUMBER}$in:[10200,10300,10400,10500]",
            lambda row: row["date"] >= "2025-02-01" and row[NUMBER] in range(10_200, 10_501, 100),
        ),
        (
            "customer.customerNumber$in:[1003,1004]",
            lambda row: row["customer"]["customerNumber"] in (1_003, 1_004),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("view", ["booked", "unpaid"])
def test_invoices_are_filtered_as_a_look_at_every_one_would(
    company: Company, view: str, wish: str, test: Any
) -> None:
    wanted = [row for row in classic(company, f"invoices/{view}") if test(row)]
    body = answer(company, f"rest/invoices/{view}", filter=wish, pagesize=1_000)
    assert body["collection"] == wanted
    assert body["pagination"]["results"] == len(wanted)
    back = answer(company, f"rest/invoices/{view}", filter=wish, pagesize=1_000, sort=f"-{NUMBER}")
    assert back["collection"] == wanted[::-1]


def test_what_cannot_be_filtered_or_sorted_by_is_400_with_what_can(company: Company) -> None:
    found = get(company, "rest/invoices/booked", filter="netAmount$gt:1")
    assert found.status_code == 400
    assert NUMBER in found.json()["allowedFilteringFields"]
    assert get(company, "rest/invoices/booked", sort="netAmount").status_code == 400
    assert get(company, LINES, filter="quantity$gt:1").status_code == 400


def test_views_are_parts_of_the_booked_ones_without_rates(company: Company) -> None:
    booked = {row[NUMBER]: row for row in classic(company, "invoices/booked")}
    views = {
        view: classic(company, f"invoices/{view}")
        for view in ("paid", "unpaid", "overdue", "not-due")
    }
    left_out = {"exchangeRate", "grossAmountInBaseCurrency"}
    for rows in views.values():
        for row in rows:
            whole = booked[row[NUMBER]]
            assert row == {k: v for k, v in whole.items() if k not in left_out}
    assert numbers(views["unpaid"]) == [n for n, row in booked.items() if row["remainder"]]
    assert sorted(numbers(views["paid"]) + numbers(views["unpaid"])) == sorted(booked)
    today = company.truth()["today"]
    assert numbers(views["overdue"]) == [
        row[NUMBER] for row in views["unpaid"] if row["dueDate"] < today
    ]
    assert get(company, "rest/invoices/booked/unpaid").status_code == 404
    assert get(company, "rest/invoices/sold").status_code == 404


def test_amounts_of_a_header_belong_together(company: Company) -> None:
    for row in classic(company, "invoices/booked"):
        net, vat, gross = (Decimal(str(row[f"{n}Amount"])) for n in ("net", "vat", "gross"))
        assert net + vat == gross
        is_home = row["currency"] == "DKK"
        assert (row["exchangeRate"] == 100) == is_home
        if is_home:
            assert row["netAmountInBaseCurrency"] == row["netAmount"]
            assert row["remainderInBaseCurrency"] == row["remainder"]
        assert "project" not in row
        assert row["pdf"]["download"].endswith(f"/invoices/booked/{row[NUMBER]}/pdf")


def test_one_invoice_has_its_lines(company: Company) -> None:
    found = answer(company, "rest/invoices/booked/10021")
    bulk = answer(company, LINES, filter="documentId$eq:10021")["items"]
    assert [line["lineNumber"] for line in found["lines"]] == [
        line["userInterfaceNumber"] for line in bulk
    ]
    for line, other in zip(found["lines"], bulk, strict=True):
        assert line["description"] == other["description"]
        assert line.get("totalNetAmount") == other.get("totalNetAmount")
        assert line.get("product", {}).get("productNumber") == other.get("productNumber")
    assert get(company, "rest/invoices/booked/999999").status_code == 404
    assert get(company, "rest/invoices/booked/x").status_code == 404


def test_totals_are_those_of_the_lists(company: Company) -> None:
    lists = {
        "booked": "booked", "booked/paid": "paid", "booked/unpaid": "unpaid",
        "booked/unpaid/overdue": "overdue", "booked/unpaid/not-overdue": "not-due",
        "drafts": "drafts",
    }  # fmt: skip
    for what, view in lists.items():
        rows = classic(company, f"invoices/{view}")
        found = answer(company, f"rest/invoices/totals/{what}")
        assert found["invoiceCount"] == len(rows)
        assert Decimal(str(found["netAmountInBaseCurrency"])) == _sum(
            rows, "netAmountInBaseCurrency"
        )
        assert found["minDate"] == min(row["date"] for row in rows)
        assert found["maxDate"] == max(row["date"] for row in rows)
        if "unpaid" in what:
            remainder = Decimal(str(found["grossRemainderInBaseCurrency"]))
            assert remainder == _sum(rows, "remainderInBaseCurrency")


def _sum(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(str(row[name])) for row in rows), Decimal(0))


def test_totals_that_are_off_by_a_hundredth(sandbox: Sandbox) -> None:
    found = sandbox.company("offtotal", entries=1_000, totals_off=1)
    for what in ("booked", "booked/unpaid"):
        total = answer(found, f"rest/invoices/totals/{what}")
        rows = classic(found, f"invoices/{what.rpartition('/')[2]}")
        net = Decimal(str(total["netAmountInBaseCurrency"]))
        assert net - _sum(rows, "netAmountInBaseCurrency") == Decimal("0.01")
    banks = [
        Decimal(str(row["totalInBaseCurrency"]))
        for year in ("2024", "2025", "2026")
        for row in classic(found, f"accounting-years/{year}/totals")
        if row["account"]["accountNumber"] == 5820
    ]
    posted = [row for row in truth_csv(found, "entries") if row["account_number"] == "5820"]
    exact = sum(Decimal(row["amount_base"]) for row in posted)
    assert sum(banks) - exact == len(banks) * Decimal("0.01")


# --- lines in bulk -------------------------------------------------------------------------------


def test_lines_come_in_order_of_number_which_is_not_that_of_invoices(company: Company) -> None:
    rows = list(by_cursor(company, LINES))
    assert numbers(rows, "number") == sorted(set(numbers(rows, "number")))
    documents = numbers(rows, "documentId")
    assert documents != sorted(documents)
    first = answer(company, LINES)
    following = answer(company, LINES, cursor=first["cursor"])
    assert first["cursor"] == str(following["items"][0]["number"])


@pytest.mark.parametrize(
    ("wish", "test"),
    [
        ("documentId$gt:10400", lambda row: row["documentId"] > 10_400),
        ("documentId$in:[10005,10031]", lambda row: row["documentId"] in (10_005, 10_031)),
        (
            "documentId$gt:10100$and:documentId$lte:10200$and:number$gt:900",
            lambda row: 10_100 < row["documentId"] <= 10_200 and row["number"] > 900,
        ),
        ("number$lte:300", lambda row: row["number"] <= 300),
        ("number$in:[1,2,17,33]", lambda row: row["number"] in (1, 2, 17, 33)),
        ("documentId$ne:10005", lambda row: row["documentId"] != 10_005),
    ],
    ids=["gt", "in", "between and number", "number lte", "number in", "ne"],
)
def test_lines_are_filtered_as_a_look_at_every_one_would(
    company: Company, wish: str, test: Any
) -> None:
    wanted = [row for row in by_cursor(company, LINES) if test(row)]
    assert list(by_cursor(company, LINES, filter=wish)) == wanted
    assert answer(company, f"{LINES}/count", filter=wish) == len(wanted)


def test_what_a_line_does_not_have_is_absent(company: Company) -> None:
    rows = list(by_cursor(company, LINES))
    text = [row for row in rows if "productNumber" not in row]
    assert text
    assert not {"quantity", "unitNetPrice", "totalNetAmount", "unitNumber"} & {
        name for row in text for name in row
    }
    for name in ("unitCostPrice", "departmentNumber", "unitNumber", "recommendedPrice"):
        assert 0 < sum(1 for row in rows if name in row) < len(rows)
    accrued = [row for row in rows if row["accrue"]]
    assert accrued
    assert all(row["accrueStartDate"] < row["accrueEndDate"] for row in accrued)


@pytest.mark.parametrize("name", ["order", "quote"])
def test_orders_and_quotes_are_in_the_list_their_link_says(company: Company, name: str) -> None:
    for status in STATUSES:
        heads = classic(company, f"{name}s/{status}")
        lines = list(by_cursor(company, f"{Q2C}/{name}s/{status}/lines"))
        by_number = defaultdict(Decimal)
        for line in lines:
            by_number[line[f"{name}Number"]] += Decimal(str(line.get("totalNetAmount", 0)))
        for head in heads:
            number = head[f"{name}Number"]
            assert head["self"].endswith(f"/{name}s/{status}/{number}")
            assert by_number.pop(number) == Decimal(str(head["netAmount"]))
            whole = head["costPriceInBaseCurrency"] + head["marginInBaseCurrency"]
            assert round(whole, 2) == head["netAmountInBaseCurrency"]
        assert not by_number
        newest = max(head["lastUpdated"] for head in heads)
        kept = answer(company, f"rest/{name}s/{status}", filter=f"lastUpdated$gte:{newest}")
        assert all(head["lastUpdated"] == newest for head in kept["collection"])
        number = heads[0][f"{name}Number"]
        own = f"{Q2C}/{name}s/{status}/lines"
        some = answer(company, own, filter=f"{name}Number$in:[{number}]")["items"]
        assert some == [line for line in lines if line[f"{name}Number"] == number]
        assert len(answer(company, f"rest/{name}s/{status}/{number}")["lines"]) == len(some)
    assert get(company, f"rest/{name}s/lost").status_code == 404
    assert get(company, f"rest/{name}s/sent/999999").status_code == 404


def test_drafts_come_and_go_over_http(own: Company) -> None:
    before = {row["draftInvoiceNumber"]: row for row in classic(own, "invoices/drafts")}
    own.next_day(3)
    now = {row["draftInvoiceNumber"]: row for row in classic(own, "invoices/drafts")}
    assert now.keys() - before.keys()
    assert before.keys() - now.keys()
    changed = [n for n in now.keys() & before.keys() if now[n] != before[n]]
    assert all(now[n]["lastUpdated"] > before[n]["lastUpdated"] for n in changed)


# --- documents and PDFs --------------------------------------------------------------------------


def test_documents_are_filtered_and_counted(company: Company) -> None:
    rows = list(by_cursor(company, DOCUMENTS))
    some = rows[len(rows) // 2]
    for wish, test in (
        (f"number$gt:{some['number']}", lambda row: row["number"] > some["number"]),
        (
            f"voucherNumber$eq:{some['voucherNumber']}",
            lambda row: row["voucherNumber"] == some["voucherNumber"],
        ),
        (
            "accountingYear$eq:2025$and:voucherNumber$gt:100",
            lambda row: row["accountingYear"] == "2025" and row["voucherNumber"] > 100,
        ),
        (f"number$in:[{some['number']},1]", lambda row: row["number"] == some["number"]),
    ):
        wanted = [row for row in rows if test(row)]
        assert wanted
        assert list(by_cursor(company, DOCUMENTS, filter=wish)) == wanted
        assert answer(company, f"{DOCUMENTS}/count", filter=wish) == len(wanted)
    assert answer(company, f"{DOCUMENTS}/{some['number']}") == some


def test_pdfs_are_pdfs_and_dear(company: Company) -> None:
    document = next(row for row in by_cursor(company, DOCUMENTS) if row.get("pageCount", 0) > 1)
    for path in (f"{DOCUMENTS}/{document['number']}/pdf", "rest/invoices/booked/10003/pdf"):
        found = get(company, path)
        assert found.status_code == 200
        assert found.headers["content-type"] == "application/pdf"
        assert found.headers["X-CallCost"] == "13"
        assert found.content.startswith(b"%PDF-1.4")
        assert b"sales ApS" in found.content
    pages = get(company, f"{DOCUMENTS}/{document['number']}/pdf").content
    assert pages.count(b"/Type /Page ") == document["pageCount"]
    for path in (f"{DOCUMENTS}/1/pdf", "rest/invoices/booked/1/pdf", f"{DOCUMENTS}/101/png"):
        assert get(company, path).status_code == 404


@pytest.mark.parametrize("kind", ["html", "truncate", "replace", "retyped", "missing", "503"])
def test_a_fault_that_hits_a_pdf(company: Company, kind: str) -> None:
    path = "rest/invoices/booked/10003/pdf"
    proper = get(company, path).content
    more = {"replace": {"find": "Faktura", "put": "Ukendt"}, "retyped": {"field": "name"}}
    company.fault(kind, match="/pdf", **more.get(kind, {}))
    found = get(company, path)
    assert found.status_code == (503 if kind == "503" else 200)
    assert (found.content == proper) == (kind in ("retyped", "missing"))
    assert get(company, path).content == proper


# --- the truth -----------------------------------------------------------------------------------


def test_the_truth_of_lines_sums_to_the_headers(own: Company) -> None:
    own.next_day(4)
    rows = truth_csv(own, "invoice-lines")
    net: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    base: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    remainder: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        key = row["is_draft"], row["invoice_number"]
        net[key] += Decimal(row["net_amount"])
        base[key] += Decimal(row["net_amount_base"])
        assert Decimal(row["margin_base"]) == Decimal(row["net_amount_base"]) - Decimal(
            row["cost_base"]
        )
        if row["is_draft"] == "false":
            remainder[row["invoice_number"]] += Decimal(row["invoice_remainder_base"])
    heads = {("false", str(row[NUMBER])): row for row in classic(own, "invoices/booked")}
    drafts = classic(own, "invoices/drafts")
    heads |= {("true", str(row["draftInvoiceNumber"])): row for row in drafts}
    assert heads.keys() == net.keys()
    for key, head in heads.items():
        assert net[key] == Decimal(str(head["netAmount"]))
        assert base[key] == Decimal(str(head["netAmountInBaseCurrency"]))
        if key[0] == "false":
            assert remainder[key[1]] == Decimal(str(head["remainderInBaseCurrency"]))
    counts = own.truth()["counts"]
    lines = [row for row in rows if row["is_rounding"] == "false"]
    assert len(lines) == counts["invoice_lines"] + counts["draft_invoice_lines"]
    rounding = {
        row["invoice_number"]: Decimal(row["net_amount_base"])
        for row in rows
        if row["is_rounding"] == "true" and row["is_draft"] == "false"
    }
    assert rounding
    for (is_draft, number), head in heads.items():
        if is_draft == "false":
            assert rounding.get(number, 0) == Decimal(str(head["roundingAmount"]))
    assert {row["payment_status"] for row in rows} == {"paid", "open", "draft"}
    assert {row["is_credit_note"] for row in rows} == {"true", "false"}


def test_the_truth_of_orders_and_documents_is_what_is_listed(own: Company) -> None:
    own.next_day(8)
    counts = own.truth()["counts"]
    rows = truth_csv(own, "order-lines")
    for kind in ("order", "quote"):
        lines = [r for r in rows if r["kind"] == kind and r["is_rounding"] == "false"]
        assert len(lines) == counts[f"{kind}_lines"]
        for status in STATUSES:
            heads = classic(own, f"{kind}s/{status}")
            wanted = {str(head[f"{kind}Number"]) for head in heads}
            assert {r["order_number"] for r in lines if r["status"] == status} == wanted
    documents = truth_csv(own, "documents")
    listed = list(by_cursor(own, DOCUMENTS))
    assert [r["number"] for r in documents if r["kind"] == "voucher"] == [
        str(row["number"]) for row in listed
    ]
    invoices = [r["document_number"] for r in documents if r["kind"] == "invoice"]
    assert invoices == [str(n) for n in numbers(classic(own, "invoices/booked"))]


def test_an_unknown_truth_is_404(own: Company) -> None:
    url = f"{own.sandbox.url}/sandbox/companies/{own.id}/truth/nothing"
    assert requests.get(url, timeout=10).status_code == 404
