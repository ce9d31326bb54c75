"""A copy of a person's file that shows what is wrong with it: the wrong cells in a colour with a comment, and a list.

The copy is always an .xlsx without macros. Formulas stay formulas; pictures, shapes and pivot charts may be left out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from openpyxl import Workbook

from saldo.workbooks.gate import kind_of
from saldo.workbooks.layout import Layout
from saldo.workbooks.marked_lines import text_lines
from saldo.workbooks.marked_sheets import some_lines, whole
from saldo.workbooks.places import in_order
from saldo.workbooks.problems import LISTED, Problem
from saldo.workbooks.weight import is_light

#: Bytes of a copy: mail servers refuse messages of 10 MB and more, and a third is added on the way.
MAX_COPY = 5_000_000
#: MB that a configuration may let through.
_MAX_MB = 500
_AS_USUAL = Layout()

log = logging.getLogger(__name__)

Made = Callable[[], Workbook | None]


def marked_copy(
    path: Path,
    problems: Sequence[Problem],
    into: Path,
    *,
    more: int = 0,
    layout: Layout = _AS_USUAL,
) -> Path | None:
    """The copy, a new file in the folder `into`. None where none can be made: the file cannot be opened, or the copy
    would be larger than MAX_COPY.

    path: under the file's own name. problems: the first LISTED are shown; more: how many there are beyond them. layout: how
    the file was read. A workbook that is too large to be held in memory (weight.py) is copied in part: the first lines and
    those with problems, at their own numbers. Never raises for what is in the file.
    """
    shown, more = in_order(problems[:LISTED]), more + max(0, len(problems) - LISTED)
    try:
        is_csv = kind_of(path, max_mb=_MAX_MB) == "csv"
    except Exception as error:
        _note(error)
        return None
    ways: list[Made] = [
        lambda: whole(path, shown, more) if is_light(path) else None,
        lambda: some_lines(path, shown, more),
    ]
    if is_csv:
        ways = [lambda: text_lines(path, shown, more, layout)]
    for make in ways:
        if copy := _saved(make, into / "marked.xlsx"):
            return copy
    return None


def _saved(make: Made, copy: Path) -> Path | None:
    """A copy is a courtesy: whatever openpyxl cannot do with a file must not cost the mail that says what is wrong."""
    try:
        if (book := make()) is None:
            return None
        book.save(copy)
    except Exception as error:
        copy.unlink(missing_ok=True)
        _note(error)
        return None
    if copy.stat().st_size <= MAX_COPY:
        return copy
    copy.unlink()
    return None


def _note(error: Exception) -> None:
    # Not its text: it may quote the file.
    log.info("a copy with marked cells could not be made: %s", type(error).__name__)
