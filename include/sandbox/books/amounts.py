"""What the vouchers of a slot come to: amounts, rates, dates, who pays and how much of it.

Every one is a pure function of company and slot; only remainders look at how many slots there are by now.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from .changes import FIRST_CUSTOMER, renumberings
from .company import Company
from .line import mix, round_half_away
from .timeline import PAYMENT_LAG, VOUCHERS_PER_SLOT, Timeline

#: Base currency per 100 units in hundredths (EUR 746.12): the vendor's way of writing a rate.
RATES = {"EUR": 74_612, "SEK": 6_603, "USD": 64_305}
#: An invoice is looked at when it is booked and when it is paid, so many slots later.
_KEPT = 4 * PAYMENT_LAG


class Deal(NamedTuple):
    """A sale or a purchase; amounts in hundredths, positive but for credit notes.

    second: VAT, and what takes its place abroad: freight, a fee. paid: what its payment covers, left: what is not paid by
    now, both as on the account of the other party: negative where we owe it.
    """

    net: int
    gross: int
    base: int
    second: int
    second_base: int
    currency: str
    is_home: bool
    date: date
    voucher: int
    paid: int
    left: int
    bits: int


class Amounts(Timeline):
    """A timeline with what is bought and sold in its ordinary slots."""

    def __init__(self, company: Company, *, day: int) -> None:
        super().__init__(company, day=day)
        self._renumbered = {
            old: change.number for old, change in renumberings(company, day).items()
        }
        self._sold = lru_cache(maxsize=2 * _KEPT)(self._sold_anew)
        self._bought = lru_cache(maxsize=_KEPT)(self._bought_anew)

    def customer_of(self, bits: int, slot: int) -> int:
        number = FIRST_CUSTOMER + (bits >> 32) % (self.company.customers + self.day_of(slot))
        return self._renumbered.get(number, number)

    def supplier_of(self, bits: int) -> int:
        return 1 + (bits >> 36) % self.company.suppliers

    def has_bad_payer(self, slot: int) -> bool:
        """Whether the payments for a slot's invoices cover half of them."""
        return mix(self._seed ^ (slot * 2654435761)) % self.company.bad_payers == 0

    # --- deals -----------------------------------------------------------------------------------

    def _sold_anew(self, slot: int, which: int) -> Deal:
        """One of the two sales of an ordinary slot."""
        net, currency, bits = self._amount(slot, which)
        if (bits >> 40) % 23 == 0:
            net = -net // 8 * 4  # a credit note
        is_home = currency == self.company.base_currency
        vat = net // 4 if is_home else 0
        # Foreign sales carry no VAT; the second line is then freight, so that a slot keeps its shape.
        return self._deal(slot, which, 1, net, net + vat, vat or net // 10, currency, bits)

    def _bought_anew(self, slot: int) -> Deal:
        """The purchase of an ordinary slot."""
        net, currency, bits = self._amount(slot, 2)
        vat = net // 4 if currency == self.company.base_currency else net // 10
        return self._deal(slot, 2, -1, net, net + vat, vat, currency, bits)

    def _deal(
        self, slot: int, which: int, sign: int, net: int, gross: int, second: int, currency: str, bits: int
    ) -> Deal:  # fmt: skip
        voucher, day = self._voucher_and_date(slot, which, self.date_of(slot))
        due = sign * gross
        paid = due // 2 if self.has_bad_payer(slot) else due
        return Deal(
            net, gross, self._in_base(gross, currency, day), second,
            self._in_base(second, currency, day), currency, currency == self.company.base_currency, day,
            voucher, paid, due - paid if self._is_settled_at(slot) else due, bits,
        )  # fmt: skip

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
        if currency == self.company.base_currency:
            return amount
        return round_half_away(amount * self._rate(currency, day), 10_000)

    def _is_settled_at(self, slot: int) -> bool:
        """Whether a payment for this slot's invoices has been posted."""
        payer = slot + PAYMENT_LAG
        return payer < self.slots and payer not in self.special
