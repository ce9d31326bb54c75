"""Writes a known budget in the ways people do: languages, headings, numbers, totals, titles, CSV of any making."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st
from openpyxl import Workbook

from saldo.workbooks import Csv, Layout

#: (account, department) -> the amounts of twelve months; None: nothing is budgeted.
Budget = dict[tuple[str, str], tuple[Decimal | None, ...]]

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
#: account, department, month, amount, total, a section, last year
WORDS = {
    "da": ("Konto", "Afdeling", "Måned", "Beløb", "I alt", "Omsætning", "Realiseret 2024"),
    "no": ("Kontonr.", "Avd.", "Periode", "Beløp", "Sum", "Inntekter", "I fjor"),
    "sv": ("Kontonummer", "Avdelning", "Månad", "Belopp", "Summa", "Intäkter", "Utfall 2024"),
    "nl": ("Grootboekrekening", "Kostenplaats", "Maand", "Bedrag", "Totaal", "Omzet", "Vorig jaar"),
    "en": ("Account no", "Cost centre", "Month", "Amount", "Total", "Revenue", "Actual 2024"),
    "de": ("Sachkonto", "Kostenstelle", "Monat", "Betrag", "Summe", "Erlöse", "Vorjahr"),
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
        needs_first = self.first_month > 1 and (self.is_long or "number" in self.headings)
        return Layout(
            amounts_in=self.scale,
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
    ).map(_possible)


def _possible(style: Style) -> Style:
    if style.is_long:
        style = replace(style, year_total=False, quarter_totals=False, last_year=False)
        if style.headings.startswith("year row"):
            style = replace(style, headings="name")
    if style.is_csv and style.headings == "year row merged":
        style = replace(style, headings="year row")
    return style if style.is_csv else replace(style, encoding="utf-8")


# --- cells ------------------------------------------------------------------------------------------


def heading(style: Style, year: int, month: int, position: int) -> object:
    """A month as that person writes it."""
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


def grid(style: Style, budget: Budget) -> tuple[list[list[object]], list[tuple[int, int, int]]]:
    """Lines of cells; and (line, first, last column) of merged cells, all from 1."""
    top: list[list[object]] = []
    if style.title:
        unit = "1.000 kr" if style.scale > 1 else "kr"
        top += [[f"Nordlys ApS, budget, i {unit}" if style.scale > 1 else "Nordlys ApS"], []]
    lines, merged = _long(style, budget) if style.is_long else _wide(style, budget)
    lines = [[None] * style.indent + line for line in lines]
    shift = len(top)
    return [*top, *lines], [(a + shift, b + style.indent, c + style.indent) for a, b, c in merged]


def _leading(style: Style) -> list[object]:
    account, department, *_ = WORDS[style.language]
    return [account, department] if style.has_department else [account]


def _row(style: Style, key: tuple[str, str]) -> list[object]:
    account, department = key
    return (
        [_account(style, account), department]
        if style.has_department
        else [_account(style, account)]
    )


def _total(style: Style, figures: list[object]) -> list[object]:
    label: object = {"named": WORDS[style.language][4], "bare": None, "numbered": None}[
        style.totals
    ]
    if style.totals == "numbered":
        label = f"9999 {WORDS[style.language][4]}"
    return [label, *([None] if style.has_department else []), *figures]


def _sum(values: Sequence[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), Decimal(0))


def _figures(style: Style, values: Sequence[Decimal | None]) -> list[object]:
    figures: list[object] = []
    for position in range(12):
        figures.append(amount(style, values[position]))
        if style.quarter_totals and position % 3 == 2:
            figures.append(amount(style, _sum(values[position - 2 : position + 1])))
    if style.year_total:
        figures.append(amount(style, _sum(values)))
    if style.last_year:
        figures.append(12345.67 if not style.is_csv else "1")
    return figures


def _wide(style: Style, budget: Budget) -> tuple[list[list[object]], list[tuple[int, int, int]]]:
    years: list[object] = [None] * len(_leading(style))
    header = _leading(style)
    for position, (year, month) in enumerate(style.months):
        header.append(heading(style, year, month, position))
        years.append(year)
        if style.quarter_totals and position % 3 == 2:
            header.append(f"Q{position // 3 + 1}")
            years.append(None)
    header += [WORDS[style.language][4]] if style.year_total else []
    header += [WORDS[style.language][6]] if style.last_year else []
    lines, merged = [header], []
    if style.headings.startswith("year row"):
        years, merged = _year_row(style, years)
        lines = [years, header]
    if style.sections:
        lines.append([WORDS[style.language][5]])
    for key, values in budget.items():
        lines.append([*_row(style, key), *_figures(style, values)])
        if style.blank_lines:
            lines.append([])
    if style.totals:
        columns = [_sum([values[i] for values in budget.values()]) for i in range(12)]
        lines.append(_total(style, _figures(style, columns)))
    return lines, merged


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
        (1, column, end) for (column, _), end in zip(starts, ends, strict=True) if end > column
    ]


def _long(style: Style, budget: Budget) -> tuple[list[list[object]], list[tuple[int, int, int]]]:
    words = WORDS[style.language]
    lines: list[list[object]] = [[*_leading(style), words[2], words[3]]]
    for key, values in budget.items():
        for position, (year, month) in enumerate(style.months):
            cells = [heading(style, year, month, position), amount(style, values[position])]
            lines.append([*_row(style, key), *cells])
        if style.blank_lines:
            lines.append([])
    if style.totals:
        whole = _sum([value for values in budget.values() for value in values])
        lines.append(_total(style, [None, amount(style, whole)]))
    return lines, []


# --- files ------------------------------------------------------------------------------------------


def write(style: Style, budget: Budget, folder: Path) -> Path:
    """The file as that person saves it."""
    lines, merged = grid(style, budget)
    path = folder / style.file_name
    if style.is_csv:
        path.write_bytes(_csv(style, lines).encode(style.encoding, errors="strict"))
        return path
    book = Workbook()
    sheet = book.active
    sheet.title = "Ark1"
    for line in lines:
        sheet.append(line)
    for line, first, last in merged:
        sheet.merge_cells(start_row=line, end_row=line, start_column=first, end_column=last)
    if style.hidden_sheet:
        copy = book.copy_worksheet(sheet)
        copy.sheet_state = "hidden"
    book.save(path)
    return path


def _csv(style: Style, lines: list[list[object]]) -> str:
    width = max(len(line) for line in lines)
    text = io.StringIO()
    if style.sep_line:
        text.write(f"sep={style.separator}\r\n")
    writer = csv.writer(
        text,
        delimiter=style.separator,
        quoting=csv.QUOTE_ALL if style.quote_all else csv.QUOTE_MINIMAL,
    )
    for line in lines:
        cells = [_written(style, cell) for cell in line]
        writer.writerow([*cells, *[""] * (width - len(cells))])
    written = text.getvalue()
    return written if style.encoding != "cp1252" else written.replace("\u2212", "-")


def _written(style: Style, cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    return f"{cell:.10f}".rstrip("0").rstrip(".") if isinstance(cell, float) else str(cell)
