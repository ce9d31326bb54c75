"""How much changed on each of the last nights, as small bars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from math import sqrt

from markupsafe import Markup

NIGHTS = 30
_STEP, _WIDTH, _HEIGHT = 4, 3, 18


def bars(changed: Mapping[date, int], today: date) -> Markup:
    """changed: day -> rows. By their root: a first load would leave nothing to be seen of all other nights."""
    most = max(changed.values(), default=0)
    drawn = []
    for nth in range(NIGHTS):
        day = today - timedelta(days=NIGHTS - 1 - nth)
        rows = changed.get(day)
        if rows is None:
            continue
        height = max(2, round(_HEIGHT * sqrt(rows / most))) if rows else 1
        tone = "changed" if rows else "none"
        drawn.append(
            f'<rect class="{tone}" x="{nth * _STEP}" y="{_HEIGHT - height}" width="{_WIDTH}" height="{height}">'
            f"<title>{day}: {rows}</title></rect>"
        )
    width = NIGHTS * _STEP
    return Markup(  # nothing in it is from people
        f'<svg class="bars" width="{width}" height="{_HEIGHT}" viewBox="0 0 {width} {_HEIGHT}" aria-hidden="true">{"".join(drawn)}</svg>'
    )
