"""The books as they were, without what is personal: also by the numbers of accounts that are not in the chart, and by lines that
have not changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from saldo.warehouse.connection import Connection, connect

from .books import COMPANIES, fill
from .past import THEN, book
from .test_rights import ask

OWN, OTHER = COMPANIES
AS_OF, CHANGED = "journal_entries_as_of", "journal_entries_changed_since"
HIDDEN = "(hidden)"


@pytest.fixture(scope="module")
def filled(dsn: str) -> str:
    with connect(dsn) as connection:
        fill(connection)
        book(connection)
        # As the postings of staging have them.
        connection.execute(
            "update mart.fact_journal_entries set entry_number = right(entry_number, 1)"
        )
    return dsn


@pytest.fixture
def owner(filled: str) -> Iterator[Connection]:
    """What a test does to the books is undone."""
    with connect(filled) as connection, connection.transaction(force_rollback=True):
        yield connection


def texts(owner: Connection, function: str, id: str = OWN) -> dict[object, str]:
    """Entry -> its text as it was; h for what is hidden."""
    column = "text" if function == AS_OF else "old_text"
    rows = ask(
        owner,
        f"select entry_number, {column} from mart_masked.{function}('{THEN}', %s) order by 1",
        id,
    )
    return {entry: "h" if text == HIDDEN else "shown" for entry, text in rows}


def test_as_it_is(owner: Connection) -> None:
    for function in (AS_OF, CHANGED):
        for id in COMPANIES:
            assert texts(owner, function, id) == {"1": "h", "2": "h", "3": "shown"}


@pytest.mark.parametrize("function", [AS_OF, CHANGED])
@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [("2215", None, "h"), ("9000", None, "shown"), ("57", "5700", "h"), ("x", None, "shown")],
    ids=["personal", "other", "coded", "no number"],
)
def test_an_account_that_is_not_in_the_chart_is_known_by_its_number(
    owner: Connection, function: str, number: str, code: str | None, shown: str
) -> None:
    """Where the vendor's own number is not the one people know, nothing is known but that it may be personal."""
    for table in ("economic_entries", "history"):
        owner.execute(
            f"update staging.{table} set payload = payload || jsonb_build_object('accountNumber', %s::text) "
            "where agreement_id = %s and source_key = '3'".encode(),
            [number, OWN],
        )
    if code:
        owner.execute(
            "insert into core.account (agreement_id, account_number, name, account_type, sort_key, is_deleted, change_seq, code) "
            "values (%s, '1', 'x', 'profitAndLoss', 1, false, 1, %s)",
            [OWN, code],
        )
    assert texts(owner, function) == {"1": "h", "2": "h", "3": shown}
    if function == AS_OF:
        assert ask(
            owner,
            f"select account_key from mart.{AS_OF}('{THEN}', %s) where entry_number = '3'",
            OWN,
        ) == [(-1,)]


def test_what_changed_is_hidden_by_a_line_that_did_not(owner: Connection) -> None:
    """The salary is as it was, and only the other line of its voucher is another."""
    owner.execute("delete from staging.history where agreement_id = %s and source_key = '1'", [OWN])
    owner.execute(
        "update staging.economic_entries set change_seq = 10 where agreement_id = %s and source_key = '1'",
        [OWN],
    )
    assert texts(owner, CHANGED) == {"2": "h", "3": "shown"}
    owner.execute(
        "update mart.fact_journal_entries set account_key = 101002 where agreement_id = %s and entry_number = '1'",
        [OWN],
    )
    assert texts(owner, CHANGED) == {"2": "shown", "3": "shown"}
    # Its account is not in the chart, and has the number of a personal one.
    owner.execute(
        "update mart.fact_journal_entries set account_key = -1 where agreement_id = %s and entry_number = '1'",
        [OWN],
    )
    assert texts(owner, CHANGED) == {"2": "h", "3": "shown"}


def test_lines_without_a_voucher_are_hidden_together_of_each_agreement_apart(
    owner: Connection,
) -> None:
    owner.execute(
        "update mart.fact_journal_entries set voucher_number = null, voucher_key = -3, text = 'said'"
    )
    for table in ("economic_entries", "history"):
        owner.execute(f"update staging.{table} set payload = payload - 'voucherNumber'".encode())
    owner.execute("delete from ops.personal_account where agreement_id = %s", [OTHER])
    for id, shown in ((OWN, "h"), (OTHER, "shown")):
        for function in (AS_OF, CHANGED):
            assert texts(owner, function, id) == dict.fromkeys("123", shown), (function, id)
        assert ask(
            owner,
            "select text, count(*) from mart_masked.fact_journal_entries where agreement_id = %s group by 1",
            id,
        ) == [(HIDDEN if shown == "h" else "said", 3)]


def test_no_line_is_there_twice(owner: Connection) -> None:
    """However many agreements have personal lines without a voucher, which have one key together."""
    owner.execute("update mart.fact_journal_entries set voucher_number = null, voucher_key = -3")
    count = "select count(*) from {}.{}"
    for table in (
        "fact_journal_entries", "bridge_entry_dimension", "fact_receivables", "fact_payables", "fact_draft_entries",
        "fact_purchase_documents", "dim_document",
    ):  # fmt: skip
        assert ask(owner, count.format("mart_masked", table)) == ask(
            owner, count.format("mart", table)
        ), table
