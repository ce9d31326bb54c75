"""Ten days of one company under random trouble, of the vendor, of the lake and of whoever kills: in the end the lake is
what staging holds, row by row, and so is every set on the way."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from saldo.errors import SaldoError
from saldo.lake import parquet
from saldo.lake.manifest import Manifest
from saldo.lake.store import Store
from saldo.run_request import RunRequest
from saldo.warehouse.connection import connect
from tests.support import IS_WHOLE_SUITE, Company, Sandbox, night
from tests.xledger import xledger_company

from .support import assert_as_staging, digests, local, names, write
from .test_exactly_once import assert_registered
from .test_upkeep import upkeep

SEEDS = range(8 if IS_WHOLE_SUITE else 1)
NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)
FAULTS = ("500", "drop", "truncate", "html", "duplicate", "empty")
KILLED_AT = (
    (Manifest, "owe"), (Manifest, "written"), (Manifest, "published"), (Store, "publish"), (parquet, "check"),
)  # fmt: skip


class Killed(BaseException):
    pass


def make(sandbox: Sandbox, vendor: str) -> tuple[Company, tuple[str, ...]]:
    if vendor == "xledger":
        return xledger_company(sandbox, "tendays"), (
            "entities", "accounts", "customers", "suppliers", "timesheets", "transactions",
        )  # fmt: skip
    company = sandbox.company("tendays", is_ledger_only=True, entries=500, currencies=["EUR"])
    return company, ("self", "accounts", "departments", "customers", "entries", "entry_dimensions")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("vendor", ["economic", "xledger"])
def test_ten_days_of_trouble_end_in_what_staging_holds(
    dsn: str,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    vendor: str,
    seed: int,
) -> None:
    chance = random.Random(f"{vendor} {seed} {os.environ.get('SALDO_TEST_SALT', '')}")
    company, entities = make(sandbox, vendor)
    kept: dict[str, str] = {}
    for day in range(10):
        company.next_day(chance.choice((1, 1, 2)))
        if chance.random() < 0.4:
            company.fault(chance.choice(FAULTS), times=chance.randrange(1, 6))
        request = RunRequest("full") if chance.random() < 0.2 else RunRequest()
        night(dsn, company, entities=entities, run_request=request)
        sandbox.clear_faults()
        now = NOW + timedelta(days=day, hours=chance.randrange(-30, 5))
        with monkeypatch.context() as patched:
            if chance.random() < 0.5:
                kill(patched, chance)
            try:
                write(dsn, company, local(tmp_path), now=now, run_request=request)
            except (Killed, SaldoError):
                continue
        for path, sha in digests(tmp_path).items():
            assert kept.setdefault(path, sha) == sha, "a file that was seen has other bytes"
        if kept and chance.random() < 0.3:
            lost = chance.choice(sorted(digests(tmp_path)))
            (tmp_path / lost).unlink()
    assert not night(dsn, company, entities=entities).errors
    write(dsn, company, local(tmp_path), now=NOW + timedelta(days=11))
    assert_as_staging(dsn, company, tmp_path, *entities)
    assert_registered(dsn, company, tmp_path)
    assert_every_change_once(dsn, company)
    upkeep(dsn, company, local(tmp_path), NOW + timedelta(days=30))
    assert_as_staging(dsn, company, tmp_path, *entities)
    assert names(tmp_path, company, entities[-1])


def kill(patched: pytest.MonkeyPatch, chance: random.Random) -> None:
    """At the n-th call of some step."""
    owner, name = chance.choice(KILLED_AT)
    original, left = getattr(owner, name), chance.randrange(0, 6)

    def killed(*args: object, **more: object) -> object:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1
        return original(*args, **more)

    patched.setattr(owner, name, killed)


def assert_every_change_once(dsn: str, company: Company) -> None:
    """Files of changes begin where the file before them ended."""
    with connect(dsn) as connection:
        found = connection.execute(
            "select entity, kind, from_seq, lag(to_seq) over (partition by entity order by stamp) "
            "from ops.lake_file where agreement_id = %s and retired_at is null",
            [company.id],
        ).fetchall()
    assert all(begins == ended for _, kind, begins, ended in found if kind == "sync_changes")
