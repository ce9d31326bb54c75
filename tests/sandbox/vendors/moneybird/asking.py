"""An administration of a company of its own, asked as a client asks."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

import requests

from tests.support import Company, Sandbox

EUR: dict[str, Any] = {"base_currency": "EUR", "currencies": ["USD", "SEK"], "suppliers": 30}


@dataclass
class Administration:
    company: Company
    token: str = ""

    @property
    def sandbox(self) -> Sandbox:
        return self.company.sandbox

    @property
    def id(self) -> str:
        """The one its token opens."""
        found: str = self.ask("GET", f"{self.root}/administrations.json").json()[0]["id"]
        return found

    @property
    def root(self) -> str:
        return f"{self.sandbox.url}/moneybird/api/v2"

    def ask(self, method: str, url: str, **more: Any) -> requests.Response:
        token = self.token or f"sandbox-moneybird-token-{self.company.id}"
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(
            method, url, headers=headers, timeout=30, allow_redirects=False, **more
        )

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.ask("GET", f"{self.root}/{self.id}/{path}.json", params=params)

    def ids(self, path: str, **params: Any) -> dict[str, int]:
        """Id -> version."""
        found = self.get(f"{path}/synchronization", **params).json()
        return {row["id"]: row["version"] for row in found}

    def fetched(self, path: str, ids: list[str]) -> list[dict[str, Any]]:
        url = f"{self.root}/{self.id}/{path}/synchronization.json"
        found: list[dict[str, Any]] = self.ask("POST", url, json={"ids": ids}).json()
        return found

    def all(self, path: str) -> dict[str, dict[str, Any]]:
        """Every record by id, by lists and slices of a hundred."""
        ids = list(self.ids(path, filter="period:200001..209912"))
        slices = [ids[first : first + 100] for first in range(0, len(ids), 100)]
        return {row["id"]: row for one in slices for row in self.fetched(path, one)}

    def do(self, what: str, **more: Any) -> dict[str, Any]:
        url = f"{self.sandbox.url}/sandbox/companies/{self.company.id}/moneybird"
        answer = requests.post(url, json={"do": what, **more}, timeout=10)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def truth(self) -> dict[str, Any]:
        url = f"{self.sandbox.url}/sandbox/companies/{self.company.id}/truth/moneybird"
        found: dict[str, Any] = requests.get(url, timeout=30).json()
        return found

    def rows(self, what: str) -> list[dict[str, str]]:
        """Rows of a truth: documents, lines, postings, payments."""
        text = self.company.truth_of(f"moneybird-{what}").decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))


def administration(sandbox: Sandbox, name: str = "molen", **more: Any) -> Administration:
    """more: fields of the company; by default its token need not wait."""
    given = {**EUR, "entries": 1_500, "moneybird_limit": 100_000, "moneybird_report_limit": 100_000}
    return Administration(sandbox.company(name, **{**given, **more}))
