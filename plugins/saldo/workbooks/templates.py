"""Workbooks and CSV files for people to fill in, which the reader accepts once they are.

A budget is written as a workbook with a column for each month, and as CSV with a line for each account and month. Exchange rates are a
table with headings alone.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from saldo.errors import ConfigError
from saldo.workbooks.codes import guarded
from saldo.workbooks.layout import Kind
from saldo.workbooks.marking import write_text
from saldo.workbooks.periods import Month, after
from saldo.workbooks.phrases import PHRASES, Phrases
from saldo.workbooks.rate_phrases import RATE_PHRASES, RatePhrases
from saldo.workbooks.words import is_total

#: Rows below the last account that are ready to be filled in.
_SPARE = 40
_AMOUNT = "#,##0.00"
#: A sum of nothing shows nothing.
_TOTAL = "#,##0.00;-#,##0.00;"
_TEXT = "@"
_BOLD = Font(name="Calibri", size=11, bold=True)
_HEADING = PatternFill("solid", fgColor="E7EEF7")
_NOT_READ = PatternFill("solid", fgColor="F2F2F2")
_WITHOUT_RESULT = re.compile(rb"(<f>[^<]*</f>)<v\s*(?:/>|></v>)")


@dataclass(frozen=True)
class Account:
    """actual: by month, debit positive; group_account and what follows: what the account is mapped to now."""

    number: str
    name: str
    group_account: str = ""
    group_name: str = ""
    report_line: str = ""
    actual: Mapping[Month, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Template:
    """What is to be filled in. first: the first month of the fiscal year; accounts in the order of the rows; departments: number and name.

    Raises ConfigError for a language there are no words of, or a month that is none.
    """

    kind: Kind
    language: str
    first: Month
    accounts: Sequence[Account] = ()
    departments: Sequence[tuple[str, str]] = ()

    def __post_init__(self) -> None:
        if self.language not in PHRASES:
            raise ConfigError(f"language: {self.language!r} is none of {', '.join(PHRASES)}")
        if not (2000 <= self.first[0] <= 2098 and 1 <= self.first[1] <= 12):
            raise ConfigError("fiscal: write the first month of the year, such as 2025-07")

    @property
    def says(self) -> Phrases:
        return PHRASES[self.language]

    @property
    def months(self) -> list[Month]:
        return [after(self.first, count) for count in range(12)]

    @property
    def name(self) -> str:
        """Of the file, without its end; it says the year as the reader wants it."""
        word = self.word
        return f"{word} {_year(self.first, '-')}" if self.kind == "budget" else word

    @property
    def word(self) -> str:
        """What a file of the kind is called."""
        return self.rates.file if self.kind == "exchange_rates" else self.says.files[self.kind]

    @property
    def rates(self) -> RatePhrases:
        return RATE_PHRASES[self.language]


def workbook(template: Template) -> bytes:
    """An .xlsx with the table on its first sheet and how to fill it in on the second."""
    book = Workbook()
    # Excel calculates what it opens; the sums are right as they are: nothing is filled in.
    book.calculation.fullCalcOnLoad = False
    sheet, guide = book.active, book.create_sheet(template.says.guide)
    sheet.title = template.word
    _write_guide(guide, template)
    if template.kind == "budget":
        _write_budget(sheet, template)
        _validate(sheet, guide, template)
    elif template.kind == "account_mapping":
        _write_mapping(sheet, template)
    else:
        _write_rates(sheet, template)
    _dress(sheet, name_width=20 if template.kind == "exchange_rates" else 36)
    content = io.BytesIO()
    book.save(content)
    return _with_results(content.getvalue())


def text(template: Template) -> bytes:
    """A .csv: UTF-8 with a byte order mark and semicolons, as Excel reads it in these languages."""
    content = io.StringIO()
    writer = csv.writer(content, delimiter=";", lineterminator="\r\n")
    says = template.says
    if template.kind == "budget":
        writer.writerow([says.account, says.name, says.department, says.month, says.amount])
        writer.writerows(
            [guarded(account.number), guarded(_name(account)), "", f"{year}-{month:02}", ""]
            for account in template.accounts
            for year, month in template.months
        )
    elif template.kind == "exchange_rates":
        writer.writerow(template.rates.headings)
    else:
        writer.writerow(_mapping_headings(says))
        writer.writerows([guarded(text) for text in _mapping_row(a)] for a in template.accounts)
    return content.getvalue().encode("utf-8-sig")


# --- the table -----------------------------------------------------------------------------------


def _write_budget(sheet: Worksheet, template: Template) -> None:
    says, months = template.says, template.months
    sheet.append([says.account, says.name, says.department])
    for column, month in enumerate(months, 4):
        sheet.cell(1, column, _heading(says, month))
    sheet.cell(1, 16, says.total)
    rows = len(template.accounts) + _SPARE
    for row in range(2, rows + 2):
        for column in (1, 2, 3):
            sheet.cell(row, column).number_format = _TEXT
        for column in range(4, 16):
            sheet.cell(row, column).number_format = _AMOUNT
        sheet.cell(row, 16, f"=SUM(D{row}:O{row})").number_format = _TOTAL
    for row, account in enumerate(template.accounts, 2):
        write_text(sheet.cell(row, 1), account.number)
        write_text(sheet.cell(row, 2), _name(account))
    if any(account.actual for account in template.accounts):
        _write_actual(sheet, template)
    sheet.freeze_panes = "D2"


def _write_actual(sheet: Worksheet, template: Template) -> None:
    """Beside the budget: the year before as a whole, and its months, folded together."""
    says = template.says
    before = [after(month, -12) for month in template.months]
    sheet.cell(1, 17, f"{says.actual} {_year(before[0], '/')} ({says.debit})")
    for column, month in enumerate(before, 18):
        sheet.cell(1, column, f"{says.actual} {_heading(says, month)}")
    for row, account in enumerate(template.accounts, 2):
        amounts = [account.actual.get(month) for month in before]
        known = [amount for amount in amounts if amount is not None]
        for column, amount in enumerate([sum(known) if known else None, *amounts], 17):
            cell = sheet.cell(row, column, amount)
            cell.number_format, cell.fill = _AMOUNT, _NOT_READ
    for column in range(18, 30):
        # One by one: of a group, openpyxl writes columns twice, and Excel calls the file damaged.
        sheet.column_dimensions[get_column_letter(column)].outlineLevel = 1
    sheet.row_dimensions[1].height = 45
    sheet.print_area = f"A1:P{sheet.max_row}"


def _write_mapping(sheet: Worksheet, template: Template) -> None:
    sheet.append(_mapping_headings(template.says))
    for row in range(2, len(template.accounts) + _SPARE + 2):
        for column in range(1, 6):
            sheet.cell(row, column).number_format = _TEXT
    for row, account in enumerate(template.accounts, 2):
        for column, text in enumerate(_mapping_row(account), 1):
            if text:
                write_text(sheet.cell(row, column), text)
    sheet.freeze_panes = "A2"


def _write_rates(sheet: Worksheet, template: Template) -> None:
    sheet.append(template.rates.headings)
    for row in range(2, _SPARE + 2):
        # As texts: Excel makes days of months, and they would be read so.
        for column in (1, 2, 3):
            sheet.cell(row, column).number_format = _TEXT
    sheet.freeze_panes = "A2"


def _mapping_headings(says: Phrases) -> list[str]:
    return [says.account, says.name, says.group_account, says.group_name, says.report_line]


def _mapping_row(account: Account) -> list[str]:
    return [account.number, account.name, account.group_account, account.group_name, account.report_line]  # fmt: skip


def _name(account: Account) -> str:
    """In quotes where the reader would take the row for a sum: some accounts are called Total."""
    return f"“{account.name}”" if is_total(account.name) else account.name


def _heading(says: Phrases, month: Month) -> str:
    return f"{says.months[month[1] - 1]} {month[0]}"


def _year(first: Month, between: str) -> str:
    return str(first[0]) if first[1] == 1 else f"{first[0]}{between}{first[0] + 1}"


# --- around it -----------------------------------------------------------------------------------


def _write_guide(guide: Worksheet, template: Template) -> None:
    says = template.says
    lines = {"budget": says.budget, "account_mapping": says.mapping}
    for line in lines.get(template.kind, template.rates.guide):
        guide.append([line])
    guide.column_dimensions["A"].width = 100
    for (cell,) in guide.iter_rows(max_col=1):
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    guide.cell(1, 3, says.department if template.departments else None).font = _BOLD
    for row, (number, name) in enumerate(template.departments, 2):
        guide.cell(row, 3).number_format = _TEXT
        write_text(guide.cell(row, 3), number)
        write_text(guide.cell(row, 4), name)
    guide.column_dimensions["D"].width = 40


def _validate(sheet: Worksheet, guide: Worksheet, template: Template) -> None:
    says, last = template.says, sheet.max_row
    amounts = DataValidation(
        type="decimal", operator="between", formula1="-1000000000000", formula2="1000000000000",
        allow_blank=True, showErrorMessage=True, error=says.wrong_amount,
    )  # fmt: skip
    amounts.add(f"D2:O{last}")
    sheet.add_data_validation(amounts)
    if template.departments:
        end = len(template.departments) + 1
        departments = DataValidation(
            type="list", formula1=f"{quote_sheetname(guide.title)}!$C$2:$C${end}",
            allow_blank=True, showErrorMessage=True, error=says.wrong_department,
        )  # fmt: skip
        departments.add(f"C2:C{last}")
        sheet.add_data_validation(departments)


def _dress(sheet: Worksheet, *, name_width: int) -> None:
    for cell in sheet[1]:
        is_text = cell.column <= 3 or sheet.max_column == 5
        cell.font, cell.fill = _BOLD, _HEADING
        cell.alignment = Alignment(horizontal="left" if is_text else "right", wrap_text=True)
        width = name_width if cell.column == 2 else 20 if is_text else 14
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _with_results(content: bytes) -> bytes:
    """The same workbook with 0 as the saved value of each formula, which openpyxl cannot write: the reader takes no
    formula without one."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as read,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for name in read.namelist():
            written.writestr(name, _WITHOUT_RESULT.sub(rb"\1<v>0</v>", read.read(name)))
    return result.getvalue()
