"""Claims of an organisation on a sandbox company of Xledger, what is sent of them, and what has become of them there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
import requests

from saldo.exports.accounting.document import AccountingDocument, ReceiptReference
from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.mapping import map_to_accounting_schema
from saldo.exports.accounting.targets import kind_of
from saldo.exports.accounting.targets.target import Dispatch, Found, Outcome, What
from saldo.exports.accounting.targets.xledger.configuration import XledgerExport
from saldo.exports.accounting.targets.xledger.sending import XledgerTarget
from saldo.transport import Policy
from tests.exports.accounting.examples import PDF, expense
from tests.support import QUICK, Sandbox
from tests.xledger import XledgerCompany, xledger_company

#: In a period that the sandbox has open.
DAY = "2026-10-15"
MAPPING: dict[str, Any] = {
    "accounts": {"travel": "2410", "mileage": "2750", "fee": "3620"},
    "vat": {"25": {"rate": 25, "country": "NO", "code": "I25"}},
    "dimensions": {
        "department": {"to": "glObject1", "values": {"10": "1", "99": "99"}},
        "project": {"to": "project"},
    },
    "payable": {
        "expense": {"account": "6800", "numbers": {"E12": "0011"}},
        "honorarium": {"account": "6800", "subledger": False},
    },
}


@dataclass
class Written:
    """What was written down of calls. See Calls."""

    calls: list[dict[str, Any]] = field(default_factory=list)

    def begin(self, keys: Sequence[str], method: str, path: str, body: Any = None) -> int:
        # What is kept is JSON.
        self.calls.append(
            {"keys": list(keys), "path": path, "body": json.dumps(body, separators=(",", ":"))}
        )
        return len(self.calls) - 1

    def end(self, number: int, outcome: What, *, status: int | None, answer: str) -> None:
        self.calls[number] |= {"outcome": outcome, "status": status, "answer": answer}

    def of(self, path: str) -> list[str]:
        return [call["outcome"] for call in self.calls if call["path"] == path]


@dataclass
class Books:
    """A company, its file, and what sends to it."""

    company: XledgerCompany
    configuration: XledgerExport
    calls: Written = field(default_factory=Written)

    def target(self, *, policy: Policy = QUICK, **more: Any) -> XledgerTarget:
        """Another process's, each time."""
        client = self.company.client(policy=policy, **more)
        found = kind_of(self.configuration).open(client, self.configuration)
        assert isinstance(found, XledgerTarget)
        return found

    def do(self, what: str, **more: Any) -> None:
        """Somebody at work there."""
        url = f"{self.company.sandbox.url}/sandbox/companies/{self.company.id}/xledger"
        answer = requests.post(url, json={"do": what, **more}, timeout=10)
        assert answer.status_code == 200, answer.text

    def truth(self) -> dict[str, Any]:
        url = (
            f"{self.company.sandbox.url}/sandbox/companies/{self.company.id}/truth/xledger-imports"
        )
        found: dict[str, Any] = requests.get(url, timeout=10).json()
        return found

    def dispatch(self, number: int, **changes: Any) -> Dispatch:
        """A claim, read back from where it is kept."""
        whole = {
            "id": f"EXP-{number}",
            "organisation": self.configuration.organisation,
            "date": DAY,
        }
        given = expense(**(whole | changes))
        document = map_to_accounting_schema(parse_expense(given), "xledger", self.configuration)
        kept = msgspec.json.decode(msgspec.json.encode(document), type=AccountingDocument)
        return Dispatch(document=kept, number=number)

    def send(
        self, *dispatches: Dispatch, target: XledgerTarget | None = None
    ) -> Mapping[str, Outcome]:
        used = target or self.target()
        found: dict[str, Outcome] = {}
        for group in used.groups(dispatches):
            found |= used.send(group, content, self.calls)
        return found

    def found(self, dispatch: Dispatch) -> Found:
        return self.target().look_up([dispatch])[dispatch.key]

    def copies(self, dispatch: Dispatch) -> list[tuple[int, int]]:
        """Of each line: how often it is staged, and how often in the ledger."""
        truth = self.truth()
        references = [one["node"]["extIdentifier"] for one in dispatch.document.payload["inputs"]]
        return [
            (len(truth["staged"].get(one, [])), len(truth["posted"].get(one, [])))
            for one in references
        ]

    def balances(self) -> set[Decimal]:
        """What the vouchers of the ledger come to."""
        vouchers = self.truth()["vouchers"].values()
        return {sum((Decimal(one) for one in amounts), Decimal(0)) for amounts in vouchers}


def content(document: AccountingDocument, reference: ReceiptReference) -> bytes:
    return PDF


def books(
    sandbox: Sandbox, name: str, *, mapping: Mapping[str, Any] | None = None, **more: Any
) -> Books:
    company = xledger_company(sandbox, name, entries=100, **more)
    configuration = XledgerExport.model_validate({
        "organisation": "fjell", "target": "xledger", "connection": f"xledger_{company.id}", "company": f"{name} ApS",
        "currency": "NOK", "mapping": {**MAPPING, **(mapping or {})},
    })  # fmt: skip
    return Books(company, configuration)
