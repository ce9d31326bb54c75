"""What every entity must hold, whichever vendor; a new declaration is picked up by itself."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from psycopg import sql

from saldo.declarations.entity import Entity
from saldo.declarations.source import Page
from saldo.run_request import RunRequest
from saldo.staging.records import Decoder
from saldo.transform.headers import core_files, core_transform
from saldo.vendors import SOURCES
from saldo.warehouse import catalogue
from saldo.warehouse.connection import Connection
from tests.contract.places import folder_of
from tests.recorded import source_of
from tests.support import FIXTURES, agreement, land

ALL = [
    pytest.param(vendor, entity, id=f"{vendor}-{entity.name}")
    for vendor, says in SOURCES.items()
    for entity in says.entities
]
FULL = RunRequest("full")
#: Entities whose table of core has no row of its own per record, so that a row without a record is not seen:
#: several entities fill it.
UNSEEN_ORPHANS = {
    *(("economic", name) for name in ("orders", "order_lines", "quotes", "quote_lines")),
    *(("moneybird", name) for name in ("purchase_invoices", "receipts")),
}
pytestmark = pytest.mark.parametrize(("vendor", "entity"), ALL)


def records(vendor: str, entity: Entity) -> list[dict[str, Any]]:
    path = FIXTURES / vendor / f"{entity.name}.json"
    assert path.exists(), f"record a page of {entity.name} in {path}"
    found: list[dict[str, Any]] = json.loads(path.read_text())
    return found


def test_the_fixture_is_as_declared(vendor: str, entity: Entity) -> None:
    page = Page([msgspec.Raw(json.dumps(r).encode()) for r in records(vendor, entity)], None)
    decoder = Decoder(entity, "test")
    keys = [row.source_key for row in decoder.rows(page)]
    assert keys
    assert len(keys) == len(set(keys))
    assert not decoder.drift


def test_it_lands_and_a_second_landing_changes_nothing(
    vendor: str, entity: Entity, dsn: str, warehouse: Connection
) -> None:
    of = agreement(f"c_{vendor}_{entity.name}"[:40], vendor=vendor)
    source = source_of(vendor, {entity.name: records(vendor, entity)})
    _, first = land(warehouse, dsn, source, of, entity.name)
    assert first.inserted == len(records(vendor, entity))
    before = core_rows(warehouse, vendor, entity, of.id)
    assert before
    _, second = land(warehouse, dsn, source, of, entity.name)
    assert second.changed == 0
    assert core_rows(warehouse, vendor, entity, of.id) == before


def test_a_full_landing_leaves_core_as_it_is_but_for_rows_without_a_record(
    vendor: str, entity: Entity, dsn: str, warehouse: Connection
) -> None:
    of = agreement(f"o_{vendor}_{entity.name}"[:40], vendor=vendor)
    source = source_of(vendor, {entity.name: records(vendor, entity)})
    land(warehouse, dsn, source, of, entity.name)
    before = core_rows(warehouse, vendor, entity, of.id)
    has_orphan = make_a_row_without_a_record(warehouse, vendor, entity, of.id)
    land(warehouse, dsn, source, of, entity.name, run_request=FULL)
    live = core_rows(warehouse, vendor, entity, of.id, is_orphan=False)
    assert live == before
    orphans = core_rows(warehouse, vendor, entity, of.id, is_orphan=True)
    if has_orphan:
        is_marked = all('"is_deleted": true' in row for row in orphans)
        assert orphans
        assert is_marked != ((vendor, entity.name) in UNSEEN_ORPHANS)


def test_what_vanished_is_tombstoned_and_comes_back(
    vendor: str, entity: Entity, dsn: str, warehouse: Connection
) -> None:
    kept = records(vendor, entity)
    if len(kept) < 2:
        pytest.skip("a set of one record cannot lose one and stay a set")
    of = agreement(f"t_{vendor}_{entity.name}"[:40], vendor=vendor)
    source = source_of(vendor, {entity.name: kept[:]})
    land(warehouse, dsn, source, of, entity.name)
    everything = core_rows(warehouse, vendor, entity, of.id)
    source.records[entity.name] = kept[1:]
    _, gone = land(warehouse, dsn, source, of, entity.name, run_request=FULL)
    assert gone.deleted == 1
    assert core_rows(warehouse, vendor, entity, of.id) != everything
    source.records[entity.name] = kept
    _, back = land(warehouse, dsn, source, of, entity.name, run_request=FULL)
    assert back.updated == 1
    assert core_rows(warehouse, vendor, entity, of.id) == everything


def test_its_sql_is_a_header_and_one_select(vendor: str, entity: Entity) -> None:
    for transform in core_files(vendor, entity.name):
        assert transform.source == f"staging.{vendor}_{entity.name}"
        assert [name.partition(".")[0] for name in transform.writes] == ["core"]
        assert "from changed as c" in transform.body
        # The statement around it is the writer's, and so is whose rows it sees.
        assert not re.search(r"\b(insert|update|delete|change_seq|staging)\b", transform.body)
        others = transform.reads[1:]
        assert all(table.startswith("core.") for table in others)
        assert others or "agreement_id" not in transform.body


def test_it_is_in_the_vendors_readme(vendor: str, entity: Entity) -> None:
    text = (folder_of(SOURCES[vendor]) / "README.md").read_text()
    assert f"| {entity.name} |" in text


# --- core ----------------------------------------------------------------------------------------

#: In the keys of rows without a record, by type; no fixture has them.
_STRANGE = {"text": "made-up", "integer": -77, "bigint": -77, "date": "1999-01-01"}


def core_rows(
    connection: Connection, vendor: str, entity: Entity, id: str, *, is_orphan: bool = False
) -> list[str]:
    """The core rows of this entity, without their change sequence; is_orphan: those made up instead."""
    table = core_transform(vendor, entity.name).target
    rows = connection.execute(
        f"select (to_jsonb(t) - 'change_seq' - 'agreement_id')::text from {table} as t "
        "where agreement_id = %s order by 1",
        [id],
    )
    strange = [re.compile(rf": {json.dumps(value)}[,}}]") for value in _STRANGE.values()]
    return [row for (row,) in rows if any(s.search(row) for s in strange) == is_orphan]


def make_a_row_without_a_record(
    connection: Connection, vendor: str, entity: Entity, id: str
) -> bool:
    """A copy of a row of core under a key that no record has. False for a table of one row an agreement."""
    table = catalogue.table(connection, core_transform(vendor, entity.name).target)
    key = [name for name in table.key if name != "agreement_id"]
    if not key:
        return False
    kinds = {column.name: column.type for column in table.columns}
    strange = json.dumps({name: _STRANGE[kinds[name]] for name in key if kinds[name] in _STRANGE})
    connection.execute(
        sql.SQL(
            "insert into {t} select (jsonb_populate_record(t, %s::jsonb)).* from {t} as t "
            "where t.agreement_id = %s and not t.is_deleted limit 1"
        ).format(t=table.identifier),
        [strange, id],
    )
    return True
