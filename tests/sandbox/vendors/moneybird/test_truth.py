"""What the records say, what the reports say and what the truth says are one thing; and what days change."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest
import requests

from sandbox.books.company import Company
from sandbox.state import State
from sandbox.vendors.moneybird.access import administration_of
from sandbox.vendors.moneybird.resources import SYNCED
from sandbox.vendors.moneybird.truth import document_rows
from tests.support import Sandbox

from .asking import Administration, administration

INVOICES, RECEIPTS = "documents/purchase_invoices", "documents/receipts"
UNMATCHED = "Te rubriceren transacties"
JOURNALS, MUTATIONS = "documents/general_journal_documents", "financial_mutations"


@pytest.fixture(scope="module")
def haven(sandbox: Sandbox) -> Administration:
    found = administration(sandbox, "haven", entries=2_500)
    found.company.next_day(12)
    return found


def codes(haven: Administration) -> dict[str, str]:
    """Taxonomy code -> ledger account, financial account -> ledger account, and what is unmatched by its name."""
    rows = haven.get("ledger_accounts").json()
    found = {row["taxonomy_item"]["code"]: row["id"] for row in rows if row["taxonomy_item"]}
    named = {row["name"]: row["id"] for row in rows if row["name"] == UNMATCHED}
    banks = {row["financial_account_id"]: row["id"] for row in rows if row["financial_account_id"]}
    return found | banks | named


class Ledger:
    """The rules of posting, from the records alone."""

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known
        self.sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.open: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def post(self, account: str, date: str, amount: Decimal, contact: str | None = None) -> None:
        self.sums[account, date[:7]] += amount
        if account in (self.known["BSchCreHac"], self.known["BVorDebHad"]):
            self.open[account, contact or ""] += amount

    def document(self, row: dict[str, Any], party: str, date: str, sign: int) -> None:
        whole = Decimal(row["total_price_incl_tax_base"]) * sign
        left, contact = whole, row["contact_id"]
        for line in row["details"]:
            net = Decimal(line["total_price_excl_tax_with_discount_base"]) * sign
            self.post(line["ledger_account_id"], date, net)
            left -= net
        tax = "BSchBepBtwVoo" if sign > 0 else "BSchBepBtwOlo"
        self.post(self.known[tax], date, left)
        self.post(party, date, -whole, contact)
        rest = -whole
        for one in row["payments"]:
            paid = Decimal(one["price_base"]) * sign
            rest += paid
            bank = self.known.get(one["financial_account_id"]) or one["ledger_account_id"]
            self.post(party, one["payment_date"], paid, contact)
            self.post(bank, one["payment_date"], -paid)
        if row["state"] == "paid" and rest:
            self.post(party, row["paid_at"], -rest, contact)
            self.post(self.known["WFbeWisWis"], row["paid_at"], rest)

    def mutation(self, row: dict[str, Any]) -> None:
        for one in row["ledger_account_bookings"]:
            price = Decimal(one["price"])
            self.post(self.known[row["financial_account_id"]], row["date"], price)
            self.post(one["ledger_account_id"], row["date"], -price)
        left = Decimal(row["amount_open"])
        self.post(self.known[row["financial_account_id"]], row["date"], left)
        self.post(self.known[UNMATCHED], row["date"], -left)


def ledger(haven: Administration) -> Ledger:
    found = Ledger(codes(haven))
    for path in (INVOICES, RECEIPTS):
        for row in haven.all(path).values():
            if row["state"] != "new":
                found.document(row, found.known["BSchCreHac"], row["date"], 1)
    for row in haven.all("sales_invoices").values():
        if row["state"] not in ("draft", "scheduled"):
            found.document(row, found.known["BVorDebHad"], row["invoice_date"], -1)
    for row in haven.all(JOURNALS).values():
        for one in row["general_journal_document_entries"]:
            amount = Decimal(one["debit"]) - Decimal(one["credit"])
            found.post(one["ledger_account_id"], row["date"], amount, one["contact_id"])
    for row in haven.all(MUTATIONS).values():
        found.mutation(row)
    return found


def test_the_records_come_to_what_truth_and_reports_say(haven: Administration) -> None:
    found, truth = ledger(haven), haven.truth()
    told = {
        (account, month): Decimal(amount)
        for account, months in truth["ledger"].items()
        for month, amount in months.items()
    }
    assert {key: amount for key, amount in found.sums.items() if amount} == told
    for name, code, sign in (("receivables", "BVorDebHad", 1), ("payables", "BSchCreHac", -1)):
        account = found.known[code]
        mine = {c: sign * sum_ for (a, c), sum_ in found.open.items() if a == account and sum_}
        assert mine == {contact: Decimal(amount) for contact, amount in truth[name].items()}
        assert "" in mine or name == "receivables"
    reported: defaultdict[str, Decimal] = defaultdict(Decimal)
    for year in (2024, 2025, 2026):
        body = haven.get("reports/general_ledger", period=f"{year}01..{year}12").json()
        for side, factor in (("debit_sums", 1), ("credit_sums", -1)):
            for one in body[side]["ledger_accounts"]:
                reported[one["ledger_account_id"]] += factor * Decimal(one["value"])
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (account, _), amount in found.sums.items():
        sums[account] += amount
    assert {a: v for a, v in reported.items() if v} == {a: v for a, v in sums.items() if v}
    assert sum(sums.values()) == 0


def test_the_reports_agree_with_each_other(haven: Administration) -> None:
    sheet = haven.get("reports/balance_sheet", period="202611").json()
    assert sheet["debit"]["total"] == sheet["credit"]["total"] != "0.0"
    result = haven.get("reports/profit_loss", period="202601..202611").json()
    years = {one["year"]: one["value"] for one in sheet["credit"]["open_years"]}
    assert (sorted(years), years["2026"]) == (["2024", "2025", "2026"], result["net_profit"])
    ends = haven.get("reports/general_ledger", period="202611").json()["final_balance"]
    values = {o["ledger_account_id"]: Decimal(o["value"]) for o in ends["ledger_accounts"]}
    known = codes(haven)
    for name, code, sign in (("debtors", "BVorDebHad", 1), ("creditors", "BSchCreHac", -1)):
        rows = haven.get(f"reports/{name}", period="202611", per_page=100).json()[name]
        assert sum(Decimal(row["amount"]) for row in rows) == sign * values[known[code]]
    account = known["WFbeWisWis"]
    entries = haven.get(
        "reports/journal_entries", period="202611", ledger_account_id=account, per_page=100
    )
    assert sum(Decimal(row["amount"]) for row in entries.json()) == sum(
        Decimal(row["amount"])
        for row in haven.rows("postings")
        if row["ledger_account_id"] == account and row["date"][:7] == "2026-11"
    )


def test_documents_have_everything_that_is_odd(haven: Administration) -> None:
    found = [*haven.all(INVOICES).values(), *haven.all(RECEIPTS).values()]
    assert {row["state"] for row in found} == {
        "new", "saved", "open", "late", "paid", "pending_payment",
    }  # fmt: skip
    assert any(row["contact"] is None and not row["details"] for row in found)
    assert any(row["contact"] and row["contact"]["company_name"] is None for row in found)
    assert {row["currency"] for row in found} == {"EUR", "USD", "SEK"}
    lines = [line for row in found for line in row["details"]]
    places = {len(line["price"].partition(".")[2]) for line in lines}
    assert {0, 1, 2, 4} <= places
    nets = [Decimal(line["total_price_excl_tax_with_discount"]) for line in lines]
    assert min(nets) < 0 < max(nets)
    assert 0 in nets
    assert {line["description"][:1] for line in lines} >= {"=", "+", "-", "@", ""}
    assert any(row["exchange_rate"] != "1.0" and row["payments"] for row in found)
    inexact = [row for row in found if row["prices_are_incl_tax"] and row["details"]]
    assert any(
        sum(Decimal(line["total_price_excl_tax_with_discount"]) for line in row["details"])
        != Decimal(row["total_price_excl_tax"])
        for row in inexact
    )
    inactive = {
        row["id"]
        for row in haven.get("tax_rates", page=2, per_page=100).json()
        if not row["active"]
    }
    assert inactive & {line["tax_rate_id"] for line in lines}
    assert all(int(row["version"]) > 1_600_000_000 for row in found)


def test_days_change_what_they_say_and_versions_tell_it(sandbox: Sandbox) -> None:
    singel = administration(sandbox, "singel")
    kinds: Counter[str] = Counter()
    names = {}
    before = {path: singel.all(path) for path in (INVOICES, RECEIPTS)}
    for _ in range(12):
        singel.company.next_day()
        after = {path: singel.all(path) for path in (INVOICES, RECEIPTS)}
        known = before[INVOICES] | before[RECEIPTS]
        now = after[INVOICES] | after[RECEIPTS]
        moved = [
            id for id in known if id in now and (id in before[INVOICES]) != (id in after[INVOICES])
        ]
        kinds["moved"] += len(moved)
        kinds["new"] += len(set(now) - set(known))
        kinds["gone"] += len(set(known) - set(now))
        for id in set(known) & set(now):
            old, new = dict(known[id]), dict(now[id])
            # A contact is shown as it is today, whatever the document's version.
            old.pop("contact"), new.pop("contact")
            kinds["changed"] += old != new
            assert (old == new) == (old["version"] == new["version"]), (old, new)
            kinds["states"] += old["state"] != new["state"]
            kinds["paid"] += old["payments"] != new["payments"]
            kinds["merged"] += old["contact_id"] not in (new["contact_id"], None)
        before = after
        names[_] = {row["name"] for row in singel.get("ledger_accounts").json()}
    assert not {"moved", "new", "gone", "changed", "states", "paid", "merged"} - set(+kinds), kinds
    assert names[0] - names[1] == {"Verkoopkosten"}
    assert names[2] - names[1] == {"Kleine aanschaffingen"}
    assert singel.truth()["counts"]["purchase_invoices"] == len(before[INVOICES])
    assert {row["id"] for row in singel.rows("documents")} == set(
        before[INVOICES] | before[RECEIPTS]
    )


@pytest.mark.parametrize("seed", [1, 9])
def test_a_version_tells_every_change_of_every_record(seed: int) -> None:
    company = Company("zee", 1, "Zee", seed, 800, base_currency="EUR", customers=30, suppliers=20)
    state, known, changed = State(None, (company,)), dict[str, dict[str, Any]](), set[str]()
    for day in range(16):
        state.books["zee"].day = day
        zee = administration_of(state, "zee")
        for path, resource in SYNCED.items():
            now = {}
            for head in zee.of(resource.heads).values():
                # A contact is shown as it is today, whatever the document's version.
                record = {**resource.record(zee, head), "contact": None}
                now[record["id"]] = record
                old = known.get(path, {}).get(record["id"], record)
                assert (old == record) == (old["version"] == record["version"]), (old, record)
                assert old["version"] <= record["version"] == head.updated // 1_000
                changed |= {path} if old != record else set()
            known[path] = now
    assert changed == set(SYNCED)


def test_two_processes_tell_the_same(sandbox: Sandbox) -> None:
    found = administration(sandbox, "gracht", entries=800)
    found.company.next_day(3)
    described = requests.get(f"{sandbox.url}/sandbox", timeout=10).json()[found.company.id]
    own = {k: v for k, v in described.items() if k in Company.__dataclass_fields__}
    state = State(None, ())
    state.put(Company(**own))
    state.next_day(found.company.id, 3)
    rows = b"".join(document_rows(state, found.company.id))
    assert found.company.truth_of("moneybird-documents") == rows
