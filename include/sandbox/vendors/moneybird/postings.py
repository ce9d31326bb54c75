"""What an administration posts: Moneybird shows no ledger entries, so these are the rules. Debit is positive, amounts
are in the administration's currency, all as the records show them.

1. Purchase invoices and receipts that are not `new`, on their date: every line debits its ledger account with its amount
   without tax (`…_with_discount_base`); Crediteuren is credited with the document's total with tax (`total_price_incl_tax_base`);
   Te vorderen btw is debited with what is left, so that the document balances: the tax, and what roundings leave.
2. Sales invoices that are neither drafts nor scheduled, on their invoice date: the same with every sign turned round,
   Debiteuren in the place of Crediteuren and Te betalen btw in that of Te vorderen btw. Credit notes have negative amounts.
3. A payment, on its date, with its `price_base`: of a purchase it debits Crediteuren, of a sale it credits Debiteuren; the
   other side is the ledger account of its financial account where it has one, else its ledger account: Verrekeningen of
   documents that settle each other.
4. A document in another currency that is `paid` leaves `total_price_incl_tax_base` minus the `price_base` of all its
   payments: on `paid_at` that goes from Crediteuren (Debiteuren) to Koersverschillen.
5. General journal documents: debit minus credit of every entry.
6. A mutation posts its ledger bookings: the bank is debited with the price, the booking's account credited. Its payments
   are those of rule 3 and are not posted twice. What is open of it is on the bank and on Te rubriceren transacties.

Accounts are those of the chart that every administration begins with: Crediteuren, Debiteuren, Te vorderen btw, Te betalen btw
and Koersverschillen have the taxonomy codes BSchCreHac, BVorDebHad, BSchBepBtwVoo, BSchBepBtwOlo and WFbeWisWis. Worked example, an invoice of 100.00 USD at 0.92 with a line of 100.00 and no tax, paid at 0.93: line 92.00 debit,
Crediteuren 92.00 credit; payment: Crediteuren 93.00 debit, bank 93.00 credit; then 92.00 − 93.00 = −1.00: Crediteuren 1.00 credit, Koersverschillen
1.00 debit.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from . import documents, journals, mutations, sales
from .administration import DOCUMENT, JOURNAL, MUTATION, SALES_INVOICE, Administration
from .payments import Payment
from .registers import BANK, CREDITORS, DEBTORS, EXCHANGE, INPUT_TAX, OUTPUT_TAX, UNMATCHED

#: What a posting is of -> the name reports have for it.
TYPES = {
    DOCUMENT: "Document",
    SALES_INVOICE: "SalesInvoice",
    JOURNAL: "Document",
    MUTATION: "FinancialMutation",
}


class Posting(NamedTuple):
    """amount in hundredths, debit positive; kind and place: of what."""

    date: dt.date
    account: int
    amount: int
    kind: int
    place: int
    text: str
    contact: int | None = None
    project: int | None = None
    tax: int | None = None


def postings(administration: Administration) -> Iterator[Posting]:
    """All of them, document by document."""
    for document in administration.of(documents.documents).values():
        if document.is_posted:
            yield from _bought(document)
    for sale in administration.of(sales.sales).values():
        if sale.is_posted:
            yield from _sold(sale)
    for journal in administration.of(journals.journals).values():
        for entry in journal.entries:
            yield Posting(
                journal.date, entry.account, entry.amount, JOURNAL, journal.place, entry.text, entry.contact,
                entry.project,
            )  # fmt: skip
    yield from _booked(administration)


def _bought(one: documents.Document) -> Iterator[Posting]:
    place, contact, when = one.life.place, one.contact, one.date
    left = gross = one.totals.gross_base if one.totals else 0
    for line in one.lines:
        left -= line.net_base
        yield Posting(
            when, line.account, line.net_base, DOCUMENT, place, line.text, contact, line.project, line.tax
        )  # fmt: skip
    yield Posting(when, INPUT_TAX, left, DOCUMENT, place, "Btw", contact)
    yield Posting(when, CREDITORS, -gross, DOCUMENT, place, "Crediteuren", contact)
    for payment in one.payments:
        yield from _paid(payment, CREDITORS, payment.price_base, DOCUMENT, place, contact)
    if one.state == "paid" and one.paid_on is not None:
        yield from _left(one.payments, CREDITORS, -gross, one.paid_on, DOCUMENT, place, contact)


def _sold(one: sales.Sale) -> Iterator[Posting]:
    place, contact, when = one.life.place, one.contact, one.life.date
    left = gross = one.totals.gross_base
    for line in one.lines:
        left -= line.net_base
        yield Posting(
            when, line.account, -line.net_base, SALES_INVOICE, place, line.text, contact, line.project, line.tax
        )  # fmt: skip
    yield Posting(when, OUTPUT_TAX, -left, SALES_INVOICE, place, "Btw", contact)
    yield Posting(when, DEBTORS, gross, SALES_INVOICE, place, "Debiteuren", contact)
    for payment in one.payments:
        yield from _paid(payment, DEBTORS, -payment.price_base, SALES_INVOICE, place, contact)
    if one.state == "paid" and one.payments:
        day = max(payment.date for payment in one.payments)
        yield from _left(one.payments, DEBTORS, gross, day, SALES_INVOICE, place, contact)


def _paid(
    one: Payment, party: int, amount: int, kind: int, place: int, contact: int | None
) -> Iterator[Posting]:
    """Rule 3; amount: what the account of the other party gets."""
    yield Posting(one.date, party, amount, kind, place, "Betaling", contact)
    yield Posting(one.date, one.account, -amount, kind, place, "Betaling", contact)


def _left(
    payments: Iterable[Payment], party: int, owed: int, day: dt.date, kind: int, place: int, contact: int | None
) -> Iterator[Posting]:  # fmt: skip
    """Rule 4; owed: what the document put on the account of the other party."""
    sign = -1 if party == CREDITORS else 1
    rest = owed - sign * sum(payment.price_base for payment in payments)
    if rest:
        yield Posting(day, party, -rest, kind, place, "Koersverschil", contact)
        yield Posting(day, EXCHANGE, rest, kind, place, "Koersverschil", contact)


def _booked(administration: Administration) -> Iterator[Posting]:
    for life in administration.of(mutations.mutation_lives).values():
        if life.is_processed and life.place % documents.PER_SLOT < mutations.FIRST_OF_BOOKINGS:
            continue  # it is posted with the document that it pays
        one = mutations.mutation(administration, life)
        if left := mutations.open_of(one):
            yield Posting(one.date, BANK, left, MUTATION, one.place, one.message)
            yield Posting(one.date, UNMATCHED, -left, MUTATION, one.place, one.message)
        for booking in one.bookings:
            rest = (MUTATION, one.place, booking.text)
            yield Posting(one.date, BANK, booking.price, *rest)
            yield Posting(one.date, booking.account, -booking.price, *rest, None, booking.project)


# --- sums ----------------------------------------------------------------------------------------


def all_postings(administration: Administration) -> list[Posting]:
    return list(postings(administration))


def by_month(administration: Administration) -> dict[int, dict[dt.date, list[int]]]:
    """Account -> first of the month -> [debit, credit], both positive; a negative debit is a credit."""
    found: defaultdict[int, dict[dt.date, list[int]]] = defaultdict(dict)
    for one in administration.of(all_postings):
        sums = found[one.account].setdefault(one.date.replace(day=1), [0, 0])
        sums[one.amount < 0] += abs(one.amount)
    return dict(found)


def by_contact(
    administration: Administration, account: int, until: dt.date
) -> dict[int | None, int]:
    """What is open of Debiteuren or Crediteuren at the end of a day, debit positive; nothing of who owes nothing."""
    found: defaultdict[int | None, int] = defaultdict(int)
    for one in administration.of(all_postings):
        if one.account == account and one.date <= until:
            found[one.contact] += one.amount
    return {contact: cents for contact, cents in found.items() if cents}
