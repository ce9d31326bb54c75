"""Power Query: the parameters, and the query of every table.

Rows and columns are chosen first, by steps that Postgres carries out itself. What Power Query may have to work out comes after
them.
"""

from __future__ import annotations

from dataclasses import dataclass

from .added import added_steps
from .columns import Loaded
from .types import AMOUNT, DAY


@dataclass(frozen=True)
class Parameter:
    """kind: Text, Number or DateTime, as Power Query has it. value: as M writes it."""

    name: str
    kind: str
    value: str
    comment: str


PARAMETERS = (
    Parameter("PgServer", "Text", '"localhost:5432"', "Host and port of the warehouse, as host:port."),
    Parameter("PgDatabase", "Text", '"saldo"', "Database of the warehouse."),
    Parameter(
        "PgSchema",
        "Text",
        '"mart"',
        "Schema of the warehouse: mart, or mart_masked where what is personal must not be loaded.",
    ),
    Parameter(
        "FiscalYearStart",
        "Number",
        "1",
        "Month in which the fiscal years of Date begin, 1 to 12. The accounting years of each agreement are in Period.",
    ),
    Parameter(
        "CashLines",
        "Text",
        '"Likvide beholdninger;Likvide midler;Bank;Kasse;Cash;Cash and cash equivalents"',
        "What cash is called, with ; between: names of accounts, of their sections, or lines of the group's report.",
    ),
    Parameter(
        "RangeStart",
        "DateTime",
        "#datetime(2000, 1, 1, 0, 0, 0)",
        "First day that Power BI Desktop loads of the facts with incremental refresh; the service sets it itself.",
    ),
    Parameter(
        "RangeEnd",
        "DateTime",
        "#datetime(2100, 1, 1, 0, 0, 0)",
        "The day before which they end; one in the future: all later rows, too. The service sets it itself.",
    ),
)  # fmt: skip


def parameter(of: Parameter) -> str:
    """The expression of a parameter."""
    return (
        f'{of.value} meta [IsParameterQuery=true, Type="{of.kind}", IsParameterQueryRequired=true]'
    )


def query(of: Loaded) -> str:
    """The query of a table, as the `let` of M."""
    chosen = ", ".join(
        f'"{column.source}"' for column in of.columns if column.from_warehouse and not column.dax
    )
    options = "[CreateNavigationProperties = false, CommandTimeout = #duration(0, 0, 30, 0)]"
    steps = [
        ("Source", f"PostgreSQL.Database(PgServer, PgDatabase, {options})"),
        ("Data", f'Source{{[Schema = PgSchema, Item = "{of.table.source}"]}}[Data]'),
        ("Chosen", f"Table.SelectColumns(Data, {{{chosen}}})"),
    ]
    last = "Chosen"
    if of.table.only:
        steps.append(("Rows", f"Table.SelectRows(Chosen, each {of.table.only})"))
        last = "Rows"
    if day := of.table.window:
        steps += window_steps(day, last)
        last = "Window"
    if days := _days_from_outside(of):
        types = ", ".join(f'{{"{name}", {_KNOWN_DAY}, type nullable date}}' for name in days)
        steps.append(("Days", f"Table.TransformColumns({last}, {{{types}}})"))
        last = "Days"
    added, last = added_steps(of.table, last)
    steps += added
    money = [column.source for column in of.columns if column.type is AMOUNT]
    if money:
        types = ", ".join(f'{{"{name}", Currency.Type}}' for name in money)
        steps.append(("Money", f"Table.TransformColumnTypes({last}, {{{types}}})"))
        last = "Money"
    lines = ",\n".join(f"    {name} = {expression}" for name, expression in steps)
    return f"let\n{lines}\nin\n    {last}"


#: Power BI knows days from 1900 on, and a refresh fails at the earliest. One typed as 0206 is empty, which measures hold to be before all others.
_KNOWN_DAY = "each if _ = null or _ >= #date(1900, 1, 1) then _ else null"


def _days_from_outside(of: Loaded) -> list[str]:
    """Columns of days that somebody typed; those of Date are the warehouse's own."""
    if of.table.source == "dim_date":
        return []
    return [column.source for column in of.columns if column.from_warehouse and column.type is DAY]


#: What the query's clock is behind UTC: more than any time zone that Power BI may take its own day by, and than a refresh lasts.
_BEHIND = "#duration(0, 20, 0, 0)"


def window_steps(day: str, last: str) -> list[tuple[str, str]]:
    """(name, expression) of the steps that choose a partition's rows, by the date in the column `day`, after the step `last`.

    The service makes partitions up to the one of the current month. Entries are posted ahead of their date, too: the partition
    that the clock is in has all later rows, and one that begins later has none. The clock is behind, so that it is in a partition
    whatever the service takes for today; a month later another partition has those rows, for all of two years are read again.
    """
    begins = f"[{day}] >= Date.From(RangeStart)"
    ends = f"[{day}] < Date.From(RangeEnd)"
    later, within = (
        f"Table.SelectRows({last}, each {x})" for x in (begins, f"{begins} and {ends}")
    )
    none = f"Table.FirstN({last}, 0)"
    return [
        ("Clock", f"DateTimeZone.RemoveZone(DateTimeZone.FixedUtcNow()) - {_BEHIND}"),
        (
            "Window",
            f"if RangeEnd <= Clock then {within} else if RangeStart <= Clock then {later} else {none}",
        ),
    ]


#: Bucket -> days overdue, from and to; None: however many. Due dates are typed by people: one of 1926 is over 90 days, too.
BUCKETS: tuple[tuple[str, int | None, int | None], ...] = (
    ("not due", None, 0),
    ("1-30", 1, 30),
    ("31-60", 31, 60),
    ("61-90", 61, 90),
    ("over 90", 91, None),
)


def buckets() -> str:
    """The table Ageing."""
    rows = ", ".join(
        f'{{"{name}", {place}, {_or_null(low)}, {_or_null(high)}}}'
        for place, (name, low, high) in enumerate(BUCKETS, start=1)
    )
    columns = "[bucket = text, place = Int64.Type, days_from = nullable Int64.Type, days_to = nullable Int64.Type]"
    return f"let\n    Source = #table(type table {columns}, {{{rows}}})\nin\n    Source"


def _or_null(days: int | None) -> str:
    return "null" if days is None else str(days)


def no_rows() -> str:
    """The table that holds the measures."""
    return "let\n    Source = #table(type table [measure = text], {})\nin\n    Source"
