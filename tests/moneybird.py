"""A sandbox company on Moneybird, for the same words as those of tests.support."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import requests

from saldo.agreements.agreement import Agreement
from saldo.transport import Caller, Policy
from saldo.vendors import VENDORS
from saldo.vendors.moneybird.client import MoneybirdClient
from tests.support import QUICK, Company, Sandbox, agreement

ENTITIES = {entity.name: entity for entity in VENDORS["moneybird"].entities}


@dataclass
class MoneybirdCompany(Company):
    """token: of its own administration unless said. calls: the requests in five minutes that its clients make."""

    token: str = ""
    calls: int = 100_000
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def entities(self) -> tuple[str, ...]:
        return tuple(ENTITIES)

    @property
    def agreement(self) -> Agreement:
        return agreement(
            self.id,
            vendor="moneybird",
            connection=f"moneybird_{self.id}",
            timezone="Europe/Amsterdam",
            **self.more,
        )

    @cached_property
    def administration_id(self) -> str:
        found = requests.get(
            f"{self.sandbox.url}/moneybird/api/v2/administrations.json",
            headers={"Authorization": f"Bearer {self.own_token}"},
            timeout=10,
        )
        id: str = found.json()[0]["id"]
        return id

    @property
    def own_token(self) -> str:
        return self.token or f"sandbox-moneybird-token-{self.id}"

    def client(self, *, policy: Policy = QUICK, **more: Any) -> MoneybirdClient:
        return MoneybirdClient(
            Caller("moneybird", self.id, f"moneybird_{self.id}"),
            token=more.get("token") or self.own_token,
            administration_id=self.administration_id,
            url=f"{self.sandbox.url}/moneybird/api/v2",
            app=more.get("app"),
            calls=self.calls,
            policy=policy,
        )

    def fault(self, kind: str, **more: Any) -> None:
        """match: a part of the path; or GET or POST, and the beginning of what comes after the administration."""
        method, _, path = more.get("match", "").partition(" ")
        if path:
            more["match"] = f"{method} /moneybird/api/v2/{self.administration_id}/{path}"
        super().fault(kind, **{"agreement": self.administration_id, **more})

    def do(self, what: str, **values: Any) -> None:
        """What include/sandbox/vendors/moneybird/editing.py does by hand."""
        requests.post(
            f"{self.sandbox.url}/sandbox/companies/{self.id}/moneybird",
            json={"do": what, **values},
            timeout=10,
        ).raise_for_status()

    def used(self) -> dict[str, Any]:
        """What its token has asked for."""
        found: dict[str, Any] = requests.get(
            f"{self.sandbox.url}/sandbox/companies/{self.id}/moneybird", timeout=10
        ).json()
        return found


def moneybird_company(sandbox: Sandbox, name: str, **more: Any) -> MoneybirdCompany:
    """A company nobody else uses, on Moneybird; more: the fields of Company in include/sandbox, and how Moneybird treats
    it."""
    limits = {"moneybird_limit": 100_000, "moneybird_report_limit": 100_000}
    made = sandbox.company(name, base_currency="EUR", **{**limits, **more})
    return MoneybirdCompany(sandbox, made.id, made.agreement_number)
