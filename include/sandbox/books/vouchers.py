"""The eight vouchers of a slot: 22 lines, each voucher summing to zero in base currency.

Two sales invoices, a purchase, a customer payment of both invoices of an earlier slot, a supplier
payment, salary, rent, a reminder or a correction; what they come to is in amounts.py.
"""

from __future__ import annotations

from datetime import date, timedelta

from .amounts import Amounts, Deal
from .changes import FIRST_CUSTOMER
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
from .timeline import NUMBERS_PER_SLOT, PAYMENT_LAG, VOUCHERS_PER_SLOT

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
#: Of a reminder, in hundredths.
FEE = 10_000


def credit_until(day: date) -> date:
    """When an invoice of a day is due."""
    return day + timedelta(days=CREDIT_DAYS)


def _invoice(deal: Deal) -> str:
    """The number of a supplier's invoice, with leading zeros, as they write them."""
    return f"{(deal.bits >> 20) % 10**6:08d}"


class Vouchers(Amounts):
    """A timeline with what its ordinary slots hold."""

    def __init__(self, company: Company, *, day: int) -> None:
        super().__init__(company, day=day)
        self._unbalanced = self.first_ordinary_slot(company.unbalanced_voucher)
        self._on_unknown_account = self.first_ordinary_slot(company.unknown_account)

    def vouchers(self, slot: int) -> list[Line]:
        """The 22 lines of an ordinary slot."""
        day, number = self.date_of(slot), slot * NUMBERS_PER_SLOT + 1
        return [
            *self._sale(slot, 0, number),
            *self._sale(slot, 1, number + 3),
            *self._purchase(slot, number + 6),
            *self._customer_payment(slot, number + 9, day),
            *self._supplier_payment(slot, number + 13, day),
            *self._salary(slot, number + 15, day),
            *self._rent(slot, number + 18, day),
            *self._reminder_or_correction(slot, number + 20, day),
        ]

    def customer_lines(self, slot: int) -> list[Line]:
        """Those of an ordinary slot that are about a customer, without making the others."""
        day, number = self.date_of(slot), slot * NUMBERS_PER_SLOT + 1
        return [
            self._invoiced(slot, 0, number),
            self._invoiced(slot, 1, number + 3),
            *(self._settled(slot, number + 11, day) if self._pays(slot) else ()),
            self._reminded(slot, number + 20, day),
        ]

    def supplier_lines(self, slot: int) -> list[Line]:
        """The same of a supplier."""
        day, number = self.date_of(slot), slot * NUMBERS_PER_SLOT + 1
        owed = self._owed(slot, number + 6)
        return [owed, self._repaid(slot, number + 13, day)] if self._pays(slot) else [owed]

    def result_places(self, slot: int) -> list[int]:
        """Which of an ordinary slot's lines are profit and loss, without making the lines."""
        places = _PLACES_WITH_PAYMENT if self._pays(slot) else _PLACES
        if not self.company.currencies:
            return places
        # Abroad there is no VAT: the third line is freight or a fee.
        home = self.company.base_currency
        abroad = [v * 3 + 2 for v in range(3) if self._amount(slot, v)[1] != home]
        return sorted(places + abroad) if abroad else places

    def _pays(self, slot: int) -> bool:
        """Whether a slot's payments have invoices to pay."""
        return slot >= PAYMENT_LAG and slot - PAYMENT_LAG not in self.special

    def sale(self, slot: int, which: int) -> Sale:
        """An ordinary slot's invoice as a whole, without making its lines."""
        deal = self._sold(slot, which)
        vat, vat_base = (deal.second, deal.second_base) if deal.is_home else (0, 0)
        remainder_base = deal.left
        if not deal.is_home:
            remainder_base = round_half_away(deal.left * deal.base, deal.gross)
        index = (deal.bits >> 32) % (self.company.customers + self.day_of(slot))
        number = FIRST_CUSTOMER + index
        return Sale(
            FIRST_INVOICE + slot * 2 + which, slot, deal.date, deal.currency,
            self._rate(deal.currency, deal.date), deal.net, vat, deal.base - vat_base, vat_base,
            self._renumbered.get(number, number), index, self._revenue(deal), deal.left, remainder_base,
            deal.bits,
        )  # fmt: skip

    def sale_date(self, slot: int, which: int) -> date:
        return self._voucher_and_date(slot, which, self.date_of(slot))[1]

    def purchase_voucher(self, slot: int) -> tuple[int, date]:
        """The voucher number and date of an ordinary slot's purchase."""
        return self._voucher_and_date(slot, 2, self.date_of(slot))

    # --- sales and purchases ---------------------------------------------------------------------

    def _revenue(self, deal: Deal) -> int:
        return REVENUE[(deal.bits >> 44) % 2] if deal.is_home else REVENUE[2]

    def _invoiced(self, slot: int, which: int, number: int) -> Line:
        deal, invoice = self._sold(slot, which), FIRST_INVOICE + slot * 2 + which
        return Line(
            number, DEBTORS, deal.gross, deal.base, deal.currency, deal.date, deal.voucher, 1,
            f"Faktura {invoice}", None, self.customer_of(deal.bits, slot), None, str(invoice),
            credit_until(deal.date), deal.left,
        )  # fmt: skip

    def _sale(self, slot: int, which: int, number: int) -> tuple[Line, ...]:
        deal, first = self._sold(slot, which), self._invoiced(slot, which, number)
        _, gross, base, second, second_base, currency, is_home, day, voucher, *_ = deal
        return (
            first,
            Line(
                number + 1, self._revenue(deal), second - gross, second_base - base, currency, day, voucher,
                1, first.text, "U25" if is_home else None,
            ),
            Line(
                number + 2, VAT_SALES if is_home else REVENUE[2], -second, -second_base, currency, day,
                voucher, 1, first.text,
            ),
        )  # fmt: skip

    def _owed(self, slot: int, number: int) -> Line:
        deal = self._bought(slot)
        return Line(
            number, CREDITORS, -deal.gross, -deal.base, deal.currency, deal.date, deal.voucher, 3,
            "Køb" if deal.bits % 5 else "Køb 📦 æøå", None, None, self.supplier_of(deal.bits), _invoice(deal),
            deal.date + timedelta(days=14), deal.left,
        )  # fmt: skip

    def _purchase(self, slot: int, number: int) -> tuple[Line, ...]:
        deal, first = self._bought(slot), self._owed(slot, number)
        net, _, base, vat, vat_base, currency, is_home, day, voucher, *_ = deal
        return (
            first,
            Line(
                number + 1, EXPENSES[(deal.bits >> 44) % len(EXPENSES)], net, base - vat_base, currency,
                day, voucher, 3, first.text, "I25" if is_home else None,
            ),
            Line(
                number + 2, VAT_PURCHASES if is_home else FEES, vat, vat_base, currency, day, voucher, 3,
                first.text,
            ),
        )  # fmt: skip

    # --- payments --------------------------------------------------------------------------------

    def _settled(self, slot: int, number: int, day: date) -> list[Line]:
        """Both invoices of an earlier slot, paid."""
        voucher, paid_slot = self._voucher(slot, 3, day), slot - PAYMENT_LAG
        return [
            Line(
                number + which, DEBTORS, -deal.paid, -self._in_base(deal.paid, deal.currency, deal.date),
                deal.currency, day, voucher, 2, "Indbetaling", None, self.customer_of(deal.bits, paid_slot),
                None, str(FIRST_INVOICE + paid_slot * 2 + which), None, 0,
            )
            for which, deal in enumerate((self._sold(paid_slot, 0), self._sold(paid_slot, 1)))
        ]  # fmt: skip

    def _customer_payment(self, slot: int, number: int, day: date) -> list[Line]:
        """One receipt for both invoices of an earlier slot; the bank's rate makes a difference."""
        home, voucher = self.company.base_currency, self._voucher(slot, 3, day)
        if not self._pays(slot):
            return self._filler(number, 4, day, voucher, 2)
        settled = self._settled(slot, number + 2, day)
        bank = sum(-self._in_base(line.amount, line.currency, day) for line in settled)
        difference = -bank - sum(line.base for line in settled)
        return [
            Line(number, BANK, bank, bank, home, day, voucher, 2, "Indbetaling"),
            Line(number + 1, FEES, difference, difference, home, day, voucher, 2, "Kursdifference"),
            *settled,
        ]

    def _repaid(self, slot: int, number: int, day: date) -> Line:
        """The purchase of an earlier slot, paid."""
        debt = self._bought(slot - PAYMENT_LAG)
        return Line(
            number, CREDITORS, -debt.paid, -self._in_base(debt.paid, debt.currency, debt.date),
            debt.currency, day, self._voucher(slot, 4, day), 4, "Udbetaling", None, None,
            self.supplier_of(debt.bits), _invoice(debt), None, 0,
        )  # fmt: skip

    def _supplier_payment(self, slot: int, number: int, day: date) -> list[Line]:
        if not self._pays(slot):
            return self._filler(number, 2, day, self._voucher(slot, 4, day), 4)
        first, home = self._repaid(slot, number, day), self.company.base_currency
        base, voucher = -first.base, first.voucher
        return [
            first,
            Line(number + 1, BANK, base, base, home, day, voucher, 4, "Udbetaling"),
        ]

    # --- the rest --------------------------------------------------------------------------------

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

    def _reminded(self, slot: int, number: int, day: date) -> Line:
        bits = mix(self._seed + slot * VOUCHERS_PER_SLOT + 7)
        type, text = ((6, "Rykker"), (9, "System"), (10, "Manuel debitorpost"))[bits % 3]
        return Line(
            number, DEBTORS, FEE, FEE, self.company.base_currency, day, self._voucher(slot, 7, day), type,
            text, None, self.customer_of(bits, slot), None, None, None, 0,
        )  # fmt: skip

    def _reminder_or_correction(self, slot: int, number: int, day: date) -> list[Line]:
        first = self._reminded(slot, number, day)
        _, _, _, _, home, _, voucher, type, text, *_ = first
        return [
            first,
            Line(number + 1, REMINDER_FEES, -FEE, -FEE, home, day, voucher, type, text),
        ]
