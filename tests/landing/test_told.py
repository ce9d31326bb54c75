"""What an answer tells beside what it was asked for is used, and asked for where it cannot be right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from zlib import crc32

import pytest

from saldo.declarations.entity import Entity
from saldo.declarations.source import EVERYTHING, Page, Request
from saldo.warehouse.connection import Connection, connect
from saldo.ways.modified_since import Since
from tests.recorded import Recorded, Uncounted
from tests.support import Sandbox, agreement, assert_true, land, night


class Telling(Recorded):
    """Its answers to a filter say how many records there are without it, `off` more than there are."""

    off = 0

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
        return super().count(entity, request, upto=upto)


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
