"""A vendor that counts nothing: sets end where their pages end, and full reads find what vanished."""

from __future__ import annotations

import pytest

from saldo.run_request import RunRequest
from saldo.warehouse.connection import Connection
from tests.recorded import Uncounted
from tests.support import ENTITIES, agreement, land


@pytest.mark.parametrize(
    "entity", ["accounts", "customers", "entries", "invoices", "orders", "order_lines"]
)
def test_what_vanished_is_found_when_everything_is_read(
    dsn: str, warehouse: Connection, entity: str
) -> None:
    of, source = agreement(f"n_{entity}"), Uncounted.golden()
    for other in ENTITIES[entity].comes_after:
        land(warehouse, dsn, source, of, other)
    records = source.records[entity]
    _, first = land(warehouse, dsn, source, of, entity)
    assert first.inserted == len(records)
    source.records[entity] = records[1:]
    _, night = land(warehouse, dsn, source, of, entity)
    _, full = land(warehouse, dsn, source, of, entity, run_request=RunRequest("full"))
    assert night.deleted + full.deleted == 1
    assert (night.inserted, full.inserted) == (0, 0)
