"""What a vendor that answers with whole records may leave out of them: fields that nobody reads, and those that are null."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import msgspec
import pytest

from saldo.declarations.entity import Entity
from saldo.declarations.source import Page
from saldo.paths import SQL_DIR
from saldo.staging.records import Decoder
from saldo.vendors import VENDORS
from tests.recorded import Recorded

#: Xledger answers with the fields that were asked for.
REST = ("economic", "moneybird")
#: The client makes its records, from a report's columns.
MADE_HERE = "general_ledger"
#: Null of a draft; a document that lost its day would be in no month, and nobody would be told.
DAYS = ("date", "invoice_date")
OF_ALL = [
    (vendor, entity)
    for vendor in REST
    for entity in VENDORS[vendor].entities
    if entity.name != MADE_HERE
]


@cache
def read_of(vendor: str) -> frozenset[str]:
    """The words of the vendor's SQL: a field that is none of them is read by nobody."""
    texts = (path.read_text() for path in (SQL_DIR / "core" / vendor).rglob("*.sql"))
    return frozenset(word for text in texts for word in re.findall(r"\w+", text))


def known_to_saldo(entity: Entity) -> Iterator[str]:
    """What landing itself reads: keys, and what progress is marked by."""
    marker = entity.reads.marker_of(entity)
    for path in (*entity.key_parts, *([marker] if marker else [])):
        yield from path.split(".")


def without(value: Any, is_left_out: Callable[[str, Any], bool]) -> Any:
    if isinstance(value, dict):
        return {
            name: without(one, is_left_out)
            for name, one in value.items()
            if not is_left_out(name, one)
        }
    return [without(one, is_left_out) for one in value] if isinstance(value, list) else value


def keys_of(entity: Entity, vendor: str, is_left_out: Callable[[str, Any], bool]) -> list[str]:
    records = Recorded.golden(vendor).records.get(entity.name, [])
    page = [msgspec.Raw(msgspec.json.encode(without(one, is_left_out))) for one in records]
    return [row.source_key for row in Decoder(entity, "left out").rows(Page(page, None))]


@pytest.mark.parametrize(
    ("vendor", "entity"), OF_ALL, ids=[f"{vendor}-{entity.name}" for vendor, entity in OF_ALL]
)
def test_what_nobody_reads_may_be_left_out(vendor: str, entity: Entity) -> None:
    read = read_of(vendor) | set(known_to_saldo(entity))
    everything = keys_of(entity, vendor, lambda name, value: False)
    assert keys_of(entity, vendor, lambda name, value: name not in read) == everything


@pytest.mark.parametrize(
    ("vendor", "entity"), OF_ALL, ids=[f"{vendor}-{entity.name}" for vendor, entity in OF_ALL]
)
def test_what_is_null_may_be_left_out(vendor: str, entity: Entity) -> None:
    everything = keys_of(entity, vendor, lambda name, value: False)
    left_out = keys_of(entity, vendor, lambda name, value: value is None and name not in DAYS)
    assert left_out == everything
