"""Tie-out: what each measure says in SQL is what the vendor's own totals, or the sandbox's books, say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from saldo.errors import NotProven
from saldo.powerbi.added import added_columns
from saldo.powerbi.measures import MEASURES
from saldo.powerbi.tables import TABLES
from saldo.warehouse.connection import Connection, connect
from tests.files.dropping import Drop, wide
from tests.powerbi.tying import (
    EVER,
    ZERO,
    asked,
    balance_sheet,
    lines_of,
    near,
    of_measure,
    offer,
    one,
    open_on,
    read_on,
    truth,
)
from tests.support import Company, Sandbox, assert_balances_are_true, night, proven

VAT_ACCOUNTS = ("6902", "6903")


# --- profit and loss, balances -------------------------------------------------------------------


@pytest.mark.parametrize("vendor", ["economic", "xledger"])
def test_the_result_of_each_account_and_year_is_the_vendors_total(
    warehouse: Connection, request: pytest.FixtureRequest, vendor: str
) -> None:
    company: Company = request.getfixturevalue(vendor)
    totals, kinds = offer(company).totals, balance_sheet(warehouse, company)
    assert totals
    years = totals.years()
    assert len(years) >= 2
    for year in years:
        vendors = {
            account: -amount
            for account, amount in totals.year_totals(year.label).items()
            if amount and not kinds[account]
        }
        shown = asked(warehouse, company, "entries", year.start, year.end, by="account_number")
        assert of_measure(shown, "Result") == vendors
        total = one(warehouse, company, "entries", year.start, year.end)
        assert total["Result"] == sum(vendors.values())
        to_date = one(
            warehouse, company, "year_to_date", year.end, year.end, fiscal_start=year.start.month
        )
        assert to_date["Result year to date"] == total["Result"]


def test_the_result_of_a_section_is_that_of_its_accounts(
    warehouse: Connection, economic: Company
) -> None:
    """The sections are those the sandbox's statement has; the sums of their accounts are the ledger's."""
    lines: dict[str, Decimal] = defaultdict(Decimal)
    for entry in truth(economic, "entries"):
        if int(entry["account_number"]) < 4999 and entry["date"].startswith("2026"):
            lines[entry["account_number"]] -= Decimal(entry["amount_base"])
    expected = {
        "Omsætning": sum(lines[n] for n in ("1010", "1020", "1030", "1050")),
        "Variable omkostninger": lines["1310"],
        "Personale": lines["2210"] + lines["2410"],
        "Salg og administration": sum(lines[n] for n in ("2750", "3410", "3620", "3680", "3690")),
    }
    shown = asked(
        warehouse, economic, "entries", date(2026, 1, 1), date(2026, 12, 31), by="section"
    )
    assert of_measure(shown, "Result") == {k: v for k, v in expected.items() if v}
    assert expected["Omsætning"] > 0


def test_the_year_before_is_the_same_days_a_year_earlier(
    warehouse: Connection, economic: Company
) -> None:
    march = date(2026, 3, 1), date(2026, 3, 31)
    now = one(warehouse, economic, "entries", *march)["Result"]
    before = one(warehouse, economic, "entries", date(2025, 3, 1), date(2025, 3, 31))["Result"]
    shown = one(warehouse, economic, "two_years", *march)
    assert before
    assert shown["Result previous year"] == before
    assert shown["Result change"] == now - before
    assert near(shown["Result change %"]) == near((now - before) / abs(before))


def test_every_day_of_the_year_before_stands_beside_one_day(
    warehouse: Connection, economic: Company
) -> None:
    """So that days add up to their months, and two months apart to the two of the year before; 29 February among them."""
    with warehouse.transaction(force_rollback=True):
        moved = warehouse.execute(
            "update mart.fact_journal_entries as f set date = "
            "('{2023-02-28,2024-02-27,2024-02-28,2024-02-29}'::date[])[1 + f.entry_number::bigint %% 4] "
            "from mart.dim_account as a where a.account_key = f.account_key "
            "and a.account_number = '1010' and f.agreement_id = %s",
            [economic.id],
        )
        assert moved.rowcount

        def before(first: date, last: date) -> Decimal:
            found: Decimal = one(warehouse, economic, "two_years", first, last)[
                "Result previous year"
            ]
            return found

        def result(first: date, last: date) -> Decimal:
            found: Decimal = one(warehouse, economic, "entries", first, last)["Result"]
            return found

        leap = result(date(2024, 2, 29), date(2024, 2, 29))
        assert leap
        assert result(date(2023, 2, 28), date(2023, 2, 28))
        february = date(2025, 2, 1), date(2025, 2, 28)
        assert before(*february) == result(date(2024, 2, 1), date(2024, 2, 29))
        assert before(february[1], february[1]) == leap + result(
            date(2024, 2, 28), date(2024, 2, 28)
        )
        assert before(february[0], date(2025, 2, 27)) == result(date(2024, 2, 1), date(2024, 2, 27))
        assert sum(
            before(february[0] + timedelta(days=n), february[0] + timedelta(days=n))
            for n in range(28)
        ) == before(*february)
        # The other way round: no day of 2024 is left without one of 2023, and 29 February has none of its own.
        assert before(date(2024, 2, 1), date(2024, 2, 29)) == result(
            date(2023, 2, 1), date(2023, 2, 28)
        )
        assert before(date(2024, 2, 29), date(2024, 2, 29)) == 0
        year = date(2025, 1, 1), date(2025, 12, 31)
        assert before(*year) == result(date(2024, 1, 1), date(2024, 12, 31))


def test_the_day_a_year_later_is_the_same_in_the_model_and_in_sql(warehouse: Connection) -> None:
    """Date[Same day next year] in M, word by word, and what two_years.sql asks of Postgres."""
    [column] = [one for one in added_columns(TABLES[1]) if one.column == "same_day_next_year"]
    assert column.each == (
        "#date([year] + 1, [month], if [month] = 2 and Date.Day([date]) = 29 then 28 else Date.Day([date]))"
    )
    wrong = warehouse.execute(
        "select d.date from mart.dim_date as d where (d.date + make_interval(years => 1))::date <> make_date("
        "d.year + 1, d.month, case when d.month = 2 and extract(day from d.date) = 29 then 28 "
        "else extract(day from d.date)::integer end)"
    ).fetchall()
    assert wrong == []


@pytest.mark.parametrize("vendor", ["economic", "xledger"])
def test_balances_are_the_books_on_every_month_and_on_days_inside_one(
    dsn: str, warehouse: Connection, request: pytest.FixtureRequest, vendor: str
) -> None:
    company: Company = request.getfixturevalue(vendor)
    if vendor == "economic":
        assert_balances_are_true(dsn, company)  # month by month, against the sandbox's ledger
    months = warehouse.execute(
        "select last_day, jsonb_object_agg(account_number, closing) from ("
        "select last_day, account_number, sum(closing_base)::text as closing "
        "from mart.fact_account_balance_month where agreement_id = %s group by 1, 2) as b "
        "group by 1 order by 1",
        [company.id],
    ).fetchall()
    for last, closings in months[:: len(months) // 9]:
        first = last.replace(day=1)
        shown = asked(warehouse, company, "balances", first, last, by="account_number")
        expected = {number: Decimal(value) for number, value in closings.items() if Decimal(value)}
        assert of_measure(shown, "Balance") == expected
        for measures in shown.values():
            assert measures["Opening balance"] + measures["Movement"] == measures["Balance"]
        inside = last - timedelta(days=11)
        rest = asked(
            warehouse, company, "entries", inside + timedelta(days=1), last, by="account_number"
        )
        early = asked(warehouse, company, "balances", first, inside, by="account_number")
        for number, amount in expected.items():
            moved = rest.get(number, {}).get("Posted", ZERO)
            assert early.get(number, {}).get("Balance", ZERO) == amount - moved


@pytest.mark.parametrize("vendor", ["economic", "xledger", "moneybird"])
def test_the_balance_at_the_end_of_a_month_needs_no_postings(
    warehouse: Connection, request: pytest.FixtureRequest, vendor: str
) -> None:
    """Those of long ago are in no partition of incremental refresh, and balances of all months are loaded."""
    company: Company = request.getfixturevalue(vendor)
    parts = warehouse.execute(
        "select first_day, last_day from mart.fact_account_balance_month where agreement_id = %s "
        "group by 1, 2 order by 1",
        [company.id],
    ).fetchall()
    kept_from = parts[len(parts) // 2][0]

    def shown(first: date, last: date, name: str) -> dict[str, Decimal]:
        found = asked(warehouse, company, "balances", first, last, by="account_number")
        return of_measure(found, name)

    names = ("Balance", "Opening balance", "Cash", "VAT balance")
    looked_at = [*parts[:: len(parts) // 9], (parts[0][0], parts[-1][1])]
    whole = [[shown(*span, name) for name in names] for span in looked_at]
    assert any(map(any, whole))
    with warehouse.transaction(force_rollback=True):
        gone = warehouse.execute(
            "delete from mart.fact_journal_entries where agreement_id = %s and date < %s",
            [company.id, kept_from],
        )
        assert gone.rowcount > 20
        assert [[shown(*span, name) for name in names] for span in looked_at] == whole
        # Inside a month without its postings: the balance with which it begins.
        first, last = parts[len(parts) // 2 - 1]
        opening = shown(first, last, "Opening balance")
        assert shown(first, last - timedelta(days=9), "Balance") == opening
        assert opening != shown(first, last, "Balance")


@pytest.mark.parametrize("vendor", ["economic", "xledger", "moneybird"])
def test_postings_of_a_period_are_those_of_its_days(
    warehouse: Connection, request: pytest.FixtureRequest, vendor: str
) -> None:
    """So that a choice of periods may be taken for one of days, which is all that balances know."""
    company: Company = request.getfixturevalue(vendor)
    row = warehouse.execute(
        "select count(*), count(*) filter (where f.date between p.start_date and p.end_date), "
        "count(*) filter (where exists (select from mart.dim_period as d where d.agreement_key = f.agreement_key "
        "and not d.is_adjustment and f.date between d.start_date and d.end_date)) "
        "from mart.fact_journal_entries as f left join mart.dim_period as p on p.period_key = f.period_key "
        "where f.agreement_id = %s",
        [company.id],
    ).fetchone()
    assert row
    assert row[0] == row[1] == row[2] > 0


def test_balances_at_the_end_of_a_year_are_the_vendors(
    warehouse: Connection, economic: Company
) -> None:
    totals, kinds = offer(economic).totals, balance_sheet(warehouse, economic)
    assert totals
    for year in totals.years():
        vendors = {
            account: amount
            for account, amount in totals.year_totals(year.label).items()
            if amount and kinds[account]
        }
        shown = asked(warehouse, economic, "balances", year.start, year.end, by="account_number")
        balances = of_measure(shown, "Balance")
        assert {account: balances.get(account) for account in vendors} == vendors
        total = one(warehouse, economic, "balances", year.start, year.end)
        assert total["VAT balance"] == sum(balances.get(n, ZERO) for n in VAT_ACCOUNTS)
        assert total["Cash"] == balances["5820"]
        loose = one(warehouse, economic, "balances", year.start, year.end, cash_lines=(" Bank ", ""))  # fmt: skip
        assert loose["Cash"] == balances["5820"]
        moved = one(warehouse, economic, "entries", year.start, year.end)
        assert total["Movement"] == moved["Posted"]
        of_cash = asked(warehouse, economic, "entries", year.start, year.end, by="account_number")
        assert total["Cash movement"] == of_cash.get("5820", {}).get("Posted", ZERO)
        assert total["VAT balance"]


def test_vat_is_on_the_accounts_that_the_vendor_itself_posts_it_on(
    warehouse: Connection, moneybird: Company
) -> None:
    """Moneybird's rates name no account: what is owed is on those of the chart for it."""
    totals = offer(moneybird).totals
    assert totals
    years = totals.years()
    owed = ZERO
    for year in years:
        own = totals.year_totals(year.label)
        owed += sum((own.get(n, ZERO) for n in ("16221.02", "16221.03", "16221.04")), ZERO)
        shown = one(warehouse, moneybird, "balances", year.start, year.end)
        assert shown["VAT balance"] == owed != 0


def test_a_day_before_the_books_and_one_after_them(
    warehouse: Connection, economic: Company
) -> None:
    assert not any(
        one(warehouse, economic, "balances", date(2001, 1, 1), date(2001, 1, 31)).values()
    )
    last = one(warehouse, economic, "balances", date(2068, 1, 1), date(2068, 1, 31))
    newest = warehouse.execute(
        "select max(last_day) from mart.fact_account_balance_month where agreement_id = %s",
        [economic.id],
    ).fetchone()
    assert newest
    now = one(warehouse, economic, "balances", newest[0].replace(day=1), newest[0])
    assert last["Cash"] == now["Cash"] != 0


@pytest.mark.parametrize("vendor", ["economic", "xledger", "moneybird"])
def test_profit_and_loss_begins_at_0_before_anything_is_posted_in_the_new_year(
    warehouse: Connection, request: pytest.FixtureRequest, vendor: str
) -> None:
    """The newest month of the books holds for the days after it: of the year's own accounts to the end of their year."""
    company: Company = request.getfixturevalue(vendor)
    row = warehouse.execute(
        "select max(b.last_day), max(p.end_date) from mart.fact_account_balance_month as b "
        "inner join mart.dim_period as p using (agreement_key, accounting_year) where b.agreement_id = %s",
        [company.id],
    ).fetchone()
    assert row
    newest, year_end = row
    kinds = balance_sheet(warehouse, company)

    def balances(day: date) -> dict[str, Decimal]:
        found = asked(warehouse, company, "balances", day, day, by="account_number")
        return of_measure(found, "Balance")

    in_the_end = balances(newest)
    assert {number for number, amount in in_the_end.items() if kinds[number] is False}
    assert balances(year_end) == in_the_end
    new_year = year_end + timedelta(days=1)
    carried = {
        number: amount for number, amount in in_the_end.items() if kinds[number] is not False
    }
    assert carried
    for day in (new_year, new_year + timedelta(days=500)):
        assert balances(day) == carried
    first = asked(warehouse, company, "balances", new_year, new_year, by="account_number")
    assert of_measure(first, "Opening balance") == carried
    # Opening balance of the year's last day: all of it is there still.
    last = asked(warehouse, company, "balances", year_end, year_end, by="account_number")
    assert any(kinds[number] is False for number in of_measure(last, "Opening balance"))


# --- receivables, payables, sales ----------------------------------------------------------------


def test_receivables_are_what_the_vendor_says_each_customer_owes(
    warehouse: Connection, economic: Company
) -> None:
    customers = offer(economic).customers
    assert customers
    names = dict(
        warehouse.execute(
            "select c.customer_key, c.customer_number from mart.dim_customer as c"
        ).fetchall()
    )
    shown = asked(warehouse, economic, "receivables", *EVER, by="customer_key")
    found = {names[key]: amount for key, amount in of_measure(shown, "Receivables open").items()}
    assert found
    assert found == {b.customer: b.amount for b in customers.customer_balances() if b.amount}


def test_what_is_invoiced_is_what_the_vendor_says(warehouse: Connection, economic: Company) -> None:
    invoices = offer(economic).invoices
    assert invoices
    vendors = invoices.invoices()
    shown = one(warehouse, economic, "invoice_lines", *EVER)
    assert (shown["Invoiced"], shown["Invoices"]) == (vendors.net_amount, vendors.count)
    lines = truth(economic, "invoice-lines")
    booked = [line for line in lines if line["is_draft"] == "false"]
    assert shown["Cost of sales"] == sum(Decimal(line["cost_base"] or 0) for line in booked)
    assert shown["Margin"] == sum(Decimal(line["margin_base"] or 0) for line in booked)
    assert near(shown["Margin %"]) == near(shown["Margin"] / shown["Invoiced"])
    assert shown["Invoice drafts"] == sum(
        Decimal(line["net_amount_base"] or 0) for line in lines if line["is_draft"] == "true"
    )
    orders = sum(Decimal(x["net_amount_base"] or 0) for x in truth(economic, "order-lines"))
    assert one(warehouse, economic, "order_lines", *EVER)["Orders"] == orders
    drafts = one(warehouse, economic, "draft_entries", *EVER)["Draft postings"]
    assert drafts == len(truth(economic, "drafts")) > 0


def test_purchases_are_what_is_posted(warehouse: Connection, moneybird: Company) -> None:
    """What nobody has worked on yet is in no ledger, and owed to nobody: it is a measure of its own."""
    lines = truth(moneybird, "moneybird-lines")
    documents = {one["id"]: one for one in truth(moneybird, "moneybird-documents")}
    shown = one(warehouse, moneybird, "purchase_lines", *EVER)
    net = {True: ZERO, False: ZERO}
    for line in lines:
        net[documents[line["document_id"]]["state"] == "new"] += Decimal(line["net_base"] or 0)
    assert (shown["Purchases"], shown["Purchases not posted"]) == (net[False], net[True])
    assert all(amount > 0 for amount in net.values())
    owed = warehouse.execute(
        "select -sum(f.amount_base) from mart.fact_payables as f "
        "where f.event_type = 'supplier_invoice' and f.agreement_id = %s",
        [moneybird.id],
    ).fetchone()
    assert (shown["Purchases"] + shown["Purchases VAT"],) == owed


# --- which day it is -----------------------------------------------------------------------------


def in_use(connection: Connection) -> tuple[date, date]:
    """The days of a report in which nothing is chosen: Date[In use]."""
    row = connection.execute(
        "select min(f.date), greatest(max(f.date), (select max(b.month) from mart.fact_budget as b)) "
        "from mart.fact_journal_entries as f"
    ).fetchone()
    assert row
    return date(row[0].year, 1, 1), date(row[1].year, 12, 31)


@pytest.fixture
def read_in_august(warehouse: Connection, economic: Company, tmp_path: Path) -> Iterator[date]:
    """Books of a day in August, in which entries of later days stand already, beside a budget of the next years."""
    drop = Drop(warehouse, tmp_path, economic, id="next", values={"scenario": "next", "sign": "ledger"})  # fmt: skip
    drop.put("next.csv", wide(("1010", "", "-1000"), year=2028))
    assert not drop.look().rejected
    read_on(warehouse, economic, date(2026, 8, 15))
    yield date(2026, 8, 15)
    read_on(warehouse, economic, EVER[1])


def test_with_nothing_chosen_the_books_are_of_the_day_they_were_read(
    warehouse: Connection, economic: Company, read_in_august: date
) -> None:
    today, (first, last) = read_in_august, in_use(warehouse)
    assert last == date(2028, 12, 31)
    assert one(warehouse, economic, "day", first, last)["Balance day"] == today
    for party, sign in (("receivables", 1), ("payables", -1)):
        name, open_ones = party.capitalize(), open_on(lines_of(economic, party), today)
        shown = one(warehouse, economic, party, first, last)  # type: ignore[arg-type]
        assert shown[f"{name} open"] == sign * sum(amount for amount, _ in open_ones)
        assert shown[f"{name} overdue"] == sign * sum(
            amount for amount, due in open_ones if due < today
        )
        at_the_end = one(warehouse, economic, party, last.replace(day=1), last)  # type: ignore[arg-type]
        assert at_the_end[f"{name} overdue"] != shown[f"{name} overdue"]
    entries = truth(economic, "entries")
    posted = sum(
        Decimal(e["amount_base"])
        for e in entries
        if e["customer_number"] and e["date"] <= today.isoformat()
    )
    balance = one(warehouse, economic, "receivable_postings", first, last)["Receivables balance"]
    assert balance == posted
    to_date = one(warehouse, economic, "year_to_date", first, last)["Result year to date"]
    january = date(2026, 1, 1)
    assert to_date == one(warehouse, economic, "entries", january, today)["Result"]
    assert to_date != one(warehouse, economic, "entries", january, date(2026, 12, 31))["Result"]
    before = one(warehouse, economic, "entries", date(2025, 1, 1), date(2025, 8, 15))["Result"]
    of_year = one(warehouse, economic, "two_years", january, date(2026, 12, 31))
    assert of_year["Result previous year"] == before  # and not of all its months
    whole = one(warehouse, economic, "entries", date(2025, 1, 1), date(2025, 12, 31))["Result"]
    assert before != whole
    shown = asked(warehouse, economic, "balances", first, last, by="account_number")
    of_today = asked(warehouse, economic, "balances", date(2026, 8, 1), today, by="account_number")
    assert of_measure(shown, "Balance") == of_measure(of_today, "Balance")
    assert of_measure(shown, "Cash")
    accounting_year = date(2026, 7, 1), date(2027, 6, 30)
    year = asked(warehouse, economic, "balances", *accounting_year, by="account_number")
    assert of_measure(year, "Balance") == of_measure(shown, "Balance")
    for measures in year.values():
        assert measures["Opening balance"] + measures["Movement"] == measures["Balance"]
    moved = asked(warehouse, economic, "entries", *accounting_year, by="account_number")
    assert of_measure(moved, "Posted") != of_measure(year, "Movement")


def test_a_month_is_looked_at_to_its_end_with_what_is_entered_ahead(
    warehouse: Connection, economic: Company, read_in_august: date
) -> None:
    def day(first: date, last: date) -> date:
        found: date = one(warehouse, economic, "day", first, last)["Balance day"]
        return found

    ends = {month: date(2026, month, 31) for month in (7, 8, 12)}
    for month, end in ends.items():
        assert day(date(2026, month, 1), end) == end
        posted = sum(
            Decimal(e["amount_base"])
            for e in truth(economic, "entries")
            if e["customer_number"] and e["date"] <= end.isoformat()
        )
        shown = one(warehouse, economic, "receivable_postings", date(2026, month, 1), end)
        assert shown["Receivables balance"] == posted
    assert day(date(2026, 8, 3), date(2026, 8, 20)) == date(2026, 8, 20)
    # A year that is over, one that has not begun, and days that are over and not.
    assert day(date(2025, 1, 1), date(2025, 12, 31)) == date(2025, 12, 31)
    assert day(date(2027, 1, 1), date(2027, 12, 31)) == date(2027, 12, 31)
    assert day(date(2026, 7, 1), date(2026, 9, 30)) == read_in_august
    assert day(read_in_august, date(2026, 9, 30)) == read_in_august
    tomorrow = read_in_august + timedelta(days=1)
    assert day(tomorrow, date(2026, 9, 30)) == date(2026, 9, 30)


def test_a_year_or_month_under_way_is_compared_with_as_many_days_of_the_year_before(
    warehouse: Connection, economic: Company, read_in_august: date
) -> None:
    """By the sandbox's books, day by day: what is posted ahead has nothing beside it."""
    kinds = balance_sheet(warehouse, economic)

    def books(first: str, last: str) -> Decimal:
        found = [
            Decimal(e["amount_base"])
            for e in truth(economic, "entries")
            if first <= e["date"] <= last and not kinds[e["account_number"]]
        ]
        return -sum(found, ZERO)

    def shown(first: date, last: date) -> dict[str, Decimal]:
        days = one(warehouse, economic, "day", first, last)
        return {**one(warehouse, economic, "two_years", first, last), **days}

    now, before = books("2026-01-01", "2026-08-15"), books("2025-01-01", "2025-08-15")
    assert books("2026-08-16", "2026-12-31") != 0
    year = shown(date(2026, 1, 1), date(2026, 12, 31))
    assert year["Comparison day"] == read_in_august
    assert (year["Result previous year"], year["Result change"]) == (before, now - before)
    assert near(year["Result change %"]) == near((now - before) / abs(before))
    now, before = books("2026-08-01", "2026-08-15"), books("2025-08-01", "2025-08-15")
    assert books("2026-08-16", "2026-08-31") != 0
    assert books("2025-08-16", "2025-08-31") != 0
    month = shown(date(2026, 8, 1), date(2026, 8, 31))
    assert (month["Comparison day"], month["Balance day"]) == (read_in_august, date(2026, 8, 31))
    assert (month["Result previous year"], month["Result change"]) == (before, now - before)
    # Days to come: the year before is shown, and compared with nothing; so months add up to their year.
    december = shown(date(2026, 12, 1), date(2026, 12, 31))
    assert december["Comparison day"] == date(2026, 12, 31)
    assert december["Result previous year"] == books("2025-12-01", "2025-12-31") != 0
    assert (december["Result change"], december["Result change %"]) == (0, None)
    months = [date(2026, n, 1) for n in range(1, 13)]
    ends = [first.replace(month=first.month % 12 + 1) - timedelta(days=1) for first in months[:11]]
    parts = [shown(*span)["Result change"] for span in zip(months, [*ends, date(2026, 12, 31)], strict=True)]  # fmt: skip
    assert sum(parts) == year["Result change"]
    over = shown(date(2025, 1, 1), date(2025, 12, 31))
    of_2025, of_2024 = books("2025-01-01", "2025-12-31"), books("2024-01-01", "2024-12-31")
    assert over["Result change"] == of_2025 - of_2024


# --- budget, hours, counts, proof ----------------------------------------------------------------


def test_the_budget_is_what_the_file_says_beside_the_vendors_actuals(
    warehouse: Connection, economic: Company, tmp_path: Path
) -> None:
    drop = Drop(warehouse, tmp_path, economic, id="tied", values={"scenario": "plan", "sign": "ledger"})  # fmt: skip
    drop.put("plan.csv", wide(("1010", "", "-1000"), ("2210", "", "400"), ("5820", "", "7")))
    assert drop.look().accepted
    year = date(2026, 1, 1), date(2026, 12, 31)
    shown = one(warehouse, economic, "budget", *year, scenario="plan")
    assert shown["Budget"] == 12 * (1000 - 400)  # the bank is no part of the result
    actual = one(warehouse, economic, "entries", *year)["Result"]
    assert shown["Actual in budgeted months"] == actual
    assert shown["Budget variance"] == actual - 7200
    assert near(shown["Budget variance %"]) == near((actual - 7200) / 7200)
    by = asked(warehouse, economic, "budget", *year, scenario="plan", by="account_number")
    assert {n: by[n]["Budget"] for n in ("1010", "2210", "5820")} == {
        "1010": 12_000,
        "2210": -4_800,
        "5820": 0,
    }


@pytest.mark.parametrize(
    ("fiscal_start", "chosen", "months", "since", "until"),
    [
        # Nothing chosen but the year under way, which is read on 15 August: that month's budget counts as a whole.
        (1, (date(2026, 1, 1), date(2026, 12, 31)), 8, date(2026, 1, 1), date(2026, 8, 15)),
        (7, (date(2026, 7, 1), date(2027, 6, 30)), 2, date(2026, 7, 1), date(2026, 8, 15)),
        (1, (date(2026, 7, 1), date(2026, 7, 31)), 7, date(2026, 1, 1), date(2026, 7, 31)),
        (3, (date(2026, 9, 1), date(2026, 9, 30)), 7, date(2026, 3, 1), date(2026, 9, 30)),
        (7, (date(2025, 7, 1), date(2026, 6, 30)), 6, date(2026, 1, 1), date(2026, 6, 30)),
    ],
)  # fmt: skip
def test_year_to_date_is_budget_and_actual_of_the_same_months(
    warehouse: Connection, economic: Company, read_in_august: date, tmp_path: Path,
    fiscal_start: int, chosen: tuple[date, date], months: int, since: date, until: date,
) -> None:  # fmt: skip
    drop = Drop(warehouse, tmp_path, economic, id="todate", values={"scenario": "year", "sign": "ledger"})  # fmt: skip
    drop.put("year.csv", wide(("1010", "", "-1000"), ("2210", "", "400"), ("5820", "", "7")))
    assert not drop.look().rejected
    asks = {"scenario": "year", "fiscal_start": fiscal_start}
    shown = one(warehouse, economic, "budget_to_date", *chosen, **asks)
    kinds = balance_sheet(warehouse, economic)
    posted: dict[str, Decimal] = defaultdict(Decimal)
    for entry in truth(economic, "entries"):
        if since.isoformat() <= entry["date"] <= until.isoformat():
            posted[entry["account_number"]] -= Decimal(entry["amount_base"])
    result = {number: amount for number, amount in posted.items() if not kinds[number]}
    actual, budget = sum(result.values()), months * (1000 - 400)
    assert actual
    assert (shown["Budget year to date"], shown["Actual year to date"]) == (budget, actual)
    assert shown["Variance year to date"] == actual - budget
    assert near(shown["Variance year to date %"]) == near((actual - budget) / budget)
    by = asked(warehouse, economic, "budget_to_date", *chosen, by="account_number", **asks)
    assert of_measure(by, "Actual year to date") == {n: a for n, a in result.items() if a}
    assert by["1010"]["Budget year to date"] == months * 1000
    assert by["2210"]["Budget year to date"] == months * -400
    assert (
        one(warehouse, economic, "budget_to_date", *chosen)["Budget year to date"] == 0
    )  # no scenario


def test_hours_are_those_registered(warehouse: Connection, xledger: Company) -> None:
    sheets = truth(xledger, "xledger-timesheets")
    hours = sum(Decimal(sheet["hours"]) for sheet in sheets)
    invoiced = sum(Decimal(sheet["invoice_hours"] or 0) for sheet in sheets)
    approved = sum(Decimal(sheet["hours"]) for sheet in sheets if sheet["is_approved"] == "true")
    shown = one(warehouse, xledger, "timesheets", *EVER)
    assert hours > invoiced > 0
    assert (shown["Hours"], shown["Invoiceable hours"]) == (hours, invoiced)
    assert near(shown["Utilisation"]) == near(invoiced / hours)
    assert near(shown["Hours approved"]) == near(approved / hours)

    def value(amount: str, price: str) -> Decimal:
        found = Decimal(amount or 0) * Decimal(price or 0)
        return found.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")

    assert shown["Value of hours"] == sum(
        value(sheet["invoice_hours"], sheet["hourly_revenue"]) for sheet in sheets
    )
    assert shown["Cost of hours"] == sum(
        value(sheet["hours"], sheet["hourly_cost"]) for sheet in sheets
    )


def test_postings_are_counted_as_the_vendor_counts_them(
    warehouse: Connection, economic: Company
) -> None:
    counts = offer(economic).counts
    assert counts
    shown = one(warehouse, economic, "entries", *EVER)
    entries = truth(economic, "entries")
    assert shown["Postings"] == counts.entry_count(upto=10**9) == len(entries)
    vouchers = {(entry["accounting_year"], entry["voucher_number"]) for entry in entries}
    assert shown["Vouchers"] == len(vouchers)
    assert 0 < shown["Postings with a PDF"] < 1
    assert shown["Result outside the group's lines"] == shown["Result"]  # nothing is mapped


def test_proven_is_yes_until_something_differs(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = sandbox.company("unproven", is_ledger_only=True, entries=600)
    night(dsn, company)
    never = one(warehouse, company, "status", *EVER)
    assert (never["Proven"], never["Agreements not proven"], never["Agreements"]) == ("No", 1, 1)
    assert never["Data as of"]
    proven(dsn, company)
    good = one(warehouse, company, "status", *EVER)
    assert (good["Proven"], good["Proof difference"]) == ("Yes", 0)
    assert good["Last proven"] >= never["Data as of"]
    assert one(warehouse, company, "agreement", *EVER) == {
        "Currency": "DKK",
        "Currencies": 1,
        "Balance hint": None,  # nothing is filtered in SQL
    }
    with connect(dsn) as connection:
        connection.execute(
            "update mart.fact_journal_entries set amount_base = amount_base + 1 where agreement_id = %s "
            "and entry_number = (select max(entry_number) from mart.fact_journal_entries "
            "where agreement_id = %s and date >= '2026-01-01')",
            [company.id, company.id],
        )
    with pytest.raises(NotProven):
        proven(dsn, company)
    bad = one(warehouse, company, "status", *EVER)
    assert (bad["Proven"], bad["Agreements not proven"]) == ("No", 1)
    assert bad["Proof difference"] >= 1


def test_every_measure_is_tied_out_here() -> None:
    told = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [m.name for m in MEASURES if not _is_named(m.name, told)] == []


def _is_named(measure: str, told: str) -> bool:
    party, _, what = measure.partition(" ")
    if party in ("Receivables", "Payables"):
        return f"{{name}} {what}" in told
    return f'"{measure}"' in told
