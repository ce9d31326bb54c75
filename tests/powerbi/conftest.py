"""The project that is committed, and what the catalogue of a migrated warehouse makes of it."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import pytest

from saldo.powerbi.columns import Loaded, loaded
from saldo.powerbi.project import project
from saldo.warehouse.catalogue import Table, tables


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
