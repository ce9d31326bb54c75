"""Files that say, in passing, something that their configuration does not: whose they are, in which currency, how it is spelled."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from saldo.files.choice import KINDS
from saldo.files.companies import Companies, UnknownCompany
from saldo.warehouse.connection import Connection
from saldo.workbooks import currencies
from tests.files.dropping import MONTHS, Drop, wide
from tests.support import Company, Sandbox, agreement, night, random_text


@pytest.fixture(scope="module")
def books(dsn: str, sandbox: Sandbox) -> Company:
    company = sandbox.company("whose", is_ledger_only=True, entries=50)
    assert not night(dsn, company).errors
    return company


@pytest.fixture
def drop(warehouse: Connection, books: Company, tmp_path: Path) -> Drop:
    """Nothing of another test is left."""
    warehouse.execute(
        "delete from ops.file; delete from ops.watermark where subject_kind = 'file'; delete from staging.file_budget; "
        "delete from staging.file_account_mapping"
    )
    for table in ("budget", "account_mapping"):
        warehouse.execute(
            f"update core.{table} set is_deleted = true, change_seq = nextval('core.change_seq')".encode()
        )
    return Drop(warehouse, tmp_path, books)


def refused(drop: Drop, **more: Any) -> list[tuple[str, str]]:
    """Cell and what was found, of the only file that is refused."""
    outcome = drop.look(with_facts=False, **more)
    assert (outcome.accepted, outcome.errors) == ([], [])
    [error] = outcome.rejected.values()
    return [(p.cell, p.found) for p in error.problems]


# --- another company -----------------------------------------------------------------------------


def test_lines_of_another_company_are_not_the_configurations(drop: Drop) -> None:
    own = drop.company.id
    head = "Selskab;Konto;Afdeling"
    lines = [
        ("Nordlys", 1010, 1, "1,00"),
        (own.upper(), 1310, 1, "5,00"),
        ("Fjord", 1310, 2, "5,00"),
    ]
    drop.put("b.csv", wide(*lines, head=head))
    assert refused(drop) == [
        ("line 2, column 1", "company “Nordlys”"),
        ("line 4, column 1", "company “Fjord”"),
    ]
    [(problems,)] = drop.register("problems")
    assert (problems[0]["expected"], "agreement_column" in problems[0]["remedy"]) == (
        f"{own}, the `agreement` of the configuration",
        True,
    )
    drop.put("b.csv", wide(*lines[1:2], ("", 1310, 2, "7,00"), head=head))
    assert drop.look().accepted
    assert drop.facts() == [("1310", "1", Decimal(5)), ("1310", "2", Decimal(7))]


def test_rules_of_another_company_are_not_the_configurations(drop: Drop) -> None:
    drop.values = {"kind": "account_mapping"}
    text = f"Selskab;Konto;Koncernkonto\n{drop.company.id};1010;A\n;1020;A\nFjord;1310;B\n"
    drop.put("m.csv", text)
    assert refused(drop) == [("line 4, column 1", "company “Fjord”")]
    drop.put("m.csv", text.replace("Fjord", ""))
    assert drop.look().accepted


def test_the_id_of_one_agreement_is_not_the_name_of_another() -> None:
    companies = Companies([agreement("a", name="b"), agreement("b", name="x", company=7)], "a")
    assert [companies.agreement(one) for one in ("", " A ")] == ["a", "a"]
    for other in ("b", "x", "7", "nobody"):
        with pytest.raises(UnknownCompany):
            companies.agreement(other)


# --- another currency ----------------------------------------------------------------------------


def test_what_number_formats_say() -> None:
    said = {
        "EUR": ("[$€-2] #,##0.00", "#,##0.00 [$€-407]", '"EUR" #,##0', "#,##0\\ €", "[$EUR] 0"),
        "kr": ('_-* #,##0.00\\ "kr."_-', "[$kr-414] #,##0", '#,##0 "tkr"', "[$kr.-406] 0"),
        "DKK": ('#,##0 "TDKK"', "[$DKK] #,##0;[Red]-[$DKK] #,##0"),
        "PLN": ("[$PLN] 0",),
        "USD": ("[$$-409]#,##0", "[$USD] 0"),
        # The sign of whatever machine it is opened on.
        "": (
            '"$"#,##0',
            '_("$"* #,##0.00_)',
            "[$-409]d mmm",
            '#,##0 "stk"',
            "[Red]0.00",
            "General",
        ),
    }
    for mark, forms in said.items():
        assert {currencies.of_format(form) for form in forms} == {mark}


MARKED: dict[str, tuple[dict[str, Any], str]] = {
    "a text": ({"amount": "EUR 100,00"}, "D4"),
    "a sign": ({"amount": "€ 100,00"}, "D4"),
    "a format": ({"form": "[$€-2] #,##0.00"}, "D4"),
    "a title": ({"title": "Budget 2026 i EUR"}, "D3"),
    "thousands in a title": ({"title": "tEUR", "amounts_in": 1000}, "D3"),
    "a sheet": ({"sheet": "Budget EUR"}, "D3"),
    "a file": ({"file": "Budget 2026 (EUR).xlsx"}, "D3"),
    "a heading": ({"heading": "Beløb EUR", "header": {"amount": ["Beløb EUR"]}}, "D3"),
}
FITTING: dict[str, dict[str, Any]] = {
    "crowns": {"amount": "kr. 100,00", "title": "Alle beløb i kr."},
    "the books'": {"amount": "DKK 100,00", "title": "Budget (DKK)"},
    "crowns in a format": {"form": "[$kr-414] #,##0.00"},
    "a rate": {"title": "Kurs EUR 7,46"},
    "a name": {"title": "Euro Invest, EUR/DKK, uden USD-sikring"},
    "nothing in euros": {"form": "[$€-2] #,##0.00", "amount": 0},
}


def put_book(
    drop: Drop, *, amount: Any = 100, form: str = "General", title: str = "Budget", sheet: str = "Ark1",
    heading: str = "Beløb", file: str = "Budget 2026.xlsx",
) -> None:  # fmt: skip
    for path in drop.folder.iterdir():
        path.unlink()
    book = Workbook()
    page = book.active
    page.title = sheet
    for line in (
        [title],
        ["Konto", "Afdeling", "Måned", heading],
        [1310, 1, "2026-01", 5],
        [1310, 2, "2026-01", amount],
    ):
        page.append(line)
    page["D4"].number_format = form
    into = io.BytesIO()
    book.save(into)
    drop.put(file, into.getvalue())


def test_marks_of_another_currency_than_the_books(drop: Drop) -> None:
    for name, (values, cell) in MARKED.items():
        settings = {k: v for k, v in values.items() if k in ("amounts_in", "header")}
        put_book(drop, **{k: v for k, v in values.items() if k not in settings})
        found = refused(drop, match="*.xlsx", **settings)
        what = "all amounts in EUR" if cell == "D3" else "an amount in EUR"
        assert found == [(cell, what)], name
    for name, values in FITTING.items():
        put_book(drop, **values)
        outcome = drop.look(with_facts=False, match="*.xlsx")
        assert outcome.accepted or outcome.unchanged, name


def test_titles_and_amounts_that_contradict_each_other(drop: Drop) -> None:
    put_book(drop, title="Budget i EUR", amount="DKK 100,00")
    assert ("D4", "“DKK 100,00”") in refused(drop, match="*.xlsx")
    put_book(drop, title="Budget i EUR", sheet="Budget DKK")
    assert refused(drop, match="*.xlsx") == [("", "titles that say amounts in EUR and in DKK")]
    for path in drop.folder.iterdir():
        path.unlink()
    drop.put("b.csv", "Konto;Måned;Beløb;Valuta\n1310;2026-01;€ 1,00;DKK\n1320;2026-01;1,00;kr\n")
    assert ("line 2, column 4", "the currency DKK beside amounts in EUR") in refused(drop)
    drop.put("b.csv", "Konto;Måned;Beløb;Valuta\n1310;2026-01;kr 1,00;DKK\n1310;2026-02;1,00;Kr.\n")
    assert drop.look(with_facts=False).accepted


# --- the same twice ------------------------------------------------------------------------------


def put_sheets(drop: Drop, name: str, *sheets: list[list[Any]]) -> None:
    for path in drop.folder.iterdir():
        path.unlink()
    book = Workbook()
    book.remove(book.active)
    for number, lines in enumerate(sheets, 1):
        page = book.create_sheet(f"Budget {number}")
        for line in lines:
            page.append(line)
    into = io.BytesIO()
    book.save(into)
    drop.put(name, into.getvalue())


def test_the_same_month_in_two_tables(drop: Drop) -> None:
    """Beside another file in force, where it would have met itself."""
    drop.values = {"match": "*.xlsx", "sheet": "Budget*"}
    calendar = [["Konto", "Afdeling", *(f"{m} 2026" for m in MONTHS)], [1310, 1, *[10] * 12]]
    lines = [
        ["Konto", "Afdeling", "Måned", "Beløb"],
        [1010, 1, "2026-03", 5],
        [1310, 1, "2026-03", 5],
    ]
    put_sheets(drop, "A 2026.xlsx", calendar, lines)
    twice = "the same account, department and month as in"
    assert refused(drop) == [("D3", f"{twice} sheet 'Budget 1', E2")]
    split = [f"{m} 2026" for m in MONTHS[6:]] + [f"{m} 2027" for m in MONTHS[:6]]
    put_sheets(drop, "B.xlsx", calendar, [["Konto", "Afdeling", *split], [1310, 1, *[10] * 12]])
    assert refused(drop) == [("C2", f"{twice} sheet 'Budget 1', I2")]
    # What the reader has told is not told again.
    put_sheets(drop, "C 2026.xlsx", [*calendar, calendar[1]], [*lines, lines[2]])
    assert sorted(refused(drop)) == [
        ("A3", f"{twice} A2"),
        ("A4", f"{twice} A3"),
        ("D3", f"{twice} sheet 'Budget 1', E2"),
    ]
    put_sheets(drop, "D 2026.xlsx", calendar, lines[:2])
    assert drop.look().accepted


def test_the_same_line_under_two_names_of_the_company(drop: Drop) -> None:
    head = "Selskab;Konto;Afdeling"
    drop.put("b.csv", wide((drop.company.id, 1310, 1, "1,00"), ("", 1310, 1, "2,00"), head=head))
    assert refused(drop) == [
        ("line 3, column 4", "the same account, department and month as in line 2, column 4")
    ]


# --- one scenario under two spellings ------------------------------------------------------------


def test_a_scenario_keeps_the_spelling_that_is_in_force(drop: Drop) -> None:
    head, columns = "Konto;Afdeling;Scenarie", "scenario, amount_base"
    drop.values = {"scenario_column": "Scenarie"}
    drop.put("a.csv", wide((1310, 1, "Budget", "1,00"), (1310, 2, "BUDGET", "2,00"), head=head))
    drop.look()
    assert drop.facts(columns) == [("Budget", Decimal(1)), ("Budget", Decimal(2))]
    drop.put("b.csv", wide((1310, 1, " budget ", "5,00"), (1310, 1, "Plan", "9,00"), head=head))
    assert drop.look().accepted == ["b.csv"]
    # The newer file counts in the whole month; a scenario of another word stands beside it.
    assert drop.facts(columns) == [("Budget", Decimal(5)), ("Plan", Decimal(9))]
    drop.put("b.csv", wide((1310, 1, "budget", "5,00"), (1310, 1, "BUDGET", "9,00"), head=head))
    assert [found for _, found in refused(drop)] == [
        "the same account, department and month as in line 2, column 4"
    ]
    for path in drop.folder.iterdir():
        path.unlink()
    drop.look(confirm_deletes=True)
    drop.put("c.csv", wide((1310, 1, "budget", "3,00"), head=head))
    drop.look()
    assert drop.facts(columns) == [("budget", Decimal(3))]


# --- texts that fit no index ---------------------------------------------------------------------


def test_a_text_too_long_for_a_key_is_refused_and_other_files_are_read(drop: Drop) -> None:
    long = random_text(6000)
    drop.values = {"unknown": "accept", "sign": "ledger", "scenario_column": "Scenarie"}
    drop.put("good.csv", wide((1310, 1, "x", "1,00"), head="Konto;Afdeling;Scenarie"))
    drop.put("bad.csv", wide((1320, long, long, "1,00"), head="Konto;Afdeling;Scenarie"))
    outcome = drop.look()
    assert outcome.accepted == ["good.csv"]
    found = [(p.cell, p.expected) for p in outcome.rejected["bad.csv"].problems]
    assert found == [
        ("line 2, column 3", "at most 100 as scenario"),
        ("line 2, column 2", "at most 100 as department"),
    ]
    drop.values = {"kind": "account_mapping"}
    for path in drop.folder.iterdir():
        path.unlink()
    drop.put("m.csv", f"Konto;Koncernkonto\n1{long};4000\n1310;{long}\n")
    found = refused(drop)
    assert [cell for cell, _ in found] == ["line 2, column 1", "line 3, column 2"]
    assert f"{len(long) + 1} letters" in found[0][1]


def test_what_postgres_cannot_take_is_that_files_trouble(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reader lets through: one file must not stop the others."""
    kind = KINDS["budget"]
    stage = type(kind).stage

    def staged(self: Any, connection: Connection, path: Path, *more: Any) -> Any:
        if path.name.startswith("bad"):
            connection.execute(
                "insert into core.budget (agreement_id, scenario, account_number, department, month, amount, sign, "
                "config_id, file_id, version, source_file, sheet, cell, row_number, change_seq) values "
                "('x', %s, '1', '', '2026-01-01', 1, 'ledger', '', 1, 1, '', '', '', 1, 1)",
                [random_text(9000)],
            )
        return stage(self, connection, path, *more)

    monkeypatch.setattr(type(kind), "stage", staged)
    drop.put("bad.csv", wide((1310, 1, "1,00")))
    drop.put("good.csv", wide((1310, 2, "1,00")))
    outcome = drop.look()
    assert (outcome.accepted, len(outcome.errors)) == (["good.csv"], 1)
    assert "ProgramLimitExceeded" in str(outcome.errors[0])
