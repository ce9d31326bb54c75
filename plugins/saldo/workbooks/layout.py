"""What a configuration says about people's files: plain values that check themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from saldo.errors import ConfigError
from saldo.workbooks.expense_words import HEAD, IGNORED, OF_A_LINE

Kind = Literal["budget", "account_mapping", "exchange_rates", "expenses"]
Sign = Literal["natural", "ledger"]
NumberFormat = Literal["auto", "1.234,56", "1,234.56"]

#: What `header` may give more words for.
ROLES = (
    "account", "name", "department", "company", "scenario", "period", "year", "amount", "currency",
    "group_account", "group_name", "report_line",
    *HEAD, *OF_A_LINE, IGNORED,
)  # fmt: skip
_YEARS = re.compile(r"20\d\d(-(0[1-9]|1[0-2])|/20\d\d)?")


@dataclass(frozen=True)
class Csv:
    """`csv` of a configuration.

    encoding: `auto` or a name Python knows; separator: `auto` or one character; columns: the names of the
    columns, where the file has no header line.
    """

    encoding: str = "auto"
    separator: str = "auto"
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How a file is to be read.

    sheet: a glob on names of sheets; every visible one that fits is read. None: the one with a header.
    header: more words by role (`ROLES`). amounts_in: 1, 1000 or 1000000. fiscal_year: `file_name`,
    `sheet_name`, `column`, a year, `2025/2026` (the year is in two calendar years) or `2025-07` (its first month).
    scenario: its name, or `sheet_name`; scenario_column and company_column: the header of a column.
    Raises ConfigError for a value that is none of these.
    """

    kind: Kind = "budget"
    sheet: str | None = None
    header: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    amounts_in: int = 1
    sign: Sign = "natural"
    fiscal_year: str | int = "file_name"
    scenario: str = "budget"
    scenario_column: str | None = None
    company_column: str | None = None
    number_format: NumberFormat = "auto"
    csv: Csv = Csv()
    max_mb: int = 50

    def __post_init__(self) -> None:
        _check(
            self.kind in get_args(Kind),
            "kind",
            "budget, account_mapping, exchange_rates or expenses",
        )
        _check(set(self.header) <= set(ROLES), "header", f"words for {', '.join(ROLES)}")
        _check(self.amounts_in in (1, 1000, 1_000_000), "amounts_in", "1, 1000 or 1000000")
        _check(self.sign in ("natural", "ledger"), "sign", "natural or ledger")
        _check(
            self.number_format in ("auto", "1.234,56", "1,234.56"),
            "number_format",
            "auto, 1.234,56 or 1,234.56",
        )
        _check(
            self.fiscal_year in ("file_name", "sheet_name", "column") or _is_year(self.fiscal_year),
            "fiscal_year",
            "file_name, sheet_name, column, or a year such as 2026, 2025/2026 or 2025-07",
        )
        _check(self.max_mb > 0, "max_mb", "a number above 0")
        _check(
            self.csv.separator == "auto" or len(self.csv.separator) == 1,
            "csv.separator",
            "auto or one character",
        )


def _is_year(value: str | int) -> bool:
    text = str(value)
    first, _, second = text.partition("/")
    follows = not second or (second.isdecimal() and int(second) == int(first) + 1)
    return _YEARS.fullmatch(text) is not None and follows


def _check(is_good: bool, key: str, allowed: str) -> None:
    if not is_good:
        raise ConfigError(f"{key}: write {allowed}")
