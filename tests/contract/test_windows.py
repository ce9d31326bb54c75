"""What a window does to every entity that has one."""

from __future__ import annotations

from datetime import date

import pytest

from saldo.declarations.entity import Entity
from saldo.run_request import RunRequest
from saldo.warehouse.connection import Connection
from tests.contract.test_entities import (
    ALL,
    UNSEEN_ORPHANS,
    core_rows,
    make_a_row_without_a_record,
    records,
)
from tests.recorded import source_of
from tests.support import agreement, land


@pytest.mark.parametrize(("vendor", "entity"), [one for one in ALL if one.values[1].window])
def test_it_finds_rows_without_a_record(
    vendor: str, entity: Entity, dsn: str, warehouse: Connection
) -> None:
    of = agreement(f"w_{vendor}_{entity.name}"[:40], vendor=vendor)
    source = source_of(vendor, {entity.name: records(vendor, entity)})
    land(warehouse, dsn, source, of, entity.name)
    before = core_rows(warehouse, vendor, entity, of.id)
    assert make_a_row_without_a_record(warehouse, vendor, entity, of.id)
    window = RunRequest("window", window=(date(2000, 1, 1), date(2100, 1, 1)))
    land(warehouse, dsn, source, of, entity.name, run_request=window)
    assert core_rows(warehouse, vendor, entity, of.id) == before
    orphans = core_rows(warehouse, vendor, entity, of.id, is_orphan=True)
    assert orphans
    is_marked = all('"is_deleted": true' in row for row in orphans)
    assert is_marked != ((vendor, entity.name) in UNSEEN_ORPHANS)
