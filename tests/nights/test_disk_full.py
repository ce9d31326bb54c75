"""The disk of Postgres is full in the middle of a first load: a clear error, nothing corrupt, then the truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from saldo.warehouse.connection import WarehouseUnavailable
from saldo.warehouse.migrations import migrate
from tests.conftest import Cluster
from tests.small_disk import CAN_MOUNT, SmallDisk, assert_nothing_is_corrupt
from tests.support import Company, Sandbox, assert_true, night

pytestmark = pytest.mark.skipif(
    not CAN_MOUNT, reason="SALDO_TEST_EVERYTHING=1 and root: it mounts a small disk"
)

#: The log grows by files of so many MB.
WAL_SEGMENT = 16


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster that may end itself."""
    found = Cluster(tmp_path)
    found.start()
    migrate(found.dsn)
    yield found
    found.remove()


@pytest.fixture
def disk(own: Cluster) -> Iterator[SmallDisk]:
    found = SmallDisk(own)
    yield found
    found.remove()


@pytest.mark.parametrize("free", [4, 24])
def test_a_full_disk_is_told_and_nothing_is_lost(
    own: Cluster, disk: SmallDisk, sandbox: Sandbox, free: int
) -> None:
    """With little room tables cannot grow; with more the log cannot, and Postgres ends itself."""
    company = sandbox.company("disk", entries=30_000)
    disk.leave_room(free)
    said = first_load(own.dsn, company)
    assert "the warehouse cannot be used" in said
    if free < WAL_SEGMENT:
        assert "No space left on device. Make room on the disk of Postgres" in said
    disk.leave_room(600)
    own.crash()
    own.start()
    assert night(own.dsn, company).errors == {}
    assert_true(own.dsn, company)
    assert_nothing_is_corrupt(own)


def first_load(dsn: str, company: Company) -> str:
    """What it says when it fails."""
    try:
        errors = night(dsn, company).errors
    except WarehouseUnavailable as error:
        return str(error)
    return "\n".join(map(str, errors.values()))
