"""One sandbox for each module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.vendors.xledger.asking import Xledger


@pytest.fixture(scope="module")
def xledger() -> Xledger:
    return Xledger()


@pytest.fixture(autouse=True)
def _no_faults(xledger: Xledger) -> Iterator[None]:
    yield
    xledger.state.faults.clear()
