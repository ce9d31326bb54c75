"""What Postgres cannot store is the record's trouble, by name, and never an outage of the warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from saldo.declarations.entity import Entity
from saldo.declarations.source import Page, Request
from saldo.errors import BadResponse, DataRejected
from saldo.operators.retry import is_hopeless
from saldo.warehouse.connection import Connection, WarehouseUnavailable, connect, translated
from tests.recorded import Recorded
from tests.support import FIXTURES, agreement, land, random_text


class Odd(Recorded):
    """In place of "?" stands what no program of ours would write."""

    odd = b"1e200000"

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        for page in super().pages(entity, request, resume=resume):
            records = [msgspec.Raw(bytes(one).replace(b'"?"', self.odd)) for one in page.records]
            yield Page(records, page.next, deleted=page.deleted)


def accounts(*, number: int, **more: Any) -> list[dict[str, Any]]:
    records = json.loads((FIXTURES / "economic" / "accounts.json").read_text())
    return [r | more if r["accountNumber"] == number else r for r in records]


@pytest.mark.parametrize("odd", [b"1e200000", b"-9" + b"9" * 140_000])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_number_that_postgres_does_not_take_is_named(
    warehouse: Connection, dsn: str, odd: bytes, is_first: bool
) -> None:
    """In a field that nobody declared, at which no decoder looks."""
    of = agreement("unstorable")
    number = accounts(number=0)[-2]["accountNumber"]
    source = Odd({"accounts": accounts(number=number, mystery="?")})
    source.odd = odd
    with warehouse.transaction(force_rollback=True):
        if not is_first:
            land(warehouse, dsn, Recorded({"accounts": accounts(number=0)}), of, "accounts")
        with pytest.raises(BadResponse) as caught:
            land(warehouse, dsn, source, of, "accounts")
    told = str(caught.value)
    assert f"entity accounts: record accountNumber={number}: mystery ({odd[:8].decode()}" in told
    assert "cannot be stored (value overflows numeric format)" in told


def test_a_key_that_fits_no_index_is_no_outage(warehouse: Connection, dsn: str) -> None:
    [first, *rest] = json.loads((FIXTURES / "economic" / "vat_accounts.json").read_text())
    odd = Recorded({"vat_accounts": [*rest, {**first, "vatCode": random_text(3_000)}]})
    with warehouse.transaction(force_rollback=True), pytest.raises(BadResponse) as caught:
        land(warehouse, dsn, odd, agreement("long_key"), "vat_accounts")
    assert "entity vat_accounts: record vatCode=" in str(caught.value)
    assert "has a key of 3000 letters" in str(caught.value)


def test_what_fits_no_index_is_not_tried_again(dsn: str) -> None:
    """Wherever it comes from: psycopg calls it an operational error."""
    with connect(dsn) as connection:
        connection.execute("create temporary table narrow (key text primary key)")
        with (
            pytest.raises(DataRejected, match="cannot store what it was given") as caught,
            translated(),
        ):
            connection.execute("insert into narrow values (%s)", [random_text(9_000)])
    assert is_hopeless(caught.value)
    assert "Postgres runs" not in str(caught.value)


def test_an_outage_is_still_one(dsn: str) -> None:
    with connect(dsn) as connection, connect(dsn) as other:
        other.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])
        with pytest.raises(WarehouseUnavailable, match="Check that Postgres runs"), translated():
            connection.execute("select 1")


def test_what_is_locked_stays_as_it_is() -> None:
    with pytest.raises(psycopg.errors.LockNotAvailable), translated():
        raise psycopg.errors.LockNotAvailable("locked")
