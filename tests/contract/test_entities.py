"""What every entity must hold, whichever vendor; a new declaration is picked up by itself."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from saldo.declarations.entity import Entity
from saldo.declarations.source import Page
from saldo.staging.records import Decoder
from saldo.transform.headers import core_transform
from saldo.vendors import SOURCES
from saldo.warehouse.connection import Connection
from tests.support import FIXTURES, PROJECT, Recorded, agreement, land

ALL = [
    pytest.param(vendor, entity, id=f"{vendor}-{entity.name}")
    for vendor, says in SOURCES.items()
    for entity in says.entities
]
pytestmark = pytest.mark.parametrize(("vendor", "entity"), ALL)


def records(vendor: str, entity: Entity) -> list[dict[str, object]]:
    path = FIXTURES / vendor / f"{entity.name}.json"
    assert path.exists(), f"record a page of {entity.name} in {path}"
    found: list[dict[str, object]] = json.loads(path.read_text())
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
    of = agreement(f"c_{entity.name}")
    source = Recorded({entity.name: records(vendor, entity)})
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
    from saldo.run_request import RunRequest

    of = agreement(f"o_{entity.name}")
    source = Recorded({entity.name: records(vendor, entity)})
    land(warehouse, dsn, source, of, entity.name)
    before = core_rows(warehouse, vendor, entity, of.id)
    land(warehouse, dsn, source, of, entity.name, run_request=RunRequest("full"))
    assert core_rows(warehouse, vendor, entity, of.id) == before


def test_what_vanished_is_tombstoned_and_comes_back(
    vendor: str, entity: Entity, dsn: str, warehouse: Connection
) -> None:
    from saldo.run_request import RunRequest

    kept = records(vendor, entity)
    if len(kept) < 2:
        pytest.skip("a set of one record cannot lose one and stay a set")
    of, source = agreement(f"t_{entity.name}"), Recorded({entity.name: kept[:]})
    full = RunRequest("full")
    land(warehouse, dsn, source, of, entity.name)
    everything = core_rows(warehouse, vendor, entity, of.id)
    source.records[entity.name] = kept[1:]
    _, gone = land(warehouse, dsn, source, of, entity.name, run_request=full)
    assert gone.deleted == 1
    assert core_rows(warehouse, vendor, entity, of.id) != everything
    source.records[entity.name] = kept
    _, back = land(warehouse, dsn, source, of, entity.name, run_request=full)
    assert back.updated == 1
    assert core_rows(warehouse, vendor, entity, of.id) == everything


def test_its_sql_is_a_header_and_one_select(vendor: str, entity: Entity) -> None:
    transform = core_transform(vendor, entity.name)
    assert transform.source == f"staging.{vendor}_{entity.name}"
    assert [name.partition(".")[0] for name in transform.writes] == ["core"]
    assert "from changed as c" in transform.body
    # The statement around it is the writer's, and so is whose rows it sees.
    assert not re.search(
        r"\b(insert|update|delete|agreement_id|change_seq|staging)\b", transform.body
    )


def test_it_is_in_the_vendors_readme(vendor: str, entity: Entity) -> None:
    text = (PROJECT / "plugins/saldo/vendors" / vendor / "README.md").read_text()
    assert f"| {entity.name} |" in text


def core_rows(connection: Connection, vendor: str, entity: Entity, id: str) -> list[str]:
    """The core rows of this entity, without their change sequence."""
    table = core_transform(vendor, entity.name).target
    rows = connection.execute(
        f"select (to_jsonb(t) - 'change_seq' - 'agreement_id')::text from {table} as t "
        "where agreement_id = %s order by 1",
        [id],
    )
    return [row[0] for row in rows]
