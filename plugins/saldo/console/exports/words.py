"""An export in the words of the page: how its status looks, what is to be done about what is wrong, what each decision is called."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from saldo.exports.accounting.register.judging import (
    DIFFERENT,
    GONE,
    REFUSED_THERE,
    TWICE,
    WITHDRAWN,
)
from saldo.runs.audit import Action

#: Status -> how its badge looks.
TONES = {
    "review": "bad", "failed": "warn", "unknown": "warn", "sending": "busy", "pending": "quiet", "created": "busy", "posted": "good",
    "cancelled": "quiet",
}  # fmt: skip
#: Status -> what it means, in a few words.
MEANINGS = {
    "review": "a person must decide",
    "failed": "tried again by itself",
    "unknown": "sent, and looked for",
    "sending": "on its way",
    "pending": "waits for a run",
    "created": "there, not posted yet",
    "posted": "in the books",
    "cancelled": "not sent",
}
KINDS = {"expense": "Expense", "honorarium": "Honorarium"}

_REMEDIES = {
    "ConfigError": "Whoever runs Saldo corrects the organisation's file or its Airflow connection. Then try it again.",
    "AuthError": "Whoever runs Saldo renews the key in the organisation's Airflow connection, or gives it the missing right. Then try it again.",
    "NotLicensed": "Have the module switched on in the accounting system, then try it again.",
    "RateLimited": "Nothing: it is tried again by itself.",
    "Unavailable": "Nothing: it is tried again by itself. If it stays so, see whether the accounting system is up.",
    "OutcomeUnknown": "Nothing: it is looked for in the accounting system before anything else happens. Do not book it by hand.",
    TWICE: "Delete or reverse all but one of them in the accounting system, then try it again: Saldo then sees that it is right.",
    DIFFERENT: "Correct it in the accounting system, then try it again. Or delete it there, and accept a second one. Or, where what is there is "
    "right, say that it is booked by hand.",
    GONE: "Find out who deleted or reversed it. To book it again, accept a second one; else cancel it, or say under which number it is booked.",
    REFUSED_THERE: "Mend in the accounting system what it says, then try it again.",
    "ExpenseChanged": "See what was changed. Undo what is booked of the earlier revision and accept a second one; or cancel this one.",
    WITHDRAWN: "Delete it in the accounting system and try it again, which sees that it is gone; or say that it is booked by hand, where it was "
    "reversed or is to stay.",
    "DataRejected": "Correct the lines, or map it otherwise: say which account, code or number this claim goes to; or mend it in the organisation's file or the "
    "accounting system. Then try it again. Or book it by hand and say so.",
}  # fmt: skip
_REMEDY = "Mend what the message names, then try it again; or book it by hand and say so."

#: What a decision did, for whoever comes second.
_DID: dict[str, str] = {
    Action.ACCOUNTING_EXPORT_ASKED: "asked for it",
    Action.ACCOUNTING_EXPORT_RETRIED: "sent it on its way again",
    Action.ACCOUNTING_EXPORT_CANCELLED: "cancelled it",
    Action.ACCOUNTING_EXPORT_BOOKED: "said that it is booked by hand",
    Action.ACCOUNTING_EXPORT_EDITED: "corrected its lines",
}  # fmt: skip
_PLACE = re.compile(r"lines\[([0-9]+)\](?:\.(\w+))?(?:\.(.+))?")
_BEGINS = re.compile(r"^\S+: (?:expense|honorarium) \S+ cannot be booked: ")
_IN_A_LINE = re.compile(r"lines\[[0-9]+\]\.(\w+)")
_FIELDS = {"vat_code": "VAT code", "vat_amount": "VAT amount", "text": "text", "date": "date"}


def remedy_of(family: str | None) -> str:
    """What an error of that family asks of whoever reads the page."""
    return _REMEDIES.get(family or "", _REMEDY)


def did(action: str) -> str:
    """What somebody did: follows their name."""
    return _DID.get(action, action)


def place_of(path: str, lines: Sequence[Mapping[str, Any]]) -> str:
    """Where in a claim: `lines[1].category` is the category of its second line, by that line's own number."""
    found = _PLACE.fullmatch(path)
    if not found:
        return path or "the whole claim"
    at, field, more = int(found[1]), found[2] or "", found[3]
    number = lines[at]["line"] if at < len(lines) else at + 1
    said = [f"Line {number}", _FIELDS.get(field, field), more]
    return ", ".join(filter(None, said))


def short(message: str | None) -> str:
    """What a message says first, without what the row says anyway: whose it is, and in which line."""
    said = (reasons_in(message) or ["Nobody said."])[0]
    return _IN_A_LINE.sub(lambda found: _FIELDS.get(found[1], found[1]), _BEGINS.sub("", said))


def reasons_in(message: str | None) -> list[str]:
    """The lines of a message."""
    return [line.strip() for line in (message or "").splitlines() if line.strip()]
