"""Odd values inside records: in the lines, payments, bookings and headers that they hold. Each is stored, or told by field and value;
and then no table shows anything of the record's new state."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from saldo.declarations.entity import Entity
from saldo.run_request import RunRequest
from saldo.transform.naming import Path, shown, value_at
from saldo.vendors import SOURCES, VENDORS
from saldo.warehouse.connection import Connection
from tests.recorded import key_of
from tests.support import FIXTURES, IS_WHOLE_SUITE, agreement, land
from tests.transform.odd_fields import fields_of, has, is_told, with_value
from tests.transform.test_set_aside import ODD, Unasked, refused_by_name
from tests.transform.test_set_aside_whole import tables

#: Landings of each entity; each of them tries another value in every field.
ROUNDS = len(ODD) if IS_WHOLE_SUITE else 1
#: What recorded records have none of.
_PAYMENT = {
    "id": "1", "administration_id": "1", "invoice_type": "Document", "invoice_id": "1", "price": "1.0",
    "price_base": "1.0", "payment_date": "2026-03-01", "financial_account_id": None, "user_id": "1",
    "created_at": "2026-03-01T10:00:00.000Z", "updated_at": "2026-03-01T10:00:00.000Z",
}  # fmt: skip
_FILE = {
    "id": "1", "administration_id": "1", "attachable_id": "1", "attachable_type": "Document", "filename": "a.pdf",
    "content_type": None, "size": 5, "rotation": 0, "created_at": "2026-03-01T10:00:00.000Z",
    "updated_at": "2026-03-01T10:00:00.000Z",
}  # fmt: skip
_LISTS = {"payments": _PAYMENT, "attachments": _FILE}


def inside(entity: Entity) -> list[Path]:
    return [path for path in fields_of(entity.record) if len(path) > 1]


ENTITIES = [
    pytest.param(vendor, entity, nth, id=f"{vendor}-{entity.name}-{nth}")
    for vendor in SOURCES
    for entity in VENDORS[vendor].entities
    if inside(entity) and len(entity.key_parts) == 1 and "." not in entity.key_parts[0]
    if entity.name != VENDORS[vendor].identity
    for nth in range(ROUNDS)
]


def called(entity: Entity, record: Any, number: int) -> Any:
    """A copy with a key of its own, and something in each of its lists."""
    made, [key] = copy.deepcopy(record), entity.key_parts
    name = 990_000_000_000 + number
    made[key] = str(name) if isinstance(made[key], str) else name
    if made.get("invoice_id"):
        made["invoice_id"] = str(name)
    for field, one in _LISTS.items():
        if made.get(field) == []:
            made[field] = [copy.deepcopy(one)]
    return made


def changed(record: Any) -> Any:
    """A copy with one more of all that it holds."""
    made = copy.deepcopy(record)
    for field, held in made.items():
        if isinstance(held, list) and held and isinstance(held[-1], dict) and "id" in held[-1]:
            made[field] = [*held, {**held[-1], "id": f"{held[-1]['id']}99"}]
    if "version" in made:
        made["version"] += 1
    return made


def odd(entity: Entity, records: list[Any], nth: int) -> Iterator[tuple[Any, Any, Path]]:
    """(a record, the same when it is odd, where) of every field inside, one value each."""
    for number, path in enumerate(inside(entity)):
        base = next((r for r in records if has(called(entity, r, 0), path)), None)
        before = base and called(entity, base, number)
        # Of what is taken: every value comes to be tried, round by round.
        first = number + nth
        for value in [*ODD[first % len(ODD) :], *ODD[: first % len(ODD)]] if before else ():
            after = with_value(changed(before), path, value)
            if value is not None and not refused_by_name(entity, str(path[0]), after):
                yield before, after, path
                break


@pytest.mark.parametrize(("vendor", "entity", "nth"), ENTITIES)
def test_an_odd_value_inside_a_record_is_named_and_nothing_of_it_is_shown(
    warehouse: Connection, dsn: str, vendor: str, entity: Entity, nth: int
) -> None:
    of = agreement(f"in_{vendor[:4]}_{entity.name}"[:36] + f"_{nth}", vendor=vendor)
    records = json.loads((FIXTURES / vendor / f"{entity.name}.json").read_text())
    made = list(odd(entity, records, nth))
    assert made

    def night(records: list[Any], mode: str) -> dict[str, list[dict[str, Any]]]:
        source = Unasked({entity.name: records})
        land(warehouse, dsn, source, of, entity.name, run_request=RunRequest(mode))  # type: ignore[arg-type]
        found = tables(warehouse, vendor, entity.name, of.id)
        return {table: [row for (row,) in rows] for table, rows in found.items()}

    before = night([record for record, *_ in made], "auto")
    after = night([record for _, record, _ in made], "full")
    told = {key: said for key, *said in warehouse.execute(
        "select source_key, field, value, reason from ops.set_aside where agreement_id = %s", [of.id]
    )}  # fmt: skip
    for _, record, path in made:
        key, value = key_of(entity, record), value_at(record, path)
        if key not in told:
            continue
        field, said, _ = told[key]
        assert field == shown(record, path), (path, value)
        assert is_told(said, value), path
        for table, rows in before.items():
            was, now = (
                [r for r in some if key in map(str, r.values())] for some in (rows, after[table])
            )
            assert was == now, (table, path, value)
    assert set(told) <= {key_of(entity, record) for _, record, _ in made}
