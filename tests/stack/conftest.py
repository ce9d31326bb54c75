"""One stack for all tests of this folder: starting it takes longer than most of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.books.company import COMPANIES

from .running import Stack

#: Of the large companies of `make up`: what they sell, their years and currencies matter here, not their size.
_MOST_ENTRIES = 8_000


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("stack"))
    make_companies_small(found)
    yield found
    found.make("clean")


def make_companies_small(stack: Stack) -> None:
    """As if they had been so when the sandbox last ran."""
    small = [replace(each, entries=min(each.entries, _MOST_ENTRIES)) for each in COMPANIES]
    stack.run_dir.mkdir()
    (stack.run_dir / "sandbox.json").write_text(
        json.dumps([{"company": each.to_json(), "day": 0} for each in small])
    )


@pytest.fixture(scope="package")
def first(stack: Stack) -> subprocess.CompletedProcess[str]:
    """The first `make up`; what it said."""
    return stack.make("up")
