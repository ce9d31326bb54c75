"""The disk of Postgres is full in the middle of a first load: a clear error, nothing corrupt, then the truth."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from saldo.migrations import migrate
from saldo.warehouse import WarehouseUnavailable
from tests.conftest import Cluster
from tests.support import IS_WHOLE_SUITE, Company, Sandbox, assert_true, night

pytestmark = pytest.mark.skipif(
    not IS_WHOLE_SUITE or os.geteuid() != 0,
    reason="SALDO_TEST_EVERYTHING=1 and root: it mounts a small disk",
)


#: The log grows by files of so many MB.
WAL_SEGMENT = 16


class SmallDisk:
    """A cluster whose data lie on a file system of their own; sizes in MB."""

    def __init__(self, folder: Path) -> None:
        self.cluster = Cluster(folder)
        self.cluster.start()
        migrate(self.cluster.dsn)
        self.cluster.postgres.stop()
        self.home = (folder / "postgres").resolve()
        aside = self.home.with_name(f"{self.home.name}.aside")
        self.home.rename(aside)
        self.home.mkdir()
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", str(self.home)], check=True
        )
        subprocess.run(["cp", "--archive", f"{aside}/.", str(self.home)], check=True)
        shutil.rmtree(aside)
        self.cluster.start()

    def leave_room(self, free: int) -> None:
        used = shutil.disk_usage(self.home).used // 2**20
        subprocess.run(["mount", "-o", f"remount,size={used + free}m", str(self.home)], check=True)

    def remove(self) -> None:
        self.cluster.postgres.stop(mode="immediate")
        subprocess.run(["umount", str(self.home)], check=True)
        self.cluster.postgres.remove()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    found = SmallDisk(tmp_path)
    yield found
    found.remove()


@pytest.mark.parametrize("free", [4, 24])
def test_a_full_disk_is_told_and_nothing_is_lost(
    disk: SmallDisk, sandbox: Sandbox, free: int
) -> None:
    """With little room tables cannot grow; with more the log cannot, and Postgres ends itself."""
    company = sandbox.company("disk", entries=30_000)
    dsn = disk.cluster.dsn
    disk.leave_room(free)
    said = first_load(dsn, company)
    assert "the warehouse cannot be used" in said
    if free < WAL_SEGMENT:
        assert "No space left on device. Make room on the disk of Postgres" in said
    disk.leave_room(600)
    disk.cluster.postgres.stop(mode="immediate")
    disk.cluster.start()
    assert night(dsn, company).errors == {}
    assert_true(dsn, company)
    assert_nothing_is_corrupt(disk.cluster)


def first_load(dsn: str, company: Company) -> str:
    """What it says when it fails."""
    try:
        errors = night(dsn, company).errors
    except WarehouseUnavailable as error:
        return str(error)
    return "\n".join(map(str, errors.values()))


def assert_nothing_is_corrupt(cluster: Cluster) -> None:
    """Every page is read, whose checksum Postgres compares; a key that is there twice stops a new index."""
    dsn = make_conninfo(cluster.admin_dsn, dbname="saldo")
    with psycopg.connect(dsn, autocommit=True) as admin:
        assert admin.execute("show data_checksums").fetchone() == ("on",)
        for schema in ("staging", "core", "mart", "ops"):
            admin.execute(sql.SQL("reindex schema {}").format(sql.Identifier(schema)))
