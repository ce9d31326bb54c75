"""Declarations check themselves: a mistake names vendor, entity and field when the module is loaded."""

from __future__ import annotations

from typing import Any

import pytest

from saldo.declarations.entity import Entity
from saldo.vendors import VENDORS, entity_names, entity_of
from saldo.vendors.economic.records import Account, Customer, Entry
from saldo.ways.append_only import AppendOnly
from saldo.ways.change_log import ChangeLog
from saldo.ways.list_moves import ListMoves
from saldo.ways.modified_since import ModifiedSince
from saldo.ways.open_amounts import OpenAmounts
from saldo.ways.parts import Parts
from saldo.ways.references import References
from saldo.ways.snapshot import Snapshot

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"key": "accountNo"}, "key='accountNo'"),
    ({"key": ("accountNumber", "yaer")}, "key='yaer'"),
    ({"key": "account_number"}, "key='account_number'"),
    ({"key": "account.number"}, "key='account.number'"),
    ({"window": "date"}, "window='date'"),
    (
        {"reads": AppendOnly(), "silent_changes": (OpenAmounts("remainder"),)},
        "OpenAmounts.field='remainder'",
    ),
    ({"reads": ModifiedSince("lastUpdated")}, "ModifiedSince.marker='lastUpdated'"),
]


def declare(**more: Any) -> Entity:
    values: dict[str, Any] = {"path": "accounts", "record": Account, "key": "accountNumber"}
    values |= {"reads": Snapshot(), **more}
    return Entity("accounts", **values)


@pytest.mark.parametrize(("wrong", "shown"), WRONG, ids=[shown for _, shown in WRONG])
def test_an_unknown_field_is_named_with_its_entity(wrong: dict[str, Any], shown: str) -> None:
    with pytest.raises(ValueError, match="entity accounts: ") as caught:
        declare(**wrong)
    assert f"{shown} is no field of" in str(caught.value)
    assert "Account" in str(caught.value)


def test_the_vendor_is_named_too() -> None:
    with pytest.raises(ValueError, match="economic"):
        declare(key="accountNo")


def test_key_parts_are_in_declared_order() -> None:
    assert declare().key_parts == ("accountNumber",)
    assert declare(key=("name", "accountNumber")).key_parts == ("name", "accountNumber")


@pytest.mark.parametrize(
    ("entity", "marker"),
    [
        (declare(), None),
        (declare(reads=ListMoves(("a", "b"), "self"), path="x/{list}"), None),
        (Entity("e", "e", Entry, ("entryNumber", "accountNumber"), AppendOnly()), "entryNumber"),
        (Entity("c", "c", Customer, "customerNumber", ModifiedSince("lastUpdated")), "lastUpdated"),
    ],
    ids=["snapshot", "lists", "by-number", "by-stamp"],
)
def test_the_way_of_reading_says_what_marks_progress(entity: Entity, marker: str | None) -> None:
    assert entity.reads.marker_of(entity) == marker


def test_an_entity_is_found_by_vendor_and_name() -> None:
    assert entity_of("economic", "entries").record is Entry
    assert entity_names()["economic"] == tuple(
        entity.name for entity in VENDORS["economic"].entities
    )
    with pytest.raises(KeyError):
        entity_of("economic", "acounts")


REFERENCES = References("customers", ("customer.customerNumber",))


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        ({"reads": ListMoves(("a", "b"), "self")}, "{list} in the path"),
        ({"reads": ListMoves(("a",), "self"), "path": "x/{list}"}, "ListMoves needs two lists"),
        (
            {"reads": ListMoves(("a", "b"), "link"), "path": "x/{list}"},
            "link='link' is no field of",
        ),
        ({"reads": AppendOnly(), "is_small": True}, "AppendOnly reads no small set"),
        ({"silent_changes": (ChangeLog("log"),)}, "Snapshot takes no silent_changes"),
        (
            {"reads": ModifiedSince("name"), "silent_changes": (ChangeLog("log"),)},
            "ModifiedSince takes no silent_changes",
        ),
        ({"reads": Parts("others", field="parent")}, "Parts.field='parent' is no field of"),
        ({"silent_changes": (REFERENCES,)}, "fields='customer.customerNumber' is no field of"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_ways_of_reading_that_do_not_go_together(wrong: dict[str, Any], shown: str) -> None:
    with pytest.raises(ValueError, match="entity accounts: ") as caught:
        declare(**wrong)
    assert shown in str(caught.value)


def test_an_entity_comes_after_those_it_looks_at() -> None:
    assert entity_of("economic", "invoices").comes_after == ("customers", "unpaid_invoices")
    assert entity_of("economic", "unpaid_invoices").comes_after == ("entries", "invoice_totals")
    assert entity_of("economic", "order_lines").comes_after == ("orders",)
    names = [entity.name for entity in VENDORS["economic"].entities]
    for entity in VENDORS["economic"].entities:
        for other in entity.comes_after:
            assert names.index(other) < names.index(entity.name)
