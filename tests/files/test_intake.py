"""Files of people, from a folder to the facts: what counts, what is refused, and what stays in force."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from saldo.files.mails.feedback import Feedback
from saldo.warehouse.connection import Connection
from tests.files.dropping import NOW, Drop, wide
from tests.support import Company, Sandbox, night


@pytest.fixture(scope="module")
def books(dsn: str, sandbox: Sandbox) -> Company:
    company = sandbox.company("budgeted", is_ledger_only=True, entries=300)
    assert not night(dsn, company).errors
    return company


@pytest.fixture
def drop(warehouse: Connection, books: Company, tmp_path: Path) -> Drop:
    """Nothing of another test is left."""
    for table in (
        "ops.file",
        "ops.watermark where subject_kind = 'file'",
        "staging.file_budget",
        "staging.file_account_mapping",
    ):
        warehouse.execute(f"delete from {table}".encode())
    warehouse.execute(
        "update core.budget set is_deleted = true, change_seq = nextval('core.change_seq')"
    )
    warehouse.execute(
        "update core.account_mapping set is_deleted = true, change_seq = nextval('core.change_seq')"
    )
    return Drop(warehouse, tmp_path, books)


def test_a_budget_shows_beside_what_was_posted(drop: Drop) -> None:
    drop.put("Budget 2026.csv", wide((1010, 1, "1.000,00"), (1310, 2, "250,50")))
    outcome = drop.look()
    assert (outcome.accepted, outcome.rows) == (["Budget 2026.csv"], 24)
    # Income is a credit, costs are a debit, whatever people write.
    assert drop.facts() == [("1010", "1", Decimal(-1000)), ("1310", "2", Decimal("250.50"))]
    sides = drop.connection.execute(
        "select account_number, actual_base, budget_base, variance_base from mart.fact_budget_vs_actual "
        "where agreement_id = %s and month = '2026-01-01' and scenario = 'budget' and account_number = '1010' "
        "and department_number = '1'",
        [drop.company.id],
    ).fetchall()
    [(_, actual, budget, variance)] = sides
    assert (budget, variance) == (Decimal(-1000), actual - budget)


def test_nothing_changed_is_nothing_done(drop: Drop) -> None:
    drop.put("Budget 2026.csv", wide((1010, 1, "1.000,00")))
    drop.look()
    outcome = drop.look()
    assert (outcome.as_before, outcome.accepted) == (1, [])
    assert len(drop.register()) == 1


def test_a_wrong_file_is_refused_whole_and_the_old_one_stays(drop: Drop) -> None:
    drop.put("Budget 2026.csv", wide((1010, 1, "1.000,00")))
    drop.look()
    lines = [
        (1010, 1, "2.000,00"),
        (9999, 1, "5,00"),
        (1099, 1, "5,00"),
        (1310, 77, "5,00"),
        (1320, 1, "five"),
    ]
    drop.put("Budget 2026.csv", wide(*lines))
    [error] = drop.look().rejected.values()
    # Beside the ledger as well as in the file: everything at once, each with its cell.
    told = [(p.cell, p.found) for p in error.problems]
    assert told == [
        *((f"line 6, column {3 + month}", "“five”") for month in range(12)),
        ("line 3, column 1", "account 9999"),
        ("line 4, column 1", "account 1099, a heading or a sum"),
        ("line 5, column 2", "department 77"),
    ]
    assert drop.facts() == [("1010", "1", Decimal(-1000))]
    assert drop.register() == [
        ("Budget 2026.csv", 1, "accepted", True),
        ("Budget 2026.csv", 2, "rejected", False),
    ]
    [(problems,)] = drop.register("problems")[1:]
    assert {"sheet", "cell", "found", "expected", "remedy"} == {*problems[0]}
    # Nothing of it is kept, and it does not come again by itself.
    assert drop.connection.execute("select count(*) from staging.file_budget").fetchone() == (12,)
    assert not drop.look().rejected
    drop.put("Budget 2026.csv", wide((1010, 1, "3.000,00")))
    assert drop.look().accepted
    assert drop.facts() == [("1010", "1", Decimal(-3000))]
    assert [state for *_, state in drop.register()] == [False, False, True]


def test_an_account_that_a_budget_may_bring(drop: Drop) -> None:
    drop.values = {"unknown": "accept", "sign": "ledger"}
    drop.put(
        "b.csv", wide((9999, "Nyt", "10,00"), (1010, 1, "-5,00"), head="Konto;Afdeling", year=2026)
    )
    assert drop.look().accepted
    assert drop.facts("account_number, department_number, amount_base, is_unknown") == [
        ("1010", "1", Decimal(-5), False),
        ("9999", "Nyt", Decimal(10), True),
    ]
    found = drop.connection.execute(
        "select account_type, is_budget_only from mart.dim_account as a "
        "inner join mart.fact_budget as b on b.account_key = a.account_key where b.account_number = '9999'"
    ).fetchall()
    assert set(found) == {("budget_only", True)}
    # Without the ledger nobody can say what a natural sign means.
    [error] = drop.look(again=True, sign="natural").rejected.values()
    assert "sign: ledger" in str(error)


def test_departments_by_number_or_name(drop: Drop) -> None:
    rows = drop.connection.execute(
        "select name from core.department where agreement_id = %s and department_number = '2'",
        [drop.company.id],
    ).fetchall()
    [(name,)] = rows
    drop.put("b.csv", wide((1010, name.upper(), "1,00"), (1310, "", "2,00")))
    drop.look()
    assert drop.facts() == [("1010", "2", Decimal(-1)), ("1310", None, Decimal(2))]


def test_the_newest_file_counts_where_departments_meet(drop: Drop) -> None:
    drop.put("v1.csv", wide((1010, 1, "1,00"), (1010, 2, "1,00")), day=1)
    drop.put("v2.csv", wide((1010, 1, "2,00")), day=2)
    drop.put("ad.csv", wide((1310, 3, "3,00")), day=0)
    drop.put("2025.csv", wide((1010, 1, "9,00"), year=2025), day=3)
    drop.look()
    # v2 replaces all of v1; another department and another year have files of their own.
    assert drop.facts() == [("1010", "1", Decimal(-2)), ("1310", "3", Decimal(3))]
    assert drop.total(2025) == Decimal(-108)
    # Gone, it gives way to the one before.
    (drop.folder / "v2.csv").unlink()
    assert drop.look().gone == ["v2.csv"]
    assert drop.facts() == [
        ("1010", "1", Decimal(-1)),
        ("1010", "2", Decimal(-1)),
        ("1310", "3", Decimal(3)),
    ]
    assert ("v2.csv", 2, "gone", False) in drop.register()
    drop.put("v2.csv", wide((1010, 1, "4,00")), day=4)
    drop.look()
    assert drop.facts() == [("1010", "1", Decimal(-4)), ("1310", "3", Decimal(3))]


def test_a_file_that_is_kept_when_it_is_gone(drop: Drop) -> None:
    drop.values = {"when_gone": "keep"}
    drop.put("v1.csv", wide((1010, 1, "1,00")))
    drop.look()
    (drop.folder / "v1.csv").unlink()
    drop.look()
    assert drop.facts() == [("1010", "1", Decimal(-1))]


def test_read_again_and_the_same_again(drop: Drop) -> None:
    drop.put("b.csv", wide((1010, 1, "1,00")))
    drop.look()
    assert drop.look(again=True).unchanged == ["b.csv"]
    assert drop.register() == [("b.csv", 1, "accepted", True), ("b.csv", 2, "unchanged", False)]
    # A configuration that reads them otherwise makes them come again by itself.
    assert drop.look(amounts_in=1000).accepted == ["b.csv"]
    assert drop.facts() == [("1010", "1", Decimal(-1000))]
    assert drop.look(amounts_in=1000, sign="ledger").accepted == ["b.csv"]
    assert drop.facts() == [("1010", "1", Decimal(1000))]


def test_scenarios_do_not_meet(drop: Drop) -> None:
    drop.put("b.csv", wide((1010, 1, "1,00")))
    drop.look()
    (drop.folder / "below").mkdir()
    forecast = Drop(
        drop.connection,
        drop.folder / "below",
        drop.company,
        id="forecast",
        values={"scenario": "forecast"},
    )
    forecast.put("f.csv", wide((1010, 1, "2,00")))
    forecast.look()
    assert drop.facts("scenario, amount_base") == [
        ("budget", Decimal(-1)),
        ("forecast", Decimal(-2)),
    ]


def test_books_that_have_not_landed_are_waited_for(drop: Drop, sandbox: Sandbox, dsn: str) -> None:
    drop.company = company = sandbox.company("later", is_ledger_only=True, entries=50)
    drop.put("b.csv", wide((1010, "", "1,00")))
    outcome = drop.look(with_facts=False)
    assert outcome.waiting == {"b.csv": f"the books of {company.id} have not landed yet"}
    assert drop.register() == []
    assert not night(dsn, company).errors
    assert drop.look().accepted == ["b.csv"]
    assert drop.facts() == [("1010", None, Decimal(-1))]


def test_books_that_do_not_come_are_told_after_a_day(drop: Drop, sandbox: Sandbox) -> None:
    drop.connection.execute("truncate ops.alert_mail, ops.alert_mail_attachment")
    drop.company = sandbox.company("never", is_ledger_only=True, entries=50)
    drop.values = {"owner_mail": ["anna@example.com"]}
    # Not even opened: it cannot be.
    drop.put("a.csv", b"\x00")
    drop.put("b.csv", wide((1010, "", "1,00")))
    mails = []
    for hour in (0, 23, 24, 25, 100):
        drop.now = NOW + timedelta(hours=hour)
        drop.listener = Feedback(drop.connection, drop.configuration(), now=drop.now, names={})
        if hour == 100:
            drop.put("c.csv", wide((1010, "", "1,00")))
        outcome = drop.look(with_facts=False)
        assert set(outcome.waiting) >= {"a.csv", "b.csv"}
        assert ("2 told to wait too long" in outcome.note) == (hour == 24)
        mails += drop.connection.execute("select count(*) from ops.alert_mail").fetchone() or ()
    assert mails == [0, 0, 1, 1, 1]
    assert drop.register() == []
    # Whose books a file names is only known when it is read.
    column = {"agreement": None, "agreement_column": "Selskab"}
    (drop.folder / "a.csv").unlink()
    for name in ("b.csv", "c.csv"):
        drop.put(name, wide((drop.company.id, 1010, "1,00"), head="Selskab;Konto"))
    drop.now += timedelta(days=2)
    outcome = drop.look(with_facts=False, **column)
    assert (outcome.late, set(outcome.waiting)) == (["c.csv"], {"b.csv", "c.csv"})
    [(kept,)] = drop.connection.execute(
        "select cursor from ops.watermark where subject_kind = 'file' and entity = 'waiting'"
    ).fetchall()
    assert set(kept) == {"b.csv", "c.csv"}


def test_companies_by_column(drop: Drop, sandbox: Sandbox, dsn: str) -> None:
    other = sandbox.company("sister", is_ledger_only=True, entries=50)
    assert not night(dsn, other).errors
    drop.others = (other,)
    drop.values = {"agreement": None, "agreement_column": "Selskab"}
    text = wide(
        (drop.company.id.upper(), 1010, "1,00"), (other.id, 1010, "2,00"), head="Selskab;Konto"
    )
    drop.put("b.csv", text)
    drop.look()
    assert drop.facts() == [("1010", None, Decimal(-1))]
    assert drop.facts(agreement_id=other.id) == [("1010", None, Decimal(-2))]
    drop.put("b.csv", text.replace(other.id, "Nowhere"))
    [error] = drop.look().rejected.values()
    [problem] = error.problems
    assert (problem.cell, problem.found) == ("line 3, column 1", "company “Nowhere”")
    assert drop.company.id in problem.expected
    # Another name of the same company repeats its line.
    drop.put("b.csv", text.replace(other.id, drop.company.id))
    [error] = drop.look().rejected.values()
    assert "same account" in str(error)


def test_a_currency_that_is_not_the_books(drop: Drop) -> None:
    drop.put("b.csv", "Konto;Måned;Beløb;Valuta\n1010;2026-01;1,00;EUR\n")
    [error] = drop.look().rejected.values()
    assert "found an amount in EUR; expected DKK" in str(error)


def test_a_file_that_named_an_account_too_early_is_judged_again_by_itself(drop: Drop) -> None:
    drop.put("b.csv", wide((5555, 1, "1,00")))
    assert drop.look().rejected
    # Nothing has changed in the warehouse: nothing is read, nothing is told.
    assert not drop.look().note.count("refused")
    drop.connection.execute(
        "update core.account set change_seq = nextval('core.change_seq') where account_number = '1010'"
    )
    outcome = drop.look()
    assert (outcome.still_rejected, outcome.rejected, len(drop.register())) == (["b.csv"], {}, 1)
    drop.connection.execute(
        "insert into core.account select agreement_id, '5555', 'New', account_type, is_balance_sheet, 5555, is_deleted, "
        "nextval('core.change_seq'), section, is_credit from core.account where agreement_id = %s and account_number = '1010'",
        [drop.company.id],
    )
    assert drop.look().accepted == ["b.csv"]
    assert drop.facts() == [("5555", "1", Decimal(-1))]


def test_what_changes_in_other_books_makes_nothing_be_read_again(
    drop: Drop, sandbox: Sandbox, dsn: str
) -> None:
    other, third = (sandbox.company(f"beside{n}", is_ledger_only=True, entries=50) for n in (1, 2))
    assert not night(dsn, other).errors
    assert not night(dsn, third).errors
    drop.others = (other, third)
    heads = {"one": "Konto", "column": "Selskab;Konto"}
    column = {"agreement": None, "agreement_column": "Selskab"}
    places = []
    for id, head in heads.items():
        (drop.folder / id).mkdir()
        values = column if id == "column" else {}
        places.append(
            Drop(drop.connection, drop.folder / id, drop.company, drop.others, values, id=id)
        )
        lines = [(5556,)] if id == "one" else [(drop.company.id, 5556), (other.id, 5556)]
        places[-1].put("b.csv", wide(*((*line, "1,00") for line in lines), head=head))
        assert places[-1].look(with_facts=False).rejected

    def read_again(agreement_id: str) -> list[int]:
        drop.connection.execute(
            "update core.account set change_seq = nextval('core.change_seq') where agreement_id = %s",
            [agreement_id],
        )
        return [len(place.look(with_facts=False).still_rejected) for place in places]

    assert read_again(third.id) == [0, 0]
    assert read_again(other.id) == [0, 1]
    assert read_again(drop.company.id) == [1, 1]


def test_a_mail_only_where_something_new_is_wrong(drop: Drop) -> None:
    drop.connection.execute("truncate ops.alert_mail, ops.alert_mail_attachment")
    drop.values = {"owner_mail": ["anna@example.com"]}
    drop.listener = Feedback(drop.connection, drop.configuration(), now=NOW, names={})
    mails = []
    for lines in (
        [(1010, 1, "five"), (1310, 1, "six")],  # told
        [(1310, 1, "six")],  # half of it is corrected, and the other half has moved
        [(1020, 1, "1,00"), (1310, 1, "six")],
        [(1320, 1, "six"), (1310, 1, "six")],  # the same mistake once more
        [(1310, 1, "seven")],
    ):
        drop.put("b.csv", wide(*lines))
        assert drop.look(with_facts=False).rejected
        mails += drop.connection.execute("select count(*) from ops.alert_mail").fetchone() or ()
    assert mails == [1, 1, 1, 2, 3]
