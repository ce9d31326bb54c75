"""Words that a vendor adds to a list of its own: noted and kept, in every field that holds one."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
import pytest

from saldo.declarations.entity import Entity, Record
from saldo.declarations.source import Page
from saldo.errors import BadResponse
from saldo.staging.open_lists import known_words, places
from saldo.staging.records import Decoder
from saldo.vendors import SOURCES
from saldo.ways.snapshot import Snapshot
from tests.support import FIXTURES


class Shelf(Record):
    number: int
    kind: Literal["wood", "steel"]
    level: Literal[1, 2] | None = None


SHELVES = Entity("shelves", path="shelves", record=Shelf, key="number", reads=Snapshot())


def page(*records: dict[str, Any]) -> Page:
    return Page([msgspec.Raw(json.dumps(record).encode()) for record in records], None)


def test_a_new_word_is_noted_and_counted() -> None:
    decoder = Decoder(SHELVES, "here")
    rows = decoder.rows(
        page(
            {"number": 1, "kind": "wood"},
            {"number": 2, "kind": "glass"},
            {"number": 3, "kind": "glass", "level": 3},
            {"number": 4, "kind": "steel", "level": 2},
        )
    )
    assert [row.source_key for row in rows] == ["1", "2", "3", "4"]
    assert decoder.drift == {"kind=glass": 2, "level=3": 1}
    decoder.rows(page({"number": 5, "kind": "glass"}, {"number": 6, "kind": "wood"}))
    assert decoder.drift == {"kind=glass": 3, "level=3": 1}


DRIFT = [{"number": n, "kind": "wood", "colour": 1} for n in range(60)]
WOOD = [{"number": n, "kind": "wood", "colour": 1} for n in range(101, 300)]


def test_a_word_in_the_first_record_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where only the first record of a part is looked at alone, the others are still decoded together."""
    decoder = Decoder(SHELVES, "here")
    decoder.rows(page(*DRIFT))
    monkeypatch.setattr(decoder, "_one_by_one", lambda payloads: pytest.fail("one by one"))
    rows = decoder.rows(page({"number": 100, "kind": "glass"}, *WOOD))
    assert len(rows) == 200
    assert decoder.drift["kind=glass"] == 1


@pytest.mark.parametrize("place", [0, 1, 199])
def test_a_word_makes_no_unknown_field_count_twice(place: int) -> None:
    decoder = Decoder(SHELVES, "here")
    decoder.rows(page(*DRIFT))
    before = decoder.drift["colour"]
    glass = {"number": 100, "kind": "glass", "colour": 1}
    decoder.rows(page(*WOOD[:place], glass, *WOOD[place:]))
    assert decoder.drift == {"colour": before + 1, "kind=glass": 1}


def test_it_is_the_runs_word_and_no_declaration_of_others() -> None:
    Decoder(SHELVES, "here").rows(page({"number": 1, "kind": "glass"}))
    another = Decoder(SHELVES, "there")
    another.rows(page({"number": 1, "kind": "wood"}))
    assert not another.drift


@pytest.mark.parametrize(
    "value", [None, 7, True, ["wood"], {"of": "wood"}, "a" * 61, 1.5], ids=repr
)
def test_what_is_no_word_is_not_as_declared(value: Any) -> None:
    with pytest.raises(BadResponse, match="record number=1 is not as declared"):
        Decoder(SHELVES, "here").rows(page({"number": 1, "kind": value}))


def test_a_field_whose_words_never_end_is_no_list() -> None:
    with pytest.raises(BadResponse, match="record number=20 is not as declared"):
        Decoder(SHELVES, "here").rows(page(*({"number": n, "kind": f"w{n}"} for n in range(40))))


LISTS = [
    pytest.param(vendor, entity, field, id=f"{name}-{entity.name}-{field.encode_name}")
    for name, vendor in SOURCES.items()
    for entity in vendor.entities
    for field in msgspec.structs.fields(entity.record)
    if get_origin(field.type) is Literal
]


@pytest.mark.parametrize(("vendor", "entity", "field"), LISTS)
def test_every_list_of_words_takes_another_one(vendor: Any, entity: Entity, field: Any) -> None:
    [*words] = get_args(field.type)
    new = "somethingNew" if isinstance(words[0], str) else max(words) + 1
    records = json.loads((FIXTURES / vendor.name / f"{entity.name}.json").read_text())
    changed = [{**records[0], field.encode_name: new}, *records[1:]]
    decoder = Decoder(entity, "here")
    assert len(decoder.rows(page(*changed))) == len(records)
    assert decoder.drift == {f"{field.encode_name}={new}": 1}


class Box(Record):
    material: Annotated[str, known_words("WOOD|.*STEEL")] | None


class Room(Record):
    number: int
    boxes: list[Box]
    best: Box | None = None


ROOMS = Entity("rooms", path="rooms", record=Room, key="number", reads=Snapshot())


def room(number: int, *materials: str | None) -> dict[str, Any]:
    boxes = [{"material": one} for one in materials]
    return {"number": number, "boxes": boxes, "best": boxes[0] if boxes else None}


def test_words_of_parts_are_noted_with_their_place() -> None:
    decoder = Decoder(ROOMS, "here")
    decoder.rows(page(room(1, "WOOD", "GLASS"), room(2, None, "NEW_STEEL", "GLASS"), room(3)))
    assert decoder.drift == {"boxes.material=GLASS": 2}
    decoder.rows(page(room(4, "GLASS", "w" * 61), {"number": 5, "boxes": []}))
    assert decoder.drift == {"boxes.material=GLASS": 3, "best.material=GLASS": 1}


def test_a_list_that_nobody_documents_has_no_end_and_refuses_nothing() -> None:
    decoder = Decoder(ROOMS, "here")
    assert len(decoder.rows(page(*(room(n, f"w{n}") for n in range(1_000))))) == 1_000
    decoder.rows(page(room(1_001, "w1")))
    assert decoder.drift == {
        f"{place}.material=w{n}": 2 if n == 1 else 1
        for place in ("boxes", "best")
        for n in range(20)
    }


OPEN = [
    pytest.param(vendor.name, entity, name, id=f"{vendor.name}-{entity.name}-{name}")
    for vendor in SOURCES.values()
    for entity in vendor.entities
    for name in places(entity.record)
]
#: What core makes something of, inside a part of a record.
INSIDE = {
    ("xledger", "transactions", "header.transactionSource.code"),
    ("xledger", "ar_transactions", "slTransactionType.name"),
    ("xledger", "ap_transactions", "slTransactionType.name"),
    ("xledger", "periods", "periodStatus.name"),
    ("moneybird", "financial_mutations", "payments.invoice_type"),
}


def test_what_core_knows_inside_a_record_is_such_a_word() -> None:
    found = {(vendor, entity.name, name) for vendor, entity, name in (p.values for p in OPEN)}
    assert found >= INSIDE


@pytest.mark.parametrize(("vendor", "entity", "name"), OPEN)
def test_every_open_list_notes_another_word(vendor: str, entity: Entity, name: str) -> None:
    records = json.loads((FIXTURES / vendor / f"{entity.name}.json").read_text())
    before = Decoder(entity, "here")
    before.rows(page(*records))
    assert not before.drift
    assert change(records, name.split("."))
    decoder = Decoder(entity, "here")
    assert len(decoder.rows(page(*records))) == len(records)
    assert decoder.drift == {f"{name}=SOMETHING_NEW": 1}


def change(part: Any, way: list[str]) -> bool:
    """Put a new word where `way` first leads to one; returns whether it does."""
    if isinstance(part, list):
        return any(change(one, way) for one in part)
    if not isinstance(part, dict):
        return False
    if len(way) > 1:
        return change(part[way[0]], way[1:])
    part[way[0]] = "SOMETHING_NEW"
    return True


@pytest.mark.parametrize("name", SOURCES)
def test_no_part_of_a_record_has_a_closed_list(name: str) -> None:
    """A word that the vendor adds to it would refuse the record: only fields of its own are widened."""
    for entity in SOURCES[name].entities:
        for field in msgspec.structs.fields(entity.record):
            for part in structs_of(field.type):
                text = str([inner.type for inner in msgspec.structs.fields(part)])
                assert "Literal[" not in text, (entity.name, field.name)


def structs_of(type_: Any) -> list[Any]:
    """The structs in a type, and those in their fields."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        inner = [one for field in msgspec.structs.fields(type_) for one in structs_of(field.type)]
        return [type_, *inner]
    return [one for part in get_args(type_) for one in structs_of(part)]
