"""The same tables twice: on the console, and as bench/results.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from . import (
    agreement,
    dags,
    export_list,
    exports,
    files,
    first_load,
    lake,
    night,
    xledger,
)
from .agreement import Found
from .measure import Lap
from .reference import DLT_VERSION
from .targets import Target

if TYPE_CHECKING:
    from .fleet import Night

RESULTS = Path(__file__).with_name("results.md")
#: What the others of a section are beside, most wanted first.
_BASES = (
    first_load.LANDING, xledger.ECONOMIC, agreement.FIRST, agreement.FULL, dags.BARE, night.EMPTY,
    lake.SUM_CORE, lake.SCAN_CORE, files.INTAKE, exports.WORKBOOK, export_list.PLAIN,
)  # fmt: skip
_NOTES = """\
Only ratios within one run mean anything: seconds depend on the machine and on what else ran on it.

- `ratio` is seconds beside the section's lap with ratio 1.00: {bases}. `CPU ratio` is the same of client
  and Postgres CPU together; it holds where other work on the machine spoils the seconds.
- Start of the interpreter and imports are not counted, for Saldo and dlt alike; for dlt `pipeline.run`
  is. Client CPU holds threads and worker processes, Postgres CPU its background writers too.
- Every lap begins after a checkpoint, re-reads and refreshes after a VACUUM ANALYZE as well. WAL so
  holds whole pages at their first touch, as in a night.
- Peak is the largest resident size of the lap's process; for dlt of the largest of its processes.
- dlt types its rows into columns. Saldo's landing keeps the records as received; typing them is the
  lap `{core}`, which is part of the same task and runs after all pages are in.
- The full rebuild rewrites what differs: where nothing does, it reads and compares everything.
"""


@dataclass
class Grid:
    """A table: a title, names of columns, rows of text; all but the first column are numbers."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    numbers: bool = True

    def markdown(self) -> str:
        right = "---:" if self.numbers else "---"
        lines = [
            f"## {self.title}",
            "",
            _line(self.columns),
            _line(["---", *[right] * (len(self.columns) - 1)]),
            *map(_line, self.rows),
        ]
        return "\n".join(lines) + "\n"

    def rich(self) -> Table:
        table = Table(title=self.title, title_justify="left")
        for place, name in enumerate(self.columns):
            table.add_column(
                name, justify="right" if place and self.numbers else "left", no_wrap=place == 0
            )
        for row in self.rows:
            table.add_row(*row)
        return table


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def of_targets(targets: Sequence[Target]) -> Grid:
    words = {True: "yes", False: "**no**", None: ""}
    rows: list[Sequence[str]] = [(t.what, t.target, t.reached, words[t.is_met]) for t in targets]
    return Grid("Targets", ("what", "target", "reached", "met"), rows, numbers=False)


def of_laps(laps: Sequence[Lap]) -> list[Grid]:
    """One table a section, in the order of the run."""
    sections = list(dict.fromkeys(lap.section for lap in laps))
    return [_section(name, [lap for lap in laps if lap.section == name]) for name in sections]


def _section(name: str, laps: list[Lap]) -> Grid:
    base = next((lap for what in _BASES for lap in laps if lap.what == what), laps[0])
    columns = (
        "lap", "seconds", "ratio", "CPU ratio", "rows", "rows/s", "rows written", "client CPU s",
        "Postgres CPU s", "WAL MB", "peak MB", "grown MB", "requests", "MB on disk",
    )  # fmt: skip
    rows: list[Sequence[str]] = [
        (
            lap.what, f"{lap.seconds:.2f}", f"{lap.seconds / base.seconds:.2f}",
            f"{lap.cpu_s / base.cpu_s:.2f}" if base.postgres_cpu_s is not None else "",
            _number(lap.rows), _number(lap.rows_per_s), _number(lap.written),
            _number(lap.client_cpu_s, 2), _number(lap.postgres_cpu_s, 2), _number(lap.wal_mb, 1),
            _number(lap.peak_mb), _number(lap.grown_mb), _number(lap.requests), _number(lap.disk_mb, 1),
        )
        for lap in laps
    ]  # fmt: skip
    return _without_empty(Grid(name, columns, rows))


def _without_empty(grid: Grid) -> Grid:
    kept = [place for place in range(len(grid.columns)) if any(row[place] for row in grid.rows)]
    rows: list[Sequence[str]] = [[row[place] for place in kept] for row in grid.rows]
    return Grid(grid.title, [grid.columns[place] for place in kept], rows)


def _number(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def of_waits(found: Found) -> Grid:
    rows: list[Sequence[str]] = [
        (what, _number(wait.short_ms), _number(wait.long_ms)) for what, wait in found.waits.items()
    ]
    title = "Longest wait of a reader, ms"
    return Grid(title, ("while", "count of one day", "sum by account and month"), rows)


def of_fleet(nights: Sequence[Night]) -> list[Grid]:
    """When it is over, what tasks waited for, and what each service took."""
    grids = []
    for one in nights:
        cost: list[Sequence[str]] = [
            (name, f"{cpu_s:.0f}", _number(one.peak_mb.get(name)))
            for name, cpu_s in sorted(one.cpu_s.items(), key=lambda found: -found[1])
        ]
        grids += [
            Grid(f"{one.what}: agreements done after seconds", ("share", "s"), list(one.over())),
            Grid(
                f"{one.what}: seconds",
                ("what", "median", "95 of 100", "most"),
                list(one.rows()),
            ),
            Grid(f"{one.what}: services", ("service", "CPU s", "peak MB (PSS)"), cost),
        ]
    return grids


WAITS_NOTE = """\
Two readers ask in a loop. The short query decides whether a refresh blocks readers: it does next to no
work. The long one scans all entries and shares two cores with the refresh: what it loses is CPU.
"""


def machine(postgres: str) -> str:
    """A line on when, where and with what; made before the first lap."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores ({platform.machine()}), load "
        f"{os.getloadavg()[0]:.1f} before the first lap; Python {platform.python_version()}, PostgreSQL {postgres}, "
        f"Airflow {version('apache-airflow')}, dlt {DLT_VERSION}, psycopg {version('psycopg')}"
    )


def write(heading: str, grids: Sequence[Grid], *, path: Path = RESULTS) -> None:
    bases = ", ".join(f"`{name}`" for name in _BASES)
    parts = [
        "# What `make bench` measured\n",
        f"{heading}.\n",
        _NOTES.format(bases=bases, core=first_load.CORE),
        *(grid.markdown() for grid in grids if grid.rows),
        WAITS_NOTE,
    ]
    path.write_text("\n".join(parts), encoding="utf-8")


def show(console: Console, grids: Sequence[Grid]) -> None:
    for grid in grids:
        if grid.rows:
            console.print(grid.rich())
