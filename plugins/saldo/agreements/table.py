"""Many agreements from one table: a CSV file whose columns are the keys of agreement files.

Separated by commas, semicolons or tabs, in UTF-8; lists inside a cell by commas or semicolons; an empty
cell is a key that is not given.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from saldo.errors import ConfigError

from .drafts import Draft, draft, keys, required

_SEPARATORS = ",;\t"
_SECRET = ("token", "password", "secret")


@dataclass(frozen=True)
class Row:
    """number: as a spreadsheet counts, the header being row 1."""

    number: int
    texts: dict[str, str]


def drafts(path: Path, *, directory: Path, vendors: Mapping[str, Collection[str]]) -> list[Draft]:
    """An agreement for each row. Raises ConfigError that lists every error of every row, with row and
    column."""
    rows, problems = _rows(path)
    found: list[Draft] = []
    first: dict[str, int] = {}
    for row in rows:
        one, wrong = draft(row.texts, directory=directory, vendors=vendors)
        problems += [f"row {row.number}, column {p.key}: {p.message}" for p in wrong]
        id = row.texts.get("id", "").strip()
        if id and first.setdefault(id, row.number) != row.number:
            problems.append(f"row {row.number}, column id: {id!r} is in row {first[id]} already")
        if one:
            found.append(one)
    if problems:
        listed = "\n".join(f"{path.name}, {problem}" for problem in problems)
        raise ConfigError(f"{len(problems)} error(s), nothing was written:\n{listed}")
    return found


def _rows(path: Path) -> tuple[list[Row], list[str]]:
    """Rows with their cells by column, and what is wrong with their number of cells. Raises ConfigError
    where header or file cannot be read."""
    lines = _lines(path)
    header = [cell.strip() for cell in next(lines, (0, []))[1]]
    _check_header(path, header)
    rows, problems = [], []
    for number, cells in lines:
        if len(cells) > len(header):
            problems.append(
                f"row {number}: has {len(cells)} cells for {len(header)} columns; put cells that hold a "
                "separator in double quotes"
            )
        else:
            rows.append(Row(number, dict(zip(header, cells, strict=False))))
    if not rows and not problems:
        raise ConfigError(f"{path.name} has no rows below its header; write one for each agreement")
    return rows, problems


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every row that is not blank."""
    text = _text(path)
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise ConfigError(
            f"{path.name}, line {reader.line_num}: is no readable CSV ({error}); look at its quotes"
        ) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path.name} is no text in UTF-8; save it as “CSV UTF-8” (workbooks cannot be read)"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; name a CSV file: CSV=path") from None


def _check_header(path: Path, header: list[str]) -> None:
    if not any(header):
        raise ConfigError(
            f"{path.name} is empty; its first row names the columns: {', '.join(required())}"
        )
    problems = []
    for place, name in enumerate(header):
        if name in keys():
            if name in header[:place]:
                problems.append(f"column {name}: is there twice; remove one")
        elif any(word in name.lower() for word in _SECRET):
            problems.append(
                f"column {name}: is no key of an agreement; secrets belong in the Airflow connection, "
                "and nowhere else: remove the column"
            )
        else:
            known = ", ".join(keys())
            problems.append(
                f"column {name or place + 1}: unknown; remove it or correct it (known: {known})"
            )
    problems += [f"column {name}: is missing; add it" for name in required() if name not in header]
    if problems:
        listed = "\n".join(f"{path.name}, row 1, {problem}" for problem in problems)
        raise ConfigError(f"{len(problems)} error(s), nothing was written:\n{listed}")
