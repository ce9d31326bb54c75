"""The queries of Power BI on the facts, beside the same on a star that was made by hand for just these: narrow, integer keys, its own indexes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

from saldo.warehouse.connection import Connection

from .measure import Lap
from .targets import Laps, Target

TIMES, MOST = 9, 1.25
SECTION = f"The queries of Power BI beside a hand-written star, median of {TIMES}"
#: Table of Saldo -> the same by hand.
_TABLES = {
    "mart.fact_journal_entries": "star.posting",
    "mart.dim_account": "star.account",
    "mart.dim_date": "star.day",
}
_STAR = (
    "create schema star",
    "create table star.account as select account_key::integer, agreement_key::integer, account_number, name, section from mart.dim_account",
    "alter table star.account add primary key (account_key)",
    "create table star.day as select date_key, date, year, month from mart.dim_date",
    "alter table star.day add primary key (date_key)",
    """
    create table star.posting as
    select
        journal_entry_key::integer, agreement_key::integer, date, date_key, account_key::integer, department_key::integer,
        customer_key::integer, voucher_number, text, amount_base
    from mart.fact_journal_entries
    order by journal_entry_key
    """,
    "alter table star.posting add primary key (journal_entry_key)",
    "create index on star.posting (date)",
    "create index on star.posting (agreement_key, date)",
    "create index on star.posting (account_key, date)",
    "vacuum (analyze) star.account, star.day, star.posting",
)


def make(owner: Connection) -> None:
    """Filled from the rows of the facts. owner: commits by itself."""
    for statement in _STAR:
        owner.execute(statement.encode())


def measure(
    asked: tuple[Connection, Connection],
    name: str,
    query: str,
    *,
    only: str,
    read: Callable[[Connection, str], int],
    show: Callable[[Lap], None],
) -> None:
    """asked: who reads Saldo's facts, by their own rights, and who reads the star, in turns. only: what the latter must ask
    besides, so that it gets the same rows."""
    texts = (query.format(where="where true"), _on_star(query.format(where=f"where true{only}")))
    taken: tuple[list[float], list[float]] = ([], [])
    rows = [0, 0]
    for turn in range(TIMES + 1):
        for place, (connection, text) in enumerate(zip(asked, texts, strict=True)):
            began = perf_counter()
            rows[place] = read(connection, text)
            # The first one warms up.
            if turn:
                taken[place].append(perf_counter() - began)
    assert rows[0] == rows[1], (name, rows)
    for by, seconds in zip(("Saldo", "by hand"), taken, strict=True):
        show(Lap(SECTION, f"{name}, {by}", seconds=median(seconds), rows=rows[0]))


def _on_star(query: str) -> str:
    for ours, theirs in _TABLES.items():
        query = query.replace(ours, theirs)
    return query


def targets(laps: Laps, queries: Mapping[str, str], logins: Mapping[str, object]) -> list[Target]:
    """Each query of each log-in beside the star's."""
    found = []
    for what in (f"{name}, {who}" for name in queries for who in logins):
        ours, theirs = (laps.get(SECTION, f"{what}, {by}") for by in ("Saldo", "by hand"))
        if ours and theirs:
            ratio = ours.seconds / theirs.seconds
            reached = f"{ratio:.2f} x ({ours.seconds * 1000:.0f} ms, {theirs.seconds * 1000:.0f} ms by hand)"
            found.append(Target(f"Power BI: {what}, beside a hand-written star", f"{MOST:.2f} x or less", reached, ratio <= MOST))  # fmt: skip
    return found
