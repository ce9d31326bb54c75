"""How much of a time each component was well, as strips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from ..shell import Reading, formats

Span = Literal["24h", "7d", "30d", "90d"]
#: Span -> its length, and that of a cell of its strip.
SPANS: dict[Span, tuple[timedelta, timedelta]] = {
    "24h": (timedelta(hours=24), timedelta(minutes=30)),
    "7d": (timedelta(days=7), timedelta(hours=3)),
    "30d": (timedelta(days=30), timedelta(days=1)),
    "90d": (timedelta(days=90), timedelta(days=1)),
}
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Cell:
    """A part of the time. tone: good, warn, bad, or none where it was not looked at yet."""

    tone: str
    said: str


@dataclass(frozen=True)
class Strip:
    """share: of the minutes since the first look, those that were well; None where there was no look."""

    cells: list[Cell]
    share: float | None


def strips(books: Reading, span: Span) -> dict[str, Strip]:
    """Component -> its strip, up to now."""
    length, step = SPANS[span]
    begins = _floor(books.now, step) - length + step
    found: dict[str, dict[datetime, Any]] = defaultdict(dict)
    for row in books.rows("health/uptime", {"begins": begins, "step": step}):
        found[row.component][row.begins] = row
    times = [begins + step * at for at in range(length // step)]
    known = {row.component for row in books.rows("health/known", {"begins": begins})}
    return {
        name: strip(found[name], times, step, books.now, is_known=name in known)
        for name in sorted(known | set(found))
    }


def strip(
    rows: dict[datetime, Any],
    times: Sequence[datetime],
    step: timedelta,
    now: datetime,
    *,
    is_known: bool = False,
) -> Strip:
    """A part without rows, after the first look, is one in which nothing ran. rows: minutes and minutes_ok by where a part begins.
    is_known: it was looked at before all of them."""
    first = times[0] if is_known else min(rows, default=None)
    cells, expected, well = [], 0.0, 0.0
    for at in times:
        row = rows.get(at)
        if first is None or at < first:
            cells.append(Cell("none", f"{formats.instant(at)}: not looked at yet"))
            continue
        minutes = min(step, now - at) / _MINUTE
        ok = min(float(row.minutes_ok), minutes) if row else 0.0
        # Before the first look of all nobody looked, and the last one may not be due yet.
        due = (
            max(float(row.minutes), ok)
            if row and ((at == first and not is_known) or at == times[-1])
            else minutes
        )
        due = min(due, minutes) or minutes
        expected, well = expected + due, well + min(ok, due)
        cells.append(_cell(at, min(ok / due, 1.0)))
    return Strip(cells, well / expected if expected else None)


def _cell(at: datetime, share: float) -> Cell:
    tone = "good" if share >= 0.999 else "warn" if share >= 0.5 else "bad"
    return Cell(tone, f"{formats.instant(at)}: {said(share)} well")


def said(share: float | None) -> str:
    """99.98 %: never 100 where something was missing."""
    if share is None:
        return "—"
    text = f"{share * 100:.2f}"
    return f"{'99.99' if text == '100.00' and share < 1 else text} %"


def _floor(at: datetime, step: timedelta) -> datetime:
    zero = datetime(2000, 1, 1, tzinfo=UTC)
    return zero + (at - zero) // step * step
