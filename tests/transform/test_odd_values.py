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
from saldo.transform.headers import core_transform
from saldo.transform.naming import Path, value_at
from saldo.vendors import SOURCES, VENDORS, entity_of
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


# --- texts without a letter ------------------------------------------------------------------------

EMPTY = ("", "  ")
#: Of the company itself: nothing is shown of books without a currency.
_KEPT = {"settings.baseCurrency"}
#: A year or a month more would share its days with another.
_IN_PLACE = ("accounting_years", "periods")
_NUMBERS = itertools.count(990_000_000_000)


def texts_of(entity: Entity, record: dict[str, Any]) -> list[Path]:
    """The fields of a record in which landing takes a text without a letter."""
    decoder = Decoder(entity, "empty")
    return [
        path
        for path in fields_of(entity.record)
        if (name := ".".join(map(str, path))) not in entity.key_parts
        and name not in _KEPT
        and is_accepted(decoder, record, Odd(path, ""))
    ]


def called(entity: Entity, record: Any, number: int) -> Any:
    """The same with a key of its own, and so all that it holds."""
    path = tuple(entity.key_parts[0].split("."))
    is_text = isinstance(value_at(record, path), str)
    made = with_value(record, path, str(number) if is_text else number)
    parts = (part for held in made.values() if isinstance(held, list) for part in held)
    for place, part in enumerate(parts):
        if isinstance(part, dict) and "id" in part:
            part["id"] = f"{number}{place}"
    return made


def emptied(entity: Entity, records: list[Any], *, is_alone: bool) -> list[Any]:
    """The records, for each field another one with nothing in it, and one with nothing in all of them; is_alone: the last
    alone, in place of the first."""
    named = {path: record for record in records for path in texts_of(entity, record)}
    whole = records[0]
    for path in texts_of(entity, whole):
        whole = with_value(whole, path, "")
    if is_alone or entity.name in _IN_PLACE:
        return [whole, *records[1:]]
    singly = [with_value(record, path, value) for path, record in named.items() for value in EMPTY]
    return [*records, *(called(entity, record, next(_NUMBERS)) for record in [whole, *singly])]


@pytest.mark.parametrize("vendor", sorted(SOURCES))
def test_a_text_without_a_letter_is_none(warehouse: Connection, dsn: str, vendor: str) -> None:
    golden, of = Recorded.golden(vendor).records, agreement(f"empty_{vendor}", vendor=vendor)
    for entity in VENDORS[vendor].entities:
        is_alone = entity.name == VENDORS[vendor].identity
        records = golden.get(entity.name, [])
        records = records and emptied(entity, records, is_alone=is_alone)
        land(warehouse, dsn, Unasked({entity.name: records}), of, entity.name)
    refresh(warehouse, of, RunRequest())
    assert texts_without_a_letter(warehouse, of.id) == []
    reasons = warehouse.execute(
        "select distinct reason from ops.set_aside where agreement_id = %s", [of.id]
    ).fetchall()
    assert {reason for (reason,) in reasons} <= {"is missing"}


def texts_without_a_letter(connection: Connection, agreement_id: str) -> list[str]:
    """The columns of core and mart in which the agreement has one."""
    columns = connection.execute(
        "select c.table_schema, c.table_name, c.column_name, o.column_name from information_schema.columns as c "
        "inner join information_schema.tables as t using (table_schema, table_name) "
        "inner join information_schema.columns as o using (table_schema, table_name) "
        "where t.table_type = 'BASE TABLE' and c.table_schema in ('core', 'mart') and c.data_type = 'text' "
        "and o.column_name = case c.table_schema when 'core' then 'agreement_id' else 'agreement_key' end"
    ).fetchall()
    assert len(columns) > 300
    of = "(select k.agreement_key from mart.dim_agreement as k where k.agreement_id = %(id)s)"
    found = []
    for schema, table, column, owner in columns:
        mine = "%(id)s" if owner == "agreement_id" else of
        query = f"select from {schema}.{table} as t where t.{owner} = {mine} and btrim(t.{column}) = '' limit 1"
        if connection.execute(query.encode(), {"id": agreement_id}).rowcount:
            found.append(f"{schema}.{table}.{column}")
    return found


#: Whose members are shown by name.
_NAMED = {
    "xledger": ("customers", "suppliers", "employees", "projects", "object_values", "object_kinds"),
    "moneybird": ("contacts", "ledger_accounts", "tax_rates", "projects", "financial_accounts"),
    "economic": (
        "accounts", "customers", "suppliers", "departments", "employees", "journals", "payment_terms", "products", "units",
        "vat_accounts",
    ),
}  # fmt: skip


@pytest.mark.parametrize("value", EMPTY)
@pytest.mark.parametrize(
    ("vendor", "entity"), [(vendor, entity) for vendor, of in _NAMED.items() for entity in of]
)
def test_who_has_no_name_is_called_by_the_key(
    warehouse: Connection, dsn: str, vendor: str, entity: str, value: str
) -> None:
    declared, record = entity_of(vendor, entity), Recorded.golden(vendor).records[entity][0]
    for path in texts_of(declared, record):
        record = with_value(record, path, value)
    of = agreement(f"nameless_{len(value)}_{vendor}_{entity}", vendor=vendor)
    with warehouse.transaction(force_rollback=True):
        land(warehouse, dsn, Unasked({entity: [record]}), of, entity)
        table = core_transform(vendor, entity).target
        query = f"select t.name, to_jsonb(t) ->> 'code' from {table} as t where t.agreement_id = %s"
        found = warehouse.execute(query.encode(), [of.id]).fetchall()
    assert found == [(key_of(declared, record), None)]
