"""From received bytes to rows: keys, drift, wrong types by name, and what Postgres would refuse."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saldo.declarations.entity import Entity, Record
from saldo.declarations.source import Page, Row
from saldo.errors import BadResponse, SaldoError
from saldo.staging.keys import LONGEST_KEY
from saldo.staging.number_texts import TextNumber
from saldo.staging.records import (
    Decoder,
    JsonNumber,
    VendorDate,
    VendorInstant,
    decode_hook,
    storable,
    tolerant,
)
from saldo.ways.modified_since import ModifiedSince
from saldo.ways.snapshot import Snapshot


class Posting(Record, rename="camel"):
    year: str
    line_number: int
    date: VendorDate
    amount: JsonNumber
    text: str | None = None


POSTINGS = Entity(
    "postings", "postings", Posting, key=("year", "lineNumber"),
    reads=ModifiedSince("date"), window="date",
)  # fmt: skip
GOOD = {"year": "2025/2026", "lineNumber": 7, "date": "2026-03-29", "amount": 12.5}


def decoder() -> Decoder:
    return Decoder(POSTINGS, "economic agreement 'nordlys' postings")


def page(*records: dict[str, Any] | bytes) -> Page:
    raw = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in records]
    return Page([msgspec.Raw(r) for r in raw], None)


def row(record: dict[str, Any] | bytes) -> Row:
    (found,) = decoder().rows(page(record))
    return found


# --- keys, markers and payloads ------------------------------------------------------------------


def test_a_key_is_its_parts_in_declared_order() -> None:
    assert row(GOOD).source_key == "2025/2026|7"
    assert row({**GOOD, "lineNumber": 12345678901, "year": " a|b "}).source_key == (
        " a|b |12345678901"
    )


def test_the_marker_is_the_declared_field() -> None:
    assert row(GOOD).marker == VendorDate(2026, 3, 29)


def test_the_payload_is_the_bytes_received() -> None:
    received = (
        b'{ "amount":12.50, "date":"2026-03-29",  "lineNumber":7, "year":"2026", "text":"\\u00e6" }'
    )
    assert row(received).payload == received


def test_the_hash_is_of_the_bytes_received() -> None:
    """Two records that differ only in what cannot be stored are not the same record."""
    nul, lone = (row({**GOOD, "text": text}) for text in ("a\u0000b", "a\ud800b"))
    assert nul.payload == lone.payload
    assert nul.payload_hash != lone.payload_hash
    assert nul.payload_hash == row({**GOOD, "text": "a\u0000b"}).payload_hash
    assert len(nul.payload_hash) == 16


def test_rows_come_in_the_order_of_the_page() -> None:
    records = [{**GOOD, "lineNumber": n} for n in (3, 1, 2)]
    assert [r.source_key[-1] for r in decoder().rows(page(*records))] == ["3", "1", "2"]


def test_money_keeps_every_digit() -> None:
    received = json.dumps(GOOD).encode().replace(b"12.5", b"12345678901234567.8901")
    assert b"12345678901234567.8901" in row(received).payload


class Priced(Record):
    id: str
    price: TextNumber


PRICED = Entity("priced", "priced", Priced, key="id", reads=Snapshot())


@pytest.mark.parametrize("price", ["100.0", "-12.50", "0", "12345678901234567.8901"])
def test_a_number_may_be_written_as_a_text(price: str) -> None:
    (found,) = Decoder(PRICED, "test").rows(page({"id": "a|b", "price": price}))
    assert (found.source_key, json.loads(found.payload)["price"]) == ("a|b", price)


@pytest.mark.parametrize(
    "price", ["", "NaN", "Infinity", "1e5", "1,5", "+1", ".5", "1 ", "1\n", 1.5]
)
def test_a_text_that_is_no_number_is_refused(price: object) -> None:
    with pytest.raises(BadResponse, match=r"record id=a is not as declared: .*\$\.price"):
        Decoder(PRICED, "test").rows(page({"id": "a", "price": price}))


@pytest.mark.parametrize("price", ["NaN", "1\n2", "1\n", "", "1e5", "-"])
@pytest.mark.parametrize("place", [0, 499, 500, 1_100])
@pytest.mark.parametrize("is_known_drift", [False, True])
def test_one_among_many_that_is_no_number_is_refused_and_named(
    price: str, place: int, is_known_drift: bool
) -> None:
    found = Decoder(PRICED, "test")
    if is_known_drift:
        found.rows(page(*({"id": str(n), "price": "1", "colour": 1} for n in range(60))))
    records = [{"id": str(n), "price": "1.50"} for n in range(1_101)]
    assert len(found.rows(page(*records))) == 1_101
    records[place]["price"] = price
    with pytest.raises(BadResponse, match=rf"record id={place} is not as declared: .*\$\.price"):
        found.rows(page(*records))


class Stamped(Record):
    id: str
    at: VendorInstant


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2026-03-29T13:02:11.9+02:00", "2026-03-29T11:02:11Z"),
        ("2026-03-29T13:02:11", "2026-03-29T13:02:11Z"),
        ("0001-01-01", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0999-12-31T23:00:00-02:00", "1000-01-01T01:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_an_instant_is_written_so_that_two_compare(text: str, stamp: str) -> None:
    assert decode_hook(VendorInstant, text) == stamp


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_an_instant_beyond_all_years_is_refused_by_name(text: str) -> None:
    stamped = Entity("stamped", "stamped", Stamped, key="id", reads=Snapshot())
    with pytest.raises(BadResponse, match=r"record id=a is not as declared: .*\$\.at"):
        Decoder(stamped, "test").rows(page({"id": "a", "at": text}))


# --- drift ---------------------------------------------------------------------------------------


def test_an_unknown_field_is_drift_and_the_record_still_lands() -> None:
    found = decoder()
    rows = list(
        found.rows(page({**GOOD, "colour": "red"}, GOOD, {**GOOD, "colour": 1, "size": {}}))
    )
    assert len(rows) == 3
    assert found.drift == {"colour": 2, "size": 1}
    assert b'"colour"' in rows[0].payload


def test_declared_fields_are_no_drift() -> None:
    found = decoder()
    list(found.rows(page(GOOD, {**GOOD, "text": "x"})))
    assert found.drift == {}


def test_drift_is_still_seen_on_later_pages_of_a_large_read() -> None:
    found = decoder()
    list(found.rows(page(*[{**GOOD, "colour": "red"}] * 200)))
    list(found.rows(page({**GOOD, "size": 1})))
    assert found.drift["colour"] >= 1
    assert found.drift["size"] == 1


def test_a_wrong_type_is_found_also_when_drift_is_no_longer_looked_for() -> None:
    found = decoder()
    list(found.rows(page(*[{**GOOD, "colour": "red"}] * 200)))
    with pytest.raises(BadResponse, match=r"2025/2026\|7 .*\$\.amount"):
        list(found.rows(page(GOOD, {**GOOD, "amount": "12"})))


# --- not as declared -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "12.5"}, r"year\|lineNumber=2025/2026\|7 .*`float`, got `str` - at `\$\.amount`"),
        ({"amount": None}, r"2025/2026\|7 .*got `null` - at `\$\.amount`"),
        ({"text": 5}, r"2025/2026\|7 .*got `int` - at `\$\.text`"),
        ({"date": "29-03-2026"}, r"2025/2026\|7 .*29-03-2026.* - at `\$\.date`"),
        ({"date": "2026-02-30"}, r"2025/2026\|7 .* - at `\$\.date`"),
        ({"date": ""}, r"2025/2026\|7 .* - at `\$\.date`"),
        ({"date": 20260329}, r"2025/2026\|7 .*20260329 is not a date - at `\$\.date`"),
        ({"date": None}, r"2025/2026\|7 .*not a date - at `\$\.date`"),
        ({"lineNumber": "7"}, r"2025/2026\|7 .*`int`, got `str` - at `\$\.lineNumber`"),
        ({"lineNumber": 7.5}, r"2025/2026\|7\.5 .* - at `\$\.lineNumber`"),
    ],
)  # fmt: skip
def test_a_mistyped_field_names_entity_key_and_field(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadResponse, match=r"economic agreement 'nordlys' postings: .*" + words):
        row({**GOOD, **change})


@pytest.mark.parametrize("field", ["amount", "date", "lineNumber", "year"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(BadResponse, match=f"postings.*missing required field `{field}`") as caught:
        row({name: value for name, value in GOOD.items() if name != field})
    if field == "amount":
        assert "2025/2026|7" in str(caught.value)


def test_a_record_without_any_key_says_so() -> None:
    with pytest.raises(BadResponse, match="without its key"):
        row({"amount": 1})


@pytest.mark.parametrize("record", [b"[1]", b"null", b'"text"', b"7"])
def test_a_record_that_is_no_object_says_so(record: bytes) -> None:
    with pytest.raises(BadResponse, match=r"postings.*no object"):
        row(record)


def test_a_record_is_named_whatever_number_no_decoder_takes() -> None:
    record = json.dumps({**GOOD, "amount": "?"}).encode().replace(b'"?"', b"1e200000")
    with pytest.raises(BadResponse, match=r"2025/2026\|7 is not as declared: .*out of range"):
        row(record)


@pytest.mark.parametrize("letter", ["x", "\u00e6", "\U0001f4e6"])
def test_a_key_that_fits_no_index_is_refused_by_name(letter: str) -> None:
    fits = letter * ((LONGEST_KEY - 2) // len(letter.encode()))
    assert row({**GOOD, "year": fits}).source_key == f"{fits}|7"
    with pytest.raises(
        BadResponse, match=r"postings: record year\|lineNumber=.*has a key of"
    ) as caught:
        row({**GOOD, "year": fits + letter})
    assert len(str(caught.value)) < 1_200


def test_the_body_of_a_bad_record_is_kept() -> None:
    with pytest.raises(BadResponse) as caught:
        row({**GOOD, "amount": "12.5", "text": "Løn"})
    assert json.loads(caught.value.evidence.body)["amount"] == "12.5"


@pytest.mark.parametrize(
    "field", ["text", "colour"], ids=["in a declared field", "in an unknown field"]
)
def test_bytes_that_are_no_utf8_are_an_error_of_ours(field: str) -> None:
    """Postgres would refuse them in the middle of a COPY, without the record's name."""
    received = json.dumps({**GOOD, field: "K?b"}).encode().replace(b"?", b"\xf8")
    with pytest.raises(SaldoError, match="postings"):
        row(received)


# --- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-29", "2026-03-29T00:00:00", "2026-03-29T23:59:59Z", "2026-03-29T00:00:00+02:00",
        "2026-03-29 12:30",
    ],
)  # fmt: skip
def test_a_vendors_date_is_its_first_ten_characters(text: str) -> None:
    assert row({**GOOD, "date": text}).marker == VendorDate(2026, 3, 29)


@pytest.mark.parametrize("text", ["2026-W13-7", "2026-088"])
def test_week_and_ordinal_dates_are_refused(text: str) -> None:
    """Python 3.11 reads them; Postgres reads week dates not at all."""
    with pytest.raises(BadResponse, match=r"\$\.date"):
        row({**GOOD, "date": text})


# --- storable ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "stored"),
    [
        (rb'"plain"', rb'"plain"'),
        (rb'"a\u0000b"', rb'"a\ufffdb"'),
        (rb'"\u0000\u0000"', rb'"\ufffd\ufffd"'),
        (rb'"\u0001\u00e6"', rb'"\u0001\u00e6"'),
        (rb'"\ud83d"', rb'"\ufffd"'),
        (rb'"\uDE00"', rb'"\ufffd"'),
        (rb'"\ud83d\ude00"', rb'"\ud83d\ude00"'),
        (rb'"\uD83D\uDE00"', rb'"\uD83D\uDE00"'),
        (rb'"\ude00\ud83d"', rb'"\ufffd\ufffd"'),
        (rb'"\ud83d\ud83d\ude00"', rb'"\ufffd\ud83d\ude00"'),
        (rb'"\ud83d\ude00\ude00"', rb'"\ud83d\ude00\ufffd"'),
        (rb'"\ud83dx\ude00"', rb'"\ufffdx\ufffd"'),
        (rb'"\ud83d\n\ude00"', rb'"\ufffd\n\ufffd"'),
        (rb'"\ud83d\u0041"', rb'"\ufffd\u0041"'),
        (rb'"\ud83d\u0000"', rb'"\ufffd\ufffd"'),
        (rb'"\\u0000"', rb'"\\u0000"'),  # a backslash and the text u0000
        (rb'"\\\u0000"', rb'"\\\ufffd"'),
        (rb'"\\\\u0000"', rb'"\\\\u0000"'),
        (rb'"\\ud83d"', rb'"\\ud83d"'),
        (rb'"\ud83d\\ude00"', rb'"\ufffd\\ude00"'),
        (rb'"\"\u0000\""', rb'"\"\ufffd\""'),
        (rb'{"\u0000":"\ud800"}', rb'{"\ufffd":"\ufffd"}'),
        ('"Køb 📦"'.encode(), '"Køb 📦"'.encode()),
    ],
)
def test_what_postgres_refuses_is_replaced(received: bytes, stored: bytes) -> None:
    assert storable(received) == stored


#: Texts of every code point, lone surrogates too, with more of the awkward ones than chance gives.
TEXTS = st.lists(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from(["\u0000", "\ud83d", "\ude00", "\\", "\\u0000", "u0000", '"', "😀"]),
    )
).map("".join)


@given(TEXTS)
@example("\ud83d\ude00")
@example("\\\u0000\\\ud83d\\")
def test_any_text_becomes_storable_and_nothing_else_changes(text: str) -> None:
    payload = json.dumps({"text": text}, ensure_ascii=True).encode()
    stored = storable(payload)
    received: str = json.loads(payload)["text"]  # with escaped pairs joined, as any reader does
    expected = re.sub("[\u0000\ud800-\udfff]", "\ufffd", received)
    assert json.loads(stored)["text"] == expected
    assert msgspec.json.decode(stored)["text"] == expected  # which takes no lone surrogate
    assert storable(stored) == stored
    if expected == received:
        assert stored == payload


@given(TEXTS)
def test_text_that_is_not_escaped_is_left_alone(text: str) -> None:
    storable_text = re.sub("[\u0000\ud800-\udfff]", "", text)
    payload = json.dumps(storable_text, ensure_ascii=False).encode()
    assert storable(payload) == payload


def test_a_page_with_lone_surrogates_is_read_and_broken_json_is_still_broken() -> None:
    read = tolerant(msgspec.json.Decoder(list[str]).decode)
    assert read(rb'["\ud83d", "\ud83d\ude00"]') == ["\ufffd", "😀"]
    with pytest.raises(msgspec.ValidationError):
        read(b"[1]")
    for broken in (rb'["\ud83d"', b"", b'["a"', b"<html>"):
        with pytest.raises(msgspec.DecodeError):
            read(broken)
