"""What the forms of an export's page say: lines that were changed, and what stands over the mapping."""

from __future__ import annotations

from typing import Any

import pytest

from saldo.api.answers import Problem
from saldo.console.exports import overrides, typed, words
from saldo.console.exports.asked import Asked
from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.payloads import payload_of
from tests.example_target.kind import example_configuration
from tests.exports.accounting.examples import expense, line

CLAIM = payload_of(
    parse_expense(
        expense(
            organisation="example",
            lines=[
                line(text="Train\nto Oslo"),
                line(2, category="lunch", vat_code="12", vat_amount="1"),
            ],
        )
    )
)
SEEN = {"seen": "2026-03-01T10:00:00+00:00"}


def places(override: dict[str, Any] | None = None) -> list[overrides.Place]:
    return overrides.places(CLAIM, example_configuration(), override)


def test_the_places_are_those_that_the_claim_uses() -> None:
    assert [(one.label, one.by_file) for one in places()] == [
        ("Account of category travel", "7140"), ("Account of category lunch", ""), ("VAT code for 25", "1"), ("department 10", ""),
        ("VAT code for 12", ""), ("Rate of VAT code 12, in percent", ""), ("Country of VAT code 12, such as NO", ""), ("Number of E12", ""),
    ]  # fmt: skip
    assert places({"accounts": {"lunch": "7141"}})[1].over == "7141"


@pytest.mark.parametrize(
    ("before", "fields", "after"),
    [
        ({}, {}, {}),
        ({}, {("accounts", "lunch"): " 7141 "}, {"accounts": {"lunch": "7141"}}),
        ({}, {("accounts", "travel"): "7140"}, {}),
        ({"accounts": {"travel": "1", "x": "2"}}, {("accounts", "travel"): ""}, {"accounts": {"x": "2"}}),
        ({"accounts": {"travel": "1"}}, {("accounts", "travel"): "7140"}, {}),
        ({"accounts": {"travel": "1"}}, {("accounts", "lunch"): "2"}, {"accounts": {"travel": "1", "lunch": "2"}}),
        ({"texts": {"line": "x"}}, {("payable", "expense", "numbers", "E12"): "12"}, {"texts": {"line": "x"}, "payable": {"expense": {"numbers": {"E12": "12"}}}}),
        ({}, {("vat", "25", "code"): "3"}, {"vat": {"25": {"code": "3"}}}),
        ({}, {("booking",): "leave"}, {}),
    ],
)  # fmt: skip
def test_what_is_typed_stands_over_the_mapping(
    before: dict[str, Any], fields: dict[tuple[str, ...], str], after: dict[str, Any]
) -> None:
    form = {overrides.Place(path, "", "", "").name: value for path, value in fields.items()}
    body = typed.retry(form, places(before), before)
    assert body.override == (None if after == before else after)
    assert not body.accept_second


def test_only_what_was_changed_of_a_line_is_sent() -> None:
    form = {
        "line-1-category": "travel", "line-1-text": "Train\r\nto Oslo ", "line-1-date": "2026-03-02", "line-1-vat_code": "25",
        "line-1-dimension-department": "10", "line-2-category": " travel ", "line-2-vat_code": "", "line-2-dimension-department": "20",
        "line-2-dimension-project": "",
    }  # fmt: skip
    body = typed.lines(form, CLAIM["lines"])
    assert [one.changes for one in body.lines] == [
        {"line": 2, "category": "travel", "vat_code": None, "dimensions": {"department": "20"}}
    ]
    with pytest.raises(Problem, match="Nothing was changed"):
        typed.lines({"line-9-category": "x"}, CLAIM["lines"])
    with pytest.raises(Problem) as refused:
        typed.lines({"line-1-category": "x" * 100}, CLAIM["lines"])
    assert refused.value.status == 422


def test_a_form_that_saw_nothing_is_none_of_ours() -> None:
    assert typed.seen(SEEN).at is not None
    for wrong in ({}, {"seen": ""}, {"seen": "2026-03-01"}, {"seen": "2026-03-01T10:00:00"}):
        with pytest.raises(Problem, match="none of Saldo's"):
            typed.seen(wrong)


def test_messages_are_said_without_what_the_row_says_anyway() -> None:
    said = "example: expense E-1 cannot be booked: lines[1].category: 'lunch'; expected: one\nlines[2].x: y"
    assert words.short(said) == "category: 'lunch'; expected: one"
    assert words.short(None) == "Nobody said."
    assert words.place_of("lines[1].vat_code", CLAIM["lines"]) == "Line 2, VAT code"
    assert (
        words.place_of("lines[7].dimensions.project", CLAIM["lines"])
        == "Line 8, dimensions, project"
    )
    assert words.place_of("", []) == "the whole claim"


def test_the_address_of_a_list_keeps_its_filters() -> None:
    asked = Asked.model_validate(
        {"status": "review", "q": " a&b ", "kind": "", "after": "", "reason": ""}
    )
    assert asked.address() == "/exports?status=review&q=a%26b"
    assert asked.address(status=None, reason="0" * 32) == f"/exports?q=a%26b&reason={'0' * 32}"
    assert (asked.parameters()["first_place"], asked.parameters()["last_place"]) == (0, 0)
    assert (Asked().parameters()["first_place"], Asked().parameters()["last_place"]) == (0, 5)
    with pytest.raises(Problem):
        Asked.model_validate({"after": "0.xx"}).parameters()
