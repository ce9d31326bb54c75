"""Numbers by which rows are counted and looked up; one that no index can hold stops none of it."""

from __future__ import annotations

import json

import pytest

from saldo.declarations.source import LARGEST, Row
from saldo.errors import BadResponse
from saldo.staging.table import Staging
from saldo.warehouse.connection import Connection
from saldo.ways.append_only import AppendOnly
from saldo.ways.conditions import Between
from tests.support import ENTITIES

ODD = (10**40, -(10**40), LARGEST + 1)


@pytest.fixture
def rows(warehouse: Connection) -> Staging:
    """Orders 1 to 30, and some with a number that cannot be."""
    staging = Staging(warehouse, "economic", ENTITIES["orders"], "numbers", "run")
    staging.ensure_table()
    warehouse.execute("delete from staging.economic_orders where agreement_id = 'numbers'")
    numbers = (*range(1, 31), *ODD)
    payloads = {number: json.dumps({"orderNumber": number}).encode() for number in numbers}
    with warehouse.transaction():
        staging.merge([Row(str(number), one, one[:16], None) for number, one in payloads.items()])
    return staging


def test_what_is_no_number_that_grows_is_not_counted(rows: Staging) -> None:
    assert rows.live() == 30 + len(ODD)
    assert rows.highest() == 30
    counts = rows.counts_by(10)
    assert {part: counts[part] for part in range(3)} == {0: 10, 1: 10, 2: 10}
    assert sum(counts.values()) == 30
    assert len(rows.unseen(Between(0, 30))) == 30
    assert len(rows.unseen(Between(10, LARGEST))) == 20


@pytest.mark.parametrize("number", ODD)
def test_a_number_that_hides_all_after_it_is_refused(number: int) -> None:
    rows = [Row(str(one), b"{}", b"", one) for one in (7, number)]
    with pytest.raises(
        BadResponse, match=f"the number {number}, which no number that grows can be"
    ):
        AppendOnly().span(rows)


def test_the_largest_number_is_one() -> None:
    rows = [Row(str(one), b"{}", b"", one) for one in (LARGEST, -LARGEST, 7)]
    assert AppendOnly().span(rows) == (-LARGEST, LARGEST)
