"""What was open on a day: by invoice where postings name one, oldest first elsewhere; in all the ledger's balance of that day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal

import pytest

from saldo.powerbi.m import BUCKETS, buckets
from saldo.powerbi.measures.measure import Rows
from saldo.warehouse.connection import Connection
from tests.powerbi.tying import (
    ZERO,
    Line,
    asked,
    bucket,
    lines_of,
    near,
    of_measure,
    one,
    open_on,
)
from tests.support import Company

Side = Literal["receivables", "payables"]
SIDES: tuple[Side, ...] = ("receivables", "payables")
#: Its postings, and its differences.
ROWS: dict[Side, tuple[Rows, Rows]] = {
    "receivables": ("receivable_postings", "receivable_differences"),
    "payables": ("payable_postings", "payable_differences"),
}
DAYS = tuple(
    date(2026, month, day) for month, day in ((1, 31), (3, 17), (6, 30), (8, 15), (12, 31))
)


def sign_of(side: Side) -> int:
    return 1 if side == "receivables" else -1


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("vendor", ["economic", "xledger"])
def test_ageing_is_what_was_open_by_how_late_it_was(
    warehouse: Connection, request: pytest.FixtureRequest, vendor: str, side: Side
) -> None:
    company: Company = request.getfixturevalue(vendor)
    name, sign, lines, seen = side.capitalize(), sign_of(side), lines_of(company, side), set()
    for day in DAYS:
        expected: dict[str, Decimal] = defaultdict(Decimal)
        for amount, due in open_on(lines, day):
            expected[bucket(due, day)] += sign * amount
        aged = asked(warehouse, company, side, day, day, by="bucket")
        assert of_measure(aged, f"{name} by age") == {k: v for k, v in expected.items() if v}
        total, overdue = (
            sum(expected.values(), ZERO),
            sum(expected.values(), ZERO) - expected["not due"],
        )
        shown = one(warehouse, company, side, day, day)
        assert (shown[f"{name} open"], shown[f"{name} overdue"]) == (total, overdue)
        assert near(shown[f"{name} overdue %"]) == near(overdue / total)
        # Not what is left now of what was posted then: of that the payments since are gone.
        left = sign * sum(line.remainder for line in lines if line.date <= day)
        assert (total == left) == (day == DAYS[-1])
        seen.add(overdue)
    assert len(seen) == len(DAYS)


@pytest.mark.parametrize("vendor", ["economic", "xledger", "moneybird"])
@pytest.mark.parametrize("side", SIDES)
def test_what_was_open_and_the_difference_are_the_ledgers_balance(
    warehouse: Connection, request: pytest.FixtureRequest, vendor: str, side: Side
) -> None:
    company: Company = request.getfixturevalue(vendor)
    name, sign = side.capitalize(), sign_of(side)
    postings, differences = ROWS[side]
    balances = set()
    for day in DAYS:
        balance = one(warehouse, company, postings, day, day)[f"{name} balance"]
        difference = one(warehouse, company, differences, day, day)[f"{name} difference"]
        assert one(warehouse, company, side, day, day)[f"{name} open"] + difference == balance
        balances.add(balance)
        if vendor == "moneybird":
            continue
        assert balance == sign * sum(x.amount for x in lines_of(company, side) if x.date <= day)
        account = "5600" if sign == 1 else "6800"
        ledger = asked(warehouse, company, "balances", day, day, by="account_number")
        assert balance == sign * ledger[account]["Balance"]
        assert difference == balance - sign * sum(
            x for x, _ in open_on(lines_of(company, side), day)
        )
    assert len(balances) == len(DAYS)


def test_ages_follow_one_another_and_have_no_end() -> None:
    """A due date is what somebody typed: one of long ago, or of a far year, is in an age, too."""
    (_, first, _), *_, (_, _, last) = BUCKETS
    assert (first, last) == (None, None)
    assert [low for _, low, _ in BUCKETS[1:]] == [
        high + 1 for _, _, high in BUCKETS[:-1] if high is not None
    ]
    assert '{"not due", 1, null, 0}' in buckets()
    assert '{"over 90", 5, 91, null}' in buckets()


def oldest_first(lines: list[Line], day: date) -> dict[int, Decimal]:
    """Number -> what was open on a day, worked out from that day: as much as later postings have settled since is added to what is open
    now, on the newest of the side that they settle. What nothing settles is settled by the last day of the party's."""
    found: dict[int, Decimal] = {}
    by_party: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_party[line.party].append(line)
    for whole in by_party.values():
        settled = [line for line in whole if line.amount != line.remainder]
        so_far = sorted(
            (x for x in whole if x.date <= day), key=lambda x: (x.date, x.due or date.max, x.number)
        )
        found |= {x.number: x.remainder for x in so_far}
        if not settled or max(x.date for x in settled) <= day:
            continue
        since = sum(x.amount - x.remainder for x in so_far)
        for line in reversed(so_far):
            taken = line.amount - line.remainder
            if taken * since > 0:
                back = min(abs(taken), abs(since)) * (1 if since > 0 else -1)
                found[line.number] += back
                since -= back
    return {number: amount for number, amount in found.items() if amount}


@pytest.mark.parametrize("side", SIDES)
def test_where_no_invoice_is_named_the_oldest_is_settled_first(
    warehouse: Connection, economic: Company, side: Side
) -> None:
    party = side.removesuffix("s")
    lines = [replace(line, invoice="") for line in lines_of(economic, side)]
    some_open = set()
    with warehouse.transaction(force_rollback=True):
        warehouse.execute(f"update mart.fact_{side} set invoice_number = null".encode())
        for day in DAYS:
            found = warehouse.execute(
                f"select f.entry_number::bigint, sum(d.amount_base) from mart.fact_{party}_details as d "
                f"inner join mart.fact_{side} as f using ({party}_key) "
                "where d.agreement_id = %s and d.date <= %s group by 1 having sum(d.amount_base) <> 0".encode(),
                [economic.id, day],
            ).fetchall()
            assert dict(found) == oldest_first(lines, day)
            asked_for = warehouse.execute(
                f"select sum(remainder_base), count(*) from mart.{side}_ageing(%s)".encode(), [day]
            ).fetchone()
            of_all = warehouse.execute(
                f"select sum(left_over), count(*) from (select sum(amount_base) as left_over from mart.fact_{party}_details "
                f"where date <= %s group by {party}_key) as d where left_over <> 0".encode(),
                [day],
            ).fetchone()
            assert asked_for == of_all
            some_open.add(len(found))
        told = warehouse.execute(
            f"select distinct settled_by from mart.fact_{party}_details where detail = 'settlement'".encode()
        ).fetchall()
    assert told == [("oldest first",)]
    assert len(some_open) > 1


def test_an_invoice_that_others_pay_as_well_is_no_island(
    warehouse: Connection, economic: Company
) -> None:
    """A payment that names an invoice and pays more than that: the vendor says what is left of each, and not what went where."""
    with warehouse.transaction(force_rollback=True):
        [number, customer] = warehouse.execute(
            "select invoice_number, customer_number from mart.fact_receivables where agreement_id = %s "
            "group by 1, 2 having count(*) = 2 and min(remainder) = 0 and max(remainder) = 0 order by max(date) desc limit 1",
            [economic.id],
        ).fetchone() or ("", "")
        warehouse.execute(
            "update mart.fact_receivables set amount = amount * 2, amount_base = amount_base * 2 "
            "where invoice_number = %s and amount_base < 0",
            [number],
        )
        found = warehouse.execute(
            "select d.settled_by, count(*) from mart.fact_receivable_details as d "
            "where d.invoice_number = %s and d.customer_number = %s and d.detail = 'settlement' group by 1",
            [number, customer],
        ).fetchall()
        assert [how for how, _ in found] == ["oldest first"]
        left = warehouse.execute(
            "select sum(amount_base) from mart.fact_receivable_details where agreement_id = %s",
            [economic.id],
        ).fetchone()
        assert left == (sum(line.remainder for line in lines_of(economic, "receivables")),)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("vendor", ["economic", "xledger"])
def test_hidden_it_is_the_same(
    warehouse: Connection, request: pytest.FixtureRequest, vendor: str, side: Side
) -> None:
    """Where all invoices are personal vouchers, and their payments are not: nobody sees which settles which, and all of it agrees."""
    company: Company = request.getfixturevalue(vendor)
    one_side, who = side.removesuffix("s"), "customer" if side == "receivables" else "supplier"
    compared = (
        f"select agreement_key, {one_side}_key, detail, settled_by, date, amount_base from {{}}.fact_{one_side}_details "
        f"where agreement_id = '{company.id}' order by 1, 2, 3, 4, 5, 6"
    )
    with warehouse.transaction(force_rollback=True):
        invoice = "sales_invoice" if side == "receivables" else "supplier_invoice"
        accounts = (
            "select distinct agreement_id, account_number, account_number from mart.fact_journal_entries "
            "where agreement_id = %s and event_type "
        )
        warehouse.execute(
            f"insert into ops.personal_account {accounts} = %s except {accounts} = 'payment'".encode(),
            [company.id, invoice, company.id],
        )
        hidden, shown = warehouse.execute(
            f"select count(*) filter (where {who}_key = -3), count(*) filter (where {who}_key > 0) "
            f"from mart_masked.fact_{side} where agreement_id = %s".encode(),
            [company.id],
        ).fetchone() or (0, 0)
        assert min(hidden, shown) > 20, (hidden, shown)
        rows = warehouse.execute(compared.format("mart_masked").encode()).fetchall()
        assert rows == warehouse.execute(compared.format("mart").encode()).fetchall()
        assert {row[2] for row in rows} >= {"posting", "settlement"}
        for day in DAYS:
            aged = (
                f"select date, due_date, remainder_base, days_overdue, bucket from {{}}.{side}_ageing('{day}') "
                "order by 1, 2, 3, 4"
            )
            found = warehouse.execute(aged.format("mart_masked").encode()).fetchall()
            assert found == warehouse.execute(aged.format("mart").encode()).fetchall()
            assert found
