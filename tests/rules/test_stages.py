"""The stages of .ci/run: every test belongs to one of them, and to no other."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.support import PROJECT

TESTS = PROJECT / "tests"


def files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(place.rglob("test_*.py"))


def test_every_test_is_in_one_stage() -> None:
    text = (PROJECT / ".ci" / "run").read_text()
    [rooms] = re.findall(r'^rooms="(.*)"$', text, re.M)
    parts = [
        part.replace("$rooms", rooms) for part in re.findall(r'^stage .* PART="(.*)"$', text, re.M)
    ]
    assert len(parts) == 3
    run = Counter(
        file
        for part in parts
        for word in part.split()
        for place in TESTS.glob(word)
        for file in files(place)
    )
    assert run == Counter(files(TESTS))
