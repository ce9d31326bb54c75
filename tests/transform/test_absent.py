"""What a vendor does not say is neither zero nor false: what core makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from saldo.run_request import RunRequest
from saldo.warehouse.connection import Connection
from tests.recorded import Recorded
from tests.support import agreement, land
from tests.transform.test_set_aside import Unasked

Row = tuple[Any, ...]
_FLAGS = ("balanceSheet", "asset", "liabilities", "equity", "revenue", "cost", "group")


def landed(connection: Connection, dsn: str, entity: str, record: Any, query: str) -> list[Row]:
    """What the query finds when a night brings this record of Xledger alone."""
    of = agreement(f"absent_{entity}", vendor="xledger")
    source = Unasked({entity: [record]})
    land(connection, dsn, source, of, entity, run_request=RunRequest("full"))
    return connection.execute(f"{query} where agreement_id = %s".encode(), [of.id]).fetchall()


def first(entity: str, **fields: Any) -> Any:
    return Recorded.golden("xledger").records[entity][0] | fields


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"balanceSheet": True}, ("status", True)),
        ({"balanceSheet": False}, ("profit_and_loss", False)),
        # Its own word counts, whatever kind of account it is.
        ({"balanceSheet": False, "asset": True}, ("profit_and_loss", False)),
        ({"asset": True}, ("status", True)),
        ({"liabilities": True, "asset": False}, ("status", True)),
        ({"equity": True}, ("status", True)),
        ({"revenue": True}, ("profit_and_loss", False)),
        ({"cost": True, "asset": False}, ("profit_and_loss", False)),
        ({}, ("other", None)),
        ({"asset": False, "revenue": False}, ("other", None)),
        ({"group": True}, ("heading", None)),
        ({"group": True, "balanceSheet": True}, ("heading", None)),
    ],
)
def test_an_account_that_does_not_say_where_it_belongs(
    warehouse: Connection, dsn: str, said: dict[str, bool], expected: Row
) -> None:
    record = first("accounts", **dict.fromkeys(_FLAGS)) | said
    query = "select account_type, is_balance_sheet from core.account"
    with warehouse.transaction(force_rollback=True):
        assert landed(warehouse, dsn, "accounts", record, query) == [expected]


@pytest.mark.parametrize(
    ("approved", "at", "expected"),
    [
        (True, None, (True, False)), (False, "2026-07-01T14:03:22", (False, True)), (None, None, (False, False)),
        (None, "2026-07-01T14:03:22", (True, True)), (None, "", (False, False)), (None, "  ", (False, False)),
    ],
)  # fmt: skip
def test_hours_that_somebody_approved_are_approved(
    warehouse: Connection, dsn: str, approved: bool | None, at: str | None, expected: Row
) -> None:
    record = first("timesheets", approved=approved, approvedAt=at)
    query = "select is_approved, approved_at is not null from core.timesheet"
    with warehouse.transaction(force_rollback=True):
        assert landed(warehouse, dsn, "timesheets", record, query) == [expected]


@pytest.mark.parametrize("code", [None, "", " "])
@pytest.mark.parametrize("field", ["currencyFromCode", "currencyToCode"])
def test_a_rate_between_no_currencies_is_none(
    warehouse: Connection, dsn: str, field: str, code: str | None
) -> None:
    record, odd = first("exchange_rates"), first("exchange_rates", **{field: code})
    query = "select from_currency, is_deleted from core.exchange_rate"
    base = record["currencyFromCode"]
    with warehouse.transaction(force_rollback=True):
        for landing, expected in ((odd, []), (record, [(base, False)]), (odd, [(base, True)])):
            assert landed(warehouse, dsn, "exchange_rates", landing, query) == expected


@pytest.mark.parametrize("code", [None, "", " "])
def test_a_tax_rule_without_a_code_is_none(
    warehouse: Connection, dsn: str, code: str | None
) -> None:
    record = first("tax_rules")
    record = record | {"objectValue": {**record["objectValue"], "code": code}}
    with warehouse.transaction(force_rollback=True):
        assert landed(warehouse, dsn, "tax_rules", record, "select vat_code from core.vat") == []
        assert not warehouse.execute(
            "select from ops.set_aside where agreement_id = 'absent_tax_rules'"
        ).rowcount


def test_one_code_in_two_charts_beside_an_account_without_one(
    warehouse: Connection, dsn: str
) -> None:
    """What is set aside has the others written part by part: the code is in two of them."""
    of = agreement("absent_code", vendor="xledger")
    accounts = [
        first("accounts", dbId=n, code=code) for n, code in ((1, "1010"), (2, ""), (3, "1010"))
    ]
    land(warehouse, dsn, Unasked({"accounts": accounts}), of, "accounts")
    for query, expected in (
        ("select account_number from core.account", [("1010",)]),
        ("select source_key, field, reason from ops.set_aside", [("2", "code", "is missing")]),
    ):
        found = warehouse.execute(f"{query} where agreement_id = %s".encode(), [of.id]).fetchall()
        assert found == expected
