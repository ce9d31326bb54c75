"""One company, one agreement: also when two that open it start at the same moment, and when one of them is killed."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from saldo.declarations.entity import Entity
from saldo.declarations.source import Page, Request
from saldo.errors import Busy, ConfigError
from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.vendors import VENDORS
from saldo.vendors.rows import company_of
from saldo.warehouse import connection as warehouse_connection
from saldo.warehouse.connection import Connection, WarehouseUnavailable, connect
from tests.conftest import Cluster
from tests.maintenance.test_privacy import Psql
from tests.recorded import Recorded
from tests.support import PROJECT, Company, Sandbox, agreement, land, night, proven


class Slow(Recorded):
    """Opens the company, and answers when it is told to."""

    def __init__(self, company: str) -> None:
        super().__init__(Recorded.golden().records)
        self.records["self"] = [{**self.records["self"][0], "agreementNumber": int(company)}]
        self._company = company
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def check_identity(self, known: str | None) -> str:
        return self._company

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        self.is_asked.set()
        assert self.may_answer.wait(60)
        yield from super().pages(entity, request, resume=resume)


class Run(threading.Thread):
    """The landing of an agreement's identity, as a task of its own."""

    def __init__(self, dsn: str, id: str, source: Slow) -> None:
        super().__init__()
        self.error: BaseException | None = None
        self.source, self._dsn, self._of = source, dsn, agreement(id)
        self.pid = 0

    def run(self) -> None:
        try:
            with connect(self._dsn) as connection:
                self.pid = connection.info.backend_pid
                land(connection, self._dsn, self.source, self._of, "self")
        except BaseException as error:
            self.error = error

    def ended(self) -> BaseException | None:
        self.source.may_answer.set()
        self.join(60)
        return self.error


def until_it_waits(connection: Connection, run: Run) -> None:
    """For a lock, or not at all."""
    waits = "select exists (select from pg_locks where locktype = 'advisory' and not granted and pid = %s)"
    while run.is_alive():
        if connection.execute(waits, [run.pid]).fetchone() == (True,):
            return
        time.sleep(0.01)


def started(dsn: str, warehouse: Connection, company: str, name: str) -> tuple[Run, Run]:
    """Two agreements: the first has checked that nobody holds the company, the second wants to."""
    first, second = (Run(dsn, f"{name}_{which}", Slow(company)) for which in ("b", "a"))
    second.source.may_answer.set()
    first.start()
    assert first.source.is_asked.wait(60)
    second.start()
    until_it_waits(warehouse, second)
    return first, second


def test_of_two_that_start_together_the_second_is_refused(dsn: str, warehouse: Connection) -> None:
    first, second = started(dsn, warehouse, "7000001", "together")
    assert first.ended() is None
    error = second.ended()
    assert isinstance(error, ConfigError)
    assert "whose books agreement 'together_b' holds" in str(error)
    assert "nothing is landed" in str(error)
    assert company_of(warehouse, "together_a") is None


def test_of_a_killed_one_the_lock_is_gone(dsn: str, warehouse: Connection) -> None:
    first, second = started(dsn, warehouse, "7000002", "killed")
    warehouse.execute("select pg_terminate_backend(%s)", [first.pid])
    assert second.ended() is None
    assert isinstance(first.ended(), WarehouseUnavailable)
    again = Run(dsn, "killed_b", first.source)
    again.start()
    error = again.ended()
    assert isinstance(error, ConfigError)
    assert "whose books agreement 'killed_a' holds" in str(error)


def test_who_waits_too_long_is_told_what_for(
    dsn: str, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse_connection, "LOCK_WAIT_S", 0.2)
    first, second = started(dsn, warehouse, "7000003", "patient")
    second.join(60)
    assert isinstance(second.error, Busy)
    assert "'patient_a' opens the company 7000003, which another agreement is landing" in str(
        second.error
    )
    assert first.ended() is None
    again = Run(dsn, "patient_a", second.source)
    again.start()
    assert "agreement 'patient_b' holds" in str(again.ended())


@pytest.fixture
def twins(dsn: str, warehouse: Connection, sandbox: Sandbox) -> tuple[Company, Company, Any]:
    """Two that hold one company: as one that takes over does, until that is no longer said."""
    company = sandbox.company("twin", is_ledger_only=True, entries=60)
    assert night(dsn, company).errors == {}
    copy = replace(company, id=f"{company.id}_copy", replaces=company.id)
    client = copy.client(grant=f"sandbox-grant-{company.id}")
    for entity in copy.entities:
        land(warehouse, dsn, client, copy.agreement, entity)
    refresh(warehouse, copy.agreement, RunRequest())
    return company, replace(copy, replaces=None), client


def test_a_twin_is_not_proven_and_its_rows_can_be_removed(
    dsn: str, warehouse: Connection, cluster: Cluster, twins: tuple[Company, Company, Any]
) -> None:
    company, copy, client = twins
    controls = VENDORS["economic"].controls_of(client)
    assert proven(dsn, company).bad == []
    assert proven(dsn, replace(copy, replaces=company.id), controls=controls).bad == []
    told = rf"every amount counts twice.*nothing of it is proven.*`replaces: {company.id}`.*The same books twice"
    with pytest.raises(ConfigError, match=told):
        proven(dsn, copy, controls=controls)
    with pytest.raises(ConfigError, match="nothing more is landed"):
        land(warehouse, dsn, client, copy.agreement, "self", run_id="next")

    page = (PROJECT / "docs" / "moving-an-agreement.md").read_text()
    (removal,) = re.findall(r"```sql\n(-- remove\n.*?)```", page, re.DOTALL)
    before = rows_of(warehouse, company)
    assert rows_of(warehouse, copy) == before > 0
    Psql(cluster, dsn).do(removal, agreement=copy.id)
    assert rows_of(warehouse, copy) == 0
    assert rows_of(warehouse, company) == before
    assert proven(dsn, company).bad == []
    # Nobody holds its books any more, and one that comes back begins anew.
    again = replace(copy, replaces=company.id).agreement
    land(warehouse, dsn, client, again, "self", run_request=RunRequest("full"))
    refresh(warehouse, again, RunRequest())
    assert rows_of(warehouse, copy) == before


def rows_of(connection: Connection, company: Company) -> int:
    """Rows of the mart, whichever column says whose they are."""
    tables = connection.execute(
        "select c.relname, bool_or(a.attname = 'agreement_key') from pg_class as c "
        "inner join pg_attribute as a on a.attrelid = c.oid and a.attname in ('agreement_key', 'agreement_id') "
        "where c.relnamespace = 'mart'::regnamespace and c.relkind = 'r' group by 1"
    ).fetchall()
    total = 0
    for name, has_key in tables:
        whose = "agreement_key = (select key from core.key_map where kind = 'agreement' and source_key = %s)"
        condition = whose if has_key else "agreement_id = %s"
        query = f"select count(*) from mart.{name} where {condition}"
        [(count,)] = connection.execute(query.encode(), [company.id]).fetchall()
        total += count
    return total
