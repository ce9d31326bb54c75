"""Thirty nights as a strip: a picture for the eye, a sentence for whoever hears the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

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
    for nth, day in enumerate(days_until(today)):
        tone, height, word = LOOKS[states.get(day, "none")]
        cell = (
            f'<rect class="{tone}" x="{nth * _STEP}" y="{_HEIGHT - height}" width="{_WIDTH}" height="{height}"/>'
            f"<title>{day}: {word}</title>"
        )
        is_there = day in states
        cells.append(
            f'<a href="{history}?day={day}" tabindex="-1">{cell}</a>'
            if is_there
            else f"<g>{cell}</g>"
        )
    width = NIGHTS * _STEP
    return Markup(  # nothing in it is from people
        f'<svg class="strip" width="{width}" height="{_HEIGHT}" viewBox="0 0 {width} {_HEIGHT}" aria-hidden="true">{"".join(cells)}</svg>'
    )


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
