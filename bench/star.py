"""The queries of Power BI on the facts, beside the same on a star that was made by hand for just these: narrow, integer keys, its own indexes."""

from __future__ import annotations

from collections.abc import Mapping

from saldo.warehouse.connection import Connection

from .measure import Lap
from .targets import Laps, Target
from .turns import Asked, compared

MOST = 1.25
SECTION = "The queries of Power BI beside a hand-written star, median"
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


def asked_of(query: str) -> str:
    """A query of Saldo's tables, of the star's."""
    for ours, theirs in _TABLES.items():
        query = query.replace(ours, theirs)
    return query


def laps(what: str, ours: Asked, by_hand: Asked) -> list[Lap]:
    """Of what was asked in turns: the log-in of Saldo's facts, and who asked the star for the same agreements."""
    return [
        asked.lap(SECTION, f"{what}, {by}") for by, asked in (("Saldo", ours), ("by hand", by_hand))
    ]


def targets(laps: Laps, queries: Mapping[str, str], logins: Mapping[str, object]) -> list[Target]:
    """Each query of each log-in beside the star's."""
    found = []
    for what in (f"{name}, {who}" for name in queries for who in logins):
        ours, theirs = (laps.get(SECTION, f"{what}, {by}") for by in ("Saldo", "by hand"))
        if ours and theirs:
            reached = compared(ours, theirs, "by hand")[1]
            is_met = ours.seconds / theirs.seconds <= MOST
            found.append(Target(f"Power BI: {what}, beside a hand-written star", f"{MOST:.2f} x the time or less", reached, is_met))  # fmt: skip
    return found
