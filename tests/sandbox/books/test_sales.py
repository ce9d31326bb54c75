"""Invoices, orders, products and documents: consistent with the ledger, with each other and over the days."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

import pytest

from sandbox.books import orders, people, products
from sandbox.books.chart import DEBTORS, REVENUE
from sandbox.books.company import COMPANIES, Company
from sandbox.books.invoice_lines import MOST_LINES, line_count, net_of, rounding
from sandbox.books.invoices import in_base
from sandbox.books.ledger import Ledger
from sandbox.books.pdf import pdf
from sandbox.books.vouchers import FIRST_INVOICE

SMALL = {company.id: replace(company, entries=2_000) for company in COMPANIES}
DAYS = (0, 1, 3, 45, 110)
every_company = pytest.mark.parametrize("company", SMALL.values(), ids=SMALL)
every_day = pytest.mark.parametrize("day", DAYS)


@cache
def ledger(company: Company, day: int) -> Ledger:
    return Ledger(company, day=day)


# --- invoices ------------------------------------------------------------------------------------


@every_company
@every_day
def test_invoices_are_what_the_ledger_books(company: Company, day: int) -> None:
    book = ledger(company, day)
    debtors = {
        int(x.invoice): x
        for x in book.lines()
        if x.type == 1 and x.account == DEBTORS and x.invoice
    }
    revenue: Counter[str] = Counter()
    for line in book.lines():
        if line.type == 1 and line.account in REVENUE:
            revenue[line.text] -= line.base
    invoices = book.invoices
    assert [k + FIRST_INVOICE for k in invoices.booked] == sorted(debtors)
    for k in invoices.booked:
        sale, line = invoices.sale(k), debtors[k + FIRST_INVOICE]
        assert (sale.net + sale.vat, sale.net_base + sale.vat_base) == (line.amount, line.base)
        assert (sale.date, sale.currency, sale.customer) == (
            line.date,
            line.currency,
            line.customer,
        )
        assert sale.remainder == line.remainder
        assert sale.net_base == revenue[line.text]
        assert invoices.date_of(k) == line.date
    unpaid = [k for k in invoices.booked if debtors[k + FIRST_INVOICE].remainder]
    assert invoices.unpaid == unpaid
    assert sorted(invoices.paid + unpaid) == list(invoices.booked)
    assert sorted(invoices.overdue + invoices.not_due) == unpaid


@every_company
def test_a_place_in_the_list_of_invoices_is_found_both_ways(company: Company) -> None:
    booked = ledger(company, 110).invoices.booked
    assert [booked[i] for i in range(len(booked))] == list(booked)
    assert all(k in booked for k in booked)
    assert all(2 * slot not in booked for slot in ledger(company, 110).special)
    assert -1 not in booked
    assert 10**9 not in booked


@every_company
def test_totals_are_the_sums_of_the_invoices(company: Company) -> None:
    found = ledger(company, 45)
    invoices, sums = found.invoices, found.invoice_totals
    sales = [invoices.sale(k) for k in invoices.booked]
    totals = sums.booked
    assert (totals.net_base, totals.invoices) == (sum(s.net_base for s in sales), len(sales))
    assert (totals.first, totals.last) == (min(s.date for s in sales), max(s.date for s in sales))
    assert totals.remainder_base == sums.unpaid.remainder_base
    parts = sums.paid, sums.overdue, sums.not_due
    assert sum(part.net_base for part in parts) == totals.net_base
    for part, places in zip(
        parts, (invoices.paid, invoices.overdue, invoices.not_due), strict=True
    ):
        dates = [invoices.date_of(k) for k in places]
        assert (part.first, part.last) == (min(dates, default=None), max(dates, default=None))


# --- lines ---------------------------------------------------------------------------------------


@every_company
def test_lines_sum_to_the_header_but_for_its_rounding(company: Company) -> None:
    invoices, seen = ledger(company, 3).invoices, Counter[str]()
    for k in invoices.booked:
        sale, lines = invoices.sale(k), invoices.lines(k)
        assert len(lines) == line_count(invoices.bits(k)) <= MOST_LINES
        assert [line.place for line in lines] == list(range(1, len(lines) + 1))
        off = rounding(invoices.bits(k))
        assert sum(line.net or 0 for line in lines) == sale.net - off
        assert abs(off) <= 2
        bases = sum(in_base(line.net or 0, sale.rate) for line in lines)
        assert invoices.rounding_base(k, sale) == sale.net_base - bases
        for line in lines:
            if line.net is not None and line.quantity is not None and line.price is not None:
                assert line.net == net_of(line.quantity, line.price, line.discount)
                assert (line.net < 0) == (sale.net < 0)
            seen["text"] += line.net is None
            seen["discount"] += line.discount > 0
            seen["decimals"] += (line.quantity or 0) % 10 > 0
            seen["no cost"] += line.cost is None
            seen["accrued"] += line.is_accrued
            seen["department"] += line.department is not None
        seen["rounded"] += off != 0
        seen["credit note"] += sale.net < 0
    missing = {"department"} if not company.departments else set()
    assert {name for name, times in seen.items() if not times} == missing


@every_company
@every_day
def test_line_numbers_are_unique_and_do_not_follow_the_invoices(company: Company, day: int) -> None:
    invoices = ledger(company, day).invoices
    listed = list(invoices.lines_by_number())
    numbers = [row.number for row in listed]
    assert numbers == sorted(set(numbers))
    assert len(listed) == invoices.line_count(range(10**9))
    assert {row.invoice for row in listed} == {k + FIRST_INVOICE for k in invoices.booked}
    assert sorted(listed) == sorted(row for k in invoices.booked for row in invoices.numbered(k))
    lowest: dict[int, int] = {}
    for row in listed:
        lowest.setdefault(row.invoice, row.number)
    ordered = [lowest[invoice] for invoice in sorted(lowest)]
    late = sum(1 for place, n in enumerate(ordered) if place and n < max(ordered[:place]))
    assert late > len(ordered) // 40


@every_company
def test_lines_are_found_by_number_and_invoice_without_the_others(company: Company) -> None:
    invoices = ledger(company, 3).invoices
    everything = list(invoices.lines_by_number())
    for first, last in ((0, 50), (100, 163), (777, 900), (everything[-1].number, 10**9)):
        wanted = [row for row in everything if first <= row.number <= last]
        assert list(invoices.lines_by_number(at_least=first, upto=last)) == wanted
    for ks in (range(0, 7), range(30, 100), range(150, 10**9), range(5, 5)):
        wanted = [row for row in everything if row.invoice - FIRST_INVOICE in ks]
        assert list(invoices.lines_by_number(ks=ks)) == wanted
        assert invoices.line_count(ks) == len(wanted)


@every_company
def test_booked_invoices_and_their_lines_never_change(company: Company) -> None:
    before, later = ledger(company, 3).invoices, ledger(company, 45).invoices
    assert list(later.booked)[: len(before.booked)] == list(before.booked)
    for k in before.booked:
        assert before.numbered(k) == later.numbered(k)
        assert before.sale(k)[:9] == later.sale(k)[:9]


@every_company
def test_lines_name_products_that_have_been(company: Company) -> None:
    known = {p.number for day in (0, 2, 45) for p in products.products(company, day)}
    invoices = ledger(company, 45).invoices
    used = {row.line.product_number for row in invoices.lines_by_number()} - {None}
    assert used <= known


def test_an_odd_invoice_is_so_from_its_day_on_and_its_header_does_not_say_so() -> None:
    company = replace(SMALL["oresund"], odd_invoice=2)
    for day, expected in ((1, 0), (2, 1), (9, 1)):
        invoices = ledger(company, day).invoices
        odd = [
            k
            for k in invoices.booked
            if abs(sum(x.net or 0 for x in invoices.lines(k)) - invoices.sale(k).net) > 2
        ]
        assert len(odd) == expected
        assert all(abs(invoices.rounding_base(k, invoices.sale(k))) <= 2 for k in odd)


# --- what is odd in the ledger -------------------------------------------------------------------


@pytest.mark.parametrize("when", [0, 2])
def test_one_voucher_does_not_balance_from_its_day_on(when: int) -> None:
    company = replace(SMALL["vestkyst"], unbalanced_voucher=when)
    for day in (1, 2, 45):
        sums: Counter[tuple[str, int]] = Counter()
        book = ledger(company, day)
        for line in book.lines():
            sums[book.year_of(line.date).label, line.voucher] += line.base
        assert sum(1 for total in sums.values() if total) == (day >= when)


def test_one_entry_is_on_an_account_nobody_has() -> None:
    company = replace(SMALL["vestkyst"], unknown_account=2)
    for day, expected in ((1, 0), (2, 1), (45, 1)):
        assert sum(1 for x in ledger(company, day).lines() if x.account == 9_999) == expected


# --- documents -----------------------------------------------------------------------------------


@every_company
@every_day
def test_documents_hang_on_purchases_one_on_each_at_most(company: Company, day: int) -> None:
    book = ledger(company, day)
    purchases = {(book.year_of(x.date).label, x.voucher) for x in book.lines() if x.type == 3}
    rows = list(book.documents.rows())
    numbers = [row.number for row in rows]
    assert numbers == sorted(set(numbers))
    assert len(rows) == book.documents.total
    vouchers = [(row.year, row.voucher) for row in rows]
    assert len(set(vouchers)) == len(vouchers)
    assert set(vouchers) <= purchases
    assert 0.3 < len(rows) / len(purchases) < 0.7
    years = defaultdict(set)
    for year, voucher in vouchers:
        years[voucher].add(year)
    assert any(len(found) > 1 for found in years.values())
    for first, last in ((0, 150), (151, 10**9)):
        wanted = [row for row in rows if first <= row.number <= last]
        assert list(book.documents.rows(at_least=first, upto=last)) == wanted


@every_company
def test_a_day_brings_documents_takes_one_away_and_merges(company: Company) -> None:
    days = [{row.number: row for row in ledger(company, day).documents.rows()} for day in range(8)]
    for day in range(1, 8):
        before, now = days[day - 1], days[day]
        new = now.keys() - before.keys()
        assert min(new) > max(before), "number$gt: finds all that is new"
        old = ledger(company, day - 1)
        last = max(int(x.voucher) for x in old.lines())
        assert any(now[n].voucher <= last for n in new)
        assert len(before.keys() - now.keys()) == (day % 2 == 0)
        changed = [n for n in now.keys() & before.keys() if now[n] != before[n]]
        assert len(changed) == (day % 3 == 0) or day % 6 == 0
        assert all((now[n].pages or 0) > (before[n].pages or 0) for n in changed)


def test_the_list_of_documents_shrinks() -> None:
    company = replace(SMALL["vestkyst"], documents_shrink_on=2)
    sizes = [ledger(company, day).documents.total for day in (1, 2, 3)]
    assert sizes[1] < sizes[0] / 2
    assert sizes[2] < sizes[0] / 2


# --- orders, quotes, draft invoices --------------------------------------------------------------


@every_company
@pytest.mark.parametrize("kind", orders.KINDS, ids=lambda kind: kind.name)
def test_lines_of_what_is_not_booked_sum_to_their_headers(
    company: Company, kind: orders.Kind
) -> None:
    customers = {c.number for c in people.customers(company, 5)}
    found = list(orders.documents(company, 5, kind))
    assert {item.status for item in found} == set(kind.lists)
    assert len({item.number for item in found}) == len({item.id for item in found}) == len(found)
    for item in found:
        assert sum(line.net or 0 for line in item.lines) == item.net
        assert len(item.lines) <= MOST_LINES
        assert item.customer in customers


@pytest.mark.parametrize("kind", [orders.ORDER, orders.QUOTE], ids=lambda kind: kind.name)
def test_orders_move_from_list_to_list_and_some_vanish(kind: orders.Kind) -> None:
    company, moves = SMALL["oresund"], Counter[tuple[str, str | None]]()
    for day in range(12):
        now = {d.number: d for d in orders.documents(company, day, kind)}
        later = {d.number: d for d in orders.documents(company, day + 1, kind)}
        for number, item in now.items():
            after = later.get(number)
            moves[item.status, after and after.status] += 1
            if after and (after.status, after.net) != (item.status, item.net):
                assert after.last_updated > item.last_updated
            elif after:
                assert after == item
    assert set(moves) == {
        ("drafts", "drafts"), ("drafts", "sent"), ("sent", "sent"), ("sent", "archived"),
        ("sent", None), ("archived", "archived"),
    }  # fmt: skip


def test_drafts_are_booked_and_gone_within_a_week() -> None:
    company = SMALL["nordlys"]
    days = [{d.number for d in orders.documents(company, n, orders.DRAFT_INVOICE)} for n in (0, 7)]
    assert days[0]
    assert days[1]
    assert not days[0] & days[1]


# --- products ------------------------------------------------------------------------------------


def test_product_numbers_are_text_with_zeros_that_matter() -> None:
    numbers = [p.number for p in products.products(SMALL["nordlys"], 0)]
    assert len(set(numbers)) == len(numbers)
    assert {"5", "0005", "V-0007"} <= set(numbers)


def test_a_product_number_is_used_again() -> None:
    names = {}
    for day in (2, 3, 4, 5):
        found = {p.number: p for p in products.products(SMALL["nordlys"], day)}
        names[day] = found["0013"].name if "0013" in found else None
    assert names[3] is None
    assert names[4] is None
    assert names[2] != names[5] is not None


def test_products_change_day_by_day_and_say_so() -> None:
    company = SMALL["nordlys"]
    for day in range(1, 9):
        before = {p.number: p for p in products.products(company, day - 1)}
        now = {p.number: p for p in products.products(company, day)}
        changed = [n for n in now if before.get(n) != now[n]]
        assert changed
        last = max(p.last_updated for p in before.values())
        assert all(now[n].last_updated > last for n in changed)


# --- the rest ------------------------------------------------------------------------------------


def test_bases_are_rounded_half_away_from_zero() -> None:
    for amount in (1, -1, 333, -333, 12_345, -99_999):
        exact = Decimal(amount) * 74_612 / 10_000
        assert in_base(amount, 74_612) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def test_a_pdf_is_well_formed() -> None:
    body = pdf(["Faktura (10001) \\ æøå", "Æblegård & Søn €"], pages=3)
    assert body.startswith(b"%PDF-1.4")
    assert body.rstrip().endswith(b"%%EOF")
    assert body.count(b"/Type /Page ") == 3
    start = int(body.split(b"startxref\n")[1].split(b"\n")[0])
    assert body[start:].startswith(b"xref")
    for number, line in enumerate(body[start:].splitlines()[3:9], start=1):
        assert body[int(line[:10]) :].startswith(b"%d 0 obj" % number)
