"""What expenses become: three organisations to the byte, any valid expense to zero, and all that is wrong at once."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import saldo.exports
from saldo.errors import ConfigError
from saldo.exports.accounting.document import AccountingDocument
from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.keys import key_of, line_reference, reference_of
from saldo.exports.accounting.mapping import NotMappable, map_to_accounting_schema, problems_of

from .examples import GOLDEN, HERE, ORGANISATIONS, configurations, expense, line, receipt

ORGANISATION = configurations()


def mapped(raw: dict[str, Any], organisation: str = "") -> AccountingDocument:
    configuration = ORGANISATION[organisation or raw["organisation"]]
    return map_to_accounting_schema(parse_expense(raw), configuration.target, configuration)


def problems(raw: dict[str, Any], organisation: str = "") -> list[str]:
    with pytest.raises(NotMappable) as refused:
        mapped(raw, organisation)
    assert refused.value.family == "DataRejected"
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("name", GOLDEN)
def test_each_organisation_to_the_byte(name: str) -> None:
    document = mapped(GOLDEN[name])
    found = json.loads(msgspec.json.encode(document))
    del found["payload"]
    found["body"] = json.loads(document.body)
    assert found == json.loads((HERE / "golden" / f"{name}.json").read_text())
    assert document.balance == 0
    assert mapped(GOLDEN[name]).body == document.body


def test_amounts_are_sent_digit_by_digit() -> None:
    assert b'"amount":125.00,' in mapped(GOLDEN["fjell"]).body
    assert b'"amount":"125.00",' in mapped(GOLDEN["havn"]).body
    twice = [mapped(expense(lines=[line(amount=amount)])).body for amount in ("125", "125.0000")]
    assert twice[0] == twice[1]


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=120)  # fmt: skip


@st.composite
def _lines(draw: st.DrawFn, organisation: str) -> list[dict[str, Any]]:
    rules = ORGANISATION[organisation].rules
    found = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        cents = draw(st.integers(2, 10_000) | st.integers(-10_000, -2))
        if number == 1:
            cents = abs(cents) + 200_000  # what is deducted is never more than all
        amount = Decimal(cents) / 100
        code = draw(st.none() | st.sampled_from(sorted(rules.vat)))
        rate = rules.vat[code].rate if code else Decimal(0)
        vat = (amount * rate / (100 + rate)).quantize(Decimal("0.01"))
        values = {
            "category": draw(st.sampled_from(sorted(rules.accounts))),
            "text": draw(_WORDS),
            "amount": str(amount),
            "vat_code": code,
            "vat_amount": str(vat),
            "dimensions": {"department": draw(st.sampled_from(["10", "20"]))} if rules.dimensions else {},
        }  # fmt: skip
        found.append(line(number, **values))
    return found


@pytest.mark.parametrize("name", GOLDEN)
def test_any_valid_expense_comes_to_zero(name: str) -> None:
    longest_number = 0

    @settings(max_examples=25, deadline=None, database=None)
    @given(_lines(name), _WORDS, st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True))
    def holds(lines: list[dict[str, Any]], description: str, id: str) -> None:
        nonlocal longest_number
        document = mapped(GOLDEN[name] | {"lines": lines, "description": description, "id": id})
        assert document.balance == 0
        assert document.total == sum(Decimal(one["amount"]) for one in lines)
        costs = [entry for entry in document.entries if entry.line and entry.owner == "account"]
        assert [entry.amount for entry in costs] == [Decimal(one["amount"]) for one in lines]
        assert all(len(entry.text.encode("utf-16-le")) <= 200 for entry in document.entries)
        assert len(document.key) <= 20
        longest_number = max(longest_number, len(document.reference))
        assert set(document.key + document.reference) <= set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
        )

    holds()
    assert 0 < longest_number <= 30


def test_everything_wrong_is_said_at_once() -> None:
    raw = expense(
        currency="SEK",
        employee="E" * 30,
        lines=[
            line(category="party", vat_code="99", dimensions={"department": "30", "colour": "red"}),
            line(2, vat_amount="20.00", dimensions={}, amount="125.004"),
        ],
    )
    assert problems(raw) == [
        "currency: 250.004 SEK; expected: NOK, of which limits.largest_amount is. Remedy: book it by hand, or remove the limit "
        "from fjell.yaml",
        f"employee: '{'E' * 30}'; expected: a number of at most 20 characters. Remedy: write the target's under "
        "mapping.payable.expense.numbers in fjell.yaml",
        "lines[0].category: 'party'; expected: a category that has an account. Remedy: add it to mapping.accounts in fjell.yaml, "
        "or correct the category",
        "lines[0].vat_code: '99'; expected: a VAT code that is mapped. Remedy: add it to mapping.vat in fjell.yaml, or correct the code",
        "lines[0].dimensions: 'colour'; expected: a dimension that is mapped. Remedy: add it to mapping.dimensions in fjell.yaml, "
        "or remove it",
        "lines[0].dimensions.department: '30'; expected: a value that is mapped. Remedy: add it to mapping.dimensions.department.values "
        "in fjell.yaml, or correct it",
        "lines[1].amount: 125.004; expected: an amount of SEK, which has 2 decimals. Remedy: round it before it is approved",
        "lines[1].vat_amount: 20.00; expected: 25.00, which is 25 % (NO) in 125.004. Remedy: correct it, or its vat_code; part the "
        "line where it has several rates",
        "lines[1].dimensions.department: nothing; expected: a value: every line needs its department. Remedy: fill it in, or write "
        "a default for it in fjell.yaml",
        "currency: SEK; expected: NOK, the only currency of a journal's lines. Remedy: claim it in NOK, or book it by hand",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "organisation", "said"),
    [
        (expense(organisation="havn"), "fjell", "organisation: 'havn'; expected: 'fjell'"),
        (expense(kind="honorarium", employee=None, supplier="V1"), "", "kind: honorarium; expected: a kind of which mapping.payable.honorarium"),
        (expense(lines=[line(amount="50000.01", vat_amount="10000")]), "", "lines: 50000.01 NOK in all; expected: at most 50000"),
        (expense(lines=[line(n) for n in range(1, 102)]), "", "lines: 101 lines; expected: at most 100"),
        (expense(organisation="havn", currency="EUR"), "", "currency: EUR; expected: NOK: other currencies need a rate"),
        (expense(organisation="havn", lines=[line(receipts=[receipt(), receipt()])]), "", "lines[0].receipts: 2 files; expected: one"),
        (expense(organisation="havn", status="draft", approved_at=None), "", "approved_at: nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_booked(raw: dict[str, Any], organisation: str, said: str) -> None:
    [problem] = problems(raw, organisation)
    assert problem.startswith(said)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 99 + "…"),
        ("🚆" * 50, "🚆" * 50),
        ("🚆" * 51, "🚆" * 49 + "…"),
        ("x" * 98 + " yyy", "x" * 98 + "…"),
        ("one\n two", "one two"),
    ],
)
def test_texts_are_cut_to_what_the_target_takes(text: str, fits: str) -> None:
    """An emoji is two characters there; half of one would be none."""
    document = mapped(GOLDEN["havn"] | {"description": text, "lines": [line(text=text)]})
    assert [entry.text for entry in document.entries] == [fits, fits]
    is_cut = fits.endswith("…")
    assert [text in note for note in document.notes] == ([True, True] if is_cut else [])


def test_the_vat_may_be_a_few_cents_off_as_on_receipts() -> None:
    assert mapped(expense(lines=[line(vat_amount="25.05")])).total_vat == Decimal("25.05")
    [problem] = problems(expense(lines=[line(vat_amount="25.06")]))
    assert "25.00, which is 25 % (NO) in 125.00" in problem


def test_an_account_may_be_owed_without_naming_whom() -> None:
    raw = expense(organisation="havn", kind="honorarium", employee=None, supplier="V1")
    document = mapped(raw)
    owed = document.entries[-1]
    assert (owed.owner, owed.number, owed.amount) == ("account", "2400", Decimal("-125.00"))
    assert "subledger" not in document.payload["inputs"][-1]["node"]


def test_honoraria_may_be_lines_of_the_journal_and_receipts_left_out() -> None:
    fees = ORGANISATION["koersel"]
    rules = fees.rules.model_copy(update={"honoraria": "journal", "receipts": "leave_out"})
    raw = parse_expense(GOLDEN["koersel"] | {"currency": "DKK"})
    document = map_to_accounting_schema(
        raw, "business_central", fees.model_copy(update={"mapping": rules})
    )
    assert (document.shape, document.balance, document.receipts) == ("journal", 0, ())
    assert [
        (one["amount"], one["balanceAccountType"], one["balancingAccountNumber"])
        for one in document.payload["journalLines"]
    ] == [(Decimal(1050), "Vendor", "V00031"), (Decimal("-12.5"), "Vendor", "V00031")]


@pytest.mark.parametrize(
    ("day", "ends"), [("2024-02-10", date(2024, 2, 29)), ("2026-12-31", date(2026, 12, 31))]
)
def test_the_posting_date(day: str, ends: date) -> None:
    assert mapped(GOLDEN["koersel"] | {"date": day}).posting_date == ends
    assert mapped(expense(date=day)).posting_date == date.fromisoformat(day)
    # Half past midnight in Oslo.
    assert mapped(expense(organisation="havn", date=day)).posting_date == date(2026, 4, 1)


def test_what_is_not_approved_is_a_preview() -> None:
    assert "a preview only" in mapped(expense(status="submitted", approved_at=None)).notes[0]
    assert mapped(expense()).notes == ()


def test_another_target_than_the_files_is_refused() -> None:
    with pytest.raises(NotMappable, match=r"expected: business_central, which fjell\.yaml names"):
        map_to_accounting_schema(parse_expense(expense()), "xledger", ORGANISATION["fjell"])


def test_a_batch_says_the_problems_of_each() -> None:
    wrong = [expense(id=f"E{n}", lines=[line(category=f"c{n}")]) for n in (1, 2)]
    found = problems_of([parse_expense(raw) for raw in [expense(), *wrong]], ORGANISATION["fjell"])
    assert {id: [one.found for one in ones] for id, ones in found.items()} == {"E1": ["'c1'"], "E2": ["'c2'"]}  # fmt: skip


def test_names_differ_by_organisation_id_and_revision() -> None:
    asked = [("a", "X-1", 1), ("a", "x-1", 1), ("b", "X-1", 1), ("a", "X-1", 2), ("a", "X.1", 1), ("a", "X-11", 1)]  # fmt: skip
    for name in (key_of, reference_of):
        assert len({name(*one) for one in asked}) == len(asked)
    assert key_of("a", "._-", 1) == key_of("a", "._-", 1)
    assert len(line_reference(reference_of("a", "x" * 64, 1), 9999)) == 35


def test_the_public_name_finds_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SALDO_EXPORTS_DIR", str(ORGANISATIONS))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    raw = json.dumps(GOLDEN["havn"]).encode()
    assert saldo.exports.map_to_accounting_schema(raw, "xledger") == mapped(GOLDEN["havn"])
    monkeypatch.setenv("SALDO_EXPORTS_DIR", str(tmp_path))
    with pytest.raises(
        ConfigError, match=r"organisation 'havn': it has no accounting export; write havn\.yaml"
    ):
        saldo.exports.map_to_accounting_schema(raw, "xledger")
    off = (ORGANISATIONS / "havn.yaml").read_text() + "enabled: false\n"
    (tmp_path / "havn.yaml").write_text(off)
    with pytest.raises(ConfigError, match=r"havn\.yaml: is switched off; write `enabled: true`"):
        saldo.exports.map_to_accounting_schema(raw, "xledger")
