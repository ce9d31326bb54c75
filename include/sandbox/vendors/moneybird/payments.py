"""Payments of documents, whoever owes: when they come, what they cover, how they are written."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from .administration import OTHER, PAYMENT, Administration, stamp
from .amounts import in_base, money, rate
from .registers import BANK, CARD, OFFSETTING, PRIVATE, account_id, financial_account_id

#: From where it is paid: a bank's statement, a card's without a statement, privately, or by another document.
BY_BANK, BY_CARD, PRIVATELY, BY_CREDIT = "bank", "card", "private", "credit"
#: Of each: financial account and ledger account.
_ACCOUNTS = {
    BY_BANK: (0, BANK),
    BY_CARD: (1, CARD),
    PRIVATELY: (None, PRIVATE),
    BY_CREDIT: (None, OFFSETTING),
}


class Payment(NamedTuple):
    """number: its place among the document's; mutation: the id of the one that brought it; credit: the document
    that pays it."""

    number: int
    slot: int
    date: dt.date
    price: int
    price_base: int
    by: str
    mutation: str | None = None
    credit: str | None = None

    @property
    def account(self) -> int:
        """The ledger account it is paid from; Verrekeningen where documents settle each other."""
        return _ACCOUNTS[self.by][1]


def base_of(administration: Administration, price: int, currency: str, day: dt.date) -> int:
    """What a price is worth on the day on which it is paid."""
    return in_base(price, rate(currency, administration.currency, day))


def record(
    administration: Administration, id: int, type: str, invoice_id: str, one: Payment
) -> dict[str, Any]:
    bank, account = _ACCOUNTS[one.by]
    made = administration.moment(one.slot, 6, id)
    return {
        "id": administration.record_id(PAYMENT, id), "administration_id": administration.id,
        "invoice_type": type, "invoice_id": invoice_id,
        "financial_account_id": None if bank is None else financial_account_id(administration, bank),
        "user_id": administration.record_id(OTHER, 1), "payment_transaction_id": None,
        "transaction_identifier": None, "price": money(one.price),
        "price_base": money(one.price_base), "payment_date": one.date.isoformat(),
        "credit_invoice_id": one.credit, "financial_mutation_id": one.mutation,
        "ledger_account_id": account_id(administration, account),
        "linked_payment_id": None,
        "manual_payment_action": "private_payment" if one.by == PRIVATELY else None,
        "created_at": stamp(made), "updated_at": stamp(made),
    }  # fmt: skip
