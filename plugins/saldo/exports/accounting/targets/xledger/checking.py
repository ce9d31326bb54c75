"""What Xledger's own registers say against documents, before anything is sent: all of it at once.

Only what the documents name is asked for, and once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from saldo.vendors.xledger.import_records import Named, Period
from saldo.vendors.xledger.importing import Importing

from ...document import AccountingDocument
from ...problems import Problem, shown
from .configuration import PLACES, XledgerExport

#: Of the object kinds, this one is everybody's: tax rules.
_TAX_RULE = "14"
#: The longest accounting period, and some.
_YEAR = timedelta(days=400)


#: Register -> code -> its rows.
Known = dict[str, dict[str, list[Named]]]


class Reference:
    """Registers of an entity, as far as they were asked for."""

    def __init__(self, importing: Importing, owner: str) -> None:
        self._importing, self._owner = importing, owner
        self._known: Known = defaultdict(lambda: defaultdict(list))
        self._asked: dict[str, set[str]] = defaultdict(set)
        self._periods: dict[tuple[date, date], list[Period]] = {}

    def check(
        self, documents: Sequence[AccountingDocument], configuration: XledgerExport
    ) -> Mapping[str, list[Problem]]:
        """Key -> its problems, of each that has some."""
        if not documents:
            return {}
        self._ask(documents)
        days = [one.posting_date for one in documents]
        periods = self._periods_of(min(days), max(days))
        file = f"{configuration.organisation}.yaml"
        found = {}
        for one in documents:
            problems = [*self._of_document(one, file), *_of_period(one, periods)]
            if problems:
                found[one.key] = list(dict.fromkeys(problems))
        return found

    def _ask(self, documents: Sequence[AccountingDocument]) -> None:
        wanted: dict[str, set[str]] = defaultdict(set)
        for document in documents:
            for _, node in _nodes(document):
                for name, code in _codes(node):
                    for register in _REGISTERS[name]:
                        wanted[register].add(code)
        new = {name: sorted(codes - self._asked[name]) for name, codes in wanted.items()}
        for register, rows in self._importing.named(new).items():
            for row in rows:
                self._known[register][row.code or ""].append(row)
        for register, codes in wanted.items():
            self._asked[register] |= codes

    def _rows(self, register: str, code: str) -> list[Named]:
        """The entity's own; those that entities above share with it, where it has none."""
        rows = self._known[register][code]
        return [row for row in rows if str(row.owner_db_id) == self._owner] or rows

    def _periods_of(self, first: date, last: date) -> list[Period]:
        if (first, last) not in self._periods:
            self._periods[first, last] = self._importing.periods(first - _YEAR, last)
        return self._periods[first, last]

    def _of_document(self, document: AccountingDocument, file: str) -> Iterator[Problem]:
        for path, node in _nodes(document):
            for name, code in _codes(node):
                if name == "subledger":
                    yield from self._of_subledger(document, path, code, file)
                else:
                    yield from self._of_value(document, f"{path}.{name}", name, code, file)

    def _of_value(
        self, document: AccountingDocument, path: str, name: str, code: str, file: str
    ) -> Iterator[Problem]:
        where, day = _IN_FILE.get(name, "mapping.dimensions"), document.posting_date
        rows = [row for register in _REGISTERS[name] for row in self._rows(register, code)]
        if name == "taxRule":
            rows = [row for row in rows if str(row.object_kind_db_id) == _TAX_RULE]
        what = _WHAT.get(name, f"value of {name}")
        if not rows:
            remedy = f"correct {where} in {file}, or make it in Xledger"
            yield Problem(path, shown(code), f"{what} that is in Xledger", remedy)
        elif not any(row.posting is not False and row.allow_posting is not False for row in rows):
            remedy = f"open it for posting in Xledger, or correct {where} in {file}"
            yield Problem(
                path,
                f"{shown(code)}, which is closed for posting",
                f"{what} that is open for posting",
                remedy,
            )
        elif not any(row.holds_on(day) for row in rows):
            remedy = f"correct its dates in Xledger, or {where} in {file}"
            yield Problem(
                path,
                f"{shown(code)}, which does not hold on {day}",
                f"{what} that is open on that day",
                remedy,
            )

    def _of_subledger(
        self, document: AccountingDocument, path: str, code: str, file: str
    ) -> Iterator[Problem]:
        is_supplier = document.kind == "honorarium"
        who, register = ("supplier", "suppliers") if is_supplier else ("employee", "employees")
        where = f"mapping.payable.{document.kind}.numbers in {file}"
        rows = self._rows(register, code)
        every = [row for one in _REGISTERS["subledger"] for row in self._rows(one, code)]
        if not rows:
            remedy = f"make the {who} in Xledger, or write its number there under {where}"
            yield Problem(who, shown(code), f"the {who}'s code in Xledger", remedy)
        elif len(every) > 1:
            said = f"{shown(code)}, which {len(every)} suppliers, employees or customers of Xledger are called"
            remedy = f"give the {who} a code of its own in Xledger, and write it under {where}"
            yield Problem(
                who,
                said,
                "the code of one of them: Xledger refuses what it cannot tell apart",
                remedy,
            )
        elif not rows[0].holds_on(document.posting_date):
            said = f"{shown(code)}, who has ended by {document.posting_date}"
            yield Problem(
                who,
                said,
                f"a {who} of that day",
                "correct the dates in Xledger, or book it by hand",
            )


_WHAT = {"account": "an account", "taxRule": "a tax rule", "project": "a project"}
_IN_FILE = {"account": "mapping.accounts or mapping.payable", "taxRule": "mapping.vat"}
_REGISTERS = {
    "account": ("accounts",),
    "taxRule": ("object_values",),
    "project": ("projects",),
    "subledger": ("suppliers", "employees", "customers"),
    **{place: ("object_values", "projects") for place in PLACES if place != "project"},
}


def _nodes(document: AccountingDocument) -> Iterator[tuple[str, dict[str, Any]]]:
    """The place of each line in the expense, and the line as it is sent."""
    for at, given in enumerate(document.payload["inputs"]):
        is_owed = at == len(document.payload["inputs"]) - 1
        yield "payable" if is_owed else f"lines[{at}]", given["node"]


def _codes(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _REGISTERS:
        if name in node:
            yield name, str(node[name]["code"])


def _of_period(document: AccountingDocument, periods: Sequence[Period]) -> Iterator[Problem]:
    day = document.posting_date
    months = [p for p in periods if p.from_date and p.to_date and p.from_date <= day <= p.to_date]
    is_open = any(not one.is_closed for one in months)
    if not months:
        yield Problem(
            "posting_date", str(day), "a day in a period of Xledger", "make the period in Xledger"
        )
    elif not is_open:
        said = f"{day}, in the period {months[0].description}, which is closed"
        remedy = "open the period in Xledger, or choose another mapping.posting_date"
        yield Problem("posting_date", said, "a day in an open period", remedy)
