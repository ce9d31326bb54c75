"""A journal batch is posted: all lines in it or none, whoever wrote them. So it is read first, and nobody else's is booked
that the API shows (no line with a document type, or of an employee, a fixed asset or an IC partner).

A claim that Business Central will not post keeps the others from being posted. It is found by the line it names, or by the
company's own setup read once more; its lines are taken out of the journal (they are ours, and unchanged), and the others are
posted. What became of a post that nobody saw is in the ledger, or not yet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from saldo.errors import DataRejected, SaldoError
from saldo.vendors.business_central.batches import MOST, Inside, first_refusal
from saldo.vendors.business_central.odata import Row, parts
from saldo.vendors.business_central.refusals import BusinessCentralRefusal, Refusal

from ..target import Calls, Dispatch, Outcome
from .company import Company
from .looking import Sight, lines_of_the_journal, look, numbers_in_the_ledger
from .reference import Reference
from .wording import each, money, outcome_of, refused, said

_NAMED = 5
#: How it names a line: by its key; and where a dimension is wrong by template, batch and number. Numbers may be grouped.
_LINE = re.compile(r"(?:Line No\.='?|Gen\. Journal Line [^,]*, [^,]*, )([0-9][0-9.,\s]*)")
_OTHER_NUMBER = (
    "Business Central has posted the journal, and the ledger has nothing under this number: the journal batch has a posting number series. Remedy: "
    "find it in the ledger by its amount and day, and book it by hand here under the number it has; remove the series from the journal batch. "
    "Do not send it again: it is booked"
)
_DOCUMENT = re.compile(r"Document No\.[ ='\"]+([A-Z0-9-]{1,20})")


@dataclass
class _Batch:
    """What may be posted now. code: of the journal batch; lines: all that are in it."""

    company: Company
    code: str
    sights: dict[str, Sight]
    lines: list[Row]
    calls: Calls


def post(
    company: Company, dispatches: Sequence[Dispatch], expected: Mapping[str, str], calls: Calls
) -> dict[str, Outcome]:
    """See Target.post, of claims; a journal after the other, should they be in several."""
    outcomes: dict[str, Outcome] = {}
    for code in dict.fromkeys(str(one.document.payload["journal"]) for one in dispatches):
        own = [one for one in dispatches if one.document.payload["journal"] == code]
        outcomes |= _posted_of(company, code, own, {**expected, **{one.key: "" for one in dispatches}}, calls)  # fmt: skip
    return outcomes


def _posted_of(
    company: Company, code: str, dispatches: Sequence[Dispatch], known: Mapping[str, str], calls: Calls
) -> dict[str, Outcome]:  # fmt: skip
    """known: keys of ours, with why they must not be posted."""
    lines = lines_of_the_journal(company, code)
    _check_nobody_elses(company, code, lines, known)
    sights = look(company, dispatches, calls)
    outcomes = {key: out for key, one in sights.items() if (out := _without_posting(one))}
    ready = [one for one in dispatches if one.key not in outcomes]
    if not ready:
        return outcomes
    reason = _waiting(code, lines, known) or _standing_in_the_way(company, code, lines, outcomes, sights)  # fmt: skip
    if reason and not outcomes:
        raise DataRejected(reason)
    if reason:
        return outcomes | each(ready, Outcome(what="failed", message=reason, family="DataRejected"))
    return outcomes | _posted(_Batch(company, code, sights, lines, calls), ready)


def _check_nobody_elses(company: Company, code: str, lines: Sequence[Row], known: Mapping[str, str]) -> None:  # fmt: skip
    foreign = [row for row in lines if row["documentNumber"] not in known]
    if not foreign:
        return
    shown = foreign[:_NAMED]
    booked = numbers_in_the_ledger(company, [str(row["documentNumber"]) for row in shown])
    named = "; ".join(_named(row, booked) for row in shown)
    more = f" and {len(foreign) - _NAMED} more" if len(foreign) > _NAMED else ""
    raise DataRejected(
        f"The journal batch {code} holds {len(foreign)} lines that are none of these expenses: {named}{more}. Posting would "
        "book them, too, so nothing was posted. Move or delete them, or post the batch in Business Central yourself"
    )


def _named(row: Row, booked: set[str]) -> str:
    twice = ", which the ledger has already" if row["documentNumber"] in booked else ""
    return (
        f"document {row['documentNumber'] or 'without a number'}{twice}, line {row['lineNumber']}: {money(row['amount'])} on "
        f"account {row['accountNumber'] or 'none'} ({row['description']})"
    )


def _without_posting(sight: Sight) -> Outcome | None:
    """Of a document that must not be posted, or is already. None for the others."""
    found, key = sight.found, sight.dispatch.key
    if found.where == "nowhere":
        told = f"{key} is neither in the journal any more nor in the ledger: it is looked at again"
        return Outcome(what="failed", where="nowhere", message=told, family="DataRejected")
    if found.copies > 1:
        where = "in the journal and in the ledger" if sight.lines and sight.entries else "twice"
        return refused(f"{key} is there {found.copies} times, {where}: delete what is too much in the journal, and try again", reference=key)  # fmt: skip
    if found.difference:
        return refused(f"{key} is not as it was sent: {found.difference}. Correct it in Business Central, or delete its lines and retry it with accept_second", reference=key)  # fmt: skip
    if found.where == "posted":
        return Outcome(what="done", reference=key, where="posted")
    if sight.lacks:
        told = "its lines lack dimensions yet; they are added before it is posted"
        return Outcome(what="failed", reference=key, message=told, family="DataRejected")
    return None


def _waiting(code: str, lines: Sequence[Row], known: Mapping[str, str]) -> str:
    """Why nothing may be posted: posting takes all there is, and some of ours is not to be posted yet."""
    there = {str(row["documentNumber"]) for row in lines}
    waiting = [f"{key} ({known[key]})" for key in sorted(there) if known[key]]
    if not waiting:
        return ""
    more = f" and {len(waiting) - _NAMED} more" if len(waiting) > _NAMED else ""
    return (
        f"The journal batch {code} holds {', '.join(waiting[:_NAMED])}{more}. Posting would book that, too, so nothing was posted. "
        "See to it first, or post the batch in Business Central yourself"
    )


def _standing_in_the_way(
    company: Company, code: str, lines: Sequence[Row], outcomes: dict[str, Outcome], sights: dict[str, Sight],
) -> str:  # fmt: skip
    """Why nothing may be posted: the batch holds what must not be."""
    bad = [key for key, one in outcomes.items() if one.what != "done" and sights[key].lines]
    others = [row for row in lines if row["documentNumber"] not in sights]
    bad += _twice(company, others)
    if not bad:
        return ""
    return (
        f"The journal batch {code} cannot be posted while it holds {', '.join(bad[:_NAMED])}, which is not as it was sent, there "
        "twice, or in the ledger already: correct or delete those lines in Business Central"
    )


def _twice(company: Company, rows: Sequence[Row]) -> list[str]:
    """Numbers of documents whose lines are there twice, or that the ledger has already: each of our lines has a reference of its own."""
    if not rows:
        return []
    counts = Counter((str(row["documentNumber"]), row["externalDocumentNumber"]) for row in rows)
    numbers = {number for number, _ in counts}
    twice = {number for (number, _), count in counts.items() if count > 1}
    return sorted(twice | numbers_in_the_ledger(company, sorted(numbers)))


def _posted(batch: _Batch, ready: list[Dispatch]) -> dict[str, Outcome]:
    """What stands in the way of the others is taken out of the journal, and named."""
    company, calls = batch.company, batch.calls
    outcomes: dict[str, Outcome] = {}
    while ready:
        keys = [one.key for one in ready]
        try:
            company.post(company.journal(batch.code), keys=keys, calls=calls)
        except BusinessCentralRefusal as error:
            done, ready = _posted_meanwhile(company, ready, calls)
            outcomes |= done
            causes = _causes(batch, ready, error.refusal)
            if not causes:
                return outcomes | _nobody_knows(ready, error.refusal, batch)
            taken = _taken_out(batch, [one for one in ready if one.key in causes], causes)
            outcomes |= taken
            ready = [one for one in ready if one.key not in causes]
            if any(one.where != "nowhere" for one in taken.values()):
                told = f"waits for {', '.join(causes)}, which Business Central will not post"
                return outcomes | each(ready, Outcome(what="failed", message=told, family="DataRejected"))  # fmt: skip
            continue
        except SaldoError as error:
            outcome = outcome_of(error)
            if outcome.what == "failed":
                if not outcomes:
                    raise
                return outcomes | each(ready, outcome)
            return outcomes | _as_the_ledger_says(company, ready, outcome, calls)
        sent = Outcome(what="done", where="waiting", message="it was posted, and is not in the ledger yet")  # fmt: skip
        return outcomes | _as_the_ledger_says(company, ready, sent, calls, gone=refused(_OTHER_NUMBER))  # fmt: skip
    return outcomes


def _posted_meanwhile(
    company: Company, ready: list[Dispatch], calls: Calls
) -> tuple[dict[str, Outcome], list[Dispatch]]:
    """Those in the ledger, and the others: an earlier post may have been carried out late, which leaves nothing for this one."""
    waiting = Outcome(what="failed")
    found = _as_the_ledger_says(company, ready, waiting, calls)
    done = {key: one for key, one in found.items() if one.where == "posted"}
    return done, [one for one in ready if one.key not in done]


def _as_the_ledger_says(
    company: Company, ready: Sequence[Dispatch], otherwise: Outcome, calls: Calls, *, gone: Outcome | None = None,
) -> dict[str, Outcome]:  # fmt: skip
    """otherwise: of what it does not have; gone: of what is not in the journal either."""
    told = {"posted": Outcome(what="done", where="posted"), "waiting": otherwise, "nowhere": gone or otherwise}  # fmt: skip
    try:
        sights = look(company, ready, calls)
    except SaldoError as error:
        unseen = f"it was posted or not, and what became of it could not be looked at: {error}"
        return each(ready, Outcome(what="unknown", message=unseen, family=error.family))
    return {
        key: structs.replace(told[one.found.where], reference=key) for key, one in sights.items()
    }


def _lines_named(refusal: Refusal) -> set[int]:
    return {int(re.sub("[^0-9]", "", number)) for number in _LINE.findall(refusal.text)}


# --- which claim it is ---------------------------------------------------------------------------


def _causes(batch: _Batch, ready: Sequence[Dispatch], refusal: Refusal) -> dict[str, str]:
    """Key -> why, of those that Business Central will not post."""
    own = {one.key: one for one in ready}
    named = set(_DOCUMENT.findall(refusal.text))
    numbers = _lines_named(refusal)
    named |= {str(row["documentNumber"]) for row in batch.lines if row["lineNumber"] in numbers}
    causes = {key: said(refusal) for key in own if key in named}
    try:
        problems = Reference(batch.company).check([one.document for one in ready])
    except SaldoError:
        return causes  # what it said is enough
    for key, found in problems.items():
        causes.setdefault(key, "; ".join(str(problem) for problem in found))
    return causes


def _nobody_knows(ready: Sequence[Dispatch], refusal: Refusal, batch: _Batch) -> dict[str, Outcome]:
    """No claim of these is to blame, as far as anybody can tell."""
    numbers = _lines_named(refusal)
    others = {str(row["documentNumber"]) for row in batch.lines if row["lineNumber"] in numbers}
    about = f" It is about document {', '.join(sorted(others))}." if others else ""
    told = f"The journal batch {batch.code} was not posted, and which line is to blame cannot be told.{about} {said(refusal)}"
    if refusal.may_pass:
        return each(ready, Outcome(what="failed", message=told, family="Unavailable"))
    return each(ready, refused(told))


def _taken_out(
    batch: _Batch, dispatches: Sequence[Dispatch], causes: dict[str, str]
) -> dict[str, Outcome]:
    """Their lines are deleted from the journal, each as it was read. where: nowhere, once they are."""
    outcomes = {}
    for one in dispatches:
        rows = batch.sights[one.key].lines
        inside = [Inside("DELETE", f"journalLines({row['id']})", etag=row["@odata.etag"]) for row in rows]  # fmt: skip
        is_gone, why = True, ""
        for part in parts(inside, MOST):
            try:
                answers = batch.company.batch(part, is_atomic=True, keys=[one.key], calls=batch.calls)  # fmt: skip
                bad = first_refusal(answers)
                is_gone, why = is_gone and bad is None, str(bad[1]) if bad else why
            except SaldoError as error:
                is_gone, why = False, str(error)
        told = (
            "Its lines were taken out of the journal, so that the others could be posted; once that is corrected, send it again"
            if is_gone
            else f"Its lines could not be taken out of the journal ({why}), and keep the others from being posted: delete them there"
        )
        outcomes[one.key] = refused(f"{causes[one.key]}. {told}", is_gone=is_gone)
    return outcomes
