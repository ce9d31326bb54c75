"""Expenses as they come in: read exactly, and everything that is wrong said at once."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from saldo.exports.accounting.expense import LARGEST_RECEIPT, InvalidExpense, parse_expense

from .examples import GOLDEN, PDF, expense, line, mileage, receipt


def problems(raw: Any) -> list[str]:
    with pytest.raises(InvalidExpense) as refused:
        parse_expense(raw if isinstance(raw, bytes) else json.dumps(raw).encode())
    assert refused.value.family == "DataRejected"
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("name", GOLDEN)
def test_what_is_read_is_the_same_json_again(name: str) -> None:
    read = parse_expense(json.dumps(GOLDEN[name]).encode())
    assert parse_expense(GOLDEN[name]) == read
    assert parse_expense(msgspec.json.encode(read)) == read


def test_what_is_read() -> None:
    read = parse_expense(
        expense(
            lines=[line(receipts=[receipt()]), mileage()], approved_at="2026-03-03T10:00:00+01:00"
        )
    )
    assert (read.total, read.total_vat, read.payee, read.revision) == (
        Decimal("572.85"),
        Decimal("25.00"),
        "E12",
        None,
    )
    assert read.approved_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    [first, second] = read.lines
    assert (first.receipts[0].content, first.dimensions) == (PDF, {"department": "10"})
    assert (second.quantity, second.rate, second.vat_code) == (
        Decimal("84.5"),
        Decimal("5.30"),
        None,
    )


BIG = base64.b64encode(PDF + bytes(LARGEST_RECEIPT)).decode()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "no readable JSON"),
        (b'{"id": 1, "id": 2}', "the key 'id' is there twice"),
        (b"\xff\xfe{", "no readable JSON"),
        ([], "a list; expected: an object"),
        ("x", "'x'; expected: an object"),
        (expense(colour="red"), "colour: an unknown key 'colour'; expected: one of id, organisation"),
        (expense(id=None), "id: nothing; expected: a letter or digit"),
        (expense(id="a/b"), "id: 'a/b'"),
        (expense(id="x" * 65), "id: 65 characters"),
        (expense(id=7), "id: 7"),
        (expense(organisation="HLF"), "organisation: 'HLF'; expected: a small letter"),
        (expense(kind="salary"), "kind: 'salary'; expected: one of expense, honorarium"),
        (expense(kind=["expense"]), "kind: a list"),
        (expense(status="ok"), "status: 'ok'; expected: one of draft, submitted, approved"),
        (expense(approved_at=None), "approved_at: nothing; expected: the moment of the approval"),
        (expense(approved_at="2026-03-03T09:00:00"), "approved_at: '2026-03-03T09:00:00'; expected: a moment with its zone"),
        (expense(approved_at="2026-02-30T09:00:00Z"), "approved_at: '2026-02-30T09:00:00Z'"),
        (expense(employee=None), "employee: nothing; expected: the employee who is paid"),
        (expense(employee=" "), "employee: ' '; expected: a text of 1 to 50"),
        (expense(supplier="V1"), "supplier: 'V1'; expected: nothing in an expense"),
        (expense(kind="honorarium", employee=None), "supplier: nothing; expected: the supplier who is paid"),
        (expense(kind="honorarium", supplier="V1"), "employee: 'E12'; expected: nothing in an honorarium"),
        (expense(description=""), "description: ''"),
        (expense(description="a\x00b"), "description: 'a\\x00b'; expected: a text without control characters"),
        (expense(description="half \ud83d"), "description: 'half \\ud83d'; expected: a text without control characters"),
        (expense(employee="E1\nE2"), "employee: 'E1\\nE2'; expected: a text without control characters"),
        (expense(lines=[line(receipts=[receipt("a\r\nb.pdf")])]), "lines[0].receipts[0].name: 'a\\r\\nb.pdf'; expected: a text without"),
        (expense(lines=[line(dimensions={"a\nb": "1"})]), "lines[0].dimensions: the name 'a\\nb'"),
        (expense(date="2026-02-30"), "date: '2026-02-30'; expected: a day like 2026-03-02"),
        (expense(date="20260302"), "date: '20260302'"),
        (expense(date="0001-01-01"), "date: '0001-01-01'"),
        (expense(currency="nok"), "currency: 'nok'; expected: three capitals"),
        (expense(revision=0), "revision: 0; expected: a whole number from 1"),
        (expense(revision=True), "revision: true"),
        (expense(lines=[]), "lines: a list of 0; expected: a list of 1 to 200"),
        (expense(lines="x"), "lines: 'x'"),
        (expense(lines=[1]), "lines[0]: 1; expected: an object"),
        (expense(lines=[line(), line()]), "lines[1].line: 1 again; expected: a number of its own"),
        (expense(lines=[line(vat=1)]), "lines[0].vat: an unknown key 'vat'"),
        (expense(lines=[line(line="1")]), "lines[0].line: '1'; expected: a whole number"),
        (expense(lines=[line(amount=125.0)]), "lines[0].amount: 125.0; expected: a number in quotes"),
        (expense(lines=[line(amount="125,00")]), "lines[0].amount: '125,00'"),
        (expense(lines=[line(amount="1.00001", vat_amount="0.2")]), "lines[0].amount: '1.00001'"),
        (expense(lines=[line(amount="1e3")]), "lines[0].amount: '1e3'"),
        (expense(lines=[line(amount="١٢٥")]), "lines[0].amount: '١٢٥'"),
        (expense(lines=[line(amount="9" * 16)]), "lines[0].amount: '999"),
        (expense(lines=[line(amount="0")]), "lines[0].amount: 0; expected: an amount that is booked"),
        (expense(lines=[line(amount="-5", vat_amount="-1")]), "lines: lines that come to -5; expected: a total above 0"),
        (expense(lines=[line(vat_code=None)]), "lines[0].vat_code: nothing; expected: the code of the VAT of 25.00"),
        (expense(lines=[line(vat_amount="-25")]), "lines[0].vat_amount: -25; expected: a part of the amount (125.00), with its sign"),
        (expense(lines=[line(vat_amount="125")]), "lines[0].vat_amount: 125"),
        (expense(lines=[mileage(amount="447.80")]), "lines[0].amount: 447.80; expected: quantity 84.5 × rate 5.30, 447.85"),
        (expense(lines=[mileage(rate="0")]), "lines[0].rate: 0; expected: a number above 0"),
        (expense(lines=[line(quantity="-1")]), "lines[0].quantity: -1; expected: a number above 0"),
        (expense(lines=[line(dimensions={"project": 1})]), "lines[0].dimensions.project: 1; expected: a text"),
        (expense(lines=[line(dimensions={"": "1"})]), "lines[0].dimensions: the name ''"),
        (expense(lines=[line(dimensions=[])]), "lines[0].dimensions: a list; expected: an object of texts"),
        (expense(lines=[line(receipts=[receipt("../x.pdf")])]), "lines[0].receipts[0].name: '../x.pdf'; expected: a file's name"),
        (expense(lines=[line(receipts=[receipt("..")])]), "lines[0].receipts[0].name: '..'"),
        (expense(lines=[line(receipts=[receipt(of="text/html")])]), "lines[0].receipts[0].content_type: 'text/html'; expected: one of application/pdf"),
        (expense(lines=[line(receipts=[receipt(of="image/png")])]), "lines[0].receipts[0].content_base64: a file of another kind; expected: image/png"),
        (expense(lines=[line(receipts=[receipt(content=b"")])]), "lines[0].receipts[0].content_base64: ''"),
        (expense(lines=[line(receipts=[receipt() | {"content_base64": "%%%%"}])]), "lines[0].receipts[0].content_base64: a text that is no base64"),
        (expense(lines=[line(receipts=[receipt() | {"content_base64": BIG}])]), "lines[0].receipts[0].content_base64: some 10,485,"),
        (expense(lines=[line(receipts=[receipt()] * 21)]), "lines[0].receipts: a list of 21; expected: a list of 0 to 20"),
    ],
)  # fmt: skip
def test_what_is_no_expense(raw: Any, said: str) -> None:
    [problem] = problems(raw)
    assert problem.startswith(said) or (isinstance(raw, bytes) and said in problem)


def test_a_description_may_have_several_lines() -> None:
    assert parse_expense(expense(description=" one\r\ntwo\n")).description == "one\r\ntwo"


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(expense(id="", currency="kr", lines=[line(amount="x", category=""), line(1, date="soon")]))  # fmt: skip
    assert [problem.split(":")[0] for problem in found] == [
        "id", "currency", "lines[0].amount", "lines[0].category", "lines[1].date", "lines[1].line",
    ]  # fmt: skip


def test_a_receipt_of_exactly_the_largest_size_is_taken_and_a_byte_more_is_not() -> None:
    most = PDF + bytes(LARGEST_RECEIPT - len(PDF))
    read = parse_expense(expense(lines=[line(receipts=[receipt(content=most)])]))
    assert len(read.lines[0].receipts[0].content) == LARGEST_RECEIPT
    [problem] = problems(expense(lines=[line(receipts=[receipt(content=most + b"x")])]))
    assert "bytes" in problem
    assert len(problem) < 300


def test_a_message_lists_the_first_problems() -> None:
    with pytest.raises(InvalidExpense, match="and 130 more") as refused:
        parse_expense(expense(lines=[line(n, amount="x") for n in range(1, 151)]))
    assert len(refused.value.problems) == 150
