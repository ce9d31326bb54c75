"""Since when: a moment that somebody names, the closing of a period, or the state before the newest one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from saldo.api.answers import Problem

#: What a posting may have become.
WHATS = ("added", "changed", "removed")
_SPLIT = "|"


@dataclass(frozen=True)
class Asked:
    """since: UTC without a zone; None: there is nothing to compare with. period: its place in the form; first_day, last_day:
    its days, and only postings dated in them are shown."""

    since: datetime | None
    period: str = ""
    first_day: date | None = None
    last_day: date | None = None
    what: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "since": self.since, "first_day": self.first_day, "last_day": self.last_day, "what": self.what,
        }  # fmt: skip

    def query(self, **more: object) -> str:
        """The part of an address that asks the same."""
        of = (
            {"period": self.period}
            if self.period
            else {"since": self.since and self.since.isoformat()}
        )
        said = {**of, "what": self.what, **more}
        return urlencode({key: value for key, value in said.items() if value})


def asked(
    since: str, period: str, what: str, moments: Sequence[Any], closed: Sequence[Any]
) -> Asked:
    """Raises Problem 422 for what cannot be meant."""
    if what not in ("", *WHATS):
        raise Problem(422, "That is no kind of change", f"{what!r} is none of: {', '.join(WHATS)}.")
    if period:
        for one in closed:
            if name_of(one) == period:
                at = one.closed_at.astimezone(UTC).replace(tzinfo=None)
                return Asked(at, period, one.start_date, one.end_date, what)
        raise Problem(
            422,
            "That period is not closed",
            "It may have been opened again. Choose another one, or a moment.",
        )
    if since:
        return Asked(_moment(since), what=what)
    before = moments[1].at if len(moments) > 1 else None
    return Asked(before and before.astimezone(UTC).replace(tzinfo=None), what=what)


def name_of(period: Any) -> str:
    """How a form names a closed period."""
    return f"{period.accounting_year}{_SPLIT}{period.period}"


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(
            422,
            "That is no moment",
            f"{text!r} cannot be read; write one such as 2026-03-31T06:00 (UTC).",
        ) from None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
