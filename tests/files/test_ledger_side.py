"""Budgets and mappings beside a ledger that changes under them: each increment equals a rebuild."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from saldo.files.layouts import layout_of
from saldo.onboarding import chart
from saldo.paths import SQL_DIR
from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import Connection, read_sql
from saldo.workbooks import read
from tests.files.dropping import Drop, wide
from tests.support import Company, Sandbox, agreement, night, snapshot_of_mart
from tests.workbooks.resolving import resolve

MAPPING = "Konto;Koncernkonto;Koncernkontonavn;Rapportlinje\n"


@pytest.fixture(scope="module")
def books(dsn: str, sandbox: Sandbox) -> Company:
    company = sandbox.company("beside", is_ledger_only=True, entries=100)
    assert not night(dsn, company).errors
    return company


@pytest.fixture
def drop(warehouse: Connection, books: Company, tmp_path: Path) -> Drop:
    """Nothing of another test is left."""
    warehouse.execute(
        "delete from ops.file; delete from ops.watermark where subject_kind = 'file'; delete from staging.file_budget; "
        "delete from staging.file_account_mapping"
    )
    for table in ("budget", "account_mapping"):
        warehouse.execute(
            f"update core.{table} set is_deleted = true, change_seq = nextval('core.change_seq')".encode()
        )
    return Drop(warehouse, tmp_path, books)


def ledger(drop: Drop, table: str, sets: str, where: str) -> None:
    """Something changes in core, as a night would land it; then the facts follow."""
    drop.connection.execute(
        f"update core.{table} set {sets}, change_seq = nextval('core.change_seq') where agreement_id = %s and {where}".encode(),
        [drop.company.id],
    )
    follow(drop)


def follow(drop: Drop) -> None:
    """An increment, which a rebuild does not change."""
    refresh(drop.connection, agreement(drop.company.id), RunRequest())
    grown = snapshot_of_mart(drop.connection, drop.company.id)
    refresh(drop.connection, agreement(drop.company.id), RunRequest("full"))
    rebuilt = snapshot_of_mart(drop.connection, drop.company.id)
    for table in grown:
        assert rebuilt[table] == grown[table], table


def accounts(drop: Drop, *numbers: str, columns: str = "is_budget_only, is_deleted") -> list[Any]:
    return drop.connection.execute(
        f"select a.account_number, {columns} from mart.dim_account as a "
        "inner join mart.dim_agreement as g using (agreement_key) where g.agreement_id = %s and a.account_number = any(%s) "
        "order by 1".encode(),
        [drop.company.id, list(numbers)],
    ).fetchall()


def insert_account(drop: Drop, number: str, name: str) -> None:
    drop.connection.execute(
        "insert into core.account (agreement_id, account_number, name, account_type, is_balance_sheet, sort_key, is_deleted, "
        "change_seq, section, is_credit) select agreement_id, %s, %s, account_type, is_balance_sheet, sort_key, false, "
        "nextval('core.change_seq'), section, is_credit from core.account where agreement_id = %s and account_number = '1010'",
        [number, name, drop.company.id],
    )


# --- accounts ------------------------------------------------------------------------------------


def test_an_account_changes_sides(drop: Drop) -> None:
    drop.put("b.csv", wide((1010, 1, "1,00"), (1310, 1, "1,00")))
    drop.look()
    ledger(drop, "account", "is_credit = not is_credit", "account_number = '1010'")
    assert drop.facts() == [("1010", "1", Decimal(1)), ("1310", "1", Decimal(1))]
    ledger(
        drop, "account", "is_credit = not is_credit, name = 'Nyt navn'", "account_number = '1010'"
    )
    assert drop.facts("account_number, account_name, amount_base")[0] == (
        "1010",
        "Nyt navn",
        Decimal(-1),
    )


def test_an_account_is_deleted_and_comes_back(drop: Drop) -> None:
    drop.put("b.csv", wide((1010, 1, "1,00")))
    drop.look()
    ledger(drop, "account", "is_deleted = true", "account_number = '1010'")
    # What was accepted stays.
    assert drop.facts() == [("1010", "1", Decimal(-1))]
    assert accounts(drop, "1010") == [("1010", False, True)]
    assert drop.facts("account_number, is_unknown") == [("1010", True)]
    drop.put("b.csv", wide((1010, 1, "2,00")))
    assert drop.look().rejected
    ledger(drop, "account", "is_deleted = false", "account_number = '1010'")
    # By itself: the ledger has changed.
    assert drop.look().accepted == ["b.csv"]
    assert drop.facts("account_number, amount_base, is_unknown") == [("1010", Decimal(-2), False)]


def test_what_the_ledger_has_deleted_is_unknown(drop: Drop) -> None:
    ledger(drop, "account", "is_deleted = true", "account_number = '1010'")
    ledger(drop, "department", "is_deleted = true", "department_number = '2'")
    drop.put("b.csv", wide((1010, 1, "1,00"), (1310, 1, "1,00"), (1310, 2, "1,00")))
    try:
        assert drop.look(unknown="accept").accepted
        assert drop.facts("account_number, department_number, is_unknown") == [
            ("1010", "1", True),
            ("1310", "1", False),
            ("1310", "2", True),
        ]
    finally:
        ledger(drop, "account", "is_deleted = false", "account_number = '1010'")
        ledger(drop, "department", "is_deleted = false", "department_number = '2'")
    assert {is_unknown for is_unknown, _ in drop.facts("is_unknown, 0")} == {False}


def test_an_account_that_a_budget_brought_comes_into_the_ledger(drop: Drop) -> None:
    drop.values = {"unknown": "accept", "sign": "ledger"}
    drop.put("b.csv", wide((9990, 1, "1,00")))
    drop.look()
    before = accounts(drop, "9990", columns="account_key, is_budget_only, section")
    assert before == [("9990", before[0][1], True, None)]
    assert drop.facts("account_key, is_unknown") == [(before[0][1], True)]
    insert_account(drop, "9990", "I bogen")
    follow(drop)
    assert accounts(drop, "9990", columns="account_key, is_budget_only, a.name") == [
        ("9990", before[0][1], False, "I bogen")
    ]
    assert drop.facts("account_key, is_unknown, account_name") == [(before[0][1], False, "I bogen")]


def test_what_another_scenario_calls_an_account_shows_in_all(drop: Drop) -> None:
    head = "Konto;Tekst;Måned;Beløb\n"
    drop.values = {"unknown": "accept", "sign": "ledger"}
    drop.put("b.csv", f"{head}9991;Nyt;2026-01;1,00\n")
    drop.look()
    (drop.folder / "f").mkdir()
    values = {**drop.values, "scenario": "forecast"}
    other = Drop(drop.connection, drop.folder / "f", drop.company, id="other", values=values)
    other.put("f.csv", f"{head}9991;Andet;2026-01;2,00\n")
    other.look()
    follow(drop)
    assert drop.facts("scenario, account_name") == [("budget", "Andet"), ("forecast", "Andet")]


@pytest.mark.parametrize(
    ("type", "is_posted_on"),
    [
        ("status", True), ("other_equity", True), ("heading", False), ("heading_start", False), ("sum_interval", False),
        ("sum_alpha", False), ("total_from", False),
    ],
)  # fmt: skip
def test_an_account_of_a_type_that_nobody_knows_may_be_posted_on(
    drop: Drop, type: str, is_posted_on: bool
) -> None:
    ledger(
        drop,
        "account",
        f"account_type = '{type}', is_balance_sheet = null",
        "account_number = '1010'",
    )
    try:
        drop.put("b.csv", wide((1010, 1, "1,00")))
        outcome = drop.look()
        assert bool(outcome.accepted) is is_posted_on
        assert is_posted_on or "a heading or a sum" in str(outcome.rejected)
        is_listed = any(
            a.number == "1010" for a in chart.accounts(drop.connection, drop.company.id, (2026, 1))
        )
        assert is_listed is is_posted_on
        assert ("1010" in found(drop)) is is_posted_on
        place = "group_account_number, report_line"
        (drop.folder / "m").mkdir()
        values = {"kind": "account_mapping"}
        mapping = Drop(drop.connection, drop.folder / "m", drop.company, id="map", values=values)
        for lines, expected in (
            ("1310;R1;Andet;Costs\n", ("-2", "Unmapped")),
            ("1010;R2;Salg;Income\n", ("R2", "Income")),
        ):
            mapping.put("m.csv", MAPPING + lines)
            assert mapping.look(confirm_deletes=True).accepted
            follow(drop)
            assert accounts(drop, "1010", columns=place) == [
                ("1010", *(expected if is_posted_on else (None, None)))
            ]
    finally:
        ledger(
            drop,
            "account",
            "account_type = 'profit_and_loss', is_balance_sheet = false",
            "account_number = '1010'",
        )


def found(drop: Drop) -> set[str]:
    """What the console finds of an account's number."""
    [(key,)] = drop.connection.execute(
        "select agreement_key from mart.dim_agreement where agreement_id = %s", [drop.company.id]
    ).fetchall()
    values = {
        "agreement_key": key,
        "starts": "1010%",
        "like": "%1010%",
        "words": "1010",
        "limit": 9,
    }
    query = read_sql(SQL_DIR / "console" / "proof" / "find_accounts.sql")
    return {number for number, *_ in drop.connection.execute(query.encode(), values)}


# --- departments ---------------------------------------------------------------------------------


def name_of(drop: Drop, number: str) -> str:
    rows = drop.connection.execute(
        "select name from core.department where agreement_id = %s and department_number = %s",
        [drop.company.id, number],
    )
    [(name,)] = rows.fetchall()
    return str(name)


def test_a_department_by_number_here_and_by_name_there_is_one(drop: Drop) -> None:
    name = name_of(drop, "2")
    drop.put("by number.csv", wide((1010, 2, "1,00")))
    drop.put("by name.csv", wide((1010, name, "5,00")))
    drop.look()
    assert drop.facts() == [("1010", "2", Decimal(-5))]
    drop.put("both.csv", wide((1010, 2, "1,00"), (1010, name, "5,00")))
    [error] = drop.look().rejected.values()
    assert "found the same account, department and month as in line 2" in str(error)


def test_a_department_is_renamed_and_its_name_given_to_another(drop: Drop) -> None:
    name = name_of(drop, "2")
    drop.put("b.csv", wide((1010, name, "1,00")))
    drop.look()
    ledger(drop, "department", "name = 'Omdøbt'", "department_number = '2'")
    assert drop.facts("department_number, department_name, is_unknown") == [("2", "Omdøbt", False)]
    other = name_of(drop, "3")
    ledger(drop, "department", f"name = '{name}'", "department_number = '3'")
    assert drop.facts("department_number, amount_base") == [("2", Decimal(-1))]
    ledger(drop, "department", f"name = '{name}'", "department_number = '2'")
    # Two of one name: only the number tells.
    drop.put("b.csv", wide((1010, name.upper(), "1,00")))
    [error] = drop.look().rejected.values()
    assert "several departments" in str(error)
    ledger(drop, "department", f"name = '{other}'", "department_number = '3'")
    assert drop.look().unchanged == ["b.csv"]


def test_a_department_that_a_budget_brought_comes_into_the_ledger(drop: Drop) -> None:
    drop.values = {"unknown": "accept"}
    drop.put("b.csv", wide((1010, "Nyt", "1,00"), (1310, "77", "2,00")))
    drop.look()
    assert drop.facts("department_number, is_unknown") == [("77", True), ("Nyt", True)]
    for number, name in (("77", "Halvfjerds"), ("78", "NYT")):
        drop.connection.execute(
            "insert into core.department (agreement_id, department_number, name, is_barred, is_distribution, is_deleted, change_seq) "
            "values (%s, %s, %s, false, false, false, nextval('core.change_seq'))",
            [drop.company.id, number, name],
        )
    follow(drop)
    assert drop.facts("department_number, department_name, is_unknown") == [
        ("77", "Halvfjerds", False),
        ("78", "NYT", False),
    ]
    # Another file calls it by its number: still one of the two counts.
    drop.put("c.csv", wide((1010, "78", "5,00")))
    drop.look()
    follow(drop)
    assert drop.facts() == [("1010", "78", Decimal(-5))]
    assert drop.look().note == "2 as before"


def test_departments_that_are_members_of_a_dimension(drop: Drop) -> None:
    """Xledger's: the vendor's number is an id, people write codes."""
    connection, id = drop.connection, drop.company.id
    connection.execute(
        "insert into core.dimension_slot (agreement_id, dimension_number, kind_number, name, is_deleted, change_seq) "
        "values (%s, 1, '501', 'Sted', false, nextval('core.change_seq'))",
        [id],
    )
    for number, code, name in (("9001", "A10", "Oslo"), ("9002", "A20", "Bergen")):
        connection.execute(
            "insert into core.dimension_member (agreement_id, member_number, kind_number, code, name, is_deleted, change_seq) "
            "values (%s, %s, '501', %s, %s, false, nextval('core.change_seq'))",
            [id, number, code, name],
        )
    drop.put("b.csv", wide((1010, "A10", "1,00"), (1310, "bergen", "2,00")))
    assert drop.look().accepted
    follow(drop)
    assert drop.facts("department_number, department_name") == [("A10", "Oslo"), ("A20", "Bergen")]
    ledger(drop, "dimension_member", "code = 'B20'", "member_number = '9002'")
    ledger(drop, "dimension_slot", "is_deleted = true", "true")


# --- the company and its mapping -----------------------------------------------------------------


def test_the_currency_of_the_books_changes(drop: Drop) -> None:
    drop.put("b.csv", wide((1010, 1, "1,00")))
    drop.look()
    ledger(drop, "agreement", "base_currency = 'NOK'", "true")
    assert drop.facts("base_currency, amount_base") == [("NOK", Decimal(-1))]
    ledger(drop, "agreement", "base_currency = 'DKK'", "true")


def test_rules_hold_accounts_as_the_reader_says(drop: Drop) -> None:
    """Letters in any case, leading zeros, other lengths, ranges within ranges: SQL and the model agree."""
    numbers = {
        "a10": "R1",
        "0150": "R2",
        "150": "-2",
        "00150": "-2",
        "01500": "R3",
        "X-7": "R4",
        "1510": "R5",
        "1551": "R6",
        "1556": "R7",
        "1565": "R6",
    }
    for number in numbers:
        if number != "1510":
            insert_account(drop, number, number)
    drop.values = {"kind": "account_mapping"}
    rules = [
        ("A10", "R1"),
        ("0100-0199", "R2"),
        ("01500 - 01599", "R3"),
        ("x-7", "R4"),
        ("1500-1599", "R5"),
        ("1550-1569", "R6"),
        ("1555-1559", "R7"),
    ]
    drop.put("m.csv", MAPPING + "".join(f"{rule};{group};;\n" for rule, group in rules))
    assert drop.look().accepted
    follow(drop)
    found = accounts(drop, *numbers, columns="group_account_number")
    there = {number for number, _ in found}
    assert dict(found) == {n: group for n, group in numbers.items() if n in there}
    assert len(there) >= 9
    with read(drop.folder / "m.csv", layout_of(drop.configuration())) as book:
        rows = list(book.mappings())
    modelled = {number: resolve(number, "", rows) for number in there}
    assert dict(found) == {n: rule.group_account if rule else "-2" for n, rule in modelled.items()}


def test_a_range_in_digits_of_another_script_is_refused(drop: Drop) -> None:
    """Postgres reads no numbers in them, and a refresh that fails would fail every night."""
    drop.values = {"kind": "account_mapping"}
    for low, high in (("１０００", "１９９９"), ("1" * 5_000, "2" * 5_000)):
        drop.put("m.csv", f"{MAPPING}{low}-{high};R1;;\n")
        [error] = drop.look().rejected.values()
        assert "two numbers of the same length" in str(error)


def test_one_company_under_two_names_maps_an_account_once(drop: Drop) -> None:
    drop.values = {"kind": "account_mapping", "agreement": None, "agreement_column": "Selskab"}
    rows = [
        f"{id};1010;{group};;\n"
        for id, group in ((drop.company.id, "R1"), (drop.company.id.upper(), "R2"))
    ]
    drop.put("m.csv", f"Selskab;{MAPPING}{''.join(rows)}")
    [error] = drop.look().rejected.values()
    assert [(p.cell, p.found.partition(", which ")[2]) for p in error.problems] == [
        ("line 2, column 2", "line 3, column 2 maps, too"),
        ("line 3, column 2", "line 2, column 2 maps, too"),
    ]
