"""How pages write figures, times and names; templates know this module as `fmt`."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

#: Between thousands: it is as wide as a digit, and no line breaks at it.
THIN = "\u202f"
_MINUS = "\u2212"
_COMMA = re.compile(r"(?<=\d),(?=\d{3})")
_UNITS = ("B", "kB", "MB", "GB", "TB")


def number(value: float | Decimal | None) -> str:
    """A count: 12 345. An em dash where there is none."""
    return "—" if value is None else f"{value:,.0f}".replace(",", THIN).replace("-", _MINUS)


def thousands(words: str) -> str:
    """A sentence with the spaces that pages have between thousands, where it has commas."""
    return _COMMA.sub(THIN, words)


def money(value: Decimal | str | None, currency: str = "") -> str:
    """To the hundredth, and to what is beyond it where there is more: 1 234.50 DKK. A text: as JSON has amounts."""
    if value is None:
        return "—"
    value = Decimal(value)
    places = max(2, -int(value.normalize().as_tuple().exponent)) if value else 2
    text = f"{value:,.{places}f}".replace(",", THIN).replace("-", _MINUS)
    return f"{text}\u00a0{currency}" if currency else text


def percent(share: float | Decimal | None) -> str:
    """share: 1 is all of it."""
    return "—" if share is None else f"{share * 100:.0f} %"


def size(octets: float | Decimal | None) -> str:
    """12.3 MB."""
    if octets is None:
        return "—"
    left = float(octets)
    for unit in _UNITS[:-1]:
        if abs(left) < 1000:
            return f"{left:.0f} {unit}" if unit == "B" else f"{left:.1f} {unit}"
        left /= 1000
    return f"{left:.1f} {_UNITS[-1]}"


def duration(seconds: float | Decimal | timedelta | None) -> str:
    """0.4 s, 12 s, 3 min 5 s, 2 h 10 min, 3 d 4 h."""
    if seconds is None:
        return "—"
    total = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
    if total < 9.95:
        return f"{total:.1f} s"
    whole = round(total)
    if whole < 60:
        return f"{whole} s"
    for big, small, unit, part in (
        (86_400, 3_600, "d", "h"),
        (3_600, 60, "h", "min"),
        (60, 1, "min", "s"),
    ):
        if whole >= big:
            rest = whole % big // small
            return f"{whole // big} {unit} {rest} {part}" if rest else f"{whole // big} {unit}"
    return f"{whole} s"


def ago(at: datetime | None, now: datetime) -> str:
    """5 min ago; in 2 h."""
    if at is None:
        return "never"
    passed = now - at
    past = passed >= timedelta(0)
    seconds = abs(passed.total_seconds())
    if seconds < 60:
        return "just now" if past else "in a moment"
    said = next(
        f"{seconds // length:.0f} {unit}"
        for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min"))
        if seconds >= length
    )
    return f"{said} ago" if past else f"in {said}"


def instant(at: datetime | None) -> str:
    """In UTC; the page's script shows the time zone that Airflow's UI shows."""
    return "—" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def iso(at: datetime | date) -> str:
    """For the attribute of a <time>."""
    return at.isoformat()


def day(value: date | None) -> str:
    """2026-11-30."""
    return "—" if value is None else value.isoformat()


def pretty(value: object) -> str:
    """JSON as people read it."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def plural(count: int, one: str, many: str | None = None) -> str:
    """1 row, 12 rows."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def from_epoch(seconds: float) -> datetime:
    """Of a chart's x."""
    return datetime.fromtimestamp(seconds, UTC)
