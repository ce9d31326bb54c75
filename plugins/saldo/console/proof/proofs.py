"""A proof as its page shows it: what was compared, what differs, and the totals by account and period."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from saldo.api.answers import Problem
from saldo.proof.comparison import month_days

from .books import Books, like
from .controls import Control, control_of

#: Proofs that can be chosen, differences that are listed, accounts of a page.
PROOFS, DIFFERENCES, ACCOUNTS = 120, 100, 50
_PERIOD = re.compile(r"(.+) P(\d+)")
_MONTH = re.compile(r"\d{4}-\d\d-\d\d")
#: Status of the run -> tone and word.
_STATES = {
    "success": ("good", "Proven"),
    "failed": ("bad", "Differs"),
    "skipped": ("warn", "Not compared in full"),
    "running": ("busy", "Being compared"),
}


class Difference(NamedTuple):
    """A comparison that differs; asked: of the address of its postings, empty where there are none to show."""

    row: Any
    control: Control
    asked: dict[str, Any]


@dataclass
class Line:
    """An account: its comparison of the year, and those of periods by number."""

    number: str
    name: str | None
    year: Any = None
    periods: dict[int, Any] = field(default_factory=dict)


def moment_of(text: str) -> datetime | None:
    """When a proof was, as its address says; None where it says nothing. Raises Problem 404."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _no_proof() from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _no_proof() -> Problem:
    return Problem(
        404,
        "No such proof",
        "Nothing was compared at that moment, or it is too old to be kept. Choose one of the list of Proof.",
    )


def choose(books: Books, at: datetime | None) -> tuple[list[Any], Any]:
    """The proofs that can be chosen, and the one of a moment, the newest unless said; None where there is none at all. Raises
    Problem 404."""
    listed = books.rows("proofs", until=None, limit=PROOFS)
    if at is None:
        return listed, next(iter(listed), None)
    found = next((proof for proof in listed if proof.checked_at == at), None)
    if found is None:
        older = books.row("proofs", until=at, limit=1)
        if older is None or older.checked_at != at:
            raise _no_proof()
        listed, found = [*listed, older], older
    return listed, found


def state_of(proof: Any, failing: int) -> tuple[str, str]:
    """Tone and word. Of a run that is no longer kept, the comparisons say."""
    if proof.status is None:
        return ("bad", "Differs") if failing else ("good", "Agreed")
    return _STATES.get(proof.status, ("quiet", proof.status))


def repairs_of(proof: Any) -> list[str]:
    """The runs that repair the differences, as the task's error names them."""
    lines = (proof.error_message or "").splitlines()
    return [line.removeprefix("Repair: ") for line in lines if line.startswith("Repair: ")]


def differences(books: Books, proof: Any) -> list[Difference]:
    """At most DIFFERENCES, those that say most first."""
    found = books.rows("differences", checked_at=proof.checked_at, limit=DIFFERENCES)
    return [Difference(row, control_of(row.control), _postings_of(row)) for row in found]


def _postings_of(row: Any) -> dict[str, Any]:
    if row.account_number is None or row.period is None or row.control == "customer_balances":
        return {}
    if _MONTH.fullmatch(row.period):
        first, last = month_days(date.fromisoformat(row.period))
        return {"account": row.account_number, "from_": first, "to_": last, "movement": 1}
    return {"account": row.account_number, **year_and_period(row.period)}


def year_and_period(label: str) -> dict[str, Any]:
    """Of what ops.proof writes as the period."""
    match = _PERIOD.fullmatch(label)
    return {"year": match[1], "period": int(match[2])} if match else {"year": label}


def year_to_show(years: Sequence[Any], wanted: str, found: Iterable[Difference], proof: Any) -> Any:
    """The row of years that is asked for, else the first in which something differs, else the newest that has begun."""
    labels = {year.accounting_year: year for year in years}
    if wanted in labels:
        return labels[wanted]
    for difference in found:
        if difference.asked.get("year") in labels:
            return labels[difference.asked["year"]]
    begun = [year for year in years if year.start_date <= proof.checked_at.date()]
    return next(iter(begun or years), None)


def matrix(
    books: Books, proof: Any, year: str, *, words: str, after: str
) -> tuple[list[Line], str | None]:
    """Accounts in order of their numbers, and the number to go on after; None at the end."""
    rows = books.rows(
        "matrix",
        checked_at=proof.checked_at,
        year=year,
        like=like(words),
        after=after or None,
        limit=ACCOUNTS + 1,
    )
    lines: dict[str, Line] = {}
    for row in rows:
        line = lines.setdefault(row.account_number, Line(row.account_number, row.name))
        if row.period is None:
            line.year = row
        else:
            line.periods[row.period] = row
    found = sorted(lines.values(), key=lambda line: (len(line.number), line.number))
    return found[:ACCOUNTS], found[ACCOUNTS - 1].number if len(found) > ACCOUNTS else None
