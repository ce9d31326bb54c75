"""The shapes of e-conomic's answers, and what must be known of the records on a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec

from saldo.declarations.entity import Entity
from saldo.declarations.source import LARGEST, Page, Received
from saldo.errors import BadResponse
from saldo.staging.records import VendorInstant, decode_hook, tolerant

#: How many records there are; more than the warehouse can count is no number of records.
Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]


class Pagination(msgspec.Struct, rename="camel"):
    results: Count
    results_without_filter: Count | None = None
    next_page: str | None = None


class Collection(msgspec.Struct):
    collection: list[msgspec.Raw]
    pagination: Pagination


class Items(msgspec.Struct):
    items: list[msgspec.Raw]
    cursor: str | int | None = None


class SelfResource(msgspec.Struct, rename="camel"):
    agreement_number: int


class LogEntry(msgspec.Struct, rename="camel"):
    entry_number: int
    timestamp: VendorInstant


collection = tolerant(msgspec.json.Decoder(Collection).decode)
items = tolerant(msgspec.json.Decoder(Items).decode)
self_resource = tolerant(msgspec.json.Decoder(SelfResource).decode)
count = msgspec.json.Decoder(Count).decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
numbers = msgspec.json.Decoder(list[dict[str, Any]]).decode
log = msgspec.json.Decoder(list[LogEntry], dec_hook=decode_hook).decode


@tolerant
def whole_body(body: bytes) -> msgspec.Raw:
    """The body as it is; raises where it is no JSON."""
    msgspec.json.decode(body)
    return msgspec.Raw(body)


def last_whole(entity: Entity, page: Page) -> int:
    """The highest number that is complete with this page: of several records with one number the last
    few may be on the next."""
    if not page.records:
        return 0
    last = number_in(entity, page.records[-1])
    return last if len(entity.key_parts) == 1 else last - 1


def number_of(entity: Entity, record: dict[str, Any]) -> int:
    """The number of a record: the first part of its key. Raises BadResponse where it has none."""
    key = entity.key_parts[0]
    try:
        return int(record[key])
    except (KeyError, TypeError, ValueError):
        raise BadResponse(
            f"the last record of a page has no number in {key} ({str(record)[:200]}). Nothing "
            "of this page was stored; correct the record at the vendor or the declaration"
        ) from None


def number_in(entity: Entity, record: Received) -> int:
    """The number of a record as received, of which nothing else is decoded. Raises BadResponse."""
    try:
        found = _fields(record).get(entity.key_parts[0])
        return number_of(entity, {entity.key_parts[0]: found and msgspec.json.decode(found)})
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadResponse(
            f"a record of {entity.name} cannot be read ({error}): {bytes(record)[:200]!r}"
        ) from None


def page_fingerprint(page: Page) -> int:
    """Tells pages apart: one that comes again under a new cursor leads nowhere."""
    ends = (bytes(page.records[0]), bytes(page.records[-1])) if page.records else ()
    return hash((len(page.records), ends))


def in_key_order(entity: Entity, records: Iterable[Received]) -> list[Received]:
    """The records by their number; those of one number stay as they came."""
    return sorted(records, key=lambda raw: number_in(entity, raw))
