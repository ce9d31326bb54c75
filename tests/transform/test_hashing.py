"""How an agreement's rows are joined: its own number decides, not that of all agreements, of which alone the planner knows."""

from __future__ import annotations

import pytest

from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import connect
from tests.support import Company, Sandbox, night


@pytest.fixture(scope="module")
def known(dsn: str, sandbox: Sandbox) -> Company:
    """A company that the planner knows, and has many rows of."""
    company = sandbox.company("hashknown", entries=3_000)
    night(dsn, company)
    with connect(dsn) as connection:
        connection.execute("analyze")
    return company


def _after_entries(dsn: str, company: Company, run_request: RunRequest) -> str:
    """Whether rows may be joined row by row once the journal entries were looked at."""
    seen: dict[str, str] = {}
    with connect(dsn) as connection:

        def look(_done: int, _all: int, name: str) -> None:
            [(seen[name],)] = connection.execute("show enable_nestloop").fetchall()

        refresh(connection, company.agreement, run_request, tell=look)
    return seen["fact_receivables"]


def test_of_a_new_agreement_beside_larger_ones(dsn: str, sandbox: Sandbox, known: Company) -> None:
    company = sandbox.company("hashnew", entries=300)
    night(dsn, company)
    with connect(dsn) as connection:
        connection.execute("analyze")
    assert _after_entries(dsn, company, RunRequest(mode="full")) == "off"


def test_of_a_few_of_many(dsn: str, known: Company) -> None:
    with connect(dsn) as connection:
        [(day,)] = connection.execute(
            "select max(date) from mart.fact_journal_entries where agreement_id = %s", [known.id]
        ).fetchall()
    assert _after_entries(dsn, known, RunRequest(window=(day, day))) == "on"


def test_what_is_in_no_index_is_changed_without_writing_to_any(dsn: str, known: Company) -> None:
    """The new row of a text lies in the page of the old one, which has room for it."""
    counted = "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where relname = 'fact_journal_entries'"
    with connect(dsn) as connection:
        connection.execute("select pg_stat_force_next_flush()")
        [before] = connection.execute(counted).fetchall()
        connection.execute(
            "update core.ledger_entry set text = text || '.', change_seq = s.change_seq "
            "from (select nextval('core.change_seq') as change_seq) as s "
            "where agreement_id = %s and entry_number::bigint %% 50 = 0",
            [known.id],
        )
        refresh(connection, known.agreement, RunRequest())
        connection.execute("select pg_stat_force_next_flush()")
        [after] = connection.execute(counted).fetchall()
    rows, in_place = (late - early for late, early in zip(after, before, strict=True))
    assert rows > 50
    assert in_place > rows * 0.9
