"""Honoraria as purchase invoices: each is made with its lines or not at all, several in one request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from saldo.errors import OutcomeUnknown, SaldoError
from saldo.vendors.business_central.batches import Answer, Inside
from saldo.vendors.business_central.odata import Row, parts

from ..target import Calls, Dispatch, Outcome
from . import comparing, dimensions
from .company import Company
from .wording import each, outcome_of, refused, refused_by

#: Business Central works out each of them: more would take longer than an answer is waited for.
AT_ONCE = 20


def groups(dispatches: Sequence[Dispatch]) -> Iterator[list[Dispatch]]:
    return (list(part) for part in parts(dispatches, AT_ONCE))


def send(company: Company, group: Sequence[Dispatch], calls: Calls) -> dict[str, Outcome]:
    """See Target.send. Where one fails and the rest is not answered, the rest was not made, and is sent again."""
    outcomes: dict[str, Outcome] = {}
    left = list(group)
    while left:
        inside = [Inside("POST", "purchaseInvoices", _body(company, one)) for one in left]
        try:
            answers = company.batch(inside, is_atomic=False, keys=[one.key for one in left], calls=calls)  # fmt: skip
        except SaldoError as error:
            if not outcomes and not isinstance(error, OutcomeUnknown) and outcome_of(error).what == "failed":  # fmt: skip
                raise
            return outcomes | each(left, outcome_of(error, is_gone=not isinstance(error, OutcomeUnknown)))  # fmt: skip
        answered = [(left[one.place], one) for one in answers if one.place < len(left)]
        apart = [one for one, answer in answered if company.takes_inner_dimensions and _is_about_dimensions(answer)]  # fmt: skip
        outcomes |= {one.key: _outcome(one, answer) for one, answer in answered if one not in apart}
        rest = left[len(answered) :]
        if rest and not any(answer.refusal for _, answer in answered):
            told = "Business Central did not answer for every invoice; it is looked for before it is sent again"
            outcomes |= each(rest, Outcome(what="unknown", message=told, family="OutcomeUnknown"))
            rest = []
        company.takes_inner_dimensions = company.takes_inner_dimensions and not apart
        left = apart + rest
    made = [one for one in group if outcomes[one.key].what == "done"]
    if made and not company.takes_inner_dimensions:
        outcomes |= dimensions.sent_apart(company, made, calls)
    return outcomes


def _body(company: Company, one: Dispatch) -> dict[str, Any]:
    lines = comparing.lines_of(one.document)
    if not company.takes_inner_dimensions:
        lines = [{name: value for name, value in line.items() if name != "dimensionSetLines"} for line in lines]  # fmt: skip
    return {**one.document.payload["purchaseInvoice"], "purchaseInvoiceLines": lines}


def _is_about_dimensions(answer: Answer) -> bool:
    refusal = answer.refusal
    return refusal is not None and dimensions.are_not_taken(refusal)


def _outcome(one: Dispatch, answer: Answer) -> Outcome:
    if answer.refusal:
        return refused_by(answer.refusal, is_gone=True)
    row: Row = answer.body
    found = comparing.invoice(one.document, {**row, "purchaseInvoiceLines": None})
    if found.difference:
        return refused(different(one, row, found.difference), reference=str(row["number"]))
    return Outcome(what="done", reference=str(row["number"]))


def different(one: Dispatch, row: Row, difference: str) -> str:
    """Where Business Central works out something else than was claimed."""
    return (
        f"Business Central's invoice {row['number']} is not what {one.document.source_id} says: {difference}. It was not posted: correct "
        "the VAT code in the organisation's file or the setup of account and vendor, delete the draft, and send it again"
    )
