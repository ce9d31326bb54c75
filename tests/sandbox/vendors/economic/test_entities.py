"""Every entity the sandbox plays: listed in full, counted, filtered, and changing from day to day."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.support import SECRET, Company, Sandbox

BOOKED = "openapi/bookedEntriesapi/v7.0.0/booked-entries"
PLACED = "openapi/dimensionsapi/v5.3.1/dimension-data/booked-entries"
CHANGES = f"{PLACED}/changelog"
DRAFTS = "openapi/journalsapi/v16.0.1/draft-entries"
GROUPS = "openapi/suppliersapi/v2.0.0/Groups"
PERIODS = "openapi/accountingyearsapi/v2.0.1/accountingYears/periods"
Q2C = "openapi/q2capi/v5.3.0"
DOCUMENTS = "openapi/documentsapi/v4.0.1/AttachedDocuments"
CLASSIC = {
    "accounts": "accounts",
    "accounting_years": "accounting-years",
    "customers": "customers",
    "suppliers": "suppliers",
    "departments": "departments",
    "departmental_distributions": "departmental-distributions",
    "journals": "journals",
    "customer_groups": "customer-groups",
    "payment_terms": "payment-terms",
    "vat_accounts": "vat-accounts",
    "vat_types": "vat-types",
    "vat_zones": "vat-zones",
    "currencies": "currencies",
    "employees": "employees",
    "products": "products",
    "product_groups": "product-groups",
    "units": "units",
    "invoices": "invoices/booked",
    "unpaid_invoices": "invoices/unpaid",
    "draft_invoices": "invoices/drafts",
}
STATUSES = ("drafts", "sent", "archived")
OPENAPI = {
    "entries": BOOKED,
    "entry_dimensions": PLACED,
    "draft_entries": DRAFTS,
    "supplier_groups": GROUPS,
    "periods": PERIODS,
    "invoice_lines": f"{Q2C}/invoices/booked/lines",
    "documents": DOCUMENTS,
    "draft_invoice_lines": f"{Q2C}/invoices/drafts/lines",
}
EVERYTHING = {"deletions": True, "renumbers": True, "reopens_on": 3}


@pytest.fixture(scope="module")
def company(sandbox: Sandbox) -> Company:
    """A company no test of this module changes."""
    return sandbox.company("list", entries=6_000, customers=300, currencies=["EUR"], drafts=1_500)


@pytest.fixture
def own(sandbox: Sandbox) -> Company:
    return sandbox.company("ownlist", entries=1_000, customers=30, **EVERYTHING)


def get(company: Company, path: str, **params: Any) -> requests.Response:
    headers = {
        "X-AppSecretToken": SECRET,
        "X-AgreementGrantToken": f"sandbox-grant-{company.id}",
    }
    url = f"{company.sandbox.url}/economic/{path}"
    return requests.get(url, params=params, headers=headers, timeout=30)


def answer(company: Company, path: str, **params: Any) -> Any:
    found = get(company, path, **params)
    assert found.status_code == 200, found.text
    return found.json()


def classic(company: Company, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for skip in range(1_000):
        body = answer(company, f"rest/{path}", pagesize=1_000, skippages=skip)
        rows += body["collection"]
        if "nextPage" not in body["pagination"]:
            assert len(rows) == body["pagination"]["results"]
            return rows
    raise AssertionError("endless")


def by_cursor(company: Company, path: str, **params: Any) -> Iterator[dict[str, Any]]:
    while True:
        body = answer(company, path, **params)
        yield from body["items"]
        if "cursor" not in body:
            return
        assert 0 < len(body["cursor"]) <= 50
        params["cursor"] = body["cursor"]


def truth_csv(company: Company, what: str) -> list[dict[str, str]]:
    url = f"{company.sandbox.url}/sandbox/companies/{company.id}/truth/{what}"
    found = requests.get(url, timeout=60)
    assert found.status_code == 200
    return list(csv.DictReader(io.StringIO(found.content.decode())))


# --- counts --------------------------------------------------------------------------------------


def assert_counts(company: Company) -> None:
    counts = company.truth()["counts"]
    moving = {"orders", "order_lines", "quotes", "quote_lines", "invoice_totals"}
    assert set(counts) == {"self", *CLASSIC, *OPENAPI, *moving}
    for name, path in CLASSIC.items():
        assert len(classic(company, path)) == counts[name], name
    for name, path in OPENAPI.items():
        assert len(list(by_cursor(company, path))) == counts[name], name
        assert answer(company, f"{path}/count") == counts[name], name
    for name in ("order", "quote"):
        heads = [len(classic(company, f"{name}s/{status}")) for status in STATUSES]
        assert sum(heads) == counts[f"{name}s"]
        paths = [f"{Q2C}/{name}s/{status}/lines" for status in STATUSES]
        listed = [len(list(by_cursor(company, path))) for path in paths]
        assert listed == [answer(company, f"{path}/count") for path in paths]
        assert sum(listed) == counts[f"{name}_lines"]


def test_the_truth_counts_what_the_lists_show(company: Company) -> None:
    assert_counts(company)


def test_the_truth_counts_what_the_lists_show_after_every_day(own: Company) -> None:
    for _ in range(7):
        own.next_day()
        assert_counts(own)


def test_a_company_without_departments_is_refused_their_lists(sandbox: Sandbox) -> None:
    without = sandbox.company("nodim", entries=800, departments=False)
    for path in ("rest/departments", "rest/departmental-distributions"):
        assert get(without, path).status_code == 403
    for path in (PLACED, f"{PLACED}/count", CHANGES):
        refused = get(without, path)
        assert refused.status_code == 403
        assert refused.json()["errorCode"] == "AccessDeniedAgreementMissingModules"
        assert refused.json()["title"].startswith("Missing modules")
    counts = without.truth()["counts"]
    assert counts["departments"] == counts["departmental_distributions"] == 0
    assert counts["entry_dimensions"] == 0
    assert {row["department_number"] for row in truth_csv(without, "entries")} == {""}


# --- classic lists -------------------------------------------------------------------------------


def test_classic_records_nest_references_and_leave_out_what_is_absent(company: Company) -> None:
    vat = {row["vatCode"]: row for row in classic(company, "vat-accounts")}
    assert {"U25", "I25", "UEUV"} <= set(vat)
    assert vat["U25"]["ratePercentage"] == 25.0
    assert vat["U25"]["account"]["accountNumber"] == 6902
    assert vat["U25"]["vatType"]["vatTypeNumber"] == 1
    assert "contraAccount" not in vat["U25"]
    assert "contraAccount" in vat["IVEU"]
    terms = {row["paymentTermsNumber"]: row for row in classic(company, "payment-terms")}
    assert terms[1]["daysOfCredit"] == 14
    assert terms[7]["daysOfCredit"] == 0
    assert terms[4]["paymentTermsType"] == "paidInCash"
    assert "daysOfCredit" not in terms[4]
    employees = {row["employeeNumber"]: row for row in classic(company, "employees")}
    assert "email" not in employees[2]
    assert employees[1]["employeeGroup"]["employeeGroupNumber"] == 1
    isos = {row["code"]: row["isoNumber"] for row in classic(company, "currencies")}
    assert isos["AUD"] == "036"
    journal = classic(company, "journals")[1]
    assert journal["settings"]["entryTypeRestrictedTo"] == "supplierInvoice"
    assert classic(company, "customer-groups")[0]["account"]["accountNumber"] == 5600
    assert all("self" in row for path in CLASSIC.values() for row in classic(company, path))


def test_distributions_are_departments_or_add_up_to_a_hundred(company: Company) -> None:
    rows = classic(company, "departmental-distributions")
    numbers = {row["departmentNumber"] for row in classic(company, "departments")}
    types = Counter(row["distributionType"] for row in rows)
    assert types == {"department": len(numbers), "distribution": 2}
    for row in rows:
        parts = row["distributions"]
        assert sum(Decimal(str(part["percentage"])) for part in parts) == 100
        assert {part["department"]["departmentNumber"] for part in parts} <= numbers
        if row["distributionType"] == "department":
            assert row["departmentalDistributionNumber"] in numbers


def test_customers_and_suppliers_refer_to_what_exists(company: Company) -> None:
    keys = {
        "paymentTerms": ("payment-terms", "paymentTermsNumber"),
        "vatZone": ("vat-zones", "vatZoneNumber"),
        "customerGroup": ("customer-groups", "customerGroupNumber"),
    }
    known = {name: {r[key] for r in classic(company, path)} for name, (path, key) in keys.items()}
    known["supplierGroup"] = {row["number"] for row in by_cursor(company, GROUPS)}
    for path, names in (
        ("customers", ("paymentTerms", "vatZone", "customerGroup")),
        ("suppliers", ("paymentTerms", "vatZone", "supplierGroup")),
    ):
        rows = classic(company, path)
        for name in names:
            used = {row[name][f"{name}Number"] for row in rows}
            assert len(used) > 1
            assert used <= known[name]


#: Per list the key, and on which day the names or numbers in it change.
DAYS = {
    "journals": ("journalNumber", {3}),
    "customer-groups": ("customerGroupNumber", {5}),
    "payment-terms": ("paymentTermsNumber", {2, 6}),
    "vat-accounts": ("vatCode", {4}),
    "vat-types": ("vatTypeNumber", set()),
    "vat-zones": ("vatZoneNumber", {7}),
    "currencies": ("code", {5}),
    "employees": ("employeeNumber", {3, 4, 6}),
    "departments": ("departmentNumber", {2}),
    "departmental-distributions": ("departmentalDistributionNumber", {2, 6}),
}


def test_days_change_the_small_lists(own: Company) -> None:
    before = {path: classic(own, path) for path in DAYS}
    changed: dict[str, set[int]] = {path: set() for path in DAYS}
    for day in range(1, 9):
        own.next_day()
        for path, (key, _) in DAYS.items():
            after = classic(own, path)
            assert len({row[key] for row in after}) == len(after)
            if after != before[path]:
                changed[path].add(day)
            before[path] = after
    assert changed == {path: days for path, (_, days) in DAYS.items()}
    assert [row["vatCode"] for row in before["vat-accounts"] if row.get("barred")] == ["REP"]


# --- dimensions ----------------------------------------------------------------------------------


def test_dimension_data_can_be_filtered_by_entry_number(company: Company) -> None:
    rows = list(by_cursor(company, PLACED))
    assert [(r["entryNumber"], r["dimensionNumber"]) for r in rows] == sorted(
        (r["entryNumber"], r["dimensionNumber"]) for r in rows
    )
    assert {r["dimensionNumber"] for r in rows} == {1, 2}
    assert {r.get("isDistribution") for r in rows} == {None, True}
    some = [rows[3]["entryNumber"], rows[900]["entryNumber"]]
    for clause, keep in {
        "entryNumber$gt:500$and:entryNumber$lte:900": lambda n: 500 < n <= 900,
        "entryNumber$gte:5000": lambda n: n >= 5_000,
        "entryNumber$lt:40": lambda n: n < 40,
        f"entryNumber$in:[{some[1]},{some[0]},999999]": lambda n: n in some,
        f"entryNumber$eq:{some[0]}": lambda n: n == some[0],
    }.items():
        wanted = [row for row in rows if keep(row["entryNumber"])]
        assert wanted
        assert list(by_cursor(company, PLACED, filter=clause)) == wanted
        assert answer(company, f"{PLACED}/count", filter=clause) == len(wanted)
    found = list(by_cursor(company, PLACED, filter="dimensionNumber$eq:2"))
    assert found == [row for row in rows if row["dimensionNumber"] == 2]


def test_a_wrong_dimension_cursor_or_filter_is_400(company: Company) -> None:
    for params in ({"cursor": "x"}, {"cursor": "1-"}, {"filter": "objectVersion$eq:1"}):
        assert get(company, PLACED, **params).status_code == 400


def test_the_change_log_is_paged_newest_first(own: Company) -> None:
    assert answer(own, CHANGES) == []
    own.next_day(9)
    rows = [row for skip in range(3) for row in answer(own, CHANGES, skippages=skip, pagesize=20)]
    stamps = [row["timestamp"] for row in rows]
    assert stamps == sorted(stamps, reverse=True)
    assert len(rows) == 45
    assert answer(own, CHANGES, skipPages=2, pageSize=20) == rows[40:]
    assert any("dimensionKeyFrom" not in row for row in rows)
    assert any("dimensionKeyTo" not in row for row in rows)
    since = "2026-11-10T00:00:00Z"
    recent = answer(own, CHANGES, pagesize=100, filter=f"timestamp$gte:{since}")
    assert recent == [row for row in rows if row["timestamp"] >= since]
    assert 0 < len(recent) < len(rows)
    assert answer(own, CHANGES, pagesize=100, sort="timestamp") == sorted(
        rows, key=lambda row: row["timestamp"]
    )
    assert get(own, CHANGES, pagesize=101).status_code == 400
    assert get(own, CHANGES, filter=f"timestamp$in:[{since}]").status_code == 400


def test_the_change_log_ends_at_ten_thousand_without_an_error(sandbox: Sandbox) -> None:
    busy = sandbox.company("busy", entries=120_000, department_moves=10_050)
    busy.next_day()
    assert len(answer(busy, CHANGES, pagesize=100, skippages=99)) == 100
    assert answer(busy, CHANGES, pagesize=100, skippages=100) == []
    oldest = answer(busy, CHANGES, pagesize=100, sort="timestamp")
    assert oldest[0] not in answer(busy, CHANGES, pagesize=100, skippages=99)


# --- paged entries -------------------------------------------------------------------------------


def test_paged_entries_are_a_bare_array_of_a_hundred_at_most(company: Company) -> None:
    whole = list(by_cursor(company, BOOKED))
    assert answer(company, f"{BOOKED}/paged") == whole[:20]
    assert answer(company, f"{BOOKED}/paged", pagesize=100, skippages=3) == whole[300:400]
    newest = answer(company, f"{BOOKED}/paged", pagesize=1, sort="-entryNumber")
    assert newest == whole[-1:]
    clause = "entryNumber$lt:500"
    found = answer(company, f"{BOOKED}/paged", filter=clause, sort="-entryNumber")
    assert found == [e for e in whole if e["entryNumber"] < 500][:-21:-1]
    for params in ({"pagesize": 101}, {"pagesize": 0}, {"skippages": -1}, {"sort": "colour"}):
        assert get(company, f"{BOOKED}/paged", **params).status_code == 400


def test_paged_entries_end_at_ten_thousand_without_an_error(sandbox: Sandbox) -> None:
    large = sandbox.company("large", entries=12_000)
    path = f"{BOOKED}/paged"
    assert len(answer(large, path, pagesize=100, skippages=99)) == 100
    assert answer(large, path, pagesize=100, skippages=100) == []
    assert answer(large, path, pagesize=90, skippages=111) == answer(
        large, path, pagesize=10, skippages=999
    )


# --- draft entries and supplier groups -----------------------------------------------------------


def test_draft_entries_are_by_cursor_counted_paged_and_filtered(company: Company) -> None:
    rows = list(by_cursor(company, DRAFTS))
    assert len(rows) > 1_000
    numbers = [row["entryNumber"] for row in rows]
    assert numbers == sorted(set(numbers))
    assert {row["journalNumber"] for row in rows} == {1, 2}
    assert {row["currency"] for row in rows} == {"DKK", "EUR"}
    clause = "journalNumber$eq:2$and:date$gte:2026-10-30"
    wanted = [r for r in rows if r["journalNumber"] == 2 and r["date"] >= "2026-10-30"]
    assert list(by_cursor(company, DRAFTS, filter=clause)) == wanted
    assert answer(company, f"{DRAFTS}/count", filter=clause) == len(wanted) > 0
    assert answer(company, f"{DRAFTS}/paged", pagesize=3) == rows[:3]
    assert answer(company, f"{DRAFTS}/{numbers[7]}") == rows[7]
    assert get(company, f"{DRAFTS}/99999999").status_code == 404
    assert get(company, DRAFTS, filter="amount$gt:3").status_code == 400


def test_draft_vouchers_balance_or_have_a_contra_account(company: Company) -> None:
    sums: Counter[tuple[int, int]] = Counter()
    for row in by_cursor(company, DRAFTS):
        if "contraAccountNumber" not in row:
            sums[row["journalNumber"], row["voucherNumber"]] += round(row["amount"] * 100)
            assert "accountNumber" in row
    assert len(sums) > 100
    assert set(sums.values()) == {0}
    suppliers = [r for r in by_cursor(company, DRAFTS) if "supplierInvoiceNumber" in r]
    assert all(row["supplierInvoiceNumber"].startswith("0") for row in suppliers)


def test_drafts_come_change_and_go(own: Company) -> None:
    def drafts() -> dict[int, float]:
        return {row["entryNumber"]: row["amount"] for row in by_cursor(own, DRAFTS)}

    for _ in range(6):
        before = drafts()
        own.next_day()
        after = drafts()
        assert set(after) - set(before)
        assert set(before) - set(after)
        assert sum(before[n] != after[n] for n in before.keys() & after.keys()) == 1


def test_supplier_groups_are_flat(own: Company) -> None:
    before = list(by_cursor(own, GROUPS))
    assert {"number", "name", "accountNumber"} <= set(before[0])
    own.next_day(4)
    after = list(by_cursor(own, GROUPS))
    assert [row["number"] for row in after] == [1, 2, 3]
    assert answer(own, f"{GROUPS}/3")["name"] == after[2]["name"]
    assert list(by_cursor(own, GROUPS, filter="number$gt:2")) == after[2:]


# --- the truth -----------------------------------------------------------------------------------


def test_departments_of_the_truth_are_those_of_the_dimension_data(own: Company) -> None:
    own.next_day(4)
    shown = {
        row["entryNumber"]: f"D|{row['dimensionKey']}"
        if row.get("isDistribution")
        else str(row["dimensionKey"])
        for row in by_cursor(own, PLACED, filter="dimensionNumber$eq:1")
    }
    rows = truth_csv(own, "entries")
    assert list(rows[0])[-1] == "department_number"
    told = {int(row["entry_number"]): row["department_number"] for row in rows}
    assert {number: value for number, value in told.items() if value} == shown
    assert set(shown.values()) <= set(own.truth()["departments"])


def test_balances_are_the_sums_of_the_entries(own: Company) -> None:
    own.next_day(3)
    sums: dict[tuple[str, str, str], list[Decimal]] = {}
    for row in truth_csv(own, "entries"):
        key = (row["account_number"], row["department_number"], f"{row['date'][:7]}-01")
        found = sums.setdefault(key, [Decimal(0), Decimal(0)])
        found[row["is_opening"] == "false"] += Decimal(row["amount_base"])
    rows = truth_csv(own, "balances")
    assert len(rows) == len(sums)
    for row in rows:
        key = (row["account_number"], row["department_number"], row["first_day"])
        assert [Decimal(row["opening_base"]), Decimal(row["movement_base"])] == sums[key]
    assert sum(Decimal(row["movement_base"]) for row in rows) == 0
    assert sum(Decimal(row["opening_base"]) for row in rows) == 0


def test_the_truth_of_drafts_is_what_the_journals_show(own: Company) -> None:
    own.next_day(3)
    names = {
        "entry_number": "entryNumber", "journal_number": "journalNumber",
        "voucher_number": "voucherNumber", "account_number": "accountNumber", "text": "text",
        "currency": "currency", "customer_number": "customerNumber",
        "supplier_number": "supplierNumber",
    }  # fmt: skip
    shown = list(by_cursor(own, DRAFTS))
    rows = truth_csv(own, "drafts")
    assert len(rows) == len(shown)
    for told, row in zip(rows, shown, strict=True):
        assert {n: told[n] for n in names} == {n: str(row.get(f, "")) for n, f in names.items()}
        assert Decimal(told["amount"]) == Decimal(str(row["amount"]))
        assert told["date"] == row["date"][:10]


def test_names_are_told_for_every_member(own: Company) -> None:
    own.next_day(4)
    truth = own.truth()
    for what, path, key in (
        ("customers", "customers", "customerNumber"),
        ("suppliers", "suppliers", "supplierNumber"),
        ("employees", "employees", "employeeNumber"),
        ("vat_accounts", "vat-accounts", "vatCode"),
        ("payment_terms", "payment-terms", "paymentTermsNumber"),
    ):
        shown = {str(row[key]): row["name"] for row in classic(own, path)}
        assert truth[what] == shown
    assert {"D|101", "D|102", "6"} <= set(truth["departments"])


# --- silent changes over HTTP --------------------------------------------------------------------


def test_a_deleted_voucher_is_gone_from_every_list(own: Company) -> None:
    before = {row["entryNumber"]: row for row in by_cursor(own, BOOKED)}
    own.next_day(2)
    after = {row["entryNumber"] for row in by_cursor(own, BOOKED)}
    gone = sorted(set(before) - after)
    assert 2 <= len(gone) <= 3
    clause = f"entryNumber$in:[{','.join(map(str, gone))}]"
    for path in (BOOKED, PLACED):
        assert list(by_cursor(own, path, filter=clause)) == []
        assert answer(own, f"{path}/count", filter=clause) == 0
    around = f"entryNumber$gte:{gone[0] - 1}$and:entryNumber$lte:{gone[-1] + 1}"
    assert answer(own, f"{BOOKED}/count", filter=around) == 2
    assert not {int(row["entry_number"]) for row in truth_csv(own, "entries")} & set(gone)


def test_a_renumbered_customer_is_so_on_old_entries_too(own: Company) -> None:
    own.next_day(3)
    numbers = {row["customerNumber"]: row for row in classic(own, "customers")}
    assert numbers[50_001]["lastUpdated"].startswith("2026-11-04")
    old = set(range(1000, 1030)) - set(numbers)
    assert len(old) == 1
    used = {row.get("customerNumber") for row in by_cursor(own, BOOKED)}
    assert 50_001 in used
    assert not used & old


def test_a_re_opened_year_is_seen_in_its_flags(own: Company) -> None:
    def flags() -> tuple[bool, set[bool]]:
        year = next(y for y in classic(own, "accounting-years") if y["year"] == "2025")
        periods = [p for p in by_cursor(own, PERIODS) if p["year"] == "2025"]
        return year.get("closed", False), {p.get("isClosed", False) for p in periods}

    seen = [flags()]
    for days in (3, 2, 1):
        own.next_day(days)
        seen.append(flags())
    closed, opened = (True, {True}), (False, {False})
    assert seen == [closed, opened, opened, closed]
