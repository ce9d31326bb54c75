"""What Business Central said, in words that end with what to do, and the outcomes that are made of it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from saldo.errors import (
    AuthError,
    ConfigError,
    OutcomeUnknown,
    RateLimited,
    SaldoError,
    Unavailable,
)
from saldo.vendors.business_central.refusals import BusinessCentralRefusal, Refusal

from ..target import Dispatch, Outcome, What, Where

#: What concerns the target as a whole, and is raised where nothing was sent yet.
OF_ALL = (AuthError, RateLimited, Unavailable, ConfigError)
_CENT = Decimal("0.01")
#: A part of what it says (errors come in English, as the client asks) -> the remedy. What is not here has its code's.
_BY_WORDS = (
    ("range of allowed posting dates", "open the period (General Ledger Setup, Allow Posting From and To; or the user's own in User Setup), or approve it with another date"),
    ("out of balance", "correct the lines of that document in the journal, or delete them and retry it with accept_second"),
    ("Dimension Value Code", "map the dimension the account wants in the organisation's file, or have the account ask for none"),
    ("already exists for this vendor", "the vendor has an invoice of that number: book it by hand if it is this one"),
    ("is blocked", "have it unblocked in Business Central, or use another"),
    ("Direct Posting must be", "map the category to an account with Direct Posting, or switch it on for this one"),
    ("Account Type must be", "map the category to an account of the type Posting"),
    ("Blocked must be", "have the account unblocked, or map the category to another"),
)  # fmt: skip
_BY_CODE = {
    "Internal_InvalidTableRelation": "create what is missing in Business Central, or correct the organisation's file",
    "Application_FieldValidationException": "fill in or correct that field in Business Central, or correct the organisation's file",
    "Application_StringExceededLength": "shorten the text or the number in the organisation's file",
    "Request_EntityChanged": "somebody works on it: it is looked at again by itself",
}
_OTHERWISE = "correct it in Business Central or in the organisation's file, and send it again"


def money(amount: Decimal) -> str:
    """With two decimals at least."""
    amount = Decimal(amount)
    return f"{amount.quantize(_CENT) if amount == amount.quantize(_CENT) else amount:f}"


def said(refusal: Refusal) -> str:
    """The refusal with its remedy."""
    remedy = next((then for words, then in _BY_WORDS if words in refusal.text), None)
    return f"Business Central refuses it: {refusal}. Remedy: {remedy or _BY_CODE.get(refusal.code, _OTHERWISE)}"


def refused(message: str, *, reference: str | None = None, is_gone: bool = False) -> Outcome:
    """is_gone: nothing of it is there."""
    where: Where = "nowhere" if is_gone else "waiting"
    return Outcome(
        what="refused", reference=reference, where=where, message=message, family="DataRejected"
    )


def refused_by(refusal: Refusal, *, is_gone: bool = False) -> Outcome:
    """What a refusal means for a document: what passes by itself is tried again."""
    what: What = "failed" if refusal.may_pass or refusal.is_of_the_app else "refused"
    family = "AuthError" if refusal.is_of_the_app else "BadResponse"
    family = "Unavailable" if refusal.may_pass else family
    where: Where = "nowhere" if is_gone else "waiting"
    return Outcome(what=what, where=where, message=said(refusal), family=family)


def outcome_of(error: SaldoError, *, is_gone: bool = False) -> Outcome:
    """What an error means for one document."""
    if isinstance(error, BusinessCentralRefusal):
        return refused_by(error.refusal, is_gone=is_gone)
    what: What = "unknown" if isinstance(error, OutcomeUnknown) else "failed"
    where: Where = "nowhere" if is_gone else "waiting"
    return Outcome(what=what, where=where, message=str(error), family=error.family)


def each(dispatches: Iterable[Dispatch], outcome: Outcome) -> dict[str, Outcome]:
    return {one.key: outcome for one in dispatches}
