"""How far a command is: a bar in a terminal, a line every few seconds where there is none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from saldo.runs.meter import Tell

from .screen import console

#: Seconds between two lines.
EVERY_S = 5.0


@contextmanager
def steps(of: str, unit: str, *, on: Console | None = None) -> Iterator[Tell]:
    """What is yielded is told each step before it begins. of: whose steps these are; unit: what they are called, in the plural. on:
    where it is shown; standard error unless told otherwise, so that what is piped on is the result alone."""
    where = on or console(stderr=True)
    if not where.is_terminal or where.is_dumb_terminal:
        yield _lines(of, unit, where)
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn(unit),
        TimeElapsedColumn(), TextColumn("{task.fields[step]}"),
    )  # fmt: skip
    with Progress(*columns, console=where, transient=True) as bars:
        bar = bars.add_task(escape(of), total=None, step="")

        def tell(done: int, total: int, step: str) -> None:
            bars.update(bar, completed=done, total=total, step=escape(step))

        yield tell


def _lines(of: str, unit: str, where: Console) -> Tell:
    said_at = time.monotonic()

    def tell(done: int, total: int, step: str) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= EVERY_S:
            said_at = time.monotonic()
            where.print(f"{escape(of)}: {done} of {total} {unit}, {escape(step)}", soft_wrap=True)

    return tell
