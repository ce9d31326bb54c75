"""Odd values in fields of every entity, all the way to the mart: each record is in the facts, or set aside by name."""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from saldo.agreements.agreement import Agreement
from saldo.declarations.entity import Entity
from saldo.declarations.source import Page
from saldo.errors import BadResponse, Unavailable
from saldo.run_request import RunRequest
from saldo.staging.records import Decoder
from saldo.transform.facts import refresh
from saldo.transform.naming import Path
from saldo.vendors import SOURCES, VENDORS
from saldo.warehouse.connection import Connection
from tests.recorded import Recorded, key_of
from tests.support import IS_WHOLE_SUITE, agreement, land
from tests.transform.odd_fields import fields_of, has, is_told, with_value
from tests.transform.test_set_aside import ODD, Unasked

#: Refreshes of each vendor's books: in each of them every record of every entity has one odd value, another one each time.
ROUNDS = 60 if IS_WHOLE_SUITE else 1


@dataclass(frozen=True)
class Odd:
    path: Path
    value: Any

    def of(self, record: Any) -> Any:
        return with_value(record, self.path, self.value)


def is_accepted(decoder: Decoder, record: dict[str, Any], odd: Odd) -> bool:
    """Whether landing takes it; what it refuses is told in other tests."""
    if not has(record, odd.path):
        return False
    spoilt = msgspec.json.encode(odd.of(record))
    try:
        decoder.rows(Page([msgspec.Raw(spoilt)], None))
    except (BadResponse, Unavailable):
        return False
    return True


def spoilt(entity: Entity, records: list[Any], nth: int) -> tuple[list[Any], dict[str, Odd]]:
    """(the records, key -> what is odd about it)"""
    fields = [
        path
        for path in fields_of(entity.record)
        if ".".join(map(str, path)) not in entity.key_parts
    ]
    values = [Odd(path, value) for path in fields for value in ODD]
    random.Random(entity.name).shuffle(values)
    left = itertools.islice(itertools.cycle(values), nth * len(records) * 3, None)
    made, odd, decoder = [], {}, Decoder(entity, "odd")
    for record in records:
        some = itertools.islice(left, len(ODD))
        if one := next((odd for odd in some if is_accepted(decoder, record, odd)), None):
            odd[key_of(entity, record)] = one
            record = one.of(record)
        made.append(record)
    return made, odd


@pytest.mark.parametrize("nth", range(ROUNDS))
@pytest.mark.parametrize("vendor", sorted(SOURCES))
def test_an_odd_value_stops_no_facts(
    warehouse: Connection, dsn: str, vendor: str, nth: int
) -> None:
    golden, of = Recorded.golden(vendor).records, agreement(f"odd_{vendor}_{nth}", vendor=vendor)
    odd: dict[str, dict[str, Odd]] = {}
    for entity in VENDORS[vendor].entities:
        records = golden.get(entity.name, [])
        if entity.name != VENDORS[vendor].identity:
            records, odd[entity.name] = spoilt(entity, records, nth)
        land_or_be_told(warehouse, dsn, entity, records, golden.get(entity.name, []), of)
    assert refresh(warehouse, of, RunRequest())
    rows = warehouse.execute(
        "select entity, source_key, field, value, reason from ops.set_aside where agreement_id = %s",
        [of.id],
    ).fetchall()
    of_core = "select column_name from information_schema.columns where table_schema = 'core'"
    columns = {column for (column,) in warehouse.execute(of_core)}
    for name, key, field, value, reason in rows:
        assert key
        assert field
        assert re.match("is (missing|no |too large for|too long for)", reason)
        if name in odd:
            one = odd[name][key]
            # Or a column, where it is made of several fields.
            assert re.split(r"[.\[]", field)[0] == one.path[0] or field in columns
            assert field in columns or is_told(value, one.value), (name, key, field)


def land_or_be_told(
    connection: Connection,
    dsn: str,
    entity: Entity,
    records: list[Any],
    golden: list[Any],
    of: Agreement,
) -> None:
    """What the whole set does not allow (two of one key, say) is told; the books go on without it."""
    try:
        land(connection, dsn, Unasked({entity.name: records}), of, entity.name)
    except (BadResponse, Unavailable) as error:
        told = str(error)
    else:
        return
    assert f"entity {entity.name}" in told
    # Of another version, where the vendor gives one: else nobody reads it again.
    golden = [{**r, "version": r["version"] + 1} if "version" in r else r for r in golden]
    land(connection, dsn, Unasked({entity.name: golden}), of, entity.name)
