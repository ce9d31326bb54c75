"""What every test may use: the embedded Postgres, a database per module, the sandbox on a socket."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
import requests
from psycopg import sql
from psycopg.conninfo import make_conninfo
from xdist.scheduler import LoadScopeScheduling

from saldo.exports.accounting.targets import add as add_target
from saldo.vendors import add
from saldo.warehouse.connection import Connection, connect
from saldo.warehouse.migrations import migrate
from stack.postgres import Postgres
from stack.settings import Settings
from tests.example_target.kind import EXAMPLE_TARGET
from tests.example_vendor.vendor import EXAMPLE_VENDOR
from tests.support import IS_WHOLE_SUITE, PROJECT, Sandbox

# All that is made of the list of vendors is made of this one, too.
add(EXAMPLE_VENDOR)
add_target(EXAMPLE_TARGET)

#: What lands is judged by the same examples each time; the whole suite draws others each time, and so finds more.
hypothesis.settings.register_profile("the same each time", derandomize=True)
hypothesis.settings.load_profile("default" if IS_WHOLE_SUITE else "the same each time")

#: What takes minutes begins first, so that no worker ends long after the others.
_LONG = (
    "/system/api/", "/system/stack/", "/system/celery/", "/ways/", "/test_under_fire.py", "/test_landing.py", "/test_kills.py",
    "/test_silent.py", "/test_people.py", "/test_proof.py", "/test_facts.py", "/test_onboarding.py", "/test_thirty_days.py", "/test_validation.py",
    "/test_xledger_troubles.py", "/test_xledger_under_fire.py", "/test_set_aside.py", "/test_strange_requests.py", "/test_secrets.py",
    "/test_observability.py", "/test_sales.py", "/system/deploy/",
)  # fmt: skip
#: Folders -> what their tests share.
_SHARED = {
    "tests/system/api/": "the running stack",
    "tests/system/stack/": "the running stack",
    "tests/system/celery/": "the services with their workers",
}


class ByPlace(LoadScopeScheduling):  # type: ignore[misc]
    """Tests of a file stay on one worker, and those that share what has been started."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((what for place, what in _SHARED.items() if path.startswith(place)), path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByPlace:
    return ByPlace(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        path = item.nodeid.partition("::")[0]
        return next((n for n, place in enumerate(_LONG) if place in path), len(_LONG))

    items.sort(key=rank)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """With --durations, as `make test` has it: which files took longest, what they start and end included."""
    shown = config.getoption("durations")
    if shown is None:
        return
    spent: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                spent[report.nodeid.partition("::")[0]] += report.duration
    terminalreporter.write_sep("=", "slowest files")
    for path, seconds in spent.most_common(shown or None):
        terminalreporter.write_line(f"{seconds:7.1f}s {path}")


def free_port() -> int:
    """Below the range from which the kernel gives ports to clients: nobody takes it in the meantime."""
    while True:
        port = random.randrange(15_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Cluster:
    """The suite's Postgres; `crash` and `start` are for tests of what survives."""

    def __init__(self, run_dir: Path) -> None:
        self.settings = Settings({"SALDO_RUN_DIR": str(run_dir), "SALDO_PG_PORT": str(free_port())})
        self.keys = self.settings.prepare()
        self.postgres = Postgres(self.settings)
        self.dsn = self.settings.dsn("saldo", self.keys.warehouse, "saldo")
        self.admin_dsn = self.settings.dsn("postgres", self.keys.postgres, "postgres")

    def start(self) -> None:
        """Without waiting for the disk, and without the copies of pages that mend half-written ones: what tests kill
        are processes, and those leave to the kernel what they have written. The log stays small, for it may lie in
        memory."""
        self.postgres.start(self.keys)
        with psycopg.connect(self.admin_dsn, autocommit=True) as admin:
            admin.execute("alter system set fsync = off")
            admin.execute("alter system set full_page_writes = off")
            admin.execute("alter system set max_wal_size = '256MB'")
            admin.execute("select pg_reload_conf()")
            # A password is hashed once, not 4,096 times: tests log in tens of thousands of times, each 2 ms of CPU.
            admin.execute("set scram_iterations = 1")
            for role, password in (
                ("postgres", self.keys.postgres),
                ("saldo", self.keys.warehouse),
            ):
                admin.execute(
                    sql.SQL("alter role {} password {}").format(
                        sql.Identifier(role), sql.Literal(password)
                    )
                )

    def crash(self) -> None:
        self.postgres.stop(mode="immediate")

    def remove(self) -> None:
        self.postgres.stop(mode="immediate")
        self.postgres.remove()


def in_memory() -> str | None:
    """A folder in memory that holds a cluster for each worker; None where there is little of it.

    Tests make and drop tens of thousands of small tables: on a disk's file system every third second of Postgres
    went into their files.
    """
    memory = Path("/dev/shm")
    is_roomy = memory.is_dir() and shutil.disk_usage(memory).free > 8 * 1024**3
    return str(memory) if is_roomy else None


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="saldo-tests-", dir=in_memory()) as folder:
        # The user that Postgres runs as may pass, else its data would lie elsewhere.
        Path(folder).chmod(0o711)
        found = Cluster(Path(folder))
        found.start()
        yield found
        found.remove()


@pytest.fixture(scope="session")
def migrated(cluster: Cluster) -> str:
    """The name of an empty, migrated database that nobody connects to: others are copies of it."""
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute("create database migrated owner saldo")
    migrate(make_conninfo(cluster.dsn, dbname="migrated"))
    return "migrated"


def _copy_settings_of_roles(admin: psycopg.Connection[Any], template: str, name: str) -> None:
    """What `alter role ... in database` has set is no part of a database that is copied."""
    for role, settings in admin.execute(
        "select r.rolname, s.setconfig from pg_db_role_setting as s "
        "inner join pg_roles as r on r.oid = s.setrole "
        "inner join pg_database as d on d.oid = s.setdatabase where d.datname = %s",
        [template],
    ).fetchall():
        for setting in settings:
            parameter, _, value = setting.partition("=")
            admin.execute(
                sql.SQL("alter role {} in database {} set {} = {}").format(
                    sql.Identifier(role), sql.Identifier(name), sql.Identifier(parameter),
                    sql.Literal(value),
                )
            )  # fmt: skip


@pytest.fixture(scope="module")
def dsn(cluster: Cluster, migrated: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty, migrated database of this module's own, owned by the role `saldo`."""
    name = "t_" + request.module.__name__.rsplit(".", 1)[-1].removeprefix("test_")
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(
            sql.SQL("create database {} owner saldo template {}").format(
                sql.Identifier(name), sql.Identifier(migrated)
            )
        )
        _copy_settings_of_roles(admin, migrated, name)
    yield make_conninfo(cluster.dsn, dbname=name)
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute(drop)


@pytest.fixture
def warehouse(dsn: str) -> Iterator[Connection]:
    with connect(dsn) as connection:
        yield connection


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The sandbox in a process of its own; every test plays companies of its own."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "uvicorn", "--app-dir", str(PROJECT / "include"),
            "sandbox.app:app", "--host", "127.0.0.1", "--port", str(port), "--no-access-log",
        ],
        env={k: v for k, v in os.environ.items() if k != "SALDO_SANDBOX_STATE"},
    )  # fmt: skip
    found = Sandbox(f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            requests.get(f"{found.url}/sandbox/health", timeout=1)
            break
        except requests.RequestException:
            time.sleep(0.1)
    yield found
    process.terminate()
    process.wait(10)


@pytest.fixture(autouse=True)
def _no_faults_left(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "sandbox" in request.fixturenames:
        found: Sandbox = request.getfixturevalue("sandbox")
        found.clear_faults()
