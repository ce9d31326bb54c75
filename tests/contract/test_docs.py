"""What docs/adding-a-vendor.md shows of the example is what the example is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import PROJECT

DOC = PROJECT / "docs" / "adding-a-vendor.md"
#: A link to a file of the example, or a block of code.
_PARTS = re.compile(r"\]\(\.\./(tests/example_vendor/[^)]+)\)|^```\w+\n(.*?)^```", re.M | re.S)


def shown() -> list[tuple[str, str]]:
    """(file, block): a block shows the file that was linked last before it."""
    file, found = "", []
    for link, block in _PARTS.findall(DOC.read_text()):
        file = link or file
        if block:
            found.append((file, block))
    return found


@pytest.mark.parametrize(("file", "block"), shown())
def test_an_excerpt_is_a_part_of_its_file(file: str, block: str) -> None:
    assert block in (PROJECT / file).read_text()


def test_all_that_makes_the_example_is_linked() -> None:
    folder = PROJECT / "tests" / "example_vendor"
    linked = {link for link, _ in _PARTS.findall(DOC.read_text()) if link}
    files = {path.relative_to(PROJECT).as_posix() for path in folder.glob("*.py")}
    assert files - {"tests/example_vendor/__init__.py"} <= linked
    assert all(Path(PROJECT / link).exists() for link in linked)
