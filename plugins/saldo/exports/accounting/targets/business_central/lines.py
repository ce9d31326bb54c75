"""Claims into the journal: all lines of a claim in one transaction, several claims in one request.

A batch in which one request fails is taken back as a whole: the claim it belongs to is refused, the others are sent again
without it. Each line has a number of its own in the journal, made of the register's, so that a claim whose first request
is carried out late cannot be there twice: the second one fails, and is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from saldo.errors import AuthError, OutcomeUnknown, SaldoError
from saldo.vendors.business_central.batches import MOST, Inside, first_refusal
from saldo.vendors.business_central.refusals import SAME_KEY

from ..target import Calls, Dispatch, Outcome
from . import dimensions
from .company import Company
from .comparing import lines_of
from .looking import look
from .order import in_order
from .wording import OF_ALL, each, outcome_of, refused, refused_by, said

#: Lines of a claim are at most a hundred, and line numbers at most 2,147,483,647.
_ROOM, _TURNS = 100, 21_000_000
#: After so many failures of the server in a row the rest waits for the next time.
_PATIENCE = 3


def line_number(number: int, place: int) -> int:
    """Of the line at that place (from 0) of the register's document of that number. It comes again after 21 million documents, when
    the first has long left the journal."""
    return (number % _TURNS + 1) * _ROOM + place


def groups(dispatches: Sequence[Dispatch]) -> Iterator[list[Dispatch]]:
    """In their order, each with as many lines as a batch takes."""
    group: list[Dispatch] = []
    count = 0
    for one in dispatches:
        size = len(one.document.payload["journalLines"])
        if group and count + size > MOST:
            yield group
            group, count = [], 0
        group.append(one)
        count += size
    if group:
        yield group


def send(company: Company, group: Sequence[Dispatch], calls: Calls) -> dict[str, Outcome]:
    """See Target.send."""
    return _sent(company, list(group), calls, is_begun=False)


def _sent(
    company: Company, left: list[Dispatch], calls: Calls, *, is_begun: bool
) -> dict[str, Outcome]:
    """is_begun: whether something was sent before, so that nothing may be raised. Each round has one document less."""
    outcomes: dict[str, Outcome] = {}
    while left:
        owners, inside = _requests(company, left)
        try:
            answers = company.batch(inside, is_atomic=True, keys=[one.key for one in left], calls=calls)  # fmt: skip
        except SaldoError as error:
            return outcomes | _not_sent(company, left, error, calls, is_begun or bool(outcomes))
        failed = first_refusal(answers)
        if failed is None:
            return outcomes | _done(company, left, len(answers) == len(inside), calls)
        place, refusal = failed
        if dimensions.are_not_taken(refusal) and company.takes_inner_dimensions:
            company.takes_inner_dimensions = False
            continue
        if refusal.is_of_the_app and not outcomes and not is_begun:
            raise AuthError(f"{company.name}: {said(refusal)}")
        owner = owners[place] if place < len(owners) else left[0]
        if refusal.code == SAME_KEY:
            outcomes |= _there_already(company, owner, left, calls)
        else:
            outcomes[owner.key] = refused_by(refusal, is_gone=True)
        left = [one for one in left if one.key not in outcomes]
        failures = sum(1 for one in outcomes.values() if one.what == "failed")
        if refusal.is_of_the_app or failures >= _PATIENCE:
            return outcomes | each(left, refused_by(refusal, is_gone=True))
    return outcomes


def _requests(company: Company, left: Sequence[Dispatch]) -> tuple[list[Dispatch], list[Inside]]:
    """Each request with the document it is of."""
    owners, inside = [], []
    for one in left:
        journal = company.journal(one.document.payload["journal"])
        for place, line in enumerate(lines_of(one.document)):
            body = in_order({**_taken(company, line), "lineNumber": line_number(one.number, place)})  # fmt: skip
            owners.append(one)
            inside.append(Inside("POST", f"{journal}/journalLines", body))
    return owners, inside


def _taken(company: Company, line: dict[str, Any]) -> dict[str, Any]:
    if company.takes_inner_dimensions:
        return line
    return {name: value for name, value in line.items() if name != "dimensionSetLines"}


def _done(company: Company, left: Sequence[Dispatch], is_whole: bool, calls: Calls) -> dict[str, Outcome]:  # fmt: skip
    if not is_whole:
        told = "Business Central did not answer for every line; it is looked for before it is sent again"
        return each(left, Outcome(what="unknown", message=told, family="OutcomeUnknown"))
    outcomes = {one.key: Outcome(what="done", reference=one.key) for one in left}
    if company.takes_inner_dimensions:
        return outcomes
    return outcomes | dimensions.sent_apart(company, left, calls)


def _not_sent(
    company: Company, left: list[Dispatch], error: SaldoError, calls: Calls, is_begun: bool
) -> dict[str, Outcome]:
    """Raises the error where it concerns all, and nothing was sent before."""
    outcome = outcome_of(error, is_gone=not isinstance(error, OutcomeUnknown))
    if isinstance(error, OF_ALL) and not is_begun:
        raise error
    if outcome.what != "refused" or len(left) == 1:
        return each(left, outcome)
    found: dict[str, Outcome] = {}
    for one in left:  # the batch itself is refused: by itself each shows whether it is to blame
        found |= _sent(company, [one], calls, is_begun=True)
    return found


def _there_already(
    company: Company, owner: Dispatch, left: Sequence[Dispatch], calls: Calls
) -> dict[str, Outcome]:
    """A line number that is taken may be this very claim, sent before and carried out late; others of the batch may be there, too."""
    try:
        sights = look(company, left, calls)
    except SaldoError as error:
        return each(left, Outcome(what="unknown", message=str(error), family=error.family))
    outcomes = {}
    for key, found in ((key, sight.found) for key, sight in sights.items()):
        if found.difference or found.copies > 1:
            told = f"{key} is there already, and another: {found.difference or 'twice'}"
            outcomes[key] = Outcome(what="unknown", reference=found.reference, message=told, family="DataRejected")  # fmt: skip
        elif found.where != "nowhere":
            outcomes[key] = Outcome(what="done", reference=found.reference, where=found.where)
    if owner.key not in outcomes:
        number, code = line_number(owner.number, 0), owner.document.payload["journal"]
        told = (
            f"line numbers from {number} on are taken by other lines of the journal {code}: have these lines posted or deleted in "
            "Business Central, and send it again"
        )
        outcomes[owner.key] = refused(told, is_gone=True)
    return outcomes
