"""What is hidden keeps its totals: what was open on a day, and how late, is the same with and without what is personal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from saldo.warehouse.connection import Connection, connect

from .books import COMPANIES, fill
from .test_rights import ask

OWN, OTHER = COMPANIES
HIDDEN = "(hidden)"
SIDES = {"payables": ("payable", "supplier", -1), "receivables": ("receivable", "customer", 1)}
DAYS = tuple(date(2026, month, day) for month, day in ((1, 31), (2, 9), (2, 10), (4, 20), (12, 31)))


@pytest.fixture(scope="module")
def filled(dsn: str) -> str:
    with connect(dsn) as connection:
        fill(connection)
    return dsn


@pytest.fixture
def owner(filled: str) -> Iterator[Connection]:
    """What a test does to the books is undone."""
    with connect(filled) as connection, connection.transaction(force_rollback=True):
        yield connection


def post(owner: Connection, side: str, place: int, said: dict[str, object]) -> None:
    """One of the three postings of the first company: of the first two the voucher is personal, of the third it is not."""
    one = SIDES[side][0]
    sets = ", ".join(f"{column} = %s" for column in said)
    owner.execute(
        f"update mart.fact_{side} set {sets} where {one}_key = %s".encode(),
        [*said.values(), COMPANIES[OWN] * 1000 + place],
    )


def book(owner: Connection, side: str) -> None:
    """A pension is invoiced by a voucher with salaries, and paid by one without; another invoice of that kind is still open."""
    _, who, sign = SIDES[side]
    for place, day, amount, left, number, party in (
        (1, "2026-01-31", 1000, 0, "P1", 7), (3, "2026-02-10", -1000, 0, "P1", 7), (2, "2026-02-05", 500, 500, "P2", 8),
    ):  # fmt: skip
        post(owner, side, place, {
            "date": day, "due_date": day, "invoice_number": number, f"{who}_key": party, "currency": "DKK",
            "amount": sign * amount, "amount_base": sign * amount, "remainder": sign * left, "remainder_base": sign * left,
            "is_settled": left == 0,
        })  # fmt: skip


@pytest.mark.parametrize("side", SIDES)
def test_what_was_open_on_a_day_is_the_same_posting_by_posting(
    owner: Connection, side: str
) -> None:
    book(owner, side)
    one, who, sign = SIDES[side]
    details = (
        f"select {one}_key, detail, settled_by, date, sum(amount_base), count(*) from {{}}.fact_{one}_details "
        "where agreement_key = 101 group by 1, 2, 3, 4 order by 1, 4, 2"
    )
    found = ask(owner, details.format("mart_masked"))
    assert found == ask(owner, details.format("mart"))
    assert [row[1:5] for row in found if row[0] == 101001] == [
        ("posting", None, date(2026, 1, 31), sign * 1000),
        ("settlement", "invoice number", date(2026, 2, 10), -sign * 1000),
    ]
    shown = ask(
        owner,
        f"select {one}_key, {who}_key, invoice_number, {who}_name = '{HIDDEN}' from mart_masked.fact_{one}_details "
        "where agreement_key = 101 group by 1, 2, 3, 4 order by 1",
    )
    assert shown == [
        (101001, -3, HIDDEN, True), (101002, -3, HIDDEN, True), (101003, 7, "P1", False),
    ]  # fmt: skip


@pytest.mark.parametrize("side", SIDES)
def test_how_late_it_was_is_the_same(owner: Connection, side: str) -> None:
    book(owner, side)
    _, who, sign = SIDES[side]
    open_then = []
    for day in DAYS:
        query = (
            "select date, due_date, base_currency, remainder_base, days_overdue, bucket "
            f"from {{}}.{side}_ageing('{day}') where agreement_key = 101 order by 1, 2, 4"
        )
        found = ask(owner, query.format("mart_masked"))
        assert found == ask(owner, query.format("mart"))
        open_then.append(sum(sign * row[3] for row in found))
        names = f"select {who}_key, {who}_number, {who}_name, invoice_number from mart_masked.{side}_ageing('{day}') where agreement_key = 101"
        assert {*ask(owner, names)} == {(-3, HIDDEN, HIDDEN, HIDDEN)}
    assert open_then == [1000, 1500, 500, 500, 500]


@pytest.mark.parametrize("side", SIDES)
def test_customers_that_nobody_knows_settle_each_their_own(owner: Connection, side: str) -> None:
    """They have one key, and their numbers: what one pays is not taken off what another owes."""
    book(owner, side)
    one, who, sign = SIDES[side]
    for place, number in ((1, "900"), (2, "901"), (3, "901")):
        post(
            owner, side, place, {f"{who}_key": -1, f"{who}_number": number, "invoice_number": None}
        )
    post(owner, side, 2, {"amount_base": sign * 1000, "remainder_base": 0, "date": "2026-02-01"})
    found = ask(
        owner,
        f"select {one}_key, date from mart.fact_{one}_details where agreement_key = 101 and detail = 'settlement' order by 1",
    )
    assert found == [(101002, date(2026, 2, 10)), (101003, date(2026, 2, 10))]


@pytest.mark.parametrize(("accounts", "shown"), [(True, HIDDEN), (False, "said")])
@pytest.mark.parametrize("side", SIDES)
def test_a_line_whose_voucher_is_not_known_may_be_personal(
    owner: Connection, side: str, accounts: bool, shown: str
) -> None:
    """Of a company that has personal accounts; not because another one has."""
    post(owner, side, 3, {"voucher_key": -1, "text": "said"})
    if not accounts:
        owner.execute("delete from ops.personal_account where agreement_id = %s", [OWN])
    one = SIDES[side][0]
    query = f"select text from mart_masked.fact_{side} where {one}_key = 101003"
    assert ask(owner, query) == [(shown,)]


def test_nobody_is_known_by_the_key_in_their_hours(owner: Connection) -> None:
    """A key in every line would keep people apart: what an hour of each of them costs."""
    keys = "select count(distinct employee_key) from {}.fact_timesheets where agreement_key = 101"
    assert ask(owner, keys.format("mart")) == [(3,)]
    for column, table in (("employee_key", "fact_timesheets"), ("manager_key", "dim_project")):
        query = f"select distinct {column} from mart_masked.{table} where agreement_key = 101"
        assert ask(owner, query) == [(-3,)]
    total = "select sum(cost), sum(hours), count(*) from {}.fact_timesheets"
    assert ask(owner, total.format("mart_masked")) == ask(owner, total.format("mart"))


def test_every_key_that_leads_to_a_person_is_decided(owner: Connection) -> None:
    """By what the catalogue says of it, or by its name."""
    rows = ask(
        owner,
        "select c.relname::text, a.attname::text, coalesce(o.is_personal, e.is_personal) from pg_class as c "
        "inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
        "left join ops.personal_column as o on o.table_name = c.relname and o.column_name = a.attname "
        "left join ops.personal_column as e on e.table_name = '*' and e.column_name = a.attname "
        "where c.relnamespace = 'mart'::regnamespace and c.relkind in ('r', 'p') and a.attname like '%%\\_key' "
        "and (a.attname ~ 'employee|manager|person|seller|responsible' "
        "or col_description(c.oid, a.attnum) ~* 'employee|who worked|manager|person') order by 1, 2",
    )
    assert rows == [
        ("dim_employee", "employee_key", "never"), ("dim_project", "manager_key", "always"),
        ("fact_timesheets", "employee_key", "always"),
    ]  # fmt: skip
