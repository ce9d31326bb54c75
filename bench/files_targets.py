"""What Saldo has promised about files of people, beside what this run has reached."""

from __future__ import annotations

from .files import FACTS, INTAKE, MULTI, PLAIN, SMALL, section_of, sizes_of
from .measure import Lap
from .targets import Laps, Target

#: How much a file of full size may take more than one of 10,000 rows.
_MB_GROWTH = {"xlsx": 150, "csv": 60}
_MEMORY = 0.1


def of_files(laps: Laps, rows: int) -> list[Target]:
    """Memory and speed of both kinds of files, in a run of this size."""
    return [target for kind, count in sizes_of(rows).items() for target in _of(laps, kind, count)]


def _of(laps: Laps, kind: str, rows: int) -> list[Target]:
    section = section_of(kind, rows)
    saldo, facts = laps.get(section, INTAKE), laps.get(section, FACTS)
    others = [lap for what in (PLAIN, MULTI) if (lap := laps.get(section, what))]
    if not saldo or not facts or not others:
        return []
    grown = {lap.what: _grown(laps, kind, lap) for lap in (saldo, *others)}
    fastest = min(others, key=lambda lap: lap.seconds)
    smallest = min(others, key=lambda lap: grown[lap.what])
    share = grown[INTAKE] / grown[smallest.what]
    ratio, of_cpu = saldo.seconds / fastest.seconds, saldo.cpu_s / fastest.cpu_s
    must = kind == "csv"
    return [
        Target(
            f"{section}: memory, growth from {SMALL:,}",
            f"less than {_MB_GROWTH[kind]} MB",
            f"{grown[INTAKE]:.0f} MB",
            grown[INTAKE] < _MB_GROWTH[kind],
        ),
        Target(
            f"{section}: that beside the smallest of pandas",
            f"at most {_MEMORY:.0%}" if must else "",
            f"{share:.1%} of {grown[smallest.what]:,.0f} MB",
            share <= _MEMORY if must else None,
        ),
        Target(
            f"{section}: time beside the fastest of pandas ({fastest.what.partition(': ')[2]})",
            "at most 1 x" if must else "",
            f"{ratio:.2f} x (of CPU {of_cpu:.2f} x)",
            ratio <= 1 if must else None,
        ),
    ]


def _grown(laps: Laps, kind: str, lap: Lap) -> float:
    small = laps.get(section_of(kind, SMALL), lap.what)
    return (lap.peak_mb or 0.0) - ((small.peak_mb or 0.0) if small else 0.0)
