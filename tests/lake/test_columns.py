"""From a record's declaration to columns, and from texts to their values."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saldo.declarations.entity import Entity, Record
from saldo.lake.columns import TYPES, Kind, columns_of, hash_of, schema_of
from saldo.lake.conversion import converted
from saldo.staging.number_texts import TextNumber
from saldo.staging.records import ExactNumber, JsonNumber, VendorDate, VendorInstant
from saldo.vendors import SOURCES
from saldo.warehouse.connection import connect
from tests.support import Company, Sandbox, night

from .support import local, names, rows, write

ALL = [(vendor.name, entity) for vendor in SOURCES.values() for entity in vendor.entities]


@pytest.mark.parametrize(("vendor", "entity"), ALL, ids=lambda found: getattr(found, "name", found))
def test_every_entity_has_columns(vendor: str, entity: Entity) -> None:
    """No code of a vendor's own: what is declared is enough, and the key is among it."""
    schema = schema_of(entity.record)
    assert set(entity.key_parts) <= set(schema.names)
    assert schema.names[-4:] == ["mutationType", "mutatedAt", "_agreement_id", "_run_id"]
    assert len(set(schema.names)) == len(schema.names)
    assert all(field.nullable for field in schema)
    keys = {column.name: column.kind for column in columns_of(entity.record)}
    assert all(keys[part] in ("int", "string", "date") for part in entity.key_parts)


class Inside(Record, rename="camel"):
    number: int
    deeper: Record | None = None


class Sample(Record, rename="camel"):
    plain: str
    whole: int
    money: JsonNumber
    text_money: TextNumber | JsonNumber | None
    rate: ExactNumber | None
    text_rate: TextNumber | ExactNumber
    id: int | TextNumber
    mixed: int | str | None
    day: VendorDate | None
    moment: VendorInstant
    flag: bool = False
    inside: Inside | None = None
    list_of: list[Inside] = msgspec.field(default_factory=list)
    whatever: Any = None


def test_declared_types_become_columns_in_their_order() -> None:
    assert [(column.name, column.kind) for column in columns_of(Sample)] == [
        ("plain", "string"), ("whole", "int"), ("money", "money"), ("textMoney", "money"),
        ("rate", "exact"), ("textRate", "exact"), ("id", "int"), ("mixed", "string"), ("day", "date"),
        ("moment", "instant"), ("flag", "bool"), ("inside.number", "int"),
        ("listOf", "string"), ("whatever", "string"),
    ]  # fmt: skip
    schema = schema_of(Sample)
    assert schema.field("money").type == pa.decimal128(19, 4)
    assert schema.field("rate").type == pa.decimal128(38, 10)
    assert schema.field("mutatedAt").type == pa.timestamp("us", tz="UTC")


def test_a_field_named_like_a_column_of_the_lakes_own_is_refused() -> None:
    class Wrong(Record):
        _run_id: str

    with pytest.raises(ValueError, match=r"two columns of the lake are called \['_run_id'\]"):
        columns_of(Wrong)


def test_the_hash_is_of_names_types_and_order() -> None:
    fields = [pa.field("a", pa.int64()), pa.field("b", pa.string())]
    hashes = {
        hash_of(pa.schema(fields)),
        hash_of(pa.schema(fields[::-1])),
        hash_of(pa.schema([pa.field("a", pa.string()), fields[1]])),
        hash_of(pa.schema([*fields, pa.field("c", pa.int64())])),
    }
    assert len(hashes) == 4


def typed(kind: Kind, *texts: str | None) -> list[Any]:
    array, misfits = converted(pa.chunked_array([pa.array(texts, pa.string())]), kind)
    assert array.type == TYPES[kind]
    assert all(array[place].as_py() is None for place in misfits)
    return ["misfit" if n in misfits else value for n, value in enumerate(array.to_pylist())]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("int", "12", 12), ("int", "-9223372036854775808", -(2**63)), ("int", "9223372036854775808", "misfit"),
        ("int", "12.0", 12), ("int", "1.5", "misfit"), ("int", "007", 7), ("int", "abc", "misfit"),
        ("money", "0.1", Decimal("0.1")), ("money", "-12.50", Decimal("-12.5")), ("money", "1e3", Decimal(1000)),
        ("money", "0.30000000000000004", Decimal("0.3")), ("money", "2.00005", Decimal("2.0001")),
        ("money", "-2.00005", Decimal("-2.0001")), ("money", "999999999999999.9999", Decimal("999999999999999.9999")),
        ("money", "1000000000000000", "misfit"), ("money", "5701234567890123456", "misfit"),
        ("money", "999999999999999.99995", "misfit"), ("money", "NaN", "misfit"), ("money", "Infinity", "misfit"),
        ("exact", "0.3333333333", Decimal("0.3333333333")), ("exact", "0.33333333335", Decimal("0.3333333334")),
        ("exact", "5701234567890123456", Decimal("5701234567890123456")),
        ("date", "2024-02-29", date(2024, 2, 29)), ("date", "0001-01-01", date(1, 1, 1)),
        ("date", "2024-02-30", "misfit"), ("date", "", "misfit"),
        ("instant", "2024-03-31T01:30:00+02:00", datetime(2024, 3, 30, 23, 30, tzinfo=UTC)),
        ("instant", "2024-03-31T01:30:00", datetime(2024, 3, 31, 1, 30, tzinfo=UTC)),
        ("instant", "2024-03-31T01:30:00.123456789Z", datetime(2024, 3, 31, 1, 30, 0, 123456, tzinfo=UTC)),
        ("bool", "true", True), ("bool", "false", False), ("bool", "yes", "misfit"),
        ("string", "", ""), ("string", 'a "quote", a\nline', 'a "quote", a\nline'),
    ],
)  # fmt: skip
def test_a_value_is_right_or_a_misfit_whatever_is_beside_it(
    kind: Kind, text: str, expected: Any
) -> None:
    assert typed(kind, text) == [expected]
    fine = {"int": "5", "money": "5.25", "exact": "5.25", "date": "2024-01-01",
            "instant": "2024-01-01T00:00:00Z", "bool": "true", "string": "x"}[kind]  # fmt: skip
    found = typed(kind, fine, None, text, fine)
    assert found[2] == expected
    assert found[0] == found[3] == typed(kind, fine)[0]
    assert found[1] is None


MONEY: Callable[..., Any] = st.decimals(
    min_value=Decimal("-999999999999999.9999"), max_value=Decimal("999999999999999.9999"), places=4
)


@given(st.lists(MONEY, min_size=1, max_size=20))
def test_money_is_exact(values: list[Decimal]) -> None:
    assert typed("money", *(f"{value:f}" for value in values)) == values


def test_what_does_not_fit_is_empty_named_and_stops_nothing(
    dsn: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A bar code typed into an amount: the row is there, the value is not, and everybody is told."""
    company = sandbox.company("misfit", is_ledger_only=True, entries=200)
    entities = ("self", "accounts", "entries")
    night(dsn, company, entities=entities)
    with connect(dsn) as connection:
        key = connection.execute(
            "update staging.economic_entries set payload = payload || %s where source_key = "
            "(select min(source_key) from staging.economic_entries where agreement_id = %s) "
            "and agreement_id = %s returning source_key",
            [json.dumps({"remainder": 5701234567890123456, "text": 'æ "x",\n\\.'}), company.id, company.id],
        ).fetchone()  # fmt: skip
        assert key
    writer = write(dsn, company, local(tmp_path))
    assert f"entries {key[0]}: remainder '5701234567890123456'" in (writer.written.note or "")
    (place,) = (tmp_path / "economic-dev" / company.id / "entries").iterdir()
    found = {str(row["entryNumber"]): row for row in rows([place])}
    assert found[key[0]]["remainder"] is None
    assert found[key[0]]["text"] == 'æ "x",\n\\.'
    assert len(found) == len(rows([place])) > 100
    with connect(dsn) as connection:
        problems = connection.execute(
            "select problems from ops.lake_file where entity = 'entries' and agreement_id = %s",
            [company.id],
        ).fetchone()
    assert problems == ([{"key": key[0], "field": "remainder", "value": "5701234567890123456"}],)


def test_columns_that_change_begin_a_new_set_with_a_note(
    dsn: str, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entities = ("self", "accounts")
    night(dsn, company, entities=entities)
    write(dsn, company, local(tmp_path))

    original = columns_of

    def narrower(record: type[Record]) -> Any:
        return original(record)[:-1] if record.__name__ == "Account" else original(record)

    from saldo.lake import columns, records, writer

    with monkeypatch.context() as patched:
        columns.schema_of.cache_clear()
        patched.setattr(columns, "columns_of", narrower)
        patched.setattr(records, "columns_of", narrower)
        assert writer.schema_of is columns.schema_of
        company.next_day()
        night(dsn, company, entities=entities)
        write(dsn, company, local(tmp_path))
    columns.schema_of.cache_clear()
    found = names(tmp_path, company, "accounts")
    assert [name.split("-")[0] for name in found] == ["full_sync", "full_sync"]
    place = tmp_path / "economic-dev" / company.id / "accounts"
    first, second = (pq.read_schema(place / name) for name in found)
    assert set(first.names) - set(second.names) == {"self"}
    assert len({name.split("-")[0] for name in names(tmp_path, company, "self")}) == 1
    with connect(dsn) as connection:
        notes = connection.execute(
            "select note from ops.lake_file where entity = 'accounts' and agreement_id = %s order by stamp",
            [company.id],
        ).fetchall()
    assert notes[1][0].startswith(
        "the columns are not those of the files before it: self string is gone"
    )


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("drifting", is_ledger_only=True, entries=100)


def test_a_field_nobody_declared_is_no_column(dsn: str, company: Company, tmp_path: Path) -> None:
    """It is in staging, and in the lake from the version on that declares it."""
    company.fault("new_field", match="rest/accounts", times=100)
    night(dsn, company, entities=("self", "accounts"))
    write(dsn, company, local(tmp_path))
    (name,) = names(tmp_path, company, "accounts")
    place = tmp_path / "economic-dev" / company.id / "accounts" / name
    with connect(dsn) as connection:
        fields = connection.execute(
            "select distinct jsonb_object_keys(payload) from staging.economic_accounts where agreement_id = %s",
            [company.id],
        ).fetchall()
    there = pq.read_schema(place).names
    assert {name for (name,) in fields} - set(there)
    assert there == schema_of(dict_of("accounts").record).names


def dict_of(name: str) -> Entity:
    return next(entity for vendor, entity in ALL if vendor == "economic" and entity.name == name)
