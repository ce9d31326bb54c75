"""What an answer tells beside what it was asked for is used, and asked for where it cannot be right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import pytest

from saldo.declarations.entity import Entity
from saldo.declarations.source import EVERYTHING, Page, Request
from saldo.errors import Unavailable
from saldo.vendors.economic.filters import clauses
from saldo.warehouse.connection import Connection, connect
from saldo.ways.modified_since import MarkedCursor, Since
from tests.recorded import Recorded, Uncounted
from tests.support import Sandbox, agreement, assert_true, land, night


class Telling(Recorded):
    """Its answers to a filter say how many records there are without it, `off` more than there are; it counts
    `lacks` more than it sends."""

    off = lacks = 0

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.counted: list[Request] = []

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        of_all = len(self.records.get(entity.name, [])) + self.off
        for page in super().pages(entity, request, resume=resume):
            yield replace(page, of_all=of_all) if isinstance(request, Since) else page

    def count(self, entity: Entity, request: Request, *, upto: int | None = None) -> int | None:
        if entity.name == "customers":
            self.counted.append(request)
        found = super().count(entity, request, upto=upto)
        return found if found is None or not isinstance(request, Since) else found + self.lacks


def customers(connection: Connection, dsn: str, source: Any, id: str) -> list[str]:
    """Land the customers, and what is live of them then."""
    land(connection, dsn, source, agreement(id), "self")
    land(connection, dsn, source, agreement(id), "customers")
    rows = connection.execute(
        "select source_key from staging.economic_customers where agreement_id = %s and deleted_at is null "
        "order by source_key::integer",
        [id],
    )
    return [row[0] for row in rows]


def told(id: str) -> Telling:
    source = Telling.golden()
    source.records["self"][0]["agreementNumber"] = crc32(id.encode())
    return source


@pytest.mark.parametrize("off", [0, 1, -1])
def test_deletions_are_found_by_what_the_page_says_or_by_asking(
    dsn: str, warehouse: Connection, off: int
) -> None:
    id = f"told_{off % 3}"
    source = told(id)
    before = customers(warehouse, dsn, source, id)
    source.off, source.counted = off, []
    assert customers(warehouse, dsn, source, id) == before
    # What contradicts what is here is never believed, but asked for.
    assert (EVERYTHING in source.counted) == (off != 0)
    # A number that was wrong once is not believed when it happens to fit.
    gone = str(source.records["customers"].pop()["customerNumber"])
    assert customers(warehouse, dsn, source, id) == [one for one in before if one != gone]


def test_a_total_that_is_in_no_answer_any_more_is_gone_the_same_night(
    dsn: str, warehouse: Connection
) -> None:
    """Totals of a year come together; those of its periods, which were not asked for, stay."""
    id, source = "together", Uncounted.golden()
    source.records["self"][0]["agreementNumber"] = crc32(id.encode())

    def live() -> set[str]:
        land(warehouse, dsn, source, agreement(id), "account_totals")
        rows = warehouse.execute(
            "select source_key from staging.economic_account_totals where agreement_id = %s "
            "and deleted_at is null",
            [id],
        )
        return {row[0] for row in rows}

    year = {"1010|2026-01-01|2026-12-31", "5600|2026-01-01|2026-12-31"}
    period = {"5600|2026-03-01|2026-03-31"}
    assert live() == year | period
    totals = source.records["account_totals"]
    source.records["account_totals"] = [
        one for one in totals if one["account"]["accountNumber"] == 5600
    ]
    source.records["account_totals"].pop()  # the period's: nothing that a night reads tells of it
    assert live() == {"5600|2026-01-01|2026-12-31"} | period


def test_parts_are_asked_for_where_their_whole_goes_further(dsn: str, sandbox: Sandbox) -> None:
    """Lines and dimensions missed one night are read the next, although nothing is new by then."""
    company = sandbox.company("numbered", entries=900, customers=20, department_moves=0)
    assert night(dsn, company).errors == {}
    company.next_day()
    parts = ("entry_dimensions", "invoice_lines")
    others = [name for name in company.entities if name not in parts]
    assert night(dsn, company, entities=others).errors == {}
    late = night(dsn, company)
    assert late.errors == {}
    assert all(late.counts[name].inserted for name in parts)
    assert_true(dsn, company)
    quiet = night(dsn, company)
    with connect(dsn) as connection:
        asked = dict(
            connection.execute(
                "select entity, requests from ops.sync_run where agreement_id = %s and run_id = %s",
                [company.id, company.run_id],
            ).fetchall()
        )
    assert quiet.errors == {}
    # Their counts, by which deletions are found, and the log of changes.
    assert [asked[name] for name in parts] == [2, 1]


# --- the overlap of stamps -------------------------------------------------------------------------


class Asked(Telling):
    """Keeps what it was asked for by stamp, and answers as e-conomic is asked to."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.since: list[Since] = []

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        if isinstance(request, Since):
            self.since.append(request)
        return super().pages(entity, request, resume=resume)

    def _asked(self, entity: Entity, request: Request) -> tuple[list[Any], tuple[str, ...]]:
        if not isinstance(request, Since):
            return super()._asked(entity, request)
        [clause] = clauses(entity, request)
        operator, _, bound = clause.removeprefix("lastUpdated$").partition(":")
        is_meant = {"gt": str.__gt__, "gte": str.__ge__}[operator]
        return [one for one in self.records[entity.name] if is_meant(one["lastUpdated"], bound)], ()


def test_what_was_stamped_long_before_it_was_read_is_not_read_again(
    dsn: str, warehouse: Connection
) -> None:
    source = Asked.golden()
    source.records["self"][0]["agreementNumber"] = crc32(b"settled")

    def read() -> int:
        land(warehouse, dsn, source, agreement("settled"), "self")
        return land(warehouse, dsn, source, agreement("settled"), "customers")[1].read

    everybody = source.records["customers"]
    assert read() == len(everybody)
    assert read() == 0
    assert [one.is_settled for one in source.since] == [True]
    # Stamped just now: what is committed late may have a stamp before it, and is looked for until it is settled.
    just_now = datetime.now(UTC).replace(microsecond=0)
    everybody[0].update(name="Nyt navn", lastUpdated=f"{just_now:%Y-%m-%dT%H:%M:%SZ}")
    assert read() == 1
    everybody[1].update(
        name="Sent", lastUpdated=f"{just_now - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
    )
    assert read() == 2
    assert [one.is_settled for one in source.since] == [True, True, False]


@pytest.mark.parametrize(
    ("marker", "hours", "is_settled"),
    [
        ("2026-11-20T08:00:00Z", 49, True),
        ("2026-11-20T08:00:00Z", 47, False),
        ("2026-11-20", 49, True),
        ("2026-11-20T08:00:00Z", None, False),  # written before it was kept
        ("no stamp", 49, False),
        (None, 49, False),
    ],
)
def test_when_a_stamp_is_settled(marker: str | None, hours: int | None, is_settled: bool) -> None:
    at = datetime(2026, 11, 20, 8, tzinfo=UTC)
    read_at = None if hours is None else at + timedelta(hours=hours)
    assert MarkedCursor(marker=marker, read_at=read_at).is_settled is is_settled


def test_a_read_that_is_not_whole_settles_nothing(dsn: str, warehouse: Connection) -> None:
    """What it began is no proof of what it would have seen."""
    source = Asked.golden()
    source.records["self"][0]["agreementNumber"] = crc32(b"unsettled")
    land(warehouse, dsn, source, agreement("unsettled"), "self")
    land(warehouse, dsn, source, agreement("unsettled"), "customers")
    warehouse.execute(
        "update ops.watermark set cursor = cursor - 'read_at' where agreement_id = 'unsettled' and entity = 'customers'"
    )
    source.lacks = 1
    with pytest.raises(Unavailable):
        land(warehouse, dsn, source, agreement("unsettled"), "customers")
    source.lacks = 0
    land(warehouse, dsn, source, agreement("unsettled"), "customers")
    assert [one.is_settled for one in source.since] == [False, False]
    land(warehouse, dsn, source, agreement("unsettled"), "customers")
    assert source.since[-1].is_settled
