"""Thirty nights as a strip: a picture for the eye, a sentence for whoever hears the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache, lru_cache

from markupsafe import Markup

NIGHTS = 30
#: State -> colour, height, and the word for it: the worse, the higher, so that nobody needs the colour.
LOOKS = {
    "good": ("good", 9, "good"),
    "running": ("busy", 6, "running"),
    "differs": ("warn", 14, "proof differs"),
    "failed": ("bad", 20, "failed"),
    "none": ("none", 2, "no run"),
}
_STEP, _WIDTH, _HEIGHT = 8, 6, 20


def days_until(today: date) -> list[date]:
    """The nights of a strip, the oldest first."""
    return [today - timedelta(days=n) for n in reversed(range(NIGHTS))]


def strip(states: Mapping[date, str], today: date, history: str) -> Markup:
    """states: day -> a key of LOOKS. history: the address of the agreement's runs, which takes ?day=."""
    cells = []
    for nth, (day, text) in enumerate(_named_days(today)):
        state = states.get(day)
        if state is None:
            cells.append(f"<g>{_bar(nth, 'none')}<title>{text}: no run</title></g>")
        else:
            cells.append(
                f'<a href="{history}?day={text}" tabindex="-1">{_bar(nth, state)}<title>{text}: {LOOKS[state][2]}</title></a>'
            )
    width = NIGHTS * _STEP
    return Markup(  # nothing in it is from people
        f'<svg class="strip" width="{width}" height="{_HEIGHT}" viewBox="0 0 {width} {_HEIGHT}" aria-hidden="true">{"".join(cells)}</svg>'
    )


@lru_cache(maxsize=8)
def _named_days(today: date) -> list[tuple[date, str]]:
    """A page has thousands of bars, all of the same few days."""
    return [(day, day.isoformat()) for day in days_until(today)]


@cache
def _bar(nth: int, state: str) -> str:
    tone, height, _ = LOOKS[state]
    return f'<rect class="{tone}" x="{nth * _STEP}" y="{_HEIGHT - height}" width="{_WIDTH}" height="{height}"/>'


def said(states: Mapping[date, str], today: date) -> str:
    """Such as: 28 of 30 nights good, 2 failed (last on 2026-11-12)."""
    days = [day for day in days_until(today) if day in states]
    if not days:
        return f"No run in {NIGHTS} nights"
    counts = Counter(states[day] for day in days)
    parts = [f"{counts['good']} of {NIGHTS} nights good"]
    for state in ("failed", "differs", "running"):
        if counts[state]:
            last = max(day for day in days if states[day] == state)
            parts.append(f"{counts[state]} {LOOKS[state][2]} (last on {last})")
    return ", ".join(parts)
