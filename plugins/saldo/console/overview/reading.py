"""What the overview shows: agreements of files, of the warehouse and of Airflow, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from saldo.agreements.agreement import Agreement
from saldo.agreements.loading import Agreements
from saldo.alerts.failures import LONGEST_RUN
from saldo.api import auth, runs
from saldo.api.runs import Plan
from saldo.vendors import title_of

from ..shell.reading import Reading
from ..shell.states import Seen, State, seen, state_of
from . import strip

PAGE = 100


@dataclass(frozen=True)
class Line:
    """An agreement of the list. agreement: None where no good file has it."""

    id: str
    name: str
    vendor: str
    company: str
    agreement: Agreement | None
    seen: Seen
    plan: Plan | None
    state: State

    @property
    def vendor_name(self) -> str:
        return title_of(self.vendor)

    @property
    def zone(self) -> str:
        return self.agreement.timezone if self.agreement else "UTC"

    @property
    def is_on(self) -> bool:
        """Whether it has a good file and is not switched off."""
        return self.agreement is not None and self.agreement.enabled

    @property
    def is_on_demand(self) -> bool:
        return self.agreement is not None and self.is_on and self.agreement.schedule is None

    @property
    def searched(self) -> str:
        return f"{self.id} {self.name} {self.vendor} {self.vendor_name} {self.company}".casefold()


@dataclass(frozen=True)
class Shown:
    """A line with what only a page of them has: nights, and by how much the proof differs."""

    line: Line
    strip: Markup
    said: str
    difference: Decimal | None
    bad: int


#: Filter -> its name and whom it chooses. What is switched off, or has no file, fails nothing: nobody waits for its nights.
FILTERS: Mapping[str, tuple[str, Any]] = {
    "": ("All", lambda one: True),
    "attention": ("Needs attention", lambda one: one.state.needs_attention),
    "failing": ("Failing", lambda one: one.is_on and one.seen.is_failing),
    "late": ("Late", lambda one: one.is_on and one.seen.is_late),
    "unproven": (
        "Not proven",
        lambda one: one.is_on and one.seen.last_at is not None and one.seen.proof != "proven",
    ),
    "running": ("Running", lambda one: one.seen.is_running),
    "demand": ("On demand", lambda one: one.is_on_demand),
}  # fmt: skip


def lines(books: Reading, user: Any, found: Agreements) -> list[Line]:
    """All that the user may see, what needs attention first. found: the files."""
    files = {one.id: one for one in found.good}
    known = {row.id: row for row in books.rows("overview/known")}
    broken = {file.path.stem for file in found.broken}
    ids = {*files, *known} - broken
    visible = auth.visible_dags(user, {f"saldo__{id}" for id in ids})
    ids = {id for id in ids if f"saldo__{id}" in visible}
    states, plans = seen(books, ids), runs.plans(visible)
    listed = [
        _line(id, files.get(id), known.get(id), states[id], plans.get(f"saldo__{id}")) for id in ids
    ]
    return sorted(
        listed, key=lambda one: (one.state.rank, -one.seen.failures, one.name.casefold(), one.id)
    )


def _line(id: str, agreement: Agreement | None, row: Any, found: Seen, plan: Plan | None) -> Line:
    return Line(
        id=id,
        name=agreement.name if agreement else (row and row.name) or id,
        vendor=agreement.vendor if agreement else (row and row.vendor) or "",
        company=(agreement.company if agreement else row and row.company) or "",
        agreement=agreement,
        seen=found,
        plan=plan,
        state=state_of(agreement, found, plan),
    )


def chosen(found: Iterable[Line], *, words: str, state: str, vendor: str) -> list[Line]:
    """Those that have every word, and are in the state and of the vendor, where one is named."""
    wanted = words.casefold().split()
    is_in_state = FILTERS[state][1] if state in FILTERS else FILTERS[""][1]
    return [
        one
        for one in found
        if is_in_state(one)
        and (not vendor or one.vendor == vendor)
        and all(word in one.searched for word in wanted)
    ]


def counts(found: Iterable[Line]) -> Counter[str]:
    """Filter -> how many it would choose."""
    counted: Counter[str] = Counter()
    for one in found:
        counted.update(name for name, (_, chooses) in FILTERS.items() if chooses(one))
    return counted


def shown(books: Reading, page: Sequence[Line], *, history: str) -> list[Shown]:
    """The lines of a page. history: the address of an agreement's runs, with {} for its id."""
    nights = _nights(books, page)
    differing = [one.id for one in page if one.seen.proof == "differs"]
    amounts = {row.id: row for row in books.rows("overview/differences", {"ids": differing})}
    found = []
    for one in page:
        today = books.now.astimezone(ZoneInfo(one.zone)).date()
        states = nights.get(one.id, {})
        amount = amounts.get(one.id)
        found.append(
            Shown(
                one,
                strip.strip(states, today, history.format(one.id)),
                strip.said(states, today),
                amount.difference if amount else None,
                amount.bad if amount else 0,
            )
        )
    return found


def _nights(books: Reading, page: Sequence[Line]) -> dict[str, dict[date, str]]:
    rows = books.rows(
        "overview/nights",
        {
            "ids": [one.id for one in page],
            "zones": [one.zone for one in page],
            # A day more than is shown: it has begun elsewhere.
            "since": books.now - timedelta(days=strip.NIGHTS + 1),
            "longest_ago": books.now - LONGEST_RUN,
        },
    )
    found: dict[str, dict[date, str]] = {}
    for row in rows:
        found.setdefault(row.id, {})[row.day] = row.state
    return found


def unwatched_since(books: Reading) -> datetime | None:
    """When the watch looked last, where that is so long ago that what it says of agreements is no longer true."""
    last = books.row("overview/watch")
    patience = timedelta(minutes=3 * (last.minutes if last else 0) + 1)
    return last.at if last and books.now - last.at > patience else None


def elsewhere(books: Reading, user: Any) -> dict[str, int]:
    """Kind (file, export, rates) -> what is open, of DAGs that the user may see."""
    rows = books.rows("overview/elsewhere")
    visible = auth.visible_dags(user, {row.dag_id for row in rows if row.dag_id})
    found: Counter[str] = Counter()
    for row in rows:
        if row.dag_id in visible:
            found[row.kind] += row.alerts
    return found
