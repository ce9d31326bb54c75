"""Killed at any instant, run again: the end is the truth, nothing lost, nothing twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date

import psycopg
import pytest

from saldo.errors import SaldoError
from saldo.run_request import RunRequest
from saldo.runs.sync_run import Run, recorded
from saldo.subject import SubjectKey
from saldo.warehouse.connection import WarehouseUnavailable, connect
from tests.conftest import Cluster
from tests.support import IS_WHOLE_SUITE, PROJECT, Company, Sandbox, assert_true, night

_CHILD = """
import sys
import saldo.landing
from tests.support import Company, Sandbox, night
saldo.landing.chunks.PAGES_PER_CHUNK = 2
dsn, url, id = sys.argv[1:]
print("started", flush=True)
done = night(dsn, Company(Sandbox(url), id, 0, is_ledger_only=True), run_id="run")
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
    return sandbox.company("killed", is_ledger_only=True, entries=12_000, currencies=["EUR"])


@pytest.mark.parametrize("seed", range(2 if IS_WHOLE_SUITE else 1))
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
    assert night(dsn, company, run_id="run").errors == {}
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
    assert night(dsn, company, run_id="run").errors == {}
    assert_true(dsn, company)


def test_a_crash_during_a_resumed_snapshot_does_not_delete(
    dsn: str, cluster: Cluster, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The unlogged list of seen keys is empty after a crash: the read starts over instead of
    believing that everything is gone."""
    monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)
    company = sandbox.company("crash", entries=800, customers=2_500)
    night(dsn, company)
    company.next_day()
    company.fault("500", match="skippages=2", times=99)
    from saldo.run_request import RunRequest

    done = night(dsn, company, run_request=RunRequest("full"), run_id="run")
    assert set(done.errors) == {"customers"}
    cluster.crash()
    cluster.start()
    sandbox.clear_faults()
    done = night(dsn, company, run_request=RunRequest("full"), run_id="run")
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
        recorded(connection, dsn, SubjectKey("agreement", "lastmoment"), "accounts", run),
        psycopg.connect(cluster.admin_dsn, autocommit=True) as admin,
    ):
        admin.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])
    with (
        connect(dsn) as connection,
        recorded(connection, dsn, SubjectKey("agreement", "lastmoment"), "accounts", run),
    ):
        pass
    with connect(dsn) as connection:
        rows = connection.execute(
            "select status, error_family from ops.sync_run where run_id = 'last_moment' "
            "order by sync_run_id"
        ).fetchall()
    assert rows == [("failed", "Killed"), ("success", None)]


# --- killed at any statement ---------------------------------------------------------------------

#: Forks a night for every line it reads: "<company> <mode> <phase> <n>". The night ends itself by SIGKILL
#: just before its n-th statement (of the facts, when phase says so), or just after it when n is negative;
#: 0 lets it live. It answers with how it ended and how many statements it made.
_EXECUTIONER = """
import os, signal, sys
from datetime import date
import psycopg
import saldo.landing
from saldo.run_request import RunRequest
from tests import support
from tests.support import Company, Sandbox, night

saldo.landing.chunks.PAGES_PER_CHUNK = 1
dsn, url = sys.argv[1:]
WISHES = {
    "auto": RunRequest(),
    "full": RunRequest("full"),
    "window": RunRequest("window", (date(2025, 1, 1), date(2025, 12, 31))),
}
calls = fatal = 0
counts_all = True
execute, refresh = psycopg.Cursor.execute, support.refresh

def deadly(self, *args, **more):
    global calls
    calls += counts_all
    if not calls:
        return execute(self, *args, **more)
    if calls == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    found = execute(self, *args, **more)
    if calls == -fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return found

def counted(*args):
    global counts_all
    counts_all = True
    return refresh(*args)

psycopg.Cursor.execute, support.refresh = deadly, counted
print("ready", flush=True)
for line in sys.stdin:
    id, mode, phase, number = line.split()
    mine, theirs = os.pipe()
    pid = os.fork()
    if not pid:
        fatal, ends, counts_all = int(number), 1, phase == "all"
        try:
            done = night(dsn, Company(Sandbox(url), id, 0), run_request=WISHES[mode], run_id="run")
            os.write(theirs, f"{calls} {sorted(done.errors)}".encode())
            ends = 0
        finally:
            os._exit(ends)
    os.close(theirs)
    _, status = os.waitpid(pid, 0)
    said = os.read(mine, 4096).decode()
    os.close(mine)
    print(os.waitstatus_to_exitcode(status), said, flush=True)
"""


class Executioner:
    """Nights that are killed at a chosen statement."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def night(
        self, company: Company, *, dies_at: int = 0, mode: str = "auto", phase: str = "all"
    ) -> tuple[int, str]:
        """(exit code, what it said)"""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{company.id} {mode} {phase} {dies_at}\n")
        self._process.stdin.flush()
        code, _, said = self._process.stdout.readline().partition(" ")
        return int(code), said.strip()


@pytest.fixture(scope="module")
def executioner(dsn: str, sandbox: Sandbox) -> Iterator[Executioner]:
    path = os.pathsep.join(str(PROJECT / part) for part in ("plugins", "include", "."))
    with subprocess.Popen(
        [sys.executable, "-c", _EXECUTIONER, dsn, sandbox.url],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield Executioner(process)


def unbalanced(dsn: str, company: Company) -> list[tuple[object, ...]]:
    with connect(dsn) as connection:
        return connection.execute(
            "select accounting_year, voucher_number from mart.fact_journal_entries "
            "where agreement_id = %s group by 1, 2 having sum(amount_base) <> 0",
            [company.id],
        ).fetchall()


def killed_entities(dsn: str, company: Company) -> set[str]:
    """Those of which ops.sync_run tells that a try was killed."""
    with connect(dsn) as connection:
        rows = connection.execute(
            "select distinct entity from ops.sync_run where agreement_id = %s "
            "and (status, error_family) = ('failed', 'Killed')",
            [company.id],
        ).fetchall()
    return {row[0] for row in rows}


@pytest.mark.parametrize("seed", range(2 if IS_WHOLE_SUITE else 1))
def test_a_night_killed_at_any_statement_is_made_good_by_the_next(
    dsn: str, sandbox: Sandbox, executioner: Executioner, seed: int
) -> None:
    """Landing, core and facts alike: the first load, nights and full reads, each killed before or after
    a statement chosen by chance, several in a row."""
    chance = random.Random(seed)
    shape = {"entries": 800, "customers": 40, "suppliers": 20, "cursor_page": 100}
    company = sandbox.company("fatal", deletions=True, renumbers=True, **shape)
    code, said = executioner.night(sandbox.company("twin", **shape))
    assert code == 0, said
    total, deaths = int(said.split()[0]), 0
    for cycle in range(4):
        for _ in range(chance.randint(1, 3)):
            at = chance.randint(1, total) * chance.choice((1, -1))
            mode = chance.choice(("auto", "auto", "full", "window")) if cycle else "auto"
            code, said = executioner.night(company, dies_at=at, mode=mode)
            assert code in (0, -signal.SIGKILL), said
            deaths += code != 0
            assert unbalanced(dsn, company) == [], f"seed {seed}, cycle {cycle}, killed at {at}"
        assert executioner.night(company)[1].endswith("[]")
        assert_true(dsn, company)
        company.next_day()
    assert deaths, "no kill came before the end"


def test_the_facts_killed_between_two_tables_show_nothing(
    dsn: str, sandbox: Sandbox, executioner: Executioner
) -> None:
    """All tables of the mart in one transaction: whatever the statement, none of them is visible."""
    shape = {"entries": 800, "customers": 40, "suppliers": 20}
    company, twin = (sandbox.company("between", seed=7, **shape) for _ in range(2))
    for one in (company, twin):
        assert executioner.night(one)[0] == 0
        one.next_day()
    total = int(executioner.night(twin, phase="facts")[1].split()[0])
    last = total - 3  # then the lock is given back, and the run's row is written
    count = (
        "select count(*), sum(amount_base) from mart.fact_journal_entries where agreement_id = %s"
    )
    with connect(dsn) as connection:
        before = connection.execute(count, [company.id]).fetchone()
        for at in (2, total // 2, last - 8, last - 3, last, -last):
            code, said = executioner.night(company, dies_at=at, phase="facts")
            assert code == -signal.SIGKILL, said
            assert connection.execute(count, [company.id]).fetchone() == before
    assert executioner.night(company)[1].endswith("[]")
    assert killed_entities(dsn, company) == {"facts"}
    assert_true(dsn, company)


def test_a_killed_try_is_told_by_the_next_one(
    dsn: str, sandbox: Sandbox, executioner: Executioner
) -> None:
    company = sandbox.company("told", entries=800, customers=40, suppliers=20)
    assert executioner.night(company, dies_at=40)[0] == -signal.SIGKILL
    with connect(dsn) as connection:
        running = connection.execute(
            "select entity from ops.sync_run where agreement_id = %s and status = 'running'",
            [company.id],
        ).fetchall()
    assert len(running) == 1
    assert executioner.night(company)[1].endswith("[]")
    assert killed_entities(dsn, company) == {running[0][0]}


@pytest.mark.parametrize("seed", range(1))
def test_a_postgres_that_crashes_at_any_moment_comes_back_to_the_truth(
    dsn: str, cluster: Cluster, sandbox: Sandbox, seed: int
) -> None:
    """Crashes spread over the whole of a night, the first load's among them."""
    chance = random.Random(seed)
    company = sandbox.company(
        "crashed", is_ledger_only=True, entries=3_000, customers=60, suppliers=20
    )
    started = time.monotonic()
    assert night(dsn, sandbox.company("crashtwin", is_ledger_only=True, entries=3_000)).errors == {}
    length_s = time.monotonic() - started
    crashes, left = 0, set[int]()
    for part in range(3):
        process = child(dsn, company)
        time.sleep(length_s * (part + chance.random()) / 3)
        is_running = process.poll() is None
        cluster.crash()
        _, said = process.communicate(timeout=120)
        cluster.start()
        assert process.returncode == 0 or "WarehouseUnavailable" in said, said[-2000:]
        crashes += is_running and process.returncode != 0
        left |= runs_of(dsn, company, "running")
        assert unbalanced(dsn, company) == []
    assert crashes, "no crash came before the end"
    assert night(dsn, company, run_id="run").errors == {}
    assert_true(dsn, company)
    # Whatever a crash has cut off is told of, once; one between two tasks has cut off none.
    assert left
    assert left <= runs_of(dsn, company, "failed", "Killed", "Unavailable")
    assert runs_of(dsn, company, "running") == set()


def runs_of(dsn: str, company: Company, status: str, *families: str) -> set[int]:
    """Runs of entities in this status; families: of their errors, any where none is named."""
    with connect(dsn) as connection:
        rows = connection.execute(
            "select sync_run_id from ops.sync_run where agreement_id = %s and status = %s "
            "and (%s = '{}' or error_family = any(%s))",
            [company.id, status, list(families), list(families)],
        ).fetchall()
    return {id for (id,) in rows}


# --- two at once ---------------------------------------------------------------------------------


def test_a_night_and_a_backfill_of_one_agreement_at_once(
    dsn: str, sandbox: Sandbox, executioner: Executioner
) -> None:
    """Serialised by the lock of each entity, in whatever order: the truth after both."""
    company = sandbox.company(
        "atonce", is_ledger_only=True, entries=3_000, customers=60, suppliers=20, deletions=True
    )
    assert night(dsn, company).errors == {}
    window = RunRequest("window", (date(2025, 1, 1), date(2025, 12, 31)))
    for _ in range(3):
        company.next_day(days=2)
        process = child(dsn, company)
        done = night(dsn, company, run_request=window, run_id="backfill")
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        assert done.errors == {}
        assert unbalanced(dsn, company) == []
        assert_true(dsn, company)


def test_two_first_loads_at_once(dsn: str, sandbox: Sandbox) -> None:
    company = sandbox.company(
        "twice", is_ledger_only=True, entries=3_000, customers=60, suppliers=20
    )
    first, second = child(dsn, company), child(dsn, company)
    for process in (first, second):
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert_true(dsn, company)
    with connect(dsn) as connection:
        inserted = connection.execute(
            "select sum(rows_inserted) from ops.sync_run where agreement_id = %s "
            "and entity = 'entries'",
            [company.id],
        ).fetchone()
    assert inserted == (company.truth()["counts"]["entries"],)  # nothing landed twice
