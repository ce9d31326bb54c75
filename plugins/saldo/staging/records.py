"""From a record's bytes to its key, with every declared field checked on the way.

Each record is decoded once into its entity's struct, to find its key, its marker, wrong types and
fields the declaration does not know. The struct is then dropped: what is stored is what was received.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import repeat
from operator import attrgetter
from typing import Annotated, Any, TypeVar

import msgspec

from saldo.declarations.entity import Entity, Record
from saldo.declarations.source import Page, Received, Row
from saldo.errors import BadResponse, Evidence, Unavailable

from .keys import LONGEST_KEY, attribute, joined, too_long
from .number_texts import are_numbers, unchecked
from .open_lists import OpenLists
from .words import new_words, widened

T = TypeVar("T")

#: A JSON number. It is checked and dropped; the digits that count stay in the payload and reach
#: Postgres as numeric, so that no amount ever passes through a float.
JsonNumber = float
EXACT = {"decimals": "exact"}
#: One that is no amount of money: a price, a quantity or a rate, whose decimals are all kept.
ExactNumber = Annotated[JsonNumber, msgspec.Meta(extra=EXACT)]

#: Postgres refuses \u0000 in jsonb, and lone surrogates.
_UNSTORABLE = re.compile(
    rb"\\(?:u0000|u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][c-fC-F][0-9a-fA-F]{2}|.)",
    re.DOTALL,
)
#: What every unstorable text holds; a text that holds it may still be fine (an emoji).
_ODD = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_PAIR = 12  # bytes of an escaped surrogate pair
_REPLACEMENT = rb"\ufffd"
#: Records that are decoded together.
_TOGETHER = 500
#: After this many records with unknown fields, only the first of every page is looked at.
_DRIFT_LOOKS = 50
_KEY_SHOWN = 60  # letters
_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]*)`")


class VendorDate(date):
    """A date as vendors write it: its first ten characters count, a time may follow."""


class VendorInstant(str):
    """An instant as vendors write it, normalised to UTC and whole seconds so that two can be compared;
    one without a zone is UTC."""

    __slots__ = ()


def _vendor_instant(text: str) -> VendorInstant:
    return VendorInstant(utc_stamp(datetime.fromisoformat(text)))


def utc_stamp(moment: datetime) -> str:
    """A moment in UTC and whole seconds, as two can be compared; one without a zone is UTC. Raises ValueError for one that
    UTC has no year for."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        found = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment.isoformat()} is before or after all years in UTC") from None
    # strftime writes the year 1 as "1" on some systems, which no text compares with.
    return f"{found.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@lru_cache(maxsize=16_384)
def _vendor_date(text: str) -> VendorDate:
    if not _DAY.match(text):
        raise ValueError(f"{text[:30]!r} is not a date")
    return VendorDate.fromisoformat(text[:10])


def decode_hook(type_: type, value: Any) -> Any:
    """msgspec's hook for VendorDate and VendorInstant; raises ValueError for what is neither."""
    if type_ is VendorDate:
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not a date")
        return _vendor_date(value)
    if type_ is VendorInstant:
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not an instant")
        return _vendor_instant(value)
    raise TypeError(f"no decoder for {type_}")


def _digest(received: bytes) -> bytes:
    return blake2b(received, digest_size=16).digest()


@dataclass
class Decoder:
    """Turns pages of one entity into rows; `drift` counts fields the declaration does not know, and words
    (`type=11`)."""

    entity: Entity
    where: str
    drift: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        record = self.entity.record
        self._words: dict[str, frozenset[Any]] = {}
        self._open_lists = OpenLists(record)
        self._make_decoders()
        self._key_of = joined(tuple(attribute(record, part) for part in self.entity.key_parts))
        marker = self.entity.reads.marker_of(self.entity)
        self._marker_of = attrgetter(attribute(record, marker)) if marker else None
        self._looks_left = _DRIFT_LOOKS

    def _make_decoders(self) -> None:
        record = widened(self.entity.record, self._words)
        strict = _forbidding(record)
        self._loose = msgspec.json.Decoder(record, dec_hook=decode_hook)
        self._strict = msgspec.json.Decoder(strict, dec_hook=decode_hook)
        (loose, self._numbers), (strictly, _) = unchecked(record), unchecked(strict)
        self._loose_page = msgspec.json.Decoder(list[loose], dec_hook=decode_hook)  # type: ignore[valid-type]
        self._strict_page = msgspec.json.Decoder(list[strictly], dec_hook=decode_hook)  # type: ignore[valid-type]

    def rows(self, page: Page) -> list[Row]:
        """Raises BadResponse naming entity, key and field where a record is not as declared."""
        # So many at a time that what is decoded and dropped again stays in the processor's cache.
        parts = (page.records[n : n + _TOGETHER] for n in range(0, len(page.records), _TOGETHER))
        return [row for part in parts for row in self._rows(part)]

    def _rows(self, records: Sequence[Received]) -> list[Row]:
        received = payloads = [bytes(raw) for raw in records]
        whole = _as_list(received)
        if _ODD.search(whole):
            payloads = [storable(one) if _ODD.search(one) else one for one in received]
            whole = _as_list(payloads)
        decoded = self._together(payloads, whole)
        if decoded is None:
            decoded = self._one_by_one(payloads)
        self._count_words(decoded)
        markers: Iterable[Any] = map(self._marker_of, decoded) if self._marker_of else repeat(None)
        hashes = map(_digest, received)
        keys = list(map(self._key_of, decoded))
        self._check_keys(keys, payloads)
        return list(map(Row, keys, payloads, hashes, markers))

    def _check_keys(self, keys: list[str], payloads: list[bytes]) -> None:
        if (place := too_long(keys)) is None:
            return
        raise BadResponse(
            f"{self.where}: record {'|'.join(self.entity.key_parts)}={keys[place][:_KEY_SHOWN]}… has a key of "
            f"{len(keys[place])} letters, and no index of the warehouse takes more than {LONGEST_KEY} bytes. Nothing of "
            "this page was stored; shorten it at the vendor",
            Evidence(body=payloads[place].decode("utf-8", "replace")),
        )

    def _together(self, payloads: list[bytes], whole: bytes) -> list[Record] | None:
        """The records of a page, decoded together; None where one of them is not as declared."""
        try:
            if not whole.isascii():
                whole.decode()  # no decoder looks into fields that nobody reads
            if payloads and self._looks_left <= 0:
                self._decode(payloads[0], look=True)
            # Not before: a word of the first record makes decoders that know it.
            page = self._strict_page if self._looks_left > 0 else self._loose_page
            found: list[Record] = page.decode(whole)
            return found if are_numbers(found, self._numbers) else None
        except (ValueError, BadResponse):  # the error is about the record, not about the page
            return None

    def _one_by_one(self, payloads: list[bytes]) -> list[Record]:
        records = []
        for one in payloads:
            self._check_text(one)
            # Where few are looked at, the first was, when all were tried together.
            records.append(self._decode(one, look=self._looks_left > 0))
        return records

    def _decode(self, payload: bytes, *, look: bool) -> Record:
        if look:
            try:
                found: Record = self._strict.decode(payload)
            except msgspec.ValidationError as error:
                unknown = _UNKNOWN_FIELD.search(str(error))
                if unknown:
                    self._note_drift(payload)
            else:
                return found
        try:
            return self._loose.decode(payload)
        except (msgspec.ValidationError, ValueError) as error:
            if self._learns_words(payload):
                return self._decode(payload, look=look)
            raise BadResponse(
                f"{self.where}: record {self._name(payload)} is not as declared: {error}. Nothing of "
                "this page was stored; correct the record at the vendor or the declaration",
                Evidence(body=payload.decode("utf-8", "replace")),
            ) from None

    def _learns_words(self, payload: bytes) -> bool:
        """Whether the record has words that nobody declared; they are known from then on."""
        found = new_words(self.entity.record, _fields_of(payload) or {}, self._words)
        for name, words in found.items():
            self._words[name] = self._words.get(name, frozenset()) | words
        if found:
            self._make_decoders()
        return bool(found)

    def _count_words(self, records: list[Record]) -> None:
        for name, words in self._words.items():
            get = attrgetter(attribute(self.entity.record, name))
            self.drift.update(f"{name}={value}" for value in map(get, records) if value in words)
        self.drift.update(self._open_lists.unknown(records))

    def _check_text(self, received: bytes) -> None:
        """Decoders do not look inside fields that nobody reads; Postgres takes UTF-8 only."""
        try:
            received.decode()
        except UnicodeDecodeError as error:
            raise Unavailable(
                f"{self.where}: a record holds bytes that are no UTF-8 (at {error.start}); the answer "
                "was damaged on its way and is asked for again"
            ) from None

    def _note_drift(self, payload: bytes) -> None:
        self._looks_left -= 1
        known = {f.encode_name for f in msgspec.structs.fields(self.entity.record)}
        self.drift.update(set(_fields_of(payload) or ()) - known)

    def _name(self, payload: bytes) -> str:
        """The key of a record that cannot be decoded, as far as it has one."""
        values = _fields_of(payload)
        if values is None:
            return "(no object, or not readable)"
        parts = [_value(values, part) for part in self.entity.key_parts]
        if all(part is None for part in parts):
            return "without its key"
        key = "|".join("" if part is None else str(part) for part in parts)
        return f"{'|'.join(self.entity.key_parts)}={key}"


def _as_list(records: list[bytes]) -> bytes:
    return b"[" + b",".join(records) + b"]"


def _fields_of(payload: bytes) -> dict[str, Any] | None:
    """The fields of a record, without those whose value no decoder takes (1e999999); None where it is no object."""
    try:
        raw = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return None
    values = {}
    for name, value in raw.items():
        with suppress(msgspec.DecodeError):
            values[name] = msgspec.json.decode(value)
    return values


def _value(values: dict[str, Any], part: str) -> Any:
    """What a record has under a key part, at any depth."""
    found: Any = values
    for name in part.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


@cache
def _forbidding(record: type[Record]) -> type[Record]:
    """The same struct, refusing fields it does not declare."""
    return type(record.__name__, (record,), {"__module__": __name__}, forbid_unknown_fields=True)


def tolerant(decode: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """The same decoder, for bodies that hold lone surrogates too: no JSON decoder takes them."""

    def tried(body: bytes) -> T:
        try:
            return decode(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            mended = storable(body)
            if mended == body:
                raise
            return decode(mended)

    return tried


def storable(payload: bytes) -> bytes:
    """The payload with \\u0000 and lone surrogates replaced by U+FFFD."""

    def mend(match: re.Match[bytes]) -> bytes:
        escape = match.group()
        if len(escape) == _PAIR or len(escape) == 2:
            return escape
        return _REPLACEMENT

    return _UNSTORABLE.sub(mend, payload)
