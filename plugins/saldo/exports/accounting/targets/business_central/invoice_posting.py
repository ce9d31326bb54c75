"""Purchase invoices are posted one by one. A posted one has another number and, as a rule, another id: it is found again by its
vendor's number."""

from __future__ import annotations

from collections.abc import Sequence

from saldo.errors import OutcomeUnknown, SaldoError
from saldo.vendors.business_central.refusals import BusinessCentralRefusal

from ..target import Calls, Dispatch, Outcome
from .company import Company
from .invoices import different
from .looking import Sight, look
from .wording import each, outcome_of, refused


def post(company: Company, dispatches: Sequence[Dispatch], calls: Calls) -> dict[str, Outcome]:
    """See Target.post, of invoices."""
    sights = look(company, dispatches, calls)
    outcomes = {key: out for key, one in sights.items() if (out := _without_posting(one))}
    ready = [one for one in dispatches if one.key not in outcomes]
    sent: dict[str, Outcome] = {}
    for at, one in enumerate(ready):
        sight = sights[one.key]
        try:
            company.post(
                f"purchaseInvoices({sight.invoices[0]['id']})", keys=[one.key], calls=calls
            )
            sent[one.key] = Outcome(what="done", reference=sight.found.reference)
        except OutcomeUnknown as error:
            sent[one.key] = outcome_of(error)
        except BusinessCentralRefusal as error:
            sent[one.key] = outcome_of(error)  # an earlier one may have been carried out late
        except SaldoError as error:  # of the target as a whole: the others would fare the same
            if not sent and not outcomes:
                raise
            outcomes |= each(ready[at:], outcome_of(error))
            break
    return outcomes | _as_they_are(company, [one for one in ready if one.key in sent], sent, calls)


def _without_posting(sight: Sight) -> Outcome | None:
    """Of an invoice that must not be posted, or is already. None for the others."""
    found, key = sight.found, sight.dispatch.key
    if found.where == "nowhere":
        told = f"the invoice of {key} is not in Business Central any more: it is looked at again"
        return Outcome(what="failed", where="nowhere", message=told, family="DataRejected")
    if found.copies > 1:
        numbers = ", ".join(str(row["number"]) for row in sight.invoices)
        return refused(f"{key} is there {found.copies} times ({numbers}): delete what is too much in Business Central, and try again")  # fmt: skip
    if found.difference:
        return refused(different(sight.dispatch, sight.invoices[0], found.difference), reference=found.reference)  # fmt: skip
    if found.where == "posted":
        return Outcome(what="done", reference=found.reference, where="posted")
    if sight.lacks:
        told = "its lines lack dimensions yet; they are added before it is posted"
        return Outcome(what="failed", message=told, family="DataRejected")
    return None


def _as_they_are(
    company: Company, dispatches: Sequence[Dispatch], sent: dict[str, Outcome], calls: Calls
) -> dict[str, Outcome]:
    """Those that were posted, with their new numbers; sent: of the others."""
    if not dispatches:
        return {}
    try:
        sights = look(company, dispatches, calls)
    except SaldoError as error:
        told = f"it was sent to be posted, and what became of it could not be looked at: {error}"
        unknown = Outcome(what="unknown", message=told, family=error.family)
        return {one.key: unknown for one in dispatches}
    return {
        key: Outcome(what="done", reference=one.found.reference, where="posted")
        if one.found.where == "posted"
        else sent[key]
        for key, one in sights.items()
    }
