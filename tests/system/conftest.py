"""One running stack for every test that needs an Airflow: starting it takes longer than most of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.system.running import Stack


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("stack"))
    found.prepare()
    yield found
    found.make("clean")


@pytest.fixture(scope="package")
def first(stack: Stack) -> subprocess.CompletedProcess[str]:
    """The first `make up`; what it said."""
    return stack.make("up")
