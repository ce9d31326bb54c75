"""Every way in which the sandbox's people write budgets, from SharePoint to fact_budget: to the øre what they meant."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from saldo.agreements.agreement import Agreement
from saldo.files.companies import Companies
from saldo.files.configuration import FileConfiguration
from saldo.files.intake import Intake
from saldo.files.outcome import Outcome
from saldo.files.places.sharepoint import SharePointSource
from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import Connection
from tests.graph.site import HOST, client
from tests.support import Company, Sandbox, night
from tests.xledger import xledger_company

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


class People:
    """What people of a company keep, and looks at it."""

    def __init__(self, warehouse: Connection, company: Company) -> None:
        self.warehouse, self.company = warehouse, company
        self.graph = client(company.sandbox)

    def truth(self) -> dict[str, Any]:
        url = f"{self.company.sandbox.url}/sandbox/companies/{self.company.id}/truth/budgets"
        found: dict[str, Any] = requests.get(url, timeout=60).json()
        return found

    def look(self, id: str, folder: str, **says: Any) -> Outcome:
        agreement = self.company.agreement
        place = {
            "site": f"{HOST}:/sites/{self.company.id}",
            "library": "Documents",
            "folder": folder,
        }
        values = {"kind": "budget", "agreement": agreement.id, **says}
        if "agreement_column" in says:
            del values["agreement"]
        configuration = FileConfiguration.model_validate(
            {"id": id, "source": {"sharepoint": place}, **values}
        )
        assert configuration.source.sharepoint
        source = SharePointSource(self.graph, configuration, configuration.source.sharepoint)
        named: list[Agreement] = [agreement.model_copy(update={"name": self.name})]
        companies = Companies(named, configuration.agreement)
        return Intake(self.warehouse, configuration, source, companies, run_id="r", now=NOW).run()

    @property
    def name(self) -> str:
        return f"{self.company.id.rstrip('0123456789')} ApS"

    def facts(self) -> Counter[Any]:
        refresh(self.warehouse, self.company.agreement, RunRequest())
        return Counter(
            self.warehouse.execute(
                "select scenario, account_number, coalesce(department_number, ''), to_char(month, 'YYYY-MM'), amount_base "
                "from mart.fact_budget where agreement_id = %s",
                [self.company.id],
            ).fetchall()
        )


def meant(files: list[dict[str, Any]]) -> Counter[Any]:
    return Counter(
        (scenario, account, department or "", month[:7], Decimal(amount))
        for file in files
        for scenario, _, account, department, month, amount in map(_values, file["facts"])
    )


def _values(fact: Any) -> Any:
    return list(fact.values()) if isinstance(fact, dict) else fact


@pytest.mark.parametrize("vendor", ["economic", "xledger"])
def test_every_style_comes_to_what_was_meant(
    warehouse: Connection, dsn: str, sandbox: Sandbox, vendor: str
) -> None:
    make = (
        sandbox.company
        if vendor == "economic"
        else lambda name, **more: xledger_company(sandbox, name, **more)
    )
    company = make("styled", entries=300, budget_styles=True)
    entities = (
        ("self", "accounts", "departments") if vendor == "economic"
        else ("entities", "accounts", "object_kinds", "object_values")
    )  # fmt: skip
    assert not night(dsn, company, entities=entities, of=company.agreement).errors
    people = People(warehouse, company)
    files = [
        file for file in people.truth()["files"] if file["folder"].startswith("Budgetter/Stile")
    ]
    for number, file in enumerate(files):
        outcome = people.look(f"style_{vendor}_{number}", file["folder"], **file["configuration"])
        assert (outcome.accepted, outcome.rejected, outcome.errors) == ([file["name"]], {}, []), (
            file
        )
    assert len(files) > 30
    assert people.facts() == meant(files)
