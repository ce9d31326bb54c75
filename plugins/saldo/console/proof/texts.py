"""Postings with a text, the newest first: no index finds them, and a ledger may have millions, so some are looked through at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .books import Books, in_time, like
from .figures import END, edge, place_of

#: Postings that are looked through for a page.
LOOKED = 100_000
#: First and last of all days.
EVER = (date.min, date.max)


@dataclass(frozen=True)
class Texts:
    """rows: None where looking for them took too long. before: the day before which was looked; None: from the newest on. back_to: the
    day back to which all were. after: where to go on; None: there is no more. is_full: what comes then is shown when somebody asks."""

    rows: list[Any] | None
    before: date | None
    back_to: date
    after: str | None = None
    is_full: bool = False


def texts_of(
    books: Books,
    words: str,
    days: tuple[date, date],
    *,
    after: str,
    limit: int,
    seconds: float,
) -> Texts:
    """after: the place before which is looked; anything else: from the newest on."""
    start = edge(after)
    place = start or END
    named = {
        "words": words,
        "like": like(words),
        "first": days[0],
        "last": min(days[1], place[0]),
        "edge_date": place[0],
        "edge_key": place[1],
        "most": LOOKED,
        "limit": limit + 1,
    }
    before = start[0] if start else None
    reach = in_time(books, seconds, "find_reach", named)
    named["first"] = back_to = reach[0].day if reach else days[0]
    rows = in_time(books, seconds, "find_texts", named) if reach else None
    if rows is None:
        return Texts(None, before, back_to)
    if len(rows) > limit:
        last = rows[limit - 1]
        return Texts(rows[:limit], before, last.date, place_of(last), is_full=True)
    if back_to > days[0]:
        return Texts(rows, before, back_to, f"{back_to - timedelta(days=1)}~{END[1]}")
    return Texts(rows, before, back_to)
