"""Progress in words, for logs, terminals and pages."""

from __future__ import annotations

import math

#: What is slower, in units a second, stands still.
LEAST = 0.0001


def words(
    *,
    done: int | None,
    total: int | None = None,
    is_estimate: bool = False,
    unit: str = "records",
    step: str | None = None,
    rate_per_s: float | None = None,
    seconds_left: float | None = None,
) -> str:
    """Such as "412,000 of about 1,000,000 records, 38,000/s, 15 s left"; empty where nothing is measured. A total that was
    passed is no total, and no time is left of what has none."""
    if done is None:
        return step or ""
    is_known = total is not None and done <= total
    of = f" of {'about ' if is_estimate else ''}{total:,}" if is_known else ""
    said = [f"{done:,}{of} {_counted(total if is_known else done, unit)}"]
    if step:
        said.append(step)
    if rate_per_s and rate_per_s >= LEAST:
        said.append(f"{rate(rate_per_s)}/s")
        if seconds_left is None:
            seconds_left = left(done, total, rate_per_s)
        if seconds_left:
            said.append(f"{duration(seconds_left)} left")
    return ", ".join(said)


def _counted(count: int | None, unit: str) -> str:
    """The unit, in singular where there is one."""
    if count != 1:
        return unit
    return f"{unit.removesuffix('ies')}y" if unit.endswith("ies") else unit.removesuffix("s")


def left(done: int | None, total: int | None, rate_per_s: float | None) -> float | None:
    """Seconds; None where the total or the rate is not known, or the total was passed."""
    if done is None or total is None or done > total:
        return None
    if rate_per_s is None or rate_per_s < LEAST:
        return None
    return (total - done) / rate_per_s


def rate(per_s: float) -> str:
    """Two digits of it are meant: 38,000, 120, 3.4, 0.02."""
    digits = 1 - math.floor(math.log10(per_s)) if per_s > 0 else 0
    found = round(per_s, digits)
    return f"{found:,.{max(0, digits)}f}" if found < 10 else f"{found:,.0f}"


def duration(seconds: float) -> str:
    """15 s, 4 min, 1 h 20 min."""
    seconds = math.ceil(seconds)
    if seconds < 100:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"
