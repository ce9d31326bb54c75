"""What the company's own setup says against documents: read once, in one request, for the numbers that are needed.

Not seen here: whether a dimension value is blocked, which is refused when a line is made; dimensions that an account demands, a user's
own posting dates, and a posting number series of the journal batch; of these the API tells nothing before something is posted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from saldo.vendors.business_central.odata import Query, Row, is_any, option

from ...document import AccountingDocument, Entry
from ...problems import Problem
from .company import Company

_NO_DAY = "0001-01-01"
#: Table -> (field of the filter, fields that are read).
_TABLES = {
    "accounts": ("number", "number,displayName,blocked,accountType,directPosting"),
    "vendors": ("number", "number,displayName,blocked,currencyCode"),
    "employees": ("number", "number,displayName,status"),
    "dimensionValues": ("code", "code,dimensionId"),
    "currencies": ("code", "code"),
}
#: Tables that are small, and read whole.
_WHOLE = {
    "dimensions": "id,code",
    "taxGroups": "code",
    "accountingPeriods": "startingDate,closed",
    "generalLedgerSetup": "allowPostingFrom,allowPostingTo,localCurrencyCode",
}
_OF_OWNERS = {"account": "accounts", "vendor": "vendors", "employee": "employees"}


@dataclass
class Reference:
    """asked: table -> numbers that were asked for; rows: table -> number -> what is there."""

    company: Company
    asked: dict[str, set[str]] = field(default_factory=dict)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)

    def check(self, documents: Sequence[AccountingDocument]) -> dict[str, list[Problem]]:
        """See Target.check."""
        self._read(documents)
        found = {one.key: list(self._problems(one)) for one in documents}
        return {key: list(dict.fromkeys(problems)) for key, problems in found.items() if problems}

    def _read(self, documents: Sequence[AccountingDocument]) -> None:
        """What was not asked for before."""
        needed = _needed(documents)
        queries: list[tuple[str, Query]] = []
        for table, numbers in needed.items():
            new = sorted(numbers - self.asked.get(table, set()))
            name, select = _TABLES[table]
            queries += [(table, Query(table, one, select)) for one in is_any(name, new)]
        if not self.rows:
            queries += [(table, Query(table, "", select)) for table, select in _WHOLE.items()]
        answers = self.company.read([query for _, query in queries])
        for (table, _), rows in zip(queries, answers, strict=True):
            known = self.rows.setdefault(table, {})
            known.update((_key(table, row), row) for row in rows)
        for table, numbers in needed.items():
            self.asked.setdefault(table, set()).update(numbers)

    # --- what is wrong ---------------------------------------------------------------------------

    def _problems(self, document: AccountingDocument) -> Iterator[Problem]:
        code = document.payload.get("journal")
        if code and self.company.journal_id(code) is None:
            yield Problem("", f"no journal batch {code}", "one in Business Central", self.company.no_journal(code))  # fmt: skip
        for entry in document.entries:
            yield from self._of_owner(document, entry)
            yield from self._of_dimensions(entry)
            yield from self._of_vat(entry)
        yield from self._of_date(document)
        yield from self._of_currency(document)

    def _of_owner(self, document: AccountingDocument, entry: Entry) -> Iterator[Problem]:
        table = _OF_OWNERS[entry.owner]
        row = self._row(table, entry.number)
        is_cost = entry.line is not None and entry.amount * document.total != 0 and entry in _costs(document)  # fmt: skip
        path = f"lines[line={entry.line}].category" if is_cost else ""
        yaml = f"{self.company.configuration.organisation}.yaml"
        where = f"mapping.accounts of {yaml}" if is_cost else f"mapping.payable.{document.kind} of {yaml}"  # fmt: skip
        if row is None:
            yield Problem(path, f"{entry.owner} {entry.number}, which the company does not have", f"one of its {table}", f"create it in Business Central, or correct {where}")  # fmt: skip
            return
        name = f"{entry.owner} {entry.number} ({row['displayName']})"
        for found, expected in _unusable(table, row):
            yield Problem(path, f"{name} {found}", expected, f"have it changed in Business Central, or correct {where}")  # fmt: skip
        yield from self._of_vendors_currency(document, name, row)

    def _of_vendors_currency(self, document: AccountingDocument, name: str, row: Row) -> Iterator[Problem]:  # fmt: skip
        """A line of a journal is in the currency of the vendor it is owed to, and nothing the API has says so or changes it."""
        currency, books = row.get("currencyCode", ""), self.company.configuration.currency
        local = [str(setup["localCurrencyCode"]) for setup in self.rows["generalLedgerSetup"].values()]  # fmt: skip
        if document.shape == "journal" and currency not in ("", books, *local):
            yield Problem("", f"{name} has the currency {currency}, in which its lines of the journal would be booked", f"one in {books}", f"have its Currency Code cleared in Business Central, owe it to another, or book it by hand as {document.total} {books}")  # fmt: skip

    def _of_dimensions(self, entry: Entry) -> Iterator[Problem]:
        path = f"lines[line={entry.line}].dimensions"
        yaml = f"mapping.dimensions of {self.company.configuration.organisation}.yaml"
        for code, value in entry.dimensions.items():
            dimension = self._row("dimensions", code)
            if dimension is None:
                yield Problem(path, f"dimension {code}, which the company does not have", "one of its dimensions", f"create it in Business Central, or correct {yaml}")  # fmt: skip
                continue
            if self._row("dimensionValues", f"{dimension['id']}/{value}") is None:
                yield Problem(path, f"{code} {value}, which the company does not have", f"a value of {code}", f"create it in Business Central, or correct {yaml}")  # fmt: skip

    def _of_vat(self, entry: Entry) -> Iterator[Problem]:
        if entry.vat_code and self._row("taxGroups", entry.vat_code) is None:
            path = f"lines[line={entry.line}].vat_code"
            yaml = (
                f"mapping.vat or mapping.no_vat of {self.company.configuration.organisation}.yaml"
            )
            yield Problem(path, f"VAT product posting group {entry.vat_code}, which the company does not have", "one of its groups", f"create it in Business Central, or correct {yaml}")  # fmt: skip

    def _of_date(self, document: AccountingDocument) -> Iterator[Problem]:
        day = document.posting_date.isoformat()
        remedy = "have the period opened in Business Central, or approve it with another date"
        for row in self.rows["generalLedgerSetup"].values():
            since, until = row["allowPostingFrom"], row["allowPostingTo"]
            if day < since or (until != _NO_DAY and day > until):
                bounds = [f"{word} {bound}" for word, bound in (("from", since), ("until", until)) if bound != _NO_DAY]  # fmt: skip
                yield Problem("date", f"posting date {day}", f"a day that is open: {' '.join(bounds)}", remedy)  # fmt: skip
        begun = [row for start, row in self.rows["accountingPeriods"].items() if start <= day]
        if not begun:
            yield Problem("date", f"posting date {day}", "a day in one of the company's accounting periods", "create the period in Business Central, or approve it with another date")  # fmt: skip
        elif (last_begun := max(begun, key=lambda row: str(row["startingDate"])))["closed"]:
            yield Problem("date", f"posting date {day}, in the period from {last_begun['startingDate']}, which is closed", "a period that is open", "approve it with another date, or book it by hand: a closed year of Business Central is never opened again")  # fmt: skip

    def _of_currency(self, document: AccountingDocument) -> Iterator[Problem]:
        configuration = self.company.configuration
        for row in self.rows["generalLedgerSetup"].values():
            if row["localCurrencyCode"] not in ("", configuration.currency):
                yield Problem("currency", f"books in {row['localCurrencyCode']}", f"{configuration.currency}, as {configuration.organisation}.yaml says", "correct `currency` there, or `company`")  # fmt: skip
        code = _currency(document)
        if code not in ("", configuration.currency) and self._row("currencies", code) is None:
            yield Problem("currency", f"{code}, which the company does not have", "one of its currencies", "create it with its rates in Business Central, or claim it in another")  # fmt: skip

    def _row(self, table: str, number: str) -> Row | None:
        return self.rows.get(table, {}).get(number)


def _needed(documents: Sequence[AccountingDocument]) -> dict[str, set[str]]:
    """Table -> numbers."""
    found: dict[str, set[str]] = {table: set() for table in _TABLES}
    for document in documents:
        for entry in document.entries:
            found[_OF_OWNERS[entry.owner]].add(entry.number)
            found["dimensionValues"].update(entry.dimensions.values())
        found["currencies"].update(filter(None, [_currency(document)]))
    return found


def _key(table: str, row: Row) -> str:
    if table == "dimensionValues":
        return f"{row['dimensionId']}/{row['code']}"
    names: dict[str, Callable[[Row], Any]] = {
        "accountingPeriods": lambda row: row["startingDate"], "generalLedgerSetup": lambda row: "",
    }  # fmt: skip
    return str(names[table](row) if table in names else row.get("number", row.get("code")))


def _currency(document: AccountingDocument) -> str:
    return str(document.payload.get("purchaseInvoice", {}).get("currencyCode", ""))


def _costs(document: AccountingDocument) -> Sequence[Entry]:
    return document.entries[::2] if document.shape == "journal" else document.entries[:-1]


def _unusable(table: str, row: Row) -> Iterator[tuple[str, str]]:
    """What is wrong with it, and what is expected."""
    if table == "accounts":
        if row["blocked"]:
            yield "is blocked", "one that is not blocked"
        if option(row["accountType"]) != "Posting":
            yield f"is of the type {option(row['accountType'])}", "one of the type Posting"
        elif not row["directPosting"]:
            yield "is not for direct posting", "one with Direct Posting"
    elif table == "vendors" and option(row["blocked"]) == "All":  # with Payment it may be owed more
        yield "is blocked (All)", "one that is not blocked"
    elif table == "employees" and option(row["status"]) != "Active":
        yield f"has the status {option(row['status'])}", "one that is active"
