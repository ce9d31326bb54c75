"""A consistent double-entry ledger of any size, generated on the fly in constant memory.

The ledger is a row of *slots*. Every slot holds the same 22 lines in 8 vouchers (two sales invoices,
a purchase, a customer payment of both invoices of an earlier slot, a supplier payment, salary, rent,
a reminder or a correction) or, at the start of the books and some weeks into every accounting year,
the opening entries. Slot s owns the entry numbers from s * 23 + 1 on, one more than it uses, so that
the numbers have holes. So any entry is found by arithmetic, no entry is ever stored, and what a page
shows is a pure function of (company, working days passed, entry number).

Amounts are integers in hundredths. Debit is positive. Every voucher sums to zero in base currency.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from .calendar import Year, working_day, years
from .chart import (
    BALANCE_ACCOUNTS,
    BANK,
    CREDITORS,
    DEBTORS,
    EQUITY,
    EXPENSES,
    FEES,
    REMINDER_FEES,
    RENT,
    REVENUE,
    SALARY,
    TAX_OWED,
    VAT_PURCHASES,
    VAT_SALES,
)
from .company import HISTORY_ENDS, Company

LINES_PER_SLOT = 22
NUMBERS_PER_SLOT = 23
VOUCHERS_PER_SLOT = 8
#: A payment settles the invoices of the slot this many slots earlier.
PAYMENT_LAG = 12
OPENING_AFTER_DAYS = 60
#: Base currency per 100 units in hundredths (EUR 746.12): the vendor's way of writing a rate.
RATES = {"EUR": 74_612, "SEK": 6_603, "USD": 64_305}
_MASK = (1 << 64) - 1


class Line(NamedTuple):
    """One posted ledger entry; amounts in hundredths, `remainder` None where nothing can be matched."""

    number: int
    account: int
    amount: int
    base: int
    currency: str
    date: dt.date
    voucher: int
    type: int
    text: str
    vat: str | None = None
    customer: int | None = None
    supplier: int | None = None
    invoice: str | None = None
    due: dt.date | None = None
    remainder: int | None = None


def mix(value: int) -> int:
    """64 well-mixed bits of an integer (the finaliser of splitmix64)."""
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _MASK
    return value ^ (value >> 31)


class Ledger:
    """The posted entries of one company after `day` working days."""

    def __init__(self, company: Company, *, day: int) -> None:
        self.company = company
        self.day = day
        self.history_slots = max(3 * PAYMENT_LAG, company.entries // LINES_PER_SLOT)
        self.slots_per_day = max(2, self.history_slots // 500)
        self.slots = self.history_slots + day * self.slots_per_day
        self.today = working_day(day)
        self.years = years(company, today=self.today)
        self._start = self.years[0].start
        self._span = (HISTORY_ENDS - self._start).days
        self._seed = mix(company.seed) << 20
        self._first_slots = [self._first_slot_from(year.start) for year in self.years]
        self._openings = self._opening_slots()
        self._balances: dict[int, dict[int, int]] = {}

    # --- reading ---------------------------------------------------------------------------------

    @property
    def last_number(self) -> int:
        last = self.slots - 1
        return last * NUMBERS_PER_SLOT + len(self.slot(last))

    def lines(self, *, after: int = 0, upto: int | None = None) -> Iterator[Line]:
        """Entries with after < entry number <= upto, in order of entry number."""
        upto = self.last_number if upto is None else upto
        for slot in range(max(0, after // NUMBERS_PER_SLOT), self.slots):
            if slot * NUMBERS_PER_SLOT >= upto:
                return
            for line in self.slot(slot):
                if after < line.number <= upto:
                    yield line

    def count(self, *, after: int = 0, upto: int | None = None) -> int:
        """How many entries `lines` would yield, without making those of whole slots."""
        upto = self.last_number if upto is None else min(upto, self.last_number)
        return max(0, self._count_upto(upto) - self._count_upto(min(after, upto)))

    def _count_upto(self, number: int) -> int:
        if number <= 0:
            return 0
        slot = min((number - 1) // NUMBERS_PER_SLOT, self.slots - 1)
        openings = [s for s in self._openings if s < slot]
        full = slot - len(openings)
        before = full * LINES_PER_SLOT + sum(len(self.slot(s)) for s in openings)
        return before + sum(1 for line in self.slot(slot) if line.number <= number)

    def open_lines(self) -> Iterator[Line]:
        """Entries whose remainder is not zero: the newest invoices and those of bad payers."""
        for slot in range(self.slots):
            unpaid = slot + PAYMENT_LAG >= self.slots
            if unpaid or self._has_bad_payer(slot) or slot + PAYMENT_LAG in self._openings:
                yield from (line for line in self.slot(slot) if line.remainder)

    # --- slots -----------------------------------------------------------------------------------

    def date_of(self, slot: int) -> date:
        if slot < self.history_slots:
            return self._start + timedelta(days=self._span * slot // self.history_slots)
        return working_day((slot - self.history_slots) // self.slots_per_day + 1)

    def slot(self, slot: int) -> list[Line]:
        """The lines of one slot."""
        if slot in self._openings:
            return self._opening(slot)
        day = self.date_of(slot)
        number = slot * NUMBERS_PER_SLOT + 1
        lines = [
            *self._sale(slot, 0, number, day),
            *self._sale(slot, 1, number + 3, day),
            *self._purchase(slot, number + 6, day),
            *self._customer_payment(slot, number + 9, day),
            *self._supplier_payment(slot, number + 13, day),
        ]
        salary = 1_800_000 + mix(self._seed + slot * 8 + 5) % 900_000
        tax = salary * 37 // 100
        v, d, home = self._voucher(slot, 5, day), day, self.company.base_currency
        lines.append(Line(number + 15, SALARY, salary, salary, home, d, v, 5, "Løn"))
        lines.append(Line(number + 16, TAX_OWED, -tax, -tax, home, d, v, 5, "A-skat"))
        net = tax - salary
        lines.append(Line(number + 17, BANK, net, net, home, d, v, 5, "Løn udbetalt"))
        v, d = self._voucher_and_date(slot, 6, day)
        rent = 450_000 + mix(self._seed + slot * 8 + 6) % 80_000
        lines.append(Line(number + 18, RENT, rent, rent, home, d, v, 5, 'Husleje "lager" 3\\4'))
        lines.append(Line(number + 19, BANK, -rent, -rent, home, d, v, 5, "Husleje"))
        lines += self._reminder_or_correction(slot, number + 20, day)
        return lines

    def _amount(self, slot: int, voucher: int) -> tuple[int, str, int]:
        """(hundredths in the voucher's currency, currency, the voucher's random bits)."""
        bits = mix(self._seed + slot * VOUCHERS_PER_SLOT + voucher)
        net = 4 * (2_500 + bits % 600_000)
        currencies = self.company.currencies
        if currencies and (bits >> 24) % 3 == 0:
            return net, currencies[(bits >> 28) % len(currencies)], bits
        return net, self.company.base_currency, bits

    def _rate(self, currency: str, day: date) -> int:
        if currency == self.company.base_currency:
            return 10_000
        return RATES[currency] + (day.toordinal() % 37 - 18) * RATES[currency] // 4_000

    def _in_base(self, amount: int, currency: str, day: date) -> int:
        """Hundredths in base currency, rounded half away from zero."""
        rate = self._rate(currency, day)
        if rate == 10_000:
            return amount
        rounded = (abs(amount) * rate + 5_000) // 10_000
        return rounded if amount >= 0 else -rounded

    def _has_bad_payer(self, slot: int) -> bool:
        return mix(self._seed ^ (slot * 2654435761)) % 61 == 0

    def _is_settled_at(self, slot: int) -> bool:
        """Whether a payment for this slot's invoices has been posted."""
        payer = slot + PAYMENT_LAG
        return payer < self.slots and payer not in self._openings

    def _paid_part(self, slot: int, amount: int) -> int:
        """What the payment of an invoice of `slot` covers: bad payers pay half."""
        return amount // 2 if self._has_bad_payer(slot) else amount

    def _remainder(self, slot: int, amount: int) -> int:
        return amount - self._paid_part(slot, amount) if self._is_settled_at(slot) else amount

    def customer_of(self, bits: int, slot: int) -> int:
        new = max(0, (slot - self.history_slots) // self.slots_per_day + 1)
        return 1000 + (bits >> 32) % (self.company.customers + new)

    def supplier_of(self, bits: int) -> int:
        return 1 + (bits >> 36) % self.company.suppliers

    def _sale_parts(self, slot: int, which: int) -> tuple[int, int, int, str, int]:
        """(gross, net, vat, currency, bits) of a sales invoice."""
        net, currency, bits = self._amount(slot, which)
        if (bits >> 40) % 23 == 0:
            net = -net // 8 * 4  # a credit note
        vat = net // 4 if currency == self.company.base_currency else 0
        return net + vat, net, vat, currency, bits

    def _sale(self, slot: int, which: int, number: int, day: date) -> list[Line]:
        gross, net, vat, currency, bits = self._sale_parts(slot, which)
        voucher, day = self._voucher_and_date(slot, which, day)
        invoice = str(10_000 + slot * 2 + which)
        base, vat_base = self._in_base(gross, currency, day), self._in_base(vat, currency, day)
        # Foreign sales carry no VAT; the second line is then freight, so that a slot keeps its shape.
        second = vat if vat else net // 10
        second_base = vat_base if vat else self._in_base(second, currency, day)
        account = REVENUE[2] if not vat else REVENUE[(bits >> 44) % 2]
        text = f"Faktura {invoice}"
        return [
            Line(
                number, DEBTORS, gross, base, currency, day, voucher, 1, text, None,
                self.customer_of(bits, slot), None, invoice, day + timedelta(days=30),
                self._remainder(slot, gross),
            ),
            Line(
                number + 1, account, second - gross, second_base - base, currency, day, voucher, 1,
                text, "U25" if vat else None,
            ),
            Line(
                number + 2, VAT_SALES if vat else REVENUE[2], -second, -second_base, currency, day,
                voucher, 1, text,
            ),
        ]  # fmt: skip

    def _purchase(self, slot: int, number: int, day: date) -> list[Line]:
        net, currency, bits = self._amount(slot, 2)
        voucher, day = self._voucher_and_date(slot, 2, day)
        vat = net // 4 if currency == self.company.base_currency else net // 10
        gross = net + vat
        base, vat_base = self._in_base(gross, currency, day), self._in_base(vat, currency, day)
        is_home = currency == self.company.base_currency
        invoice = f"{(bits >> 20) % 10**6:08d}"  # leading zeros, as suppliers write them
        text = "Køb" if bits % 5 else "Køb 📦 æøå"
        return [
            Line(
                number, CREDITORS, -gross, -base, currency, day, voucher, 3, text, None, None,
                self.supplier_of(bits), invoice, day + timedelta(days=14),
                self._remainder(slot, -gross),
            ),
            Line(
                number + 1, EXPENSES[(bits >> 44) % len(EXPENSES)], net, base - vat_base, currency,
                day, voucher, 3, text, "I25" if is_home else None,
            ),
            Line(
                number + 2, VAT_PURCHASES if is_home else FEES, vat, vat_base, currency, day,
                voucher, 3, text,
            ),
        ]  # fmt: skip

    def _customer_payment(self, slot: int, number: int, day: date) -> list[Line]:
        """One receipt for both invoices of an earlier slot; the bank's rate makes a difference."""
        home, voucher = self.company.base_currency, self._voucher(slot, 3, day)
        paid_slot = slot - PAYMENT_LAG
        if paid_slot < 0 or paid_slot in self._openings:
            return self._filler(number, 4, day, voucher, 2)
        settled: list[Line] = []
        bank = 0
        for which in (0, 1):
            gross, _, _, currency, bits = self._sale_parts(paid_slot, which)
            _, invoiced = self._voucher_and_date(paid_slot, which, self.date_of(paid_slot))
            paid = self._paid_part(paid_slot, gross)
            settled.append(
                Line(
                    number + 2 + which, DEBTORS, -paid, -self._in_base(paid, currency, invoiced),
                    currency, day, voucher, 2, "Indbetaling", None,
                    self.customer_of(bits, paid_slot), None, str(10_000 + paid_slot * 2 + which),
                    None, 0,
                )
            )  # fmt: skip
            bank += self._in_base(paid, currency, day)
        difference = -bank - sum(line.base for line in settled)
        return [
            Line(number, BANK, bank, bank, home, day, voucher, 2, "Indbetaling"),
            Line(number + 1, FEES, difference, difference, home, day, voucher, 2, "Kursdifference"),
            *settled,
        ]

    def _supplier_payment(self, slot: int, number: int, day: date) -> list[Line]:
        voucher, paid_slot = self._voucher(slot, 4, day), slot - PAYMENT_LAG
        if paid_slot < 0 or paid_slot in self._openings:
            return self._filler(number, 2, day, voucher, 4)
        debt = self._purchase(paid_slot, 0, self.date_of(paid_slot))[0]
        paid = self._paid_part(paid_slot, debt.amount)
        base = self._in_base(paid, debt.currency, debt.date)
        return [
            Line(
                number, CREDITORS, -paid, -base, debt.currency, day, voucher, 4, "Udbetaling", None,
                None, debt.supplier, debt.invoice, None, 0,
            ),
            Line(number + 1, BANK, base, base, self.company.base_currency, day, voucher, 4, "Udbetaling"),
        ]  # fmt: skip

    def _filler(self, number: int, count: int, day: date, voucher: int, type: int) -> list[Line]:
        """Zero lines on the bank where there is nothing to pay: a slot always has its 22 lines."""
        home = self.company.base_currency
        return [Line(number + i, BANK, 0, 0, home, day, voucher, type, "Nul") for i in range(count)]

    def _reminder_or_correction(self, slot: int, number: int, day: date) -> list[Line]:
        home, voucher = self.company.base_currency, self._voucher(slot, 7, day)
        bits = mix(self._seed + slot * VOUCHERS_PER_SLOT + 7)
        type, text = ((6, "Rykker"), (9, "System"), (10, "Manuel debitorpost"))[bits % 3]
        fee = 10_000
        customer = self.customer_of(bits, slot)
        debtor = Line(
            number, DEBTORS, fee, fee, home, day, voucher, type, text, None, customer, None, None,
            None, 0,
        )  # fmt: skip
        return [debtor, Line(number + 1, REMINDER_FEES, -fee, -fee, home, day, voucher, type, text)]

    # --- vouchers and dates ----------------------------------------------------------------------

    def _voucher_and_date(self, slot: int, which: int, day: date) -> tuple[int, date]:
        """One voucher in forty is back-dated by up to fifty days."""
        bits = mix(self._seed ^ (slot * VOUCHERS_PER_SLOT + which + 1))
        if bits % 40 == 0:
            day = max(self._start, day - timedelta(days=10 + (bits >> 8) % 40))
        return self._voucher(slot, which, day), day

    def _voucher(self, slot: int, which: int, day: date) -> int:
        """Numbers restart every year; one dated back over the year's end gets a number of its own."""
        year = bisect_right(self._first_slots, slot) - 1
        if day < self.years[year].start:
            return 10_000_000 + slot * VOUCHERS_PER_SLOT + which
        return (slot - self._first_slots[year]) * VOUCHERS_PER_SLOT + which + 1

    def year_of(self, day: date) -> Year:
        index = (day.year * 12 + day.month - self._start.year * 12 - self._start.month) // 12
        return self.years[index]

    def _first_slot_from(self, day: date) -> int:
        """The first slot dated on `day` or later; slots are dated in order."""
        low, high = 0, self.slots
        while low < high:
            middle = (low + high) // 2
            if self.date_of(middle) < day:
                low = middle + 1
            else:
                high = middle
        return low

    # --- opening entries -------------------------------------------------------------------------

    def _opening_slots(self) -> dict[int, Year]:
        found = {0: self.years[0]}
        for year in self.years[1:]:
            slot = self._first_slot_from(year.start + timedelta(days=OPENING_AFTER_DAYS))
            if slot < self.slots:
                found[slot] = year
        return found

    def _opening(self, slot: int) -> list[Line]:
        """The year's opening entries: the balance of every balance account, equity taking the rest."""
        year = self._openings[slot]
        is_first = slot == 0
        balances = {BANK: 50_000_000} if is_first else self._balances_before(slot, year)
        home, kind = self.company.base_currency, 7 if is_first else 8
        voucher, lines = 20_000_000 + slot, []
        amounts = [(account, balances.get(account, 0)) for account in BALANCE_ACCOUNTS]
        amounts.append((EQUITY, -sum(balance for _, balance in amounts)))
        for index, (account, balance) in enumerate(amounts):
            number = slot * NUMBERS_PER_SLOT + 1 + index
            lines.append(
                Line(number, account, balance, balance, home, year.start, voucher, kind, "Primo")
            )
        return lines

    def _balances_before(self, slot: int, year: Year) -> dict[int, int]:
        """Balances per account at the year's start, as known when the opening was booked."""
        if slot not in self._balances:
            earlier = [s for s in self._openings if s < slot]
            previous = max(earlier)
            balances = dict.fromkeys(BALANCE_ACCOUNTS, 0)
            # Everything the last opening restated, and what was posted since (late postings too).
            if previous:
                balances.update(self._balances_before(previous, self._openings[previous]))
            else:
                balances[BANK] = 50_000_000
            last_start = self._openings[previous].start
            first = max(1, self._first_slot_from(last_start)) if previous else 1
            for other in range(first, slot):
                if other not in self._openings:
                    for line in self.slot(other):
                        if line.account in balances and last_start <= line.date < year.start:
                            balances[line.account] += line.base
            self._balances[slot] = balances
        return self._balances[slot]
