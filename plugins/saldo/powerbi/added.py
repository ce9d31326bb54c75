"""Columns that the warehouse does not have and the model needs: worked out in Power Query or in the model.

Each comes after a table's window of days, so that what Power Query cannot hand to Postgres costs a row's work and no more rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .tables import ModelTable
from .types import BOOLEAN, DAY, INTEGER, TEXT, PowerType

#: What Date[Fiscal year or current] calls the fiscal year of the newest refresh.
CURRENT = "Current"
#: Without the empty ones that a list ending in ; has: a section or line of the report that is not there is no cash.
_CASH_NAMES = 'List.Select(List.Transform(Text.Split(CashLines, ";"), each Text.Lower(Text.Trim(_))), each _ <> "")'
_DAY_NUMBER = "Date.Year([{0}]) * 10000 + Date.Month([{0}]) * 100 + Date.Day([{0}])"


#: The days that Date has: one typed as 3026 or 0206 is no year to look at.
_FIRST_DAY, _LAST_DAY = "DATE ( 1990, 1, 1 )", "DATE ( 2069, 12, 31 )"


def _days_of(column: str) -> str:
    """DAX of the days in a column that Date has. Of the column and not of its table, which by its relationship depends on all of Date."""
    return f"FILTER ( ALL ( {column} ), {column} >= {_FIRST_DAY} && {column} <= {_LAST_DAY} )"


#: Variables.
_POSTED = f"""\
VAR PostedDays = {_days_of("'Journal entries'[Date]")}
VAR LastPosted = MAXX ( PostedDays, 'Journal entries'[Date] )
VAR LastRead = MAX ( 'Data status'[Data as of] )"""
_BUDGETED = _days_of("'Budget'[Month]")


@dataclass(frozen=True)
class Added:
    """column: its name in the query. each: its expression in M for a row; empty where `steps` make it, or `dax` does."""

    column: str
    name: str
    type: PowerType
    comment: str
    each: str = ""
    dax: str = ""
    is_hidden: bool = False


#: Power BI holds names that differ by case or by spaces at the end to be one. Of a company that has moved, both agreements are there.
_AGREEMENT_NAMES = "List.Buffer(List.Transform({0}[name], each Text.Lower(Text.TrimEnd(_))))"
_AGREEMENT = (
    Added(
        "agreement",
        "Agreement",
        TEXT,
        "The company's name, with the agreement's id where several agreements have it.",
        each="if List.Count(List.Select(AgreementNames, (one) => one = Text.Lower(Text.TrimEnd([name])))) > 1 "
        'then [name] & " (" & [agreement_id] & ")" else [name]',
    ),
)
_ACCOUNT = (
    Added(
        "account",
        "Account",
        TEXT,
        "Number and name.",
        each='[account_number] & " " & [name]',
    ),
    Added(
        "is_cash",
        "Is cash",
        BOOLEAN,
        "Its name, section or line of the group's report is one of the parameter CashLines.",
        each="List.ContainsAny(CashNames, List.Transform(List.RemoveNulls({[name], [section], [report_line]}), Text.Lower))",
    ),
    Added("account_order", "Account order", INTEGER, "Place of the account.", is_hidden=True),
    Added("section_order", "Section order", INTEGER, "Place of the section.", is_hidden=True),
    Added("line_order", "Report line order", INTEGER, "Place of the group's line.", is_hidden=True),
)
_DATE = (
    Added("month_start", "Month start", DAY, "First day of the month.", each="Date.StartOfMonth([date])"),
    Added("year_month", "Year and month", TEXT, "As 2026-03.", each='Date.ToText([date], [Format = "yyyy-MM", Culture = "en-US"])'),
    Added(
        "fiscal_start",
        "Fiscal year number",
        INTEGER,
        "Calendar year in which the fiscal year begins; the parameter FiscalYearStart says in which month.",
        each="if [month] >= FiscalYearStart then [year] else [year] - 1",
    ),
    Added(
        "fiscal_year",
        "Fiscal year",
        TEXT,
        "2026, or 2025/2026 where it does not begin in January.",
        each='if FiscalYearStart = 1 then Text.From([fiscal_start]) else Text.From([fiscal_start]) & "/" & Text.From([fiscal_start] + 1)',
    ),
    Added(
        "fiscal_month",
        "Fiscal month",
        INTEGER,
        "1 to 12 within the fiscal year.",
        each="Number.Mod([month] - FiscalYearStart + 12, 12) + 1",
    ),
    Added(
        "fiscal_quarter",
        "Fiscal quarter",
        INTEGER,
        "1 to 4 within the fiscal year.",
        each="Number.IntegerDivide([fiscal_month] + 2, 3)",
    ),
    Added(
        "same_day_next_year",
        "Same day next year",
        DAY,
        "The day a year later, beside which this one is shown as the year before; 28 February for 29 February.",
        each="#date([year] + 1, [month], if [month] = 2 and Date.Day([date]) = 29 then 28 else Date.Day([date]))",
        is_hidden=True,
    ),
    Added(
        "in_use",
        "In use",
        BOOLEAN,
        "The year has postings or a budget, or is that of the newest refresh; the report shows these years only.",
        dax=f"{_POSTED}\n"
        "VAR FirstDay = MINX ( PostedDays, 'Journal entries'[Date] )\n"
        f"VAR BudgetMonths = {_BUDGETED}\n"
        "VAR LastBudget = MAXX ( BudgetMonths, 'Budget'[Month] )\n"
        "VAR LastDay = MAX ( MAX ( LastPosted, LastBudget ), LastRead )\n"
        "RETURN\n"
        "    'Date'[Year] >= YEAR ( FirstDay ) && 'Date'[Year] <= YEAR ( LastDay )",
    ),
    Added(
        "has_begun",
        "Has begun",
        BOOLEAN,
        "The month has begun at the newest refresh, or there are postings of it or of a later one.",
        dax=f"{_POSTED}\n"
        "VAR LastDay = MAX ( LastPosted, LastRead )\n"
        "RETURN\n"
        "    'Date'[Month start] <= LastDay",
    ),
    Added(
        "fiscal_year_chosen",
        "Fiscal year or current",
        TEXT,
        "The fiscal year; Current is the one of the newest refresh. For slicers: a choice of it lasts into the next year.",
        dax="VAR LastRead = MAX ( 'Data status'[Data as of] )\n"
        "VAR DaysRead = FILTER ( ALL ( 'Date'[Date], 'Date'[Fiscal year number] ), 'Date'[Date] <= LastRead )\n"
        "VAR FiscalYear = MAXX ( DaysRead, 'Date'[Fiscal year number] )\n"
        "RETURN\n"
        f"    IF ( 'Date'[Fiscal year number] = FiscalYear, \"{CURRENT}\", 'Date'[Fiscal year] )",
    ),
)  # fmt: skip
_OF = {"dim_agreement": _AGREEMENT, "dim_account": _ACCOUNT, "dim_date": _DATE}
#: What people sort by what; a value has one place, whichever agreements it is in.
_ORDERS = (
    ("account", "account_order"),
    ("section", "section_order"),
    ("report_line", "line_order"),
)


def added_columns(table: ModelTable) -> tuple[Added, ...]:
    """The columns of a table that the warehouse does not have, in the order in which they are worked out."""
    keys = []
    if table.date:
        keys.append(_day_key("date_key", table.date, "Day of the row."))
    for column in table.roles:
        keys.append(_day_key(f"{column}_key", column, f"The day of {column.replace('_', ' ')}."))
    return (*_OF.get(table.source, ()), *keys)


def _day_key(column: str, of: str, comment: str) -> Added:
    number = _DAY_NUMBER.format(of)
    return Added(
        column,
        column.replace("_", " ").capitalize(),
        INTEGER,
        comment,
        each=f"if [{of}] = null then null else {number}",
        is_hidden=True,
    )


def added_steps(table: ModelTable, last: str) -> tuple[list[tuple[str, str]], str]:
    """(name, expression) of the steps in M that add them, after the step `last`; and the name of the last one."""
    steps: list[tuple[str, str]] = []
    if table.source == "dim_account":
        steps.append(("CashNames", _CASH_NAMES))
    if table.source == "dim_agreement":
        steps.append(("AgreementNames", _AGREEMENT_NAMES.format(last)))
    for one in added_columns(table):
        if one.each:
            name = "".join(word.capitalize() for word in f"with_{one.column}".split("_"))
            steps.append(
                (name, f'Table.AddColumn({last}, "{one.column}", each {one.each}, {one.type.m})')
            )
            last = name
    if table.source == "dim_account":
        for column, order in _ORDERS:
            found = list(_order_steps(column, order, last))
            steps += found
            last = found[-1][0]
    return steps, last


def _order_steps(column: str, order: str, last: str) -> Iterable[tuple[str, str]]:
    """Power BI holds texts that differ by case or by spaces at the end to be one, and refuses to sort such a one by two places."""
    word = column.title().replace("_", "")
    alike = f'Table.AddColumn({last}, "alike", each Text.Lower(Text.TrimEnd([{column}] ?? "")), type text)'
    places = (
        f'Table.Group({word}Alike, {{"alike"}}, {{{{"{order}", each List.Min([sort_order]), Int64.Type}}}})'
    )  # fmt: skip
    joined = f'Table.NestedJoin({word}Alike, {{"alike"}}, {word}Places, {{"alike"}}, "places", JoinKind.LeftOuter)'
    yield f"{word}Alike", alike
    yield f"{word}Places", places
    yield f"{word}Joined", joined
    yield f"{word}Expanded", f'Table.ExpandTableColumn({word}Joined, "places", {{"{order}"}})'
    yield f"{word}Ordered", f'Table.RemoveColumns({word}Expanded, {{"alike"}})'
