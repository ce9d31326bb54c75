"""Own rates: what the files of a configuration say now is all there is, and their months follow."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from saldo.rates import OwnRate, land_own_rates, rebuild
from saldo.warehouse.connection import Connection
from saldo.workbooks import Layout
from saldo.workbooks.rates import read_rates
from tests.workbooks.making import workbook

SOURCE = "file:controller"


@pytest.fixture(autouse=True)
def _clean(warehouse: Connection) -> None:
    warehouse.execute("truncate core.published_rate, mart.fact_exchange_rate")


def own(base: str, quote: str, day: date, rate: str, **more: Any) -> OwnRate:
    return OwnRate(base, quote, day, Decimal(rate), **more)


def land(warehouse: Connection, *rows: OwnRate) -> tuple[int, int, int]:
    with warehouse.transaction():
        written = land_own_rates(warehouse, "controller", rows)
    return written.inserted, written.updated, written.deleted


def facts(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select base_currency || quote_currency, to_char(month, 'MM'), average_rate::text, closing_rate::text, "
        "closing_date::text, published_days, is_derived, is_complete from mart.fact_exchange_rate "
        "where source = %s order by 1, 2",
        [SOURCE],
    ).fetchall()


def test_a_month_as_it_is_given(warehouse: Connection) -> None:
    rows = (
        own("EUR", "DKK", date(2026, 2, 1), "746.04", unit=100, kind="average"),
        own("EUR", "DKK", date(2026, 2, 11), "7.47", kind="closing"),
        own("USD", "DKK", date(2026, 2, 1), "8", kind="average"),
    )
    assert land(warehouse, *rows) == (3, 0, 0)
    assert facts(warehouse) == [
        ("DKKEUR", "02", "0.1340410702", "0.1338688086", "2026-02-28", 0, True, True),
        ("DKKUSD", "02", "0.1250000000", None, None, 0, True, True),
        ("EURDKK", "02", "7.4604000000", "7.4700000000", "2026-02-28", 0, False, True),
        ("USDDKK", "02", "8.0000000000", None, None, 0, False, True),
    ]
    assert land(warehouse, *rows) == (0, 0, 0)


def test_days_of_ones_own(warehouse: Connection) -> None:
    """A rate that a company sets holds until it sets another."""
    land(
        warehouse, own("EUR", "DKK", date(2026, 1, 1), "7.40"), own("EUR", "DKK", date(2026, 1, 15), "7.50"),
        own("EUR", "DKK", date(2026, 3, 1), "7.60"), own("DKK", "EUR", date(2026, 3, 1), "0.13"),
    )  # fmt: skip
    assert facts(warehouse) == [
        ("DKKEUR", "01", "0.1342342342", "0.1333333333", "2026-01-15", 2, True, True),
        ("DKKEUR", "03", "0.1300000000", "0.1300000000", "2026-03-01", 1, False, False),
        ("EURDKK", "01", "7.4500000000", "7.5000000000", "2026-01-15", 2, False, True),
        ("EURDKK", "03", "7.6000000000", "7.6000000000", "2026-03-01", 1, False, False),
    ]
    row = warehouse.execute(
        "select mart.exchange_rate_on(%s, 'EUR', 'DKK', '2026-02-28')::text", [SOURCE]
    ).fetchone()
    assert row == ("7.5000000000",)


def test_what_a_file_no_longer_says_is_gone(warehouse: Connection) -> None:
    first = [own("EUR", "DKK", date(2026, month, 1), "7.46") for month in (1, 2, 3)]
    land(warehouse, *first, own("EUR", "DKK", date(2026, 3, 1), "7.48"))
    assert [(row[1], row[2]) for row in facts(warehouse) if row[0] == "EURDKK"] == [
        ("01", "7.4600000000"), ("02", "7.4600000000"), ("03", "7.4800000000"),
    ]  # fmt: skip
    assert land(warehouse, first[0], first[1]._replace(published=Decimal("7.5"))) == (0, 1, 1)
    assert [(row[1], row[2], row[-1]) for row in facts(warehouse) if row[0] == "EURDKK"] == [
        ("01", "7.4600000000", True), ("02", "7.5000000000", False),
    ]  # fmt: skip
    assert rebuild(warehouse, SOURCE) == 0
    assert land(warehouse) == (0, 0, 2)
    assert facts(warehouse) == []


def test_nothing_is_kept_without_the_callers_commit(warehouse: Connection) -> None:
    with warehouse.transaction(force_rollback=True):
        land_own_rates(warehouse, "controller", [own("EUR", "DKK", date(2026, 1, 1), "7.4")])
        assert len(facts(warehouse)) == 2
    assert facts(warehouse) == []


def test_from_a_workbook(warehouse: Connection, tmp_path: Path) -> None:
    path = workbook(
        tmp_path, [["Måned", "Fra", "Til", "Gennemsnit", "Ultimo"], ["2026-02", "NOK", "DKK", 0.6412, "0,6399"]]
    )  # fmt: skip
    found = read_rates(path, Layout(kind="exchange_rates"))
    land(warehouse, *(OwnRate(r.base, r.quote, r.day, r.rate, r.unit, r.kind) for r in found))
    assert facts(warehouse)[1][:4] == ("NOKDKK", "02", "0.6412000000", "0.6399000000")
