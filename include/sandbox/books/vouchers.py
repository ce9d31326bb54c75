"""The eight vouchers of a slot: 22 lines, each voucher summing to zero in base currency.

Two sales invoices, a purchase, a customer payment of both invoices of an earlier slot, a supplier
payment, salary, rent, a reminder or a correction. Every one is a pure function of company and slot;
only remainders look at how many slots there are by now.
"""

from __future__ import annotations

from datetime import date, timedelta

from .changes import FIRST_CUSTOMER, renumberings
from .chart import (
    BANK,
    CREDITORS,
    DEBTORS,
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
from .company import Company
from .line import Line, Sale, mix, round_half_away
from .timeline import NUMBERS_PER_SLOT, PAYMENT_LAG, VOUCHERS_PER_SLOT, Timeline

#: Base currency per 100 units in hundredths (EUR 746.12): the vendor's way of writing a rate.
RATES = {"EUR": 74_612, "SEK": 6_603, "USD": 64_305}
#: Where in a slot the lines of the vouchers that can be deleted lie.
DELETABLE = ((15, 16, 17), (18, 19))
#: Where in a slot profit-and-loss lines lie whatever the currencies, outside the vouchers above.
RESULT_PLACES = (1, 4, 7, 21)
_PLACES = [1, 4, 7, 15, 18, 21]
_PLACES_WITH_PAYMENT = [1, 4, 7, 10, 15, 18, 21]  # with the bank's rate difference


#: By how much what is odd on purpose is wrong, in hundredths; an account that is in no chart.
ODD_AMOUNT, UNKNOWN_ACCOUNT = 12_345, 9_999
#: Days of credit of every sales invoice.
CREDIT_DAYS = 30
FIRST_INVOICE = 10_000


def credit_until(day: date) -> date:
    """When an invoice of a day is due."""
    return day + timedelta(days=CREDIT_DAYS)


class Vouchers(Timeline):
    """A timeline with what its ordinary slots hold."""

    def __init__(self, company: Company, *, day: int) -> None:
        super().__init__(company, day=day)
        self._renumbered = {
            old: change.number for old, change in renumberings(company, day).items()
        }
        self._unbalanced = self.first_ordinary_slot(company.unbalanced_voucher)
        self._on_unknown_account = self.first_ordinary_slot(company.unknown_account)

    def vouchers(self, slot: int) -> list[Line]:
        """The 22 lines of an ordinary slot."""
        day, number = self.date_of(slot), slot * NUMBERS_PER_SLOT + 1
        return [
            *self._sale(slot, 0, number, day),
            *self._sale(slot, 1, number + 3, day),
            *self._purchase(slot, number + 6, day),
            *self._customer_payment(slot, number + 9, day),
            *self._supplier_payment(slot, number + 13, day),
            *self._salary(slot, number + 15, day),
            *self._rent(slot, number + 18, day),
            *self._reminder_or_correction(slot, number + 20, day),
        ]

    def result_places(self, slot: int) -> list[int]:
        """Which of an ordinary slot's lines are profit and loss, without making the lines."""
        pays = slot >= PAYMENT_LAG and slot - PAYMENT_LAG not in self.special
        places = _PLACES_WITH_PAYMENT if pays else _PLACES
        if not self.company.currencies:
            return places
        # Abroad there is no VAT: the third line is freight or a fee.
        home = self.company.base_currency
        abroad = [v * 3 + 2 for v in range(3) if self._amount(slot, v)[1] != home]
        return sorted(places + abroad) if abroad else places

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
        return round_half_away(amount * rate, 10_000)

    def has_bad_payer(self, slot: int) -> bool:
        return mix(self._seed ^ (slot * 2654435761)) % self.company.bad_payers == 0

    def _is_settled_at(self, slot: int) -> bool:
        """Whether a payment for this slot's invoices has been posted."""
        payer = slot + PAYMENT_LAG
        return payer < self.slots and payer not in self.special

    def _paid_part(self, slot: int, amount: int) -> int:
        """What the payment of an invoice of `slot` covers: bad payers pay half."""
        return amount // 2 if self.has_bad_payer(slot) else amount

    def _remainder(self, slot: int, amount: int) -> int:
        return amount - self._paid_part(slot, amount) if self._is_settled_at(slot) else amount

    def customer_of(self, bits: int, slot: int) -> int:
        number = FIRST_CUSTOMER + (bits >> 32) % (self.company.customers + self.day_of(slot))
        return self._renumbered.get(number, number)

    def supplier_of(self, bits: int) -> int:
        return 1 + (bits >> 36) % self.company.suppliers

    def _sale_parts(self, slot: int, which: int) -> tuple[int, int, int, str, int]:
        """(gross, net, vat, currency, bits) of a sales invoice."""
        net, currency, bits = self._amount(slot, which)
        if (bits >> 40) % 23 == 0:
            net = -net // 8 * 4  # a credit note
        vat = net // 4 if currency == self.company.base_currency else 0
        return net + vat, net, vat, currency, bits

    def sale(self, slot: int, which: int) -> Sale:
        """An ordinary slot's invoice as a whole, without making its lines."""
        gross, net, vat, currency, bits = self._sale_parts(slot, which)
        _, day = self._voucher_and_date(slot, which, self.date_of(slot))
        rate, base, vat_base = self._rate(currency, day), gross, vat
        remainder = remainder_base = self._remainder(slot, gross)
        if rate != 10_000:
            base, vat_base = (
                round_half_away(gross * rate, 10_000),
                self._in_base(vat, currency, day),
            )
            remainder_base = round_half_away(remainder * base, gross)
        index = (bits >> 32) % (self.company.customers + self.day_of(slot))
        number = FIRST_CUSTOMER + index
        return Sale(
            FIRST_INVOICE + slot * 2 + which, slot, day, currency, rate, net, vat, base - vat_base,
            vat_base, self._renumbered.get(number, number), index,
            REVENUE[(bits >> 44) % 2] if vat else REVENUE[2], remainder, remainder_base, bits,
        )  # fmt: skip

    def sale_date(self, slot: int, which: int) -> date:
        return self._voucher_and_date(slot, which, self.date_of(slot))[1]

    def purchase_voucher(self, slot: int) -> tuple[int, date]:
        """The voucher number and date of an ordinary slot's purchase."""
        return self._voucher_and_date(slot, 2, self.date_of(slot))

    def _sale(self, slot: int, which: int, number: int, day: date) -> list[Line]:
        gross, net, vat, currency, bits = self._sale_parts(slot, which)
        voucher, day = self._voucher_and_date(slot, which, day)
        invoice = str(FIRST_INVOICE + slot * 2 + which)
        base, vat_base = self._in_base(gross, currency, day), self._in_base(vat, currency, day)
        # Foreign sales carry no VAT; the second line is then freight, so that a slot keeps its shape.
        second = vat if vat else net // 10
        second_base = vat_base if vat else self._in_base(second, currency, day)
        account = REVENUE[2] if not vat else REVENUE[(bits >> 44) % 2]
        text = f"Faktura {invoice}"
        return [
            Line(
                number, DEBTORS, gross, base, currency, day, voucher, 1, text, None,
                self.customer_of(bits, slot), None, invoice, credit_until(day),
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
        if paid_slot < 0 or paid_slot in self.special:
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
                    self.customer_of(bits, paid_slot), None, str(FIRST_INVOICE + paid_slot * 2 + which),
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
        if paid_slot < 0 or paid_slot in self.special:
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

    def _salary(self, slot: int, number: int, day: date) -> list[Line]:
        salary = 1_800_000 + mix(self._seed + slot * 8 + 5) % 900_000
        tax = salary * 37 // 100
        net = tax - salary
        voucher, home = self._voucher(slot, 5, day), self.company.base_currency
        return [
            Line(number, SALARY, salary, salary, home, day, voucher, 5, "Løn"),
            Line(number + 1, TAX_OWED, -tax, -tax, home, day, voucher, 5, "A-skat"),
            Line(number + 2, BANK, net, net, home, day, voucher, 5, "Løn udbetalt"),
        ]

    def _rent(self, slot: int, number: int, day: date) -> list[Line]:
        rent = 450_000 + mix(self._seed + slot * 8 + 6) % 80_000
        voucher, day = self._voucher_and_date(slot, 6, day)
        home = self.company.base_currency
        account = UNKNOWN_ACCOUNT if slot == self._on_unknown_account else BANK
        paid = rent - ODD_AMOUNT if slot == self._unbalanced else rent
        return [
            Line(number, RENT, rent, rent, home, day, voucher, 5, 'Husleje "lager" 3\\4'),
            Line(number + 1, account, -paid, -paid, home, day, voucher, 5, "Husleje"),
        ]

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
