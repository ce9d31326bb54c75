"""Odd values in fields of every entity, all the way to the mart: each record is in the facts, or set aside by name."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from saldo.declarations.entity import Entity
from saldo.declarations.source import Page
from saldo.errors import BadResponse, SaldoError, Unavailable
from saldo.run_request import RunRequest
from saldo.staging.records import Decoder
from saldo.transform.facts import refresh
from saldo.vendors import SOURCES, VENDORS
from saldo.warehouse.connection import Connection
from tests.recorded import Recorded, key_of
from tests.support import IS_WHOLE_SUITE, agreement, land
from tests.transform.test_set_aside import ODD, Unasked

#: Refreshes of each vendor's books: in each of them every record of every entity has one odd value, another one each time.
ROUNDS = 60 if IS_WHOLE_SUITE else 2


@dataclass(frozen=True)
class Odd:
    field: str
    value: Any


def accepted(entity: Entity, record: dict[str, Any]) -> Iterator[Odd]:
    """What landing takes, in an order of its own: what it refuses is told elsewhere."""
    decoder = Decoder(entity, "odd")
    for field in msgspec.structs.fields(entity.record):
        for value in ODD:
            if field.encode_name in entity.key_parts or record.get(field.encode_name) == value:
                continue
            odd = msgspec.json.encode({**record, field.encode_name: value})
            try:
                decoder.rows(Page([msgspec.Raw(odd)], None))
            except (BadResponse, Unavailable):
                continue
            yield Odd(field.encode_name, value)


def spoilt(entity: Entity, records: list[Any], nth: int) -> tuple[list[Any], dict[str, Odd]]:
    """(the records, key -> what is odd about it)"""
    made, odd = [], {}
    for place, record in enumerate(records):
        chosen = list(accepted(entity, record))
        random.Random(f"{entity.name} {place}").shuffle(chosen)
        if chosen:
            one = odd[key_of(entity, record)] = chosen[nth % len(chosen)]
            record = {**record, one.field: one.value}
        made.append(record)
    return made, odd


@pytest.mark.parametrize("nth", range(ROUNDS))
@pytest.mark.parametrize("vendor", sorted(SOURCES))
def test_an_odd_value_stops_no_facts(
    warehouse: Connection, dsn: str, vendor: str, nth: int
) -> None:
    golden, of = Recorded.golden(vendor).records, agreement(f"odd_{nth}", vendor=vendor)
    odd: dict[str, dict[str, Odd]] = {}
    with warehouse.transaction(force_rollback=True):
        for entity in VENDORS[vendor].entities:
            records = golden.get(entity.name, [])
            if entity.name != VENDORS[vendor].identity:
                records, odd[entity.name] = spoilt(entity, records, nth)
            try:
                with warehouse.transaction():
                    land(warehouse, dsn, Unasked({entity.name: records}), of, entity.name)
            except SaldoError as error:
                assert f"entity {entity.name}" in str(error)
                print("LAND", vendor, nth, entity.name, str(error)[:300])
                land(warehouse, dsn, Unasked({entity.name: golden[entity.name]}), of, entity.name)
        assert refresh(warehouse, of, RunRequest())
        aside = warehouse.execute(
            "select entity, source_key, field, value, reason from ops.set_aside where agreement_id = %s",
            [of.id],
        ).fetchall()
    for row in aside:
        print("ASIDE", [str(x)[:70] for x in row], odd.get(row[0], {}).get(row[1]))
    for entity_name, key, field, _, _ in aside:
        if entity_name in odd:
            assert key in odd[entity_name]
