"""Templates, filled in as people do: what comes back is what was written, and nothing else."""

from __future__ import annotations

import csv
import io
import random
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from saldo.errors import ConfigError
from saldo.workbooks import Layout, Rejected, read, read_rates, templates
from saldo.workbooks.periods import Month, after
from saldo.workbooks.phrases import PHRASES
from saldo.workbooks.templates import Account, Template
from tests.workbooks.making import problems, sentence

FIRST = [(2026, 1), (2025, 7), (2026, 4), (2025, 12)]
ACCOUNTS = [
    Account("0100", "Salg i alt?", actual={(2024, 7): Decimal("-5.5"), (2025, 3): Decimal(-7)}),
    Account("1010", "Løn & pension, 1.000 timer", "R100", "Revenue", "Sales"),
    Account("1090", "Total"),
    Account("1099", "Omsætning i alt"),
    Account("V20", "Ist Index", "R200", "", "Costs"),
]
DEPARTMENTS = [("1", "Øst"), ("020", "Vest")]
#: account, department, month
Key = tuple[str, str, Month]


def template(kind: str, language: str, first: Month) -> Template:
    return Template(kind, language, first, ACCOUNTS, DEPARTMENTS)  # type: ignore[arg-type]


def budget(chance: random.Random, first: Month) -> dict[Key, Decimal]:
    """A random one; an account and a department of its own in each line, some cells left empty."""
    lines = [(account.number, chance.choice(["", "1", "020"])) for account in ACCOUNTS]
    return {
        (number, department, after(first, month)): Decimal(chance.randint(-(10**7), 10**7)) / 100
        for number, department in lines
        for month in range(12)
        if chance.random() < 0.7
    }


def filled(path: Path, budget: dict[Key, Decimal], first: Month) -> None:
    """Written into the cells, calculated and saved, as by Excel: sums have their values."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    for row, account in enumerate(ACCOUNTS, 2):
        for (number, department, month), amount in budget.items():
            if number == account.number:
                sheet.cell(row, 3).value = department or None
                column = 4 + (month[0] - first[0]) * 12 + month[1] - first[1]
                sheet.cell(row, column).value = amount
    book.save(path)
    sums = {
        row: sum(amount for (number, _, _), amount in budget.items() if number == account.number)
        for row, account in enumerate(ACCOUNTS, 2)
    }
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    formula = re.compile(r"(<f>SUM\(D(\d+):O\d+\)</f>)<v ?/>|<f>SUM\(D(\d+):O\d+\)</f><v></v>")
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, formula.sub(lambda m: f"{m[1]}<v>{sums.get(int(m[2]), 0)}</v>", part))  # fmt: skip


def written(path: Path, budget: dict[Key, Decimal], first: Month) -> None:
    """The same into the lines of the CSV file, with a decimal comma."""
    lines = list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))
    departments = {number: department for number, department, _ in budget}
    for line in lines[1:]:
        line[2] = departments.get(line[0], "")
        year, month = map(int, line[3].split("-"))
        amount = budget.get((line[0], line[2], (year, month)))
        line[4] = "" if amount is None else f"{amount:.2f}".replace(".", ",")
    with path.open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, delimiter=";").writerows(lines)


def rows(path: Path) -> dict[Key, Decimal]:
    with read(path, Layout()) as book:
        return {(row.account, row.department, row.period): row.amount for row in book.rows()}


@pytest.mark.parametrize("language", PHRASES)
def test_a_filled_budget_gives_back_what_was_written(language: str, tmp_path: Path) -> None:
    chance = random.Random(language)
    for first in FIRST:
        made = template("budget", language, first)
        amounts = budget(chance, first)
        path = tmp_path / f"{made.name} nordlys.xlsx"
        path.write_bytes(templates.workbook(made))
        filled(path, amounts, first)
        assert rows(path) == amounts
        path = tmp_path / f"{made.name}.csv"
        path.write_bytes(templates.text(made))
        written(path, amounts, first)
        assert rows(path) == amounts


@pytest.mark.parametrize("language", PHRASES)
def test_a_mapping_gives_back_what_accounts_are_mapped_to(language: str, tmp_path: Path) -> None:
    mapped = Template("account_mapping", language, FIRST[0], [ACCOUNTS[1], ACCOUNTS[-1]])
    for ending, content in (("xlsx", templates.workbook), ("csv", templates.text)):
        path = tmp_path / f"{mapped.name}.{ending}"
        path.write_bytes(content(mapped))
        with read(path, Layout(kind="account_mapping")) as book:
            found = [(r.low, r.group_account, r.group_name, r.report_line) for r in book.mappings()]
        assert found == [("1010", "R100", "Revenue", "Sales"), ("V20", "R200", "", "Costs")]


@pytest.mark.parametrize("language", PHRASES)
def test_filled_exchange_rates_give_back_what_was_written(language: str, tmp_path: Path) -> None:
    made = Template("exchange_rates", language, FIRST[0])
    layout, expected = Layout(kind="exchange_rates"), [
        ("EUR", "DKK", "average", Decimal("746.04"), 100), ("EUR", "DKK", "closing", Decimal("746.1"), 100),
        ("NOK", "DKK", "average", Decimal("0.6412"), 1),
    ]  # fmt: skip
    path = tmp_path / f"{made.name}.xlsx"
    path.write_bytes(templates.workbook(made))
    with pytest.raises(Rejected, match="no line below the header"):
        read_rates(path, layout)
    book = load_workbook(path)
    for row, line in enumerate(
        (
            ["2026-02", "EUR", "DKK", 100, 746.04, 746.1],
            ["2026-02", "NOK", "DKK", None, 0.6412, None],
        ),
        2,
    ):
        for column, value in enumerate(line, 1):
            book.worksheets[0].cell(row, column).value = value
    book.save(path)
    text = templates.text(made).decode("utf-8-sig")
    written = path.with_suffix(".csv")
    written.write_text(f"{text}2026-02;EUR;DKK;100;746,04;746,1\n2026-02;NOK;DKK;;0,6412;\n")
    for one in (path, written):
        found = read_rates(one, layout)
        assert [(r.base, r.quote, r.kind, r.rate, r.unit) for r in found] == expected


EVIL = '=HYPERLINK("http://evil","x")'


def test_no_name_of_the_ledger_becomes_a_formula(tmp_path: Path) -> None:
    accounts = [
        Account("1010", EVIL),
        Account("1020", "+cmd"),
        Account("1030", "-x"),
        Account("1040", "@y"),
    ]
    made = Template("budget", "da", FIRST[0], accounts, [("1", "=1+1"), ("=2", "Vest")])
    path = tmp_path / f"{made.name}.xlsx"
    path.write_bytes(templates.workbook(made))
    sheet, guide = load_workbook(path).worksheets
    cells = [*sheet["A"][1:5], *sheet["B"][1:5], *guide["C"][1:3], *guide["D"][1:3]]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert [(cell.value, cell.quotePrefix) for cell in sheet["B"][1:3]] == [
        (EVIL, True),
        ("+cmd", True),
    ]
    sheet["D2"].value, sheet["P2"].value = 7, 7
    sheet.parent.save(path)
    assert rows(path) == {("1010", "", (2026, 1)): Decimal(7)}
    lines = list(csv.reader(io.StringIO(templates.text(made).decode("utf-8-sig")), delimiter=";"))
    assert {line[1] for line in lines[1:]} == {f"'{EVIL}", "'+cmd", "'-x", "'@y"}
    path = tmp_path / f"{made.name}.csv"
    path.write_bytes(templates.text(made))
    written(path, {("1010", "", (2026, 1)): Decimal(7)}, FIRST[0])
    with read(path, Layout()) as book:
        assert [(row.account, row.account_name) for row in book.rows()] == [("1010", EVIL)]


def test_a_mapping_gives_such_names_back(tmp_path: Path) -> None:
    made = Template("account_mapping", "da", FIRST[0], [Account("1010", "+x", "R1", EVIL, "-line")])
    for ending, content in (("xlsx", templates.workbook), ("csv", templates.text)):
        path = tmp_path / f"{made.name}.{ending}"
        path.write_bytes(content(made))
        with read(path, Layout(kind="account_mapping")) as book:
            [row] = book.mappings()
        assert (row.low, row.group_account, row.group_name, row.report_line) == (
            "1010",
            "R1",
            EVIL,
            "-line",
        )


def test_a_template_nobody_filled_in_is_refused(tmp_path: Path) -> None:
    """An empty budget would take away the one that is in force."""
    for made in (template("budget", "da", FIRST[1]), Template("budget", "da", FIRST[1])):
        for ending, content in (("xlsx", templates.workbook), ("csv", templates.text)):
            path = tmp_path / f"{made.name}.{ending}"
            path.write_bytes(content(made))
            assert "ound no line below the header" in sentence(path)
    path = tmp_path / "Kontomapping.xlsx"
    path.write_bytes(templates.workbook(template("account_mapping", "da", FIRST[0])))
    unmapped = problems(path, Layout(kind="account_mapping"))
    assert [(one.cell, one.expected) for one in unmapped] == [
        (cell, "a group account in every rule") for cell in ("C2", "C4", "C5")
    ]


def test_sums_that_people_have_broken_are_found(tmp_path: Path) -> None:
    made = template("budget", "en", FIRST[0])
    path = tmp_path / f"{made.name}.xlsx"
    path.write_bytes(templates.workbook(made))
    amounts = {("0100", "", (2026, 3)): Decimal(7)}
    filled(path, amounts, FIRST[0])
    book = load_workbook(path)
    book.worksheets[0]["P2"].value = 8
    book.save(path)
    assert "cell P2: found a total of 8.0000; expected 7.0000, the sum of its months" in sentence(
        path
    )


def test_no_column_is_described_twice() -> None:
    """Excel calls such a workbook damaged."""
    content = io.BytesIO(templates.workbook(template("budget", "en", FIRST[1])))
    sheet = zipfile.ZipFile(content).read("xl/worksheets/sheet1.xml").decode()
    spans = re.findall(r'<col [^>]*min="(\d+)" max="(\d+)"', sheet)
    columns = [column for low, high in spans for column in range(int(low), int(high) + 1)]
    assert columns == list(range(1, 30))
    assert sheet.count('outlineLevel="1"') == 12


@pytest.mark.parametrize(("language", "first"), [("fi", (2026, 1)), ("da", (2026, 13))])
def test_what_cannot_be_written_is_said(language: str, first: Month) -> None:
    with pytest.raises(ConfigError, match=r"language: 'fi'|fiscal: write"):
        Template("budget", language, first)
