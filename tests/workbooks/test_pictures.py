"""The pictures in docs/budgets.md show what the reader does, and the page says what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack.picture_examples import EXAMPLES, Example, outcome
from stack.pictures import FOLDER, fingerprint, page
from tests.support import PROJECT

GOOD = ("months", "lines", "mapping")


def guide() -> str:
    return " ".join((PROJECT / "docs" / "budgets.md").read_text().replace("\n> ", " ").split())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_a_picture_is_what_the_reader_makes_of_its_workbook(
    example: Example, tmp_path: Path
) -> None:
    found = outcome(example, tmp_path)
    assert bool(found.problems) == (example.name not in GOOD)
    assert found.says in guide()
    assert f"](pictures/{example.name}.png)" in guide()
    png = (FOLDER / f"{example.name}.png").read_bytes()
    assert fingerprint(page(example, found)) in png, "it is out of date: make pictures"
    assert len(png) < 60_000


def test_every_picture_has_an_example() -> None:
    assert {path.stem for path in FOLDER.glob("*.png")} == {example.name for example in EXAMPLES}
