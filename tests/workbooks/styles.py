"""Writes a known budget in the ways people do: languages, headings, numbers, totals, titles, CSV of any making."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import groupby

from hypothesis import strategies as st

from saldo.workbooks import Csv, Layout

#: (account, department) -> the amounts of twelve months; None: nothing is budgeted.
Budget = dict[tuple[str, str], tuple[Decimal | None, ...]]
#: First line, first column, last line, last column, from 1.
Merged = tuple[int, int, int, int]
#: Accounts whose own side is credit.
CREDITS = ("1010", "1020")

NAMES = {
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "no": "januar februar mars april mai juni juli august september oktober november desember",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}
SHORT = {
    "da": "jan feb mar apr maj jun jul aug sep okt nov dec",
    "no": "jan. feb. mar. apr. mai jun. jul. aug. sep. okt. nov. des.",
    "sv": "jan feb mar apr maj jun jul aug sep okt nov dec",
    "nl": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
    "de": "Jän Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
}
#: account, department, month, amount, total, a section, last year, company, scenario
WORDS = {
    "da": (
        "Konto",
        "Afdeling",
        "Måned",
        "Beløb",
        "I alt",
        "Omsætning",
        "Realiseret 2024",
        "Selskab",
        "Scenarie",
    ),
    "no": (
        "Kontonr.",
        "Avd.",
        "Periode",
        "Beløp",
        "Sum",
        "Inntekter",
        "I fjor",
        "Selskap",
        "Versjon",
    ),
    "sv": (
        "Kontonummer",
        "Avdelning",
        "Månad",
        "Belopp",
        "Summa",
        "Intäkter",
        "Utfall 2024",
        "Bolag",
        "Scenario",
    ),
    "nl": (
        "Grootboekrekening",
        "Kostenplaats",
        "Maand",
        "Bedrag",
        "Totaal",
        "Omzet",
        "Vorig jaar",
        "Bedrijf",
        "Versie",
    ),
    "en": (
        "Account no",
        "Cost centre",
        "Month",
        "Amount",
        "Total",
        "Revenue",
        "Actual 2024",
        "Entity",
        "Scenario",
    ),
    "de": (
        "Sachkonto",
        "Kostenstelle",
        "Monat",
        "Betrag",
        "Summe",
        "Erlöse",
        "Vorjahr",
        "Gesellschaft",
        "Szenario",
    ),
}
HEADINGS = (
    "name", "short", "name year", "short yy", "iso", "compact", "month.year", "date", "date text", "number", "p number",
    "year row", "year row merged",
)  # fmt: skip
NUMBERS = (
    "typed",
    "1.234,56",
    "1,234.56",
    "1 234,56",
    "1234,56",
    "1234.56",
    "behind",
    "brackets",
    "kr",
)


@dataclass(frozen=True)
class Style:
    """One person's way."""

    language: str = "da"
    headings: str = "name year"
    numbers: str = "typed"
    first_month: int = 1
    is_long: bool = False
    is_csv: bool = False
    has_department: bool = True
    account: str = "typed"  # typed, text, with name
    nothing: str | None = None
    title: bool = False
    scale: int = 1
    sections: bool = False
    totals: str = ""  # "", named, bare, numbered
    year_total: bool = False
    quarter_totals: bool = False
    last_year: bool = False
    blank_lines: bool = False
    hidden_sheet: bool = False
    indent: int = 0
    per: int = 1  # months in a column: 1, 3, 6, 12
    sign: str = "natural"
    columns: tuple[str, ...] = ()  # company, scenario
    merged_accounts: bool = False
    two_lines: bool = False
    hides: int | None = None  # a line and a column
    formulas: bool = False
    encoding: str = "utf-8"
    separator: str = ";"
    sep_line: bool = False
    quote_all: bool = False
    year: int = field(default=2025)

    @property
    def months(self) -> list[tuple[int, int]]:
        """The twelve of the fiscal year."""
        index = self.year * 12 + self.first_month - 1
        return [((index + i) // 12, (index + i) % 12 + 1) for i in range(12)]

    @property
    def file_name(self) -> str:
        """Names the year as people do."""
        year = f"{self.year}-{self.year + 1}" if self.first_month > 1 else str(self.year)
        return f"Budget {year}.{'csv' if self.is_csv else 'xlsx'}"

    @property
    def layout(self) -> Layout:
        """What a configuration for such files says."""
        first = f"{self.year}-{self.first_month:02}"
        needs_first = self.first_month > 1 and (
            self.is_long or "number" in self.headings or self.per > 1
        )
        return Layout(
            amounts_in=self.scale,
            sign="ledger" if self.sign == "ledger" else "natural",
            fiscal_year=first if needs_first else "file_name",
            csv=Csv(),
        )


def styles() -> st.SearchStrategy[Style]:
    """Any of them, but for what no file can be: UTF-8 text in a workbook."""
    return st.builds(
        Style,
        language=st.sampled_from(sorted(NAMES)),
        headings=st.sampled_from(HEADINGS),
        numbers=st.sampled_from(NUMBERS),
        first_month=st.sampled_from([1, 1, 7, 4]),
        is_long=st.booleans(),
        is_csv=st.booleans(),
        has_department=st.booleans(),
        account=st.sampled_from(["typed", "text", "with name"]),
        nothing=st.sampled_from([None, "", "-", " – ", "0 kr"]).map(
            lambda n: n if n != "0 kr" else "-"
        ),
        title=st.booleans(),
        scale=st.sampled_from([1, 1, 1000]),
        sections=st.booleans(),
        totals=st.sampled_from(["", "named", "bare", "numbered"]),
        year_total=st.booleans(),
        quarter_totals=st.booleans(),
        last_year=st.booleans(),
        blank_lines=st.booleans(),
        hidden_sheet=st.booleans(),
        indent=st.integers(0, 2),
        encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
        separator=st.sampled_from([";", ",", "\t", "|"]),
        sep_line=st.booleans(),
        quote_all=st.booleans(),
        per=st.sampled_from([1, 1, 1, 3, 6, 12]),
        sign=st.sampled_from(["natural", "ledger"]),
        columns=st.sampled_from([(), (), ("company",), ("scenario",), ("company", "scenario")]),
        merged_accounts=st.booleans(),
        two_lines=st.booleans(),
        hides=st.none() | st.integers(0, 99),
        formulas=st.booleans(),
    ).map(_possible)


def _possible(style: Style) -> Style:
    if style.is_long:
        style = replace(style, year_total=False, quarter_totals=False, last_year=False, per=1)
        if style.headings.startswith("year row"):
            style = replace(style, headings="name")
    if style.is_csv and style.headings == "year row merged":
        style = replace(style, headings="year row")
    if style.per > 1:
        headings = "name" if style.headings.startswith("year row") else style.headings
        style = replace(style, quarter_totals=False, headings=headings)
    if style.per == 12:
        style = replace(style, year_total=False)
    if style.is_csv:
        return replace(style, merged_accounts=False, two_lines=False, hides=None, formulas=False)
    if style.blank_lines:
        style = replace(style, merged_accounts=False)
    return replace(style, encoding="utf-8", formulas=style.formulas and style.numbers == "typed")


# --- cells ------------------------------------------------------------------------------------------


def heading(style: Style, year: int, month: int, position: int) -> object:
    """A month, or more of them, as that person writes it."""
    if style.per > 1:
        return _longer_heading(style, year, position // style.per + 1)
    name = NAMES[style.language].split()[month - 1]
    short = SHORT[style.language].split()[month - 1]
    return {
        "name": name,
        "short": short,
        "name year": f"{name} {year}",
        "short yy": f"{short.rstrip('.')}-{year % 100}",
        "iso": f"{year}-{month:02}",
        "compact": year * 100 + month,
        "month.year": f"{month:02}.{year}",
        "date": date(year, month, 1),
        "date text": f"01.{month:02}.{year}",
        "number": position + 1,
        "p number": f"P{position + 1:02}",
    }.get(style.headings, short)


def _longer_heading(style: Style, year: int, index: int) -> object:
    if style.per == 12:
        return year if style.headings in ("compact", "number") else f"Budget {year}"
    names = {
        3: ("Q{}", "{}. kvartal", "kwartaal {}", "K{}"),
        6: ("H{}", "{}. halvår", "halfjaar {}"),
    }
    said = names[style.per][HEADINGS.index(style.headings) % len(names[style.per])].format(index)
    return f"{said} {year}" if style.headings == "name year" and style.first_month == 1 else said


def amount(style: Style, value: Decimal | None) -> object:
    """An amount as that person writes it, in the style's scale."""
    if value is None:
        return style.nothing
    value = value / style.scale
    if style.numbers == "typed":
        return int(value) if value == int(value) else float(value)
    text = f"{abs(value):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text and style.scale > 1 else text
    if style.numbers in ("1,234.56", "1234.56"):
        text = text if style.numbers == "1,234.56" else text.replace(",", "")
        return f"-{text}" if value < 0 else text
    group = {"1 234,56": "\u00a0", "1234,56": ""}.get(style.numbers, ".")
    text = text.replace(",", "_").replace(".", ",").replace("_", group)
    if style.numbers == "kr":
        text = f"kr. {text}"
    if value >= 0:
        return text
    return {"behind": f"{text}-", "brackets": f"({text})", "kr": f"-{text}"}.get(
        style.numbers, f"\u2212{text}"
    )


def _account(style: Style, account: str) -> object:
    if style.account == "with name":
        return f"{account} Rejser & møder"
    return int(account) if style.account == "typed" and not account.startswith("0") else account


# --- the sheet --------------------------------------------------------------------------------------


def grid(style: Style, budget: Budget) -> tuple[list[list[object]], list[Merged]]:
    """Lines of cells; and merged cells."""
    top: list[list[object]] = []
    if style.title:
        unit = "1.000 kr" if style.scale > 1 else "kr"
        top += [[f"Nordlys ApS, budget, i {unit}" if style.scale > 1 else "Nordlys ApS"], []]
    lines, merged = _long(style, budget) if style.is_long else _wide(style, budget)
    lines = [[None] * style.indent + line for line in lines]
    shift = len(top)
    in_place = [(a + shift, b + style.indent, c + shift, d + style.indent) for a, b, c, d in merged]
    return [*top, *lines], in_place


def _leading(style: Style) -> list[object]:
    account, department, *_, company, scenario = WORDS[style.language]
    own = {"company": company, "scenario": scenario}
    more = [own[column] for column in style.columns]
    return [*more, account, department] if style.has_department else [*more, account]


def labels(style: Style, key: tuple[str, str]) -> dict[str, str]:
    """Whose a line is, where columns say so."""
    own = {
        "company": "nordlys" if key[0] < "1" else "vest",
        "scenario": "A" if key[1] == "10" else "B",
    }
    return {column: own[column] for column in style.columns}


def _row(style: Style, key: tuple[str, str]) -> list[object]:
    account, department = key
    row = [*labels(style, key).values(), _account(style, account)]
    return [*row, department] if style.has_department else row


def _merged_accounts(style: Style, lines: list[list[object]]) -> list[Merged]:
    """Accounts of lines in a row, in one cell; the values below are taken away, as Excel does."""
    if not style.merged_accounts:
        return []
    column = len(style.columns)
    accounts = [line[column] if len(line) > column + 1 else None for line in lines]
    found: list[Merged] = []
    start = 0
    for account, some in groupby(accounts):
        count = len(list(some))
        if account is not None and count > 1:
            found.append((start + 1, column + 1, start + count, column + 1))
        start += count
    for first, _, last, _ in found:
        for place in range(first, last):
            lines[place][column] = None
    return found


def _total(style: Style, figures: list[object]) -> list[object]:
    label: object = {"named": WORDS[style.language][4], "bare": None, "numbered": None}[
        style.totals
    ]
    if style.totals == "numbered":
        label = f"9999 {WORDS[style.language][4]}"
    before = [None] * len(style.columns)
    return [*before, label, *([None] if style.has_department else []), *figures]


def _sum(values: Sequence[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), Decimal(0))


def whole(values: Sequence[Decimal | None]) -> Decimal | None:
    """What several months come to; None: nothing is budgeted in any."""
    return _sum(values) if any(value is not None for value in values) else None


def _figures(style: Style, values: Sequence[Decimal | None]) -> list[object]:
    figures: list[object] = []
    for position in range(0, 12, style.per):
        figures.append(amount(style, whole(values[position : position + style.per])))
        if style.quarter_totals and position % 3 == 2:
            figures.append(amount(style, _sum(values[position - 2 : position + 1])))
    if style.year_total:
        figures.append(amount(style, _sum(values)))
    if style.last_year:
        figures.append(12345.67 if not style.is_csv else "1")
    return figures


def _wide(style: Style, budget: Budget) -> tuple[list[list[object]], list[Merged]]:
    years: list[object] = [None] * len(_leading(style))
    header = _leading(style)
    for position, (year, month) in enumerate(style.months):
        if position % style.per:
            continue
        header.append(heading(style, year, month, position))
        years.append(year)
        if style.quarter_totals and position % 3 == 2:
            header.append(f"Q{position // 3 + 1}")
            years.append(None)
    header += [WORDS[style.language][4]] if style.year_total else []
    header += [WORDS[style.language][6]] if style.last_year else []
    lines: list[list[object]] = [header]
    merged: list[Merged] = []
    if style.headings.startswith("year row"):
        years, merged = _year_row(style, years)
        lines = [years, header]
        if style.two_lines and merged:
            merged += _over_two_lines(style, years, header)
    if style.sections:
        lines.append([WORDS[style.language][5]])
    for key, values in budget.items():
        lines.append([*_row(style, key), *_figures(style, values)])
        if style.blank_lines:
            lines.append([])
    if style.totals:
        columns = [_sum([values[i] for values in budget.values()]) for i in range(12)]
        lines.append(_total(style, _figures(style, columns)))
    return lines, merged + _merged_accounts(style, lines)


def _year_row(style: Style, years: list[object]) -> tuple[list[object], list[tuple[int, int, int]]]:
    """The year stands over its first month only; merged over all of them, or not."""
    kept: list[object] = []
    starts: list[tuple[int, object]] = []
    for column, year in enumerate(years, start=1):
        is_new = year is not None and year not in [one for _, one in starts]
        kept.append(year if is_new else None)
        if is_new:
            starts.append((column, year))
    if style.headings == "year row":
        return kept, []
    ends = [column - 1 for column, _ in starts[1:]] + [len(years)]
    return kept, [
        (1, column, 1, end) for (column, _), end in zip(starts, ends, strict=True) if end > column
    ]


def _over_two_lines(style: Style, upper: list[object], lower: list[object]) -> list[Merged]:
    """Headings that are no month's stand in the upper line and are merged with the lower one."""
    count = len(_leading(style))
    for column in range(count):
        upper[column], lower[column] = lower[column], None
    return [(1, column + 1, 2, column + 1) for column in range(count)]


def _long(style: Style, budget: Budget) -> tuple[list[list[object]], list[Merged]]:
    words = WORDS[style.language]
    lines: list[list[object]] = [[*_leading(style), words[2], words[3]]]
    for key, values in budget.items():
        for position, (year, month) in enumerate(style.months):
            cells = [heading(style, year, month, position), amount(style, values[position])]
            lines.append([*_row(style, key), *cells])
        if style.blank_lines:
            lines.append([])
    if style.totals:
        everything = _sum([value for values in budget.values() for value in values])
        lines.append(_total(style, [None, amount(style, everything)]))
    return lines, _merged_accounts(style, lines)
