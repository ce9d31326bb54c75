"""The sandbox's control totals: the sums of its own ledger, however they are asked for."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.support import SECRET, Company, Sandbox


@pytest.fixture(scope="module")
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("totals", entries=900, year_starts_in=7, first_year=2023)


def answer(company: Company, path: str, **params: Any) -> requests.Response:
    return requests.get(
        f"{company.sandbox.url}/economic/rest/{path}",
        params=params,
        headers={
            "X-AppSecretToken": SECRET,
            "X-AgreementGrantToken": f"sandbox-grant-{company.id}",
        },
        timeout=30,
    )


def totals(company: Company, path: str) -> dict[int, Decimal]:
    body = answer(company, path, pagesize=1000).json()
    return {
        row["account"]["accountNumber"]: Decimal(str(row["totalInBaseCurrency"]))
        for row in body["collection"]
    }


def test_years_sum_up_to_the_ledger_openings_included(company: Company) -> None:
    found: Counter[str] = Counter()
    for year in answer(company, "accounting-years", pagesize=1000).json()["collection"]:
        path = year["totals"].partition("/economic/rest/")[2]
        assert "/" not in path.removeprefix("accounting-years/").removesuffix("/totals")
        for account, amount in totals(company, path).items():
            found[str(account)] += amount  # type: ignore[assignment]
    truth = {number: Decimal(total) for number, total in company.truth()["totals"].items()}
    assert {k: v for k, v in found.items() if v} == {k: v for k, v in truth.items() if v}


def test_periods_are_numbered_through_all_years_and_sum_up_to_theirs(company: Company) -> None:
    found: Counter[int] = Counter()
    for number in range(13, 25):  # the second year's
        for account, amount in totals(
            company, f"accounting-years/2024_6_2025/periods/{number}/totals"
        ).items():
            found[account] += amount  # type: ignore[assignment]
    year = totals(company, "accounting-years/2024_6_2025/totals")
    assert {k: v for k, v in found.items() if v} == {k: v for k, v in year.items() if v}


def test_one_account_can_be_asked_for(company: Company) -> None:
    year = totals(company, "accounting-years/2024_6_2025/totals")
    assert totals(company, "accounts/5820/accounting-years/2024_6_2025/totals") == {
        5820: year[5820]
    }
    body = answer(company, "accounting-years/2024_6_2025/totals", pagesize=2).json()
    assert len(body["collection"]) == 2
    assert body["pagination"]["results"] == len(year)
    assert body["collection"][0]["fromDate"] == "2024-07-01"
    assert body["collection"][0]["toDate"] == "2025-06-30"


@pytest.mark.parametrize(
    "path",
    [
        "accounting-years/2019/totals",
        "accounting-years/2024_6_2025/periods/1/totals",  # of another year
        "accounts/4711/accounting-years/2024_6_2025/totals",
    ],
)
def test_what_is_not_there_is_404(company: Company, path: str) -> None:
    assert answer(company, path).status_code == 404


def test_customers_owe_what_is_open(company: Company) -> None:
    rows = answer(company, "customers", pagesize=1000).json()["collection"]
    balance = sum(Decimal(str(row["balance"])) for row in rows)
    open_items = sum(
        Decimal(line.split(",")[17])
        for line in company.truth_of("entries").decode().splitlines()[1:]
        if line.split(",")[8] and line.split(",")[17]
    )
    assert balance == open_items > 0
    assert all(
        abs(row["dueAmount"]) <= abs(row["balance"]) + 0.01 or row["balance"] for row in rows
    )
