"""The project that is committed, and what the catalogue of a migrated warehouse makes of it."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import pytest

from saldo.powerbi.columns import Loaded, loaded
from saldo.powerbi.project import project
from saldo.warehouse.catalogue import Table, tables
from tests.moneybird import moneybird_company
from tests.powerbi.tying import tied
from tests.support import Company, Sandbox
from tests.xledger import xledger_company


@pytest.fixture(scope="module")
def mart(dsn: str) -> Mapping[str, Table]:
    with psycopg.connect(dsn) as connection:
        return tables(connection, "mart")


@pytest.fixture(scope="module")
def files(mart: Mapping[str, Table]) -> dict[str, str]:
    return project(mart)


@pytest.fixture(scope="module")
def model(mart: Mapping[str, Table]) -> tuple[Loaded, ...]:
    return loaded(mart)


@pytest.fixture(scope="module")
def economic(dsn: str, sandbox: Sandbox) -> Company:
    found = sandbox.company(
        "tied", entries=1_500, customers=40, suppliers=15, currencies=["EUR"], year_starts_in=7,
        first_year=2023,
    )  # fmt: skip
    return tied(dsn, found)


@pytest.fixture(scope="module")
def xledger(dsn: str, sandbox: Sandbox) -> Company:
    found = xledger_company(sandbox, "tiedx", entries=1_500, customers=30, suppliers=10)
    return tied(dsn, found)


@pytest.fixture(scope="module")
def moneybird(dsn: str, sandbox: Sandbox) -> Company:
    found = moneybird_company(sandbox, "tiedm")
    return tied(dsn, found)
