"""First loads tell how far they are: never further than what is committed, and on from there after a kill."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from saldo.declarations.entity import Entity
from saldo.declarations.source import Page, Request
from saldo.errors import Unavailable
from saldo.lake import LakeWriter
from saldo.run_request import RunRequest
from saldo.runs.progress import Progress, progress_of
from saldo.transform.facts import files_of, refresh
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection, connect
from tests.lake.support import local
from tests.support import Company, Sandbox, land, night

#: Small, so that a few thousand records are many pages and several chunks.
PAGE = 50
ENTRIES = 6_000


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("progress", is_ledger_only=True, entries=ENTRIES, page_size=PAGE)


class Watched:
    """A source that looks, at each page, how far the warehouse says the load is; it ends before page `fails_at`."""

    def __init__(
        self, source: Any, warehouse: Connection, id: str, *, fails_at: int | None = None
    ) -> None:
        self._source, self._warehouse, self._id = source, warehouse, id
        self._fails_at = fails_at
        self.seen: list[tuple[Progress, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        for nth, page in enumerate(self._source.pages(entity, request, resume=resume)):
            if nth == self._fails_at:
                raise Unavailable("the vendor went away")
            self._look(entity.name)
            yield page

    def _look(self, entity: str) -> None:
        """Progress first: what is committed only grows in between."""
        for found in progress_of(self._warehouse, self._id):
            if found.entity == entity and found.done is not None:
                self.seen.append((found, self._staged(entity)))

    def _staged(self, entity: str) -> int:
        [(count,)] = self._warehouse.execute(
            f"select count(*) from staging.economic_{entity} where agreement_id = %s", [self._id]
        ).fetchall()
        return int(count)


def watched(warehouse: Connection, company: Company, **more: Any) -> Watched:
    return Watched(company.client(), warehouse, company.id, **more)


def test_a_first_load_says_how_far_it_is(
    dsn: str, warehouse: Connection, company: Company, worker: Connection
) -> None:
    _land_before(dsn, worker, company)
    source = watched(warehouse, company)
    _, counts = land(worker, dsn, source, company.agreement, "entries")
    assert len(source.seen) > 3
    for found, staged in source.seen:
        assert 0 < (found.done or 0) <= staged
        assert found.total == pytest.approx(counts.read, rel=0.05)
        assert found.is_estimate
        assert not found.is_stale
    dones = [found.done for found, _ in source.seen]
    assert dones == sorted(dones)
    assert progress_of(warehouse, company.id) == []


def test_a_load_that_was_interrupted_goes_on_from_there(
    dsn: str, warehouse: Connection, company: Company, worker: Connection
) -> None:
    _land_before(dsn, worker, company)
    with pytest.raises(Unavailable):
        land(worker, dsn, watched(warehouse, company, fails_at=30), company.agreement, "entries")
    [(done, staged)] = warehouse.execute(
        "select done, (select count(*) from staging.economic_entries as e where e.agreement_id = r.agreement_id) "
        "from ops.sync_run as r where agreement_id = %s and entity = 'entries'",
        [company.id],
    ).fetchall()
    assert 0 < done <= staged < ENTRIES
    source = watched(warehouse, company)
    land(worker, dsn, source, company.agreement, "entries")
    first, staged = source.seen[0]
    assert staged >= (first.done or 0) > done
    assert first.total == pytest.approx(ENTRIES, rel=0.1)


def test_a_set_without_announcement_is_counted_once(
    dsn: str,
    warehouse: Connection,
    company: Company,
    worker: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _land_before(dsn, worker, company)
    monkeypatch.setattr("saldo.vendors.economic.ranges._ranges", lambda *_: None)
    monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)
    source = watched(warehouse, company)
    _, counts = land(worker, dsn, source, company.agreement, "entries")
    totals = {found.total for found, _ in source.seen if (found.done or 0) > 1_000}
    assert totals == {counts.read}


def test_a_set_that_is_read_again_expects_what_is_there(
    dsn: str, warehouse: Connection, company: Company, worker: Connection
) -> None:
    night(dsn, company)
    source = watched(warehouse, company)
    land(worker, dsn, source, company.agreement, "accounts")
    for found, staged in source.seen:
        assert (found.done or 0) <= staged
        assert found.total is not None


def test_facts_and_lake_tell_what_they_are_at(
    dsn: str, worker: Connection, company: Company, tmp_path: Path
) -> None:
    night(dsn, company)
    heard: list[tuple[int, int, str]] = []
    refresh(worker, company.agreement, RunRequest("full"), tell=lambda *told: heard.append(told))
    tables = [*files_of(VENDORS["economic"])]
    assert heard == [(nth, len(tables), name) for nth, name in enumerate(tables)]
    heard.clear()
    LakeWriter(
        worker, local(tmp_path), company.agreement, environment="dev", run_id="lake", run_request=RunRequest(),
        kept_since=None, now=datetime.now(UTC), tell=lambda *told: heard.append(told),
    ).run()  # fmt: skip
    wanted = [entity.name for entity in VENDORS["economic"].wanted(company.agreement)]
    assert heard == [(nth, len(wanted), name) for nth, name in enumerate(wanted)]


def _land_before(dsn: str, worker: Connection, company: Company) -> None:
    for entity in company.entities[: company.entities.index("entries")]:
        land(worker, dsn, company.client(), company.agreement, entity)


@pytest.fixture
def worker(dsn: str) -> Iterator[Connection]:
    with connect(dsn) as connection:
        yield connection
