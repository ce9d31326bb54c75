"""Killed at any instant, run again: the end is the truth, nothing lost, nothing twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from saldo.errors import SaldoError
from saldo.sync_run import Run, recorded
from saldo.warehouse import WarehouseUnavailable, connect
from tests.conftest import Cluster
from tests.support import PROJECT, Company, Sandbox, assert_true, night

_CHILD = """
import sys
import saldo.landing
from tests.support import Company, Sandbox, night
saldo.landing.desk.PAGES_PER_CHUNK = 2
dsn, url, id = sys.argv[1:]
print("started", flush=True)
done = night(dsn, Company(Sandbox(url), id, 0))
assert not done.errors, done.errors
"""


def child(dsn: str, company: Company) -> subprocess.Popen[str]:
    """A night in a process of its own, so that it can be killed as the kernel kills."""
    path = os.pathsep.join(str(PROJECT / part) for part in ("plugins", "include", "."))
    process = subprocess.Popen(
        [sys.executable, "-c", _CHILD, dsn, company.sandbox.url, company.id],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.readline()
    return process


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("killed", entries=20_000, currencies=["EUR"])


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_task_leaves_nothing_half_done(dsn: str, company: Company, seed: int) -> None:
    chance = random.Random(seed)
    ends = []
    for _ in range(3):
        process = child(dsn, company)
        time.sleep(chance.uniform(0.02, 1.2))
        process.send_signal(signal.SIGKILL)
        _, said = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), said
        ends.append(process.returncode)
    assert -signal.SIGKILL in ends, "no kill came before the end"
    assert night(dsn, company).errors == {}
    assert_true(dsn, company)
    with connect(dsn) as connection:
        rows = connection.execute(
            "select count(*) from ops.sync_run where agreement_id = %s and status = 'running'",
            [company.id],
        ).fetchone()
    assert rows == (0,)


def test_a_postgres_that_dies_in_the_middle_comes_back_to_the_truth(
    dsn: str, cluster: Cluster, company: Company
) -> None:
    night(dsn, company)
    company.next_day(days=5)
    for pause_s in (0.05, 0.4):
        process = child(dsn, company)
        time.sleep(pause_s)
        cluster.crash()
        _, said = process.communicate(timeout=120)
        cluster.start()
        assert process.returncode == 0 or "WarehouseUnavailable" in said, said[-2000:]
    assert night(dsn, company).errors == {}
    assert_true(dsn, company)


def test_a_crash_during_a_resumed_snapshot_does_not_delete(
    dsn: str, cluster: Cluster, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The unlogged list of seen keys is empty after a crash: the read starts over instead of
    believing that everything is gone."""
    monkeypatch.setattr("saldo.landing.desk.PAGES_PER_CHUNK", 1)
    company = sandbox.company("crash", entries=800, customers=2_500)
    night(dsn, company)
    company.next_day()
    company.fault("500", match="skippages=2", times=99)
    from saldo.plan import Wish

    done = night(dsn, company, wish=Wish("full"))
    assert set(done.errors) == {"customers"}
    cluster.crash()
    cluster.start()
    sandbox.clear_faults()
    done = night(dsn, company, wish=Wish("full"))
    assert done.errors == {}
    assert done.counts["customers"].deleted == 1
    assert_true(dsn, company)


def test_a_warehouse_that_is_away_is_a_clear_error(sandbox: Sandbox) -> None:
    with pytest.raises(WarehouseUnavailable, match="saldo_warehouse") as error:
        connect("postgresql://saldo:secret-word@127.0.0.1:1/saldo")
    assert isinstance(error.value, SaldoError)
    assert "secret-word" not in str(error.value)


def test_a_warehouse_that_dies_at_the_last_moment_is_the_same_error(
    dsn: str, cluster: Cluster
) -> None:
    """Between the last row and the word that all is well: the try fails and is told by the next."""
    run = Run("dag", "last_moment")
    with (
        connect(dsn) as connection,
        pytest.raises(WarehouseUnavailable),
        recorded(connection, dsn, "lastmoment", "accounts", run),
        psycopg.connect(cluster.admin_dsn, autocommit=True) as admin,
    ):
        admin.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])
    with connect(dsn) as connection, recorded(connection, dsn, "lastmoment", "accounts", run):
        pass
    with connect(dsn) as connection:
        rows = connection.execute(
            "select status, error_family from ops.sync_run where run_id = 'last_moment' "
            "order by sync_run_id"
        ).fetchall()
    assert rows == [("failed", "Killed"), ("success", None)]
