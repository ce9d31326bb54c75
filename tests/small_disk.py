"""A cluster of Postgres on a disk that fills up: a file system in memory, of a size that can be changed."""

from __future__ import annotations

import os
import shutil
import subprocess

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.conftest import Cluster
from tests.support import IS_WHOLE_SUITE

CAN_MOUNT = IS_WHOLE_SUITE and os.geteuid() == 0


class SmallDisk:
    """Moves what the cluster holds, and restarts it; sizes in MB."""

    def __init__(self, cluster: Cluster) -> None:
        cluster.postgres.stop()
        self._cluster, self._home = cluster, (cluster.settings.run_dir / "postgres").resolve()
        aside = self._home.with_name(f"{self._home.name}.aside")
        self._home.rename(aside)
        self._home.mkdir()
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1500m", "tmpfs", str(self._home)], check=True
        )
        subprocess.run(["cp", "--archive", f"{aside}/.", str(self._home)], check=True)
        shutil.rmtree(aside)
        cluster.start()

    def leave_room(self, free: int) -> None:
        used = shutil.disk_usage(self._home).used // 2**20
        subprocess.run(["mount", "-o", f"remount,size={used + free}m", str(self._home)], check=True)

    def remove(self) -> None:
        """The cluster is of no use after it."""
        self._cluster.postgres.stop(mode="immediate")
        subprocess.run(["umount", str(self._home)], check=True)


def assert_nothing_is_corrupt(cluster: Cluster) -> None:
    """Every page is read, whose checksum Postgres compares; a key that is there twice stops a new index."""
    dsn = make_conninfo(cluster.admin_dsn, dbname="saldo")
    with psycopg.connect(dsn, autocommit=True) as admin:
        assert admin.execute("show data_checksums").fetchone() == ("on",)
        for schema in ("staging", "core", "mart", "ops"):
            admin.execute(sql.SQL("reindex schema {}").format(sql.Identifier(schema)))
