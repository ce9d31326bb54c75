"""What Postgres says of its tables."""

from __future__ import annotations

import pytest

from saldo.errors import ConfigError
from saldo.warehouse import catalogue
from saldo.warehouse.connection import Connection, connect


@pytest.fixture(scope="module", autouse=True)
def _shelf(dsn: str) -> None:
    with connect(dsn) as connection:
        connection.execute(
            "create table core.shelf (id bigint generated always as identity, place text not null, "
            "agreement_id text not null, note text, label text default 'none' not null, gone integer, "
            "primary key (agreement_id, place), unique (id), unique (label) deferrable)"
        )
        connection.execute("alter table core.shelf drop column gone")
        connection.execute("create unique index on core.shelf (note) where place <> ''")
        connection.execute("comment on table core.shelf is 'A shelf.'")
        connection.execute("comment on column core.shelf.place is 'Where it is.'")
        connection.execute("create view core.place as select place from core.shelf")


def test_columns_come_in_their_order_with_what_is_said_of_them(warehouse: Connection) -> None:
    shelf = catalogue.table(warehouse, "core.shelf")
    assert shelf.columns == (
        catalogue.Column("id", "bigint", True, True, ""),
        catalogue.Column("place", "text", True, False, "Where it is."),
        catalogue.Column("agreement_id", "text", True, False, ""),
        catalogue.Column("note", "text", False, False, ""),
        catalogue.Column("label", "text", True, True, ""),
    )
    assert (shelf.full_name, shelf.comment, shelf.is_view) == ("core.shelf", "A shelf.", False)


def test_the_key_comes_in_its_own_order(warehouse: Connection) -> None:
    assert catalogue.table(warehouse, "core.shelf").key == ("agreement_id", "place")


def test_unique_is_what_an_index_keeps_so_for_all_rows_at_once(warehouse: Connection) -> None:
    unique = catalogue.table(warehouse, "core.shelf").unique
    assert unique == {frozenset({"agreement_id", "place"}), frozenset({"id"})}


def test_a_column_is_required_when_its_constraint_holds_for_all_rows(
    warehouse: Connection,
) -> None:
    warehouse.execute("alter table core.shelf add constraint noted not null note not valid")
    assert not _column(warehouse, "note").is_required
    warehouse.execute("delete from core.shelf")
    warehouse.execute("alter table core.shelf validate constraint noted")
    assert _column(warehouse, "note").is_required
    warehouse.execute("alter table core.shelf drop constraint noted")


def test_a_migration_between_two_questions_is_seen(warehouse: Connection) -> None:
    before = catalogue.table(warehouse, "core.shelf").names
    warehouse.execute("alter table core.shelf add column colour text")
    assert catalogue.table(warehouse, "core.shelf").names == (*before, "colour")
    warehouse.execute("alter table core.shelf drop column colour")


def test_views_come_after_tables(warehouse: Connection) -> None:
    found = catalogue.tables(warehouse, "core", "mart")
    marks = [table.is_view for table in found.values()]
    assert marks == sorted(marks)
    assert found["core.place"].is_view
    assert found["core.place"].key == ()
    assert found["mart.fact_journal_entries"].key == ("journal_entry_key",)


def test_a_table_that_is_not_there_is_said(warehouse: Connection) -> None:
    with pytest.raises(ConfigError, match=r"no table core\.nothing: write a migration"):
        catalogue.table(warehouse, "core.nothing")


def _column(connection: Connection, name: str) -> catalogue.Column:
    columns = catalogue.table(connection, "core.shelf").columns
    return next(column for column in columns if column.name == name)
