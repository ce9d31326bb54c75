"""Postings that can be stored one by one, and whose sum cannot: what is shown, what is told, and what helps."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from saldo.alerts import judge_set_aside, subject_of
from saldo.proof.aside import SetAside
from saldo.proof.comparison import Comparison, DifferenceReport
from saldo.subject import by_key
from saldo.validation import validate
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection
from saldo.warehouse.migrations import MIGRATIONS_DIR
from tests.moneybird_books import Books, golden, moneybird_agreement

_HUGE = Decimal(900_000_000_000_000)
_SUMS = "mart.fact_account_balance_month"


@pytest.fixture
def books(warehouse: Connection, request: pytest.FixtureRequest) -> Books:
    return golden(warehouse, f"sums{request.node.name.removeprefix('test_')[:30]}")


def post(books: Books, *numbers: str) -> None:
    """Vouchers of the third month, each of an amount that can be stored."""
    for number in numbers:
        lines = [
            {"id": f"{number}{place}", "ledger_account_id": account, "debit": debit, "credit": credit, "description": None}
            for place, account, debit, credit in (
                ("a", "a4600", str(_HUGE), "0.0"), ("b", "a8000", "0.0", str(_HUGE)),
            )
        ]  # fmt: skip
        books.add("general_journal_documents", {
            "id": number, "reference": None, "date": "2026-03-20", "journal_type": None, "version": 1,
            "general_journal_document_entries": lines,
        })  # fmt: skip


def aside(books: Books) -> list[tuple[Any, ...]]:
    return books.connection.execute(
        "select entity, source_key, field, value, reason from ops.set_aside where agreement_id = %s order by 1, 2",
        [books.id],
    ).fetchall()


def balances(books: Books, account: str) -> dict[date, Decimal]:
    rows = books.connection.execute(
        "select month, movement_base from mart.fact_account_balance_month where agreement_id = %s "
        "and account_number = %s order by 1",
        [books.id, account],
    ).fetchall()
    return dict(rows)


def test_a_sum_is_told_by_its_account_and_month(books: Books) -> None:
    books.night()
    before = balances(books, "a4600")
    post(books, "J8", "J9")
    books.night()
    told = aside(books)
    assert {(entity, reason) for entity, *_, reason in told} == {
        (_SUMS, "is too large for numeric(19,4)")
    }
    assert [key for _, key, *_ in told] == ["8000 (2026-03-01)", "a4600 (2026-03-01)"]
    assert {field for _, _, field, *_ in told} == {"movement_base, closing_base"}
    [(posted,)] = books.connection.execute(
        "select count(*) from mart.fact_journal_entries where agreement_id = %s and voucher_number in ('J8', 'J9')",
        [books.id],
    ).fetchall()
    assert posted == 4
    [(summed,)] = books.connection.execute(
        "select max(movement_base) from core.account_month where agreement_id = %s", [books.id]
    ).fetchall()
    assert summed >= 2 * _HUGE
    march = date(2026, 3, 1)
    assert balances(books, "a4600") == {m: v for m, v in before.items() if m != march}
    # A quiet night leaves it told; without the postings it is as it was.
    books.night()
    assert aside(books) == told
    books.remove("general_journal_documents", "J9")
    books.night()
    assert aside(books) == []
    assert balances(books, "a4600")[march] == before[march] + _HUGE


def test_an_account_of_which_nothing_is_left_is_forgotten(books: Books) -> None:
    post(books, "J8", "J9")
    books.night()
    assert "8000 (2026-03-01)" in {key for _, key, *_ in aside(books)}
    for number in ("J8", "J9", "S1"):
        entity = "sales_invoices" if number == "S1" else "general_journal_documents"
        books.remove(entity, number)
    books.night()
    assert balances(books, "8000") == {}
    assert aside(books) == []


def test_nobody_is_told_of_a_run_that_would_help(books: Books, dsn: str) -> None:
    post(books, "J8", "J9")
    books.night()
    run, of = books.connection.execute, moneybird_agreement(books.id)
    judge_set_aside(
        books.connection, by_key([subject_of(of)]), now=datetime(2026, 11, 1, 4, tzinfo=UTC)
    )
    [(reason,)] = run("select reason from ops.alert where subject_id = %s", [of.id]).fetchall()
    assert "a4600 (2026-03-01): movement_base" in reason
    assert (
        "These sums of postings fit no column: the balances of these months are left out" in reason
    )
    assert "voucher" not in reason

    vendor = VENDORS["moneybird"]
    found = SetAside.load(books.connection, of.id, vendor)
    missing = Comparison(
        "month_balances", "fact_account_balance_month", 2 * _HUGE, Decimal(0), "a4600", "2026-03-01",
        (date(2026, 3, 1), date(2026, 3, 31)),
    )  # fmt: skip
    assert found.behind(missing) == [_SUMS]
    assert "Correct the postings that they sum up at the vendor" in found.note(_SUMS)
    report = DifferenceReport(
        of.id, of.start_date, "EUR", {}, vendor.fills, vendor.ledger_entities, found.behind
    )
    assert "mode=window" not in report.tell([missing])

    told = validate(books.connection, dsn, of, run_id="sums", everything=True)
    sums = [b.rule.remedy for b in told.broken if b.rule.table == "fact_account_balance_month"]
    assert sums
    for remedy in sums:
        assert f"Where ops.set_aside names {_SUMS}, a sum of postings fits no column" in remedy


def test_an_upgrade_sums_anew_what_was_left_out_and_rewrites_no_table(books: Books) -> None:
    post(books, "J8", "J9")
    books.night()
    told, run = aside(books), books.connection.execute
    run(
        "delete from core.account_month where agreement_id = %s and abs(movement_base) > 1e15",
        [books.id],
    )
    run(
        "update ops.set_aside set entity = 'core.account_month', source_key = '2026-03-01' "
        "where agreement_id = %s and source_key = 'a4600 (2026-03-01)'",
        [books.id],
    )
    run(
        "update ops.set_aside set source_key = '4711|-3 (2026-03-01)' where agreement_id = %s and entity = %s",
        [books.id, _SUMS],
    )
    with books.connection.transaction(force_rollback=True):
        columns = ("opening_base", "transferred_base", "movement_base")
        run(
            f"create table core.sums as select {', '.join(f'{c}::numeric(19, 4)' for c in columns)} "
            "from core.account_month where abs(movement_base) < 1e14".encode()
        )
        before = run("select pg_relation_filenode('core.sums')").fetchone()
        migration = (MIGRATIONS_DIR / "0071_set_aside_whole.sql").read_text()
        [alter] = re.findall(r"alter table core\.account_month[^;]+;", migration)
        run(alter.replace("account_month", "sums").encode())
        assert run("select pg_relation_filenode('core.sums')").fetchone() == before
    run(migration.encode())
    assert aside(books) == []
    books.night()
    assert aside(books) == told
