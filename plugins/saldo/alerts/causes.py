"""Errors in plain words, for people who did not write them, and which errors have the same cause."""

from __future__ import annotations

import re

from saldo.declarations.keys import UNANSWERED

#: Families whose texts differ from run to run while the cause stays: the family is the headline.
_ONE_REASON = frozenset({"Unavailable", "RateLimited", "Busy", "Killed", "Untold", "AuthError"})

_HEADLINES = {
    "AuthError": "{system} refuses the credentials",
    "RateLimited": "{system} says there are too many calls",
    "Unavailable": "{system} cannot be reached or does not answer properly",
    "BadResponse": "{system} answered with something unexpected",
    "NotLicensed": "{system} says a module has not been bought",
    "ConfigError": "a setting must be corrected",
    "NotProven": "the facts differ from {system}'s own totals",
    "OutcomeUnknown": "{system} may have carried out what was sent, and did not say so",
    "DataRejected": "data was held back until a person has looked at it",
    "Busy": "another run held the work for too long",
    "Killed": "a task was killed before it ended",
    "Untold": "a task failed before it could report why; its log says more",
}

# What a vendor's support needs of an answer, and everything that counts or names.
_EVIDENCE = re.compile(r"\s*\((?:request id|the answer began).*", re.DOTALL)
_VARYING = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b|\b[0-9a-f]{16,}\b|\d+(?:[.,:/-]\d+)*", re.IGNORECASE
)


def cause_of(family: str, reason: str) -> str:
    """The reason without what differs from run to run: equal causes are one alert. Numbers do not
    count: a difference that grows by a krone is no other cause."""
    if _is_the_warehouse(reason):
        return "warehouse"
    if UNANSWERED in reason:
        return "secrets"
    if family in _ONE_REASON:
        return family
    text = _VARYING.sub("#", _EVIDENCE.sub("", reason))
    return f"{family}: {' '.join(text.split())[:300]}"


def in_plain_words(reason: str) -> str:
    """The reason without what the vendor's support needs, which is in the log of the task."""
    return _EVIDENCE.sub("", reason).strip() or reason


def headline(system: str, task: str, family: str, reason: str) -> str:
    """What is wrong, in a few words; alerts with the same headline share a mail. system: its name
    for people."""
    if _is_the_warehouse(reason):
        return "the warehouse cannot be used"
    if UNANSWERED in reason:
        return "the place that keeps the connections does not answer"
    if task == "validate" and family == "DataRejected":
        return "facts break a rule of validation"
    text = _HEADLINES.get(family, f"an unexpected error ({family})")
    return text.format(system=system)


def _is_the_warehouse(reason: str) -> bool:
    return reason.startswith("the warehouse cannot be used")
