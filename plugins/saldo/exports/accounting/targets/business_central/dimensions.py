"""Dimensions of lines, for companies that do not take them within the line: sent apart, after the lines.

Whether a line is made with `dimensionSetLines` inside is not documented, though deep inserts are. A dimension that the account or the
vendor has given the line by default is refused as there already, be it of the same value: it is changed then. A line that lacks them
meanwhile is not whole, and is finished before it is posted.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from saldo.errors import SaldoError
from saldo.vendors.business_central.batches import MOST, Inside, first_refusal
from saldo.vendors.business_central.odata import parts
from saldo.vendors.business_central.refusals import Refusal

from ..target import Calls, Dispatch, Outcome
from .company import Company
from .looking import Sight, look
from .wording import outcome_of, refused_by

_NAME = "dimensionSetLines"
#: What a default dimension of account or vendor answers to one of the same code.
_BY_DEFAULT = "dimension set line already exists"


def are_not_taken(refusal: Refusal) -> bool:
    """Whether it is the property that is refused, not what it says, or a dimension that the line has by default."""
    is_property = refusal.code.startswith("BadRequest") and _NAME in refusal.text
    return is_property or _BY_DEFAULT in refusal.text


def sent_apart(
    company: Company, dispatches: Sequence[Dispatch], calls: Calls
) -> dict[str, Outcome]:
    """Of documents that were just made: outcomes of those that are not whole. Their lines are there, whatever is refused: what becomes of
    them is for the next look to say. Dimensions that are others there are defaults yet, and are changed; later they are a person's."""
    try:
        sights = look(company, dispatches, calls)
    except SaldoError as error:
        return {one.key: _unseen(outcome_of(error), one.key) for one in dispatches}
    return {
        key: _unseen(one, key)
        for key, one in add(company, list(sights.values()), calls, is_new=True).items()
    }


def add(
    company: Company, sights: Sequence[Sight], calls: Calls, *, is_new: bool = False
) -> dict[str, Outcome]:
    """What lines lack, and of new ones what they have otherwise. Outcomes of those for which it went wrong; `lacks` of the others is
    empty then."""
    outcomes: dict[str, Outcome] = {}
    asked = [
        (sight, Inside("POST", f"{path}/{_NAME}", {"code": code, "valueCode": value}))
        for sight in sights
        for path, lacking in sight.lacks
        for code, value in lacking.items()
    ]
    asked += [
        (sight, Inside("PATCH", f"{path}/{_NAME}({id})", {"valueCode": value}, etag="*"))
        for sight in (sights if is_new else ())
        for path, others in sight.others
        for id, value in others.items()
    ]
    for part in parts(asked, MOST):
        keys = list(dict.fromkeys(sight.dispatch.key for sight, _ in part))
        try:
            answers = company.batch([one for _, one in part], is_atomic=False, keys=keys, calls=calls)  # fmt: skip
        except SaldoError as error:
            outcomes |= {key: _later(outcome_of(error), key) for key in keys}
            continue
        bad = first_refusal(answers)
        for place, (sight, _) in enumerate(part):
            answer = answers[place] if place < len(answers) else None
            refusal = answer.refusal if answer else bad[1] if bad else Refusal(504, "", "")
            if refusal:
                outcomes[sight.dispatch.key] = _later(refused_by(refusal), sight.dispatch.key)
    for sight in sights:
        if sight.dispatch.key not in outcomes:
            sight.lacks = []
    return outcomes


def _unseen(outcome: Outcome, key: str) -> Outcome:
    return msgspec.structs.replace(outcome, what="unknown", reference=key)


def _later(outcome: Outcome, key: str) -> Outcome:
    """Looked for before it is sent again, whether it was seen or not."""
    what = "refused" if outcome.what == "refused" else "failed"
    told = f"its lines are there without all their dimensions: {outcome.message}"
    return msgspec.structs.replace(outcome, what=what, reference=key, message=told)
