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
from .looking import look
from .order import in_order
from .wording import OF_ALL, each, outcome_of, refused, refused_by, said

#: Business Central works out each of them: more would take longer than an answer is waited for.
AT_ONCE = 20
#: Of an invoice by itself: not known whether it was made.
_NOBODY_KNOWS = (408, 500, 502, 504)


def groups(dispatches: Sequence[Dispatch]) -> Iterator[list[Dispatch]]:
    return (list(part) for part in parts(dispatches, AT_ONCE))


def send(
    company: Company, group: Sequence[Dispatch], calls: Calls, *, is_begun: bool = False
) -> dict[str, Outcome]:
    """See Target.send. Where the last answer is a refusal, what comes after it was not made, and is sent again.
    is_begun: whether something was sent before, so that nothing may be raised."""
    outcomes: dict[str, Outcome] = {}
    wrong: set[str] = set()
    left = list(group)
    while left:
        inside = [Inside("POST", "purchaseInvoices", _body(company, one)) for one in left]
        try:
            answers = company.batch(inside, is_atomic=False, keys=[one.key for one in left], calls=calls)  # fmt: skip
        except SaldoError as error:
            if isinstance(error, OF_ALL) and not outcomes and not is_begun:
                raise
            outcome = outcome_of(error, is_gone=not isinstance(error, OutcomeUnknown))
            if outcome.what != "refused" or len(left) == 1:
                outcomes |= each(left, outcome)
                break
            for (
                one
            ) in left:  # the batch itself is refused: alone, each shows whether it is to blame
                outcomes |= send(company, [one], calls, is_begun=True)
            break
        answered = [(left[one.place], one) for one in answers if one.place < len(left)]
        apart = [one for one, answer in answered if company.takes_inner_dimensions and _is_about_dimensions(answer)]  # fmt: skip
        outcomes |= {one.key: _outcome(answer) for one, answer in answered if one not in apart}
        wrong |= _different(answered, company.configuration.currency)
        unseen, rest = _unanswered(left, answers)
        told = "Business Central did not answer for every invoice; it is looked for before it is sent again"
        outcomes |= each(unseen, Outcome(what="unknown", message=told, family="OutcomeUnknown"))
        company.takes_inner_dimensions = company.takes_inner_dimensions and not apart
        left = apart + rest
    outcomes |= _without_wrong(company, [one for one in group if one.key in wrong], calls)
    made = [one for one in group if outcomes[one.key].what == "done"]
    if made and not company.takes_inner_dimensions:
        outcomes |= dimensions.sent_apart(company, made, calls)
    return outcomes


def _body(company: Company, one: Dispatch) -> dict[str, Any]:
    lines = comparing.lines_of(one.document)
    if not company.takes_inner_dimensions:
        lines = [{name: value for name, value in line.items() if name != "dimensionSetLines"} for line in lines]  # fmt: skip
    invoice = one.document.payload["purchaseInvoice"]
    return in_order({**invoice, "purchaseInvoiceLines": [in_order(line) for line in lines]})


def _is_about_dimensions(answer: Answer) -> bool:
    refusal = answer.refusal
    return refusal is not None and dimensions.are_not_taken(refusal)


def _unanswered(
    left: Sequence[Dispatch], answers: Sequence[Answer]
) -> tuple[list[Dispatch], list[Dispatch]]:
    """Those nobody knows the outcome of; and those that were not made: what comes after the last answer, where that was a refusal."""
    places = {one.place for one in answers}
    last = max(answers, key=lambda answer: answer.place, default=None)
    missing = [(place, one) for place, one in enumerate(left) if place not in places]
    if last is None or last.refusal is None:
        return [one for _, one in missing], []
    before = [one for place, one in missing if place < last.place]
    return before, [one for place, one in missing if place > last.place]


def _outcome(answer: Answer) -> Outcome:
    """A refusal made nothing; a failure of the server may have come after it was made, and nothing keeps it from being made twice."""
    if answer.refusal and answer.refusal.status in _NOBODY_KNOWS:
        message = f"{said(answer.refusal)}; it is looked for before it is sent again"
        return Outcome(what="unknown", message=message, family="OutcomeUnknown")
    if answer.refusal:
        return refused_by(answer.refusal, is_gone=True)
    return Outcome(what="done", reference=str(answer.body["number"]))


def _different(answered: Sequence[tuple[Dispatch, Answer]], books: str) -> set[str]:
    """Keys of drafts that are told with something else than ours."""
    return {
        one.key
        for one, answer in answered
        if answer.refusal is None
        and comparing.invoice(
            one.document, {**answer.body, "purchaseInvoiceLines": None}, books
        ).notes
    }


def _without_wrong(
    company: Company, dispatches: Sequence[Dispatch], calls: Calls
) -> dict[str, Outcome]:
    """Those told with other totals are read again, since an answer to what was just made may not have them yet; those that are
    another still do not stay."""
    if not dispatches:
        return {}
    try:
        sights = look(company, dispatches, calls)
    except SaldoError as error:
        told = f"it was made with other totals, and could not be looked at again: {error}"
        return each(dispatches, Outcome(what="unknown", message=told, family=error.family))
    wrong = {
        key: (sight.invoices[0], sight.found.difference)
        for key, sight in sights.items()
        if sight.found.difference and len(sight.invoices) == 1
    }
    return _removed(company, [one for one in dispatches if one.key in wrong], wrong, calls)


def _removed(
    company: Company, dispatches: Sequence[Dispatch], wrong: dict[str, tuple[Row, str]], calls: Calls
) -> dict[str, Outcome]:  # fmt: skip
    """Drafts of a moment ago whose totals are not ours are deleted, so that nothing is there when it is sent again. One that could not be is
    looked at again."""
    if not dispatches:
        return {}
    rows = [wrong[one.key][0] for one in dispatches]
    inside = [Inside("DELETE", f"purchaseInvoices({row['id']})", etag=row["@odata.etag"]) for row in rows]  # fmt: skip
    try:
        answers = company.batch(inside, is_atomic=False, keys=[one.key for one in dispatches], calls=calls)  # fmt: skip
        gone = {dispatches[one.place].key for one in answers if one.refusal is None}
    except SaldoError:
        gone = set()  # told below, and seen by the next look
    outcomes = {}
    for one, row in zip(dispatches, rows, strict=True):
        is_gone = one.key in gone
        told = refused(different(one, row, wrong[one.key][1], is_gone=is_gone), is_gone=True)
        unseen = Outcome(what="unknown", reference=str(row["number"]), message=told.message, family=told.family)  # fmt: skip
        outcomes[one.key] = told if is_gone else unseen
    return outcomes


def different(one: Dispatch, row: Row, difference: str, *, is_gone: bool = False) -> str:
    """Where Business Central works out something else than was claimed. is_gone: the draft was deleted."""
    draft = (
        "The draft was deleted: correct"
        if is_gone
        else "It was not posted: delete it there, correct"
    )
    return (
        f"Business Central's invoice {row['number']} is not what {one.document.source_id} says: {difference}. {draft} the VAT code "
        "in the organisation's file or the setup of account and vendor, and send it again"
    )
