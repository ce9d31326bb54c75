"""TMDL as far as tests look at it: lines with their depth, and expressions by what they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: A line that ends so, or goes on with an expression, has one.
_HEAD = re.compile(r"^(?P<tabs>\t*)(?P<text>\S.*)$")
_INLINE = re.compile(
    r"^(measure|column|expression|annotation) ('(?:[^']|'')+'|\S+) = (?P<text>.+)$"
)


@dataclass(frozen=True)
class Line:
    """number: of the line in its file, from 1. expression: what stands below a line that ends in `=`."""

    number: int
    depth: int
    text: str
    expression: str = ""


def lines(text: str) -> Iterator[Line]:
    """Lines that are no part of an expression and not empty."""
    rows = text.split("\n")
    place = 0
    while place < len(rows):
        row = rows[place]
        place += 1
        found = _HEAD.match(row)
        if not found:
            assert row == "", f"line {place}: begins with something else than tabs"
            continue
        depth, said, number = len(found["tabs"]), found["text"], place
        body: list[str] = []
        if said.endswith(" ="):
            lead = "\t" * (depth + 2)
            while place < len(rows) and (rows[place].startswith(lead) or not rows[place]):
                body.append(rows[place].removeprefix(lead))
                place += 1
            while body and not body[-1]:
                body.pop()
            assert body, f"line {number}: no expression below it"
        yield Line(number, depth, said, "\n".join(body))


def expressions_of(text: str) -> list[str]:
    """Every expression of a file."""
    found = []
    for line in lines(text):
        inline = _INLINE.match(line.text)
        found += [line.expression] if line.expression else []
        found += [inline["text"]] if inline else []
    return found
