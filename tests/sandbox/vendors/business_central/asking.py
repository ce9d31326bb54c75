"""A Business Central company of a test's own, asked as a client asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests

from sandbox.vendors.business_central.companies import id_of
from tests.support import Company, Sandbox

TENANT = "fjordgruppen.example"
#: A line that balances itself: a taxi, owed to a vendor.
TAXI: dict[str, Any] = {
    "accountType": "G/L Account", "accountNumber": "4410", "postingDate": "2026-03-02",
    "documentNumber": "EX000412-1", "externalDocumentNumber": "SALDO-EXP-000412", "amount": 121.00,
    "description": "Taxi, de Vries", "balanceAccountType": "Vendor",
    "balancingAccountNumber": "V00031",
}  # fmt: skip
#: An honorarium with 25 % VAT.
HONORARIUM: dict[str, Any] = {
    "vendorNumber": "V00031", "invoiceDate": "2026-02-28", "postingDate": "2026-02-28",
    "vendorInvoiceNumber": "SALDO-HON-7",
    "purchaseInvoiceLines": [
        {"lineType": "Account", "lineObjectNumber": "4520", "description": "Feb", "quantity": 1,
         "unitCost": 840.00},
    ],
}  # fmt: skip


def token_of(sandbox: Sandbox, app: str = "app-all") -> str:
    form = {"grant_type": "client_credentials", "client_id": app, "scope": "x/.default",
            "client_secret": f"sandbox-secret-{app}"}  # fmt: skip
    url = f"{sandbox.url}/entra/{TENANT}/oauth2/v2.0/token"
    return str(requests.post(url, data=form, timeout=10).json()["access_token"])


@dataclass
class Books:
    """A company of the environment Sandbox."""

    company: Company
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.headers["Authorization"] = f"Bearer {token_of(self.company.sandbox)}"

    @property
    def root(self) -> str:
        return f"{self.company.sandbox.url}/business_central/v2.0/{TENANT}/Sandbox/api/v2.0"

    def ask(
        self, method: str, path: str, body: Any = None, *, params: dict[str, str] | None = None,
        timeout: float = 10, **headers: str,
    ) -> requests.Response:  # fmt: skip
        """headers: with _ for -."""
        url = f"{self.root}/companies({id_of(self.company.id)})/{path}"
        return self.session.request(
            method, url, json=body, params=params, timeout=timeout,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )  # fmt: skip

    def made(self, path: str, body: Any) -> dict[str, Any]:
        answer = self.ask("POST", path, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def found(self, path: str, filter: str = "", **params: str) -> list[dict[str, Any]]:
        wanted = {f"${name}": value for name, value in params.items()}
        answer = self.ask("GET", path, params=wanted | ({"$filter": filter} if filter else {}))
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["value"]
        return rows

    def refused(
        self, method: str, path: str, body: Any = None, **more: Any
    ) -> tuple[int, str, str]:
        """Status, code and text of an error."""
        answer = self.ask(method, path, body, **more)
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]

    def journal(self, code: str = "SALDO") -> str:
        """A new journal's path."""
        return f"journals({self.made('journals', {'code': code})['id']})"

    def post(self, path: str) -> requests.Response:
        return self.ask("POST", f"{path}/Microsoft.NAV.post")

    def batch(self, *inside: tuple[str, str, Any], **headers: str) -> list[int]:
        """Statuses of requests inside a $batch."""
        url = f"{self.root}/$batch?company={id_of(self.company.id)}"
        asked = [
            {"id": str(n), "method": method, "url": path, "body": body}
            for n, (method, path, body) in enumerate(inside)
        ]
        answer = self.session.post(url, json={"requests": asked}, headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        return [one["status"] for one in answer.json()["responses"]]

    def do(self, what: str, **more: Any) -> Any:
        url = f"{self.company.sandbox.url}/sandbox/companies/{self.company.id}/business_central"
        answer = requests.post(url, json={"do": what, **more}, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def truth(self) -> dict[str, Any]:
        url = (
            f"{self.company.sandbox.url}/sandbox/companies/{self.company.id}/truth/business-central"
        )
        found: dict[str, Any] = requests.get(url, timeout=10).json()["Sandbox"]
        return found

    def posted(self, document: str) -> dict[str, Decimal]:
        """Amount by account of what was posted under a number."""
        rows = self.truth()["posted"].get(document, [])
        return {row["account"]: Decimal(row["amount"]) for row in rows}


def books(sandbox: Sandbox, name: str) -> Books:
    return Books(sandbox.company(name, entries=100))
