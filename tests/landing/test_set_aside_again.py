"""What core could not hold is read again by its key: at the vendor a correction need not move a mark, a count or a sum."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saldo.declarations.entity import Entity
from saldo.declarations.source import Keys, Request
from saldo.landing.context import WarehouseContext
from saldo.run_request import RunRequest
from saldo.warehouse.connection import Connection
from tests.recorded import Recorded, key_of
from tests.support import ENTITIES, Company, Sandbox, agreement, land, night

#: Of vendors whose records say by themselves that they changed nothing is missed; these are the others of e-conomic.
#: Entity -> what of a record is corrected, and of which one: one that no ordinary night looks at.
UNMARKED: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "entries": ("text", "corrected", {"entryNumber": 34}),
    "entry_dimensions": ("dimensionKey", 6, {"entryNumber": 31, "dimensionNumber": 2}),
    "invoices": ("roundingAmount", 0.01, {"remainder": 0.0}),
    "invoice_lines": ("description", "corrected", {"documentId": 1003, "number": 99}),
    "orders": ("roundingAmount", 0.01, {"orderNumber": 1}),
    "order_lines": ("description", "corrected", {"orderNumber": 1}),
    "quotes": ("roundingAmount", 0.01, {"quoteNumber": 300}),
    "quote_lines": ("description", "corrected", {"quoteNumber": 300}),
    "documents": ("accountingYear", "2025", {"number": 902}),
    "account_totals": ("totalInBaseCurrency", 1.0, {"fromDate": "2025-01-01"}),
}
_ids = itertools.count(1)


class Asked(Recorded):
    """Notes what it is asked of one entity."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.requests: list[tuple[str, Request]] = []

    def _asked(self, entity: Entity, request: Request) -> tuple[list[Any], tuple[str, ...]]:
        self.requests.append((entity.name, request))
        return super()._asked(entity, request)


class Books:
    """Recorded books that have landed once; nights go on for a year, and never read everything."""

    def __init__(self, connection: Connection, dsn: str) -> None:
        self.connection, self._dsn, self.source = connection, dsn, Asked.golden()
        self.agreement = agreement(f"again{next(_ids)}", full_refresh="never")
        totals = self.source.records["account_totals"]
        totals.append({**totals[0], "fromDate": "2025-01-01", "toDate": "2025-12-31"})
        self._now = datetime.now(UTC)

    def land(
        self, *entities: str, run_request: RunRequest | None = None
    ) -> list[tuple[str, Request]]:
        """A night of some entities; returns what the vendor was asked."""
        self._now, self.source.requests = self._now + timedelta(days=1), []
        for entity in entities:
            land(
                self.connection, self._dsn, self.source, self.agreement, entity,
                run_id=f"{self._now:%F}", now=self._now, run_request=run_request,
            )  # fmt: skip
        return self.source.requests

    def record(self, entity: str, of: dict[str, Any]) -> dict[str, Any]:
        records = self.source.records[entity]
        return next(one for one in records if of.items() <= one.items())  # type: ignore[no-any-return]

    def set_aside(self, entity: str, *keys: str) -> None:
        for key in keys:
            self.connection.execute(
                "insert into ops.set_aside (agreement_id, entity, source_key, field, value, reason, first_seen_at, "
                "change_seq) values (%s, %s, %s, 'amount', '1e30', 'is too large', now(), 0)",
                [self.agreement.id, entity, key],
            )

    def staged(self, entity: str, key: str, field: str) -> Any:
        row = self.connection.execute(
            f"select payload -> %s from staging.economic_{entity} "
            "where agreement_id = %s and source_key = %s and deleted_at is null",
            [field, self.agreement.id, key],
        ).fetchone()
        return row and row[0]

    def aside(self) -> list[tuple[str, str]]:
        return self.connection.execute(
            "select entity, source_key from ops.set_aside where agreement_id = %s order by 1, 2",
            [self.agreement.id],
        ).fetchall()


@pytest.fixture
def books(warehouse: Connection, dsn: str) -> Books:
    return Books(warehouse, dsn)


def chain(entity: str) -> tuple[str, ...]:
    """An entity, after the one whose parts it holds, or that it is compared with."""
    before = "unpaid_invoices" if entity == "invoices" else ENTITIES[entity].reads.whole
    return (before, entity) if before else (entity,)


@pytest.mark.parametrize("entity", UNMARKED)
def test_what_is_corrected_without_a_mark_is_there_the_next_night(
    books: Books, entity: str
) -> None:
    field, value, of = UNMARKED[entity]
    books.land(*chain(entity))
    record = books.record(entity, of)
    key, before = key_of(ENTITIES[entity], record), record[field]
    record[field] = value
    books.land(*chain(entity))
    assert books.staged(entity, key, field) == before, (
        "an ordinary night sees it: nothing is tested"
    )
    books.set_aside(entity, key)
    books.land(*chain(entity))
    assert books.staged(entity, key, field) == value
    assert books.aside() == []


@pytest.mark.parametrize("entity", UNMARKED)
def test_a_night_without_anything_set_aside_asks_for_nothing_by_key(
    books: Books, entity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.land(*chain(entity))
    looks, look = [], WarehouseContext.set_aside

    def noted(context: WarehouseContext) -> list[str]:
        looks.append(context.entity.name)
        return look(context)

    monkeypatch.setattr(WarehouseContext, "set_aside", noted)
    quiet = books.land(*chain(entity))
    assert not [one for _, one in quiet if isinstance(one, Keys) and one.keys]
    assert looks.count(entity) == 1
    assert max(looks.count(one) for one in chain(entity)) == 1


def test_what_was_read_anyway_is_not_asked_for_once_more(books: Books) -> None:
    books.land("orders")
    quiet = books.land("orders")
    books.set_aside("orders", "3")  # a draft: its list is read every night
    assert books.land("orders") == quiet


def test_of_many_a_hundred_are_read_again_in_a_run_and_others_in_the_next(books: Books) -> None:
    first = books.record("entries", {"entryNumber": 34})
    books.source.records["entries"] += [{**first, "entryNumber": 100 + n} for n in range(300)]
    books.land("entries")
    books.set_aside("entries", *(str(100 + n) for n in range(300)))
    asked = [
        {key for _, one in books.land("entries") if isinstance(one, Keys) for key in one.keys}
        for _ in range(2)
    ]
    assert [len(keys) for keys in asked] == [100, 100]
    assert asked[0] != asked[1]


def test_one_that_is_gone_at_the_vendor_is_gone_here_and_not_set_aside(books: Books) -> None:
    books.land("invoices", "invoice_lines")
    lines = books.source.records["invoice_lines"]
    gone = books.record("invoice_lines", {"documentId": 1003, "number": 99})
    lines.remove(gone)
    lines.append({**gone, "number": 98})  # the count is as it was
    books.set_aside("invoice_lines", "1003|99")
    books.land("invoices", "invoice_lines")
    assert books.staged("invoice_lines", "1003|99", "description") is None
    assert books.staged("invoice_lines", "1003|98", "description") == gone["description"]
    assert books.aside() == []


def test_a_vendor_answers_for_all_of_them(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    """Over a socket, in the vendor's own filters; what differs there is not set aside any more."""
    company = sandbox.company("again", entries=400, customers=30, suppliers=10)
    chosen = [name for name in ENTITIES if name in {"self", "unpaid_invoices", *UNMARKED}]
    assert night(dsn, company, entities=chosen).errors == {}
    for entity in UNMARKED:
        warehouse.execute(
            "insert into ops.set_aside (agreement_id, entity, source_key, field, value, reason, first_seen_at, change_seq) "
            "select agreement_id, %s, source_key, 'amount', '1e30', 'is too large', now(), 0 "
            f"from staging.economic_{entity} where agreement_id = %s order by source_key limit 3",
            [entity, company.id],
        )
        warehouse.execute(
            f"update staging.economic_{entity} as s set payload_hash = %s from ops.set_aside as a "
            "where s.agreement_id = %s and a.agreement_id = s.agreement_id and a.source_key = s.source_key",
            [b"another", company.id],
        )
    assert aside_of(warehouse, company) == {*UNMARKED}
    assert night(dsn, company, entities=chosen).errors == {}
    assert aside_of(warehouse, company) == set()


def aside_of(connection: Connection, company: Company) -> set[str]:
    rows = connection.execute(
        "select distinct entity from ops.set_aside where agreement_id = %s", [company.id]
    )
    return {entity for (entity,) in rows}
