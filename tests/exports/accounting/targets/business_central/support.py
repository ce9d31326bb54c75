"""A company, documents for it, and a register that remembers what was written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any

from saldo.exports.accounting.document import AccountingDocument, ReceiptReference
from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.mapping import map_to_accounting_schema
from saldo.exports.accounting.targets.business_central.configuration import BusinessCentralExport
from saldo.exports.accounting.targets.business_central.sending import open_target
from saldo.exports.accounting.targets.target import Dispatch, Found, Outcome, Target, What
from saldo.transport import Caller, Policy
from saldo.vendors.business_central.client import BusinessCentralClient
from sandbox.vendors.business_central.companies import id_of
from tests.exports.accounting import examples
from tests.sandbox.vendors.business_central.asking import TENANT, Books
from tests.support import QUICK, Sandbox

RULES: dict[str, Any] = {
    "organisation": "bygg", "target": "business_central", "connection": "bygg_bc",
    "environment": "Sandbox", "currency": "NOK", "batch": {"journal": "SALDO"},
    "mapping": {
        "accounts": {
            "travel": "4410", "hotel": "4420", "dinner": "4430", "mileage": "4440", "old": "4450",
            "heading": "4000", "indirect": "5410", "nowhere": "9999", "fee": "4520", "plain": "4510",
        },
        "vat": {
            "25": {"rate": 25, "country": "NO", "code": "STANDARD"},
            "12": {"rate": 12, "country": "NO", "code": "REDUCED"},
            "7": {"rate": 7, "country": "NO", "code": "UNKNOWN"},
            "15": {"rate": 25, "country": "NO", "code": "REDUCED"},
        },
        "no_vat": "ZERO",
        "dimensions": {"department": {"to": "AFDELING"}, "project": {"to": "PROJEKT"}, "team": {"to": "TEAM"}},
        "payable": {"expense": {"type": "vendor"}, "honorarium": {"type": "vendor"}},
        "booking": "post",
    },
}  # fmt: skip


def rules(**mapping: Any) -> dict[str, Any]:
    """The file, with other values in its mapping."""
    return {**RULES, "mapping": {**RULES["mapping"], **mapping}}


@dataclass
class Register:
    """Calls as they were written down: [keys, method, path, body, what became of it, status, answer]."""

    calls: list[list[Any]] = field(default_factory=list)

    def begin(self, keys: Sequence[str], method: str, path: str, body: Any = None) -> int:
        self.calls.append([list(keys), method, path, body, None, None, ""])
        return len(self.calls) - 1

    def end(self, number: int, outcome: What, *, status: int | None, answer: str) -> None:
        assert self.calls[number][4] is None
        self.calls[number][4:] = [outcome, status, answer]

    def told(self, method: str = "POST") -> list[tuple[str, What, int | None]]:
        """The end of the path, what became of it, and the status."""
        return [
            (call[2].rpartition("/")[2], call[4], call[5]) for call in self.calls if call[1] == method
        ]  # fmt: skip


@dataclass
class Desk:
    """An organisation at work in a company of the sandbox."""

    books: Books
    client: BusinessCentralClient
    configuration: BusinessCentralExport
    target: Target
    register: Register = field(default_factory=Register)

    def document(self, id: str, *lines: dict[str, Any], **changes: Any) -> AccountingDocument:
        changes = {"employee": "V00031", "organisation": "bygg", **changes}
        values = examples.expense(id=id, lines=list(lines) or [taxi()], **changes)
        return map_to_accounting_schema(
            parse_expense(values), "business_central", self.configuration
        )

    def claim(self, id: str, *lines: dict[str, Any], number: int = 0, **changes: Any) -> Dispatch:
        """number: of the register; that of its id's digits where none is given."""
        digits = "".join(letter for letter in id if letter.isdigit())
        return Dispatch(
            document=self.document(id, *lines, **changes), number=number or int(digits or 1)
        )

    def honorarium(
        self, id: str, *lines: dict[str, Any], supplier: str = "V00031", **changes: Any
    ) -> Dispatch:
        return self.claim(
            id, *(lines or (fee(),)), kind="honorarium", employee=None, supplier=supplier, **changes
        )

    def look(self, *dispatches: Dispatch) -> dict[str, Found]:
        return dict(self.target.look_up(list(dispatches)))

    def send(self, *dispatches: Dispatch) -> dict[str, Outcome]:
        """All groups of them."""
        found: dict[str, Outcome] = {}
        for group in self.target.groups(list(dispatches)):
            found |= self.target.send(group, content, self.register)
        return found

    def complete(self, *dispatches: Dispatch) -> dict[str, Outcome]:
        return dict(self.target.complete(list(dispatches), content, self.register))

    def post(self, *dispatches: Dispatch, expected: Sequence[str] = ()) -> dict[str, Outcome]:
        return dict(self.target.post(list(dispatches), dict.fromkeys(expected, ""), self.register))  # fmt: skip

    def lines(self) -> dict[str, int]:
        """Lines that wait in journals, by document number."""
        return {number: len(rows) for number, rows in self.books.truth()["lines"].items()}

    def change(self, **values: Any) -> None:
        """The file says something else from now on."""
        self.configuration = self.configuration.model_copy(update=values)
        self.target = open_target(self.client, self.configuration)

    def into(self, journal: str) -> None:
        """The file names another journal."""
        self.change(batch=self.configuration.batch.model_copy(update={"journal": journal}))

    def anew(self, **mapping: Any) -> Desk:
        """The same company, opened again: by another process."""
        return opened(self.books, **mapping)


def content(document: AccountingDocument, receipt: ReceiptReference) -> bytes:
    found = next(one for one in CONTENTS if sha256(one).hexdigest() == receipt.sha256)
    return found


CONTENTS = (examples.PDF, examples.PNG, b"%PDF-1.7 another receipt")


def opened(books: Books, *, policy: Policy = QUICK, **mapping: Any) -> Desk:
    sandbox = books.company.sandbox
    client = BusinessCentralClient(
        Caller("business_central", "bygg", "bygg_bc"), client_id="app-all",
        client_secret="sandbox-secret-app-all", tenant=TENANT, environment="Sandbox",
        url=f"{sandbox.url}/business_central",
        token_url=f"{sandbox.url}/entra/{TENANT}/oauth2/v2.0/token", policy=policy,
    )  # fmt: skip
    values = {**rules(**mapping), "company": id_of(books.company.id)}
    configuration = BusinessCentralExport.model_validate(values)
    return Desk(books, client, configuration, open_target(client, configuration))


def desk(sandbox: Sandbox, name: str, **mapping: Any) -> Desk:
    """A new company with the journal SALDO."""
    books = Books(sandbox.company(name, entries=100, base_currency="NOK"))
    books.journal("SALDO")
    return opened(books, **mapping)


# --- lines ---------------------------------------------------------------------------------------


def taxi(number: int = 1, amount: str = "121.00", **changes: Any) -> dict[str, Any]:
    """Without VAT."""
    values = {
        "category": "travel", "text": "Taxi", "amount": amount, "vat_code": None, "vat_amount": None,
        "dimensions": {},
    }  # fmt: skip
    return examples.line(number, **(values | changes))


def dinner(number: int = 1, amount: str = "125.00", **changes: Any) -> dict[str, Any]:
    """With 25 %."""
    values = {
        "category": "dinner", "text": "Dinner", "amount": amount, "dimensions": {},
        "vat_amount": str((Decimal(amount) / 5).quantize(Decimal("0.01"))),
    }  # fmt: skip
    return examples.line(number, **(values | changes))


def fee(number: int = 1, amount: str = "1050.00", **changes: Any) -> dict[str, Any]:
    return dinner(number, amount, **({"category": "fee", "text": "Feb"} | changes))
