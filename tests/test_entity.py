"""Declarations check themselves: a mistake names vendor, entity and field when the module is loaded."""

from __future__ import annotations

from typing import Any

import pytest

from saldo.entity import Entity
from saldo.vendors import VENDORS, entity_names, entity_of
from saldo.vendors.economic.records import Account, Customer, Entry

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"key": "accountNo"}, "key='accountNo'"),
    ({"key": ("accountNumber", "yaer")}, "key='yaer'"),
    ({"key": "account_number"}, "key='account_number'"),
    ({"key": "account.number"}, "key='account.number'"),
    ({"window": "date"}, "window='date'"),
    ({"settles": "remainder"}, "settles='remainder'"),
    ({"mode": "incremental", "changed": "lastUpdated"}, "changed='lastUpdated'"),
]


def declare(**more: Any) -> Entity:
    values = {"path": "accounts", "record": Account, "key": "accountNumber", **more}
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


@pytest.mark.parametrize(
    "wrong", [{"mode": "incremental"}, {"changed": "accountNumber"}], ids=["no-marker", "no-mode"]
)
def test_a_marker_goes_with_incremental(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="entity accounts: `changed` goes with mode incremental"):
        declare(**wrong)


def test_key_parts_are_in_declared_order() -> None:
    assert declare().key_parts == ("accountNumber",)
    assert declare(key=("name", "accountNumber")).key_parts == ("name", "accountNumber")


@pytest.mark.parametrize(
    ("entity", "is_key_ordered"),
    [
        (declare(), False),
        (Entity("e", "e", Entry, "entryNumber", mode="incremental", changed="entryNumber"), True),
        (
            Entity("c", "c", Customer, "customerNumber", mode="incremental", changed="lastUpdated"),
            False,
        ),
    ],
    ids=["snapshot", "by-key", "by-stamp"],
)
def test_only_a_marker_that_is_the_key_orders_records(entity: Entity, is_key_ordered: bool) -> None:
    assert entity.is_key_ordered is is_key_ordered


def test_an_entity_is_found_by_vendor_and_name() -> None:
    assert entity_of("economic", "entries").record is Entry
    assert entity_names()["economic"] == tuple(
        entity.name for entity in VENDORS["economic"].entities
    )
    with pytest.raises(KeyError):
        entity_of("economic", "acounts")


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        ({"path": "accounts/{list}"}, "lists go with {list} in the path"),
        ({"lists": ("a", "b"), "mode": "incremental"}, "lists go with {list} in the path"),
        ({"lists": ("a", "b"), "path": "x/{list}"}, "`changed` goes with mode incremental"),
        ({"open_in": "others"}, "open_in goes with settles"),
        ({"is_scattered": True}, "is_scattered need records in key order"),
        (
            {"follows": ("parent", "others"), "mode": "incremental"},
            "follows='parent' is no field of",
        ),
        (
            {"refers": (("customer.customerNumber", "customers"),)},
            "refers='customer' is no field of",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_ways_of_reading_that_do_not_go_together(wrong: dict[str, Any], shown: str) -> None:
    with pytest.raises(ValueError, match="entity accounts: ") as caught:
        declare(**wrong)
    assert shown in str(caught.value)


def test_an_entity_comes_after_those_it_looks_at() -> None:
    assert entity_of("economic", "invoices").comes_after == ("customers", "unpaid_invoices")
    assert entity_of("economic", "order_lines").comes_after == ("orders",)
    names = [entity.name for entity in VENDORS["economic"].entities]
    for entity in VENDORS["economic"].entities:
        for other in entity.comes_after:
            assert names.index(other) < names.index(entity.name)
