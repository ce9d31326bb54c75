"""The services of docker-compose.yaml with two workers, once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.books.company import SMALL
from tests.system.celery.topology import Topology


@pytest.fixture(scope="package")
def topology(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    found = Topology(tmp_path_factory.mktemp("topology"))
    try:
        found.companies = found.prepare(3, **SMALL, cursor_page=200)
        found.start_all()
        yield found
    finally:
        found.remove()


@pytest.fixture(autouse=True)
def _no_faults_left(topology: Topology) -> Iterator[None]:
    yield
    topology.sandbox.clear_faults()
