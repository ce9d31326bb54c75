"""The warehouse's side of the ledger's controls: the facts, all read at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import ClientCursor

from saldo.declarations.controls import BooksYear, Marker, Offer
from saldo.paths import SQL_DIR
from saldo.runs.sync_run import Run
from saldo.transform import derived
from saldo.vendors.vendor import Vendor
from saldo.warehouse.connection import Connection, read_sql

from .posted_years import are_made_of_postings

Sums = dict[str, Decimal]


class Period(NamedTuple):
    """A period of an accounting year; source_key is the vendor's own name of it."""

    year: str
    number: int
    source_key: str
    start: date
    end: date

    @property
    def label(self) -> str:
        """As people read it: 2026 P03."""
        return f"{self.year} P{self.number:02d}"


class MonthBalance(NamedTuple):
    """What the lines of a month come to, and what the balances say; of a whole year without account."""

    year: str
    account: str | None
    month: date | None
    own: Decimal
    shown: Decimal


@dataclass
class Books:
    """What the facts come to. Amounts in base currency, debit positive.

    marker: how far the vendor's ledger was landed, 0 where it has no marker.
    blocking_reason: why the ledger cannot be compared now; None where it can.
    years: accounting year -> account -> what is dated in it. periods: (year, number) -> the same.
    forward: year -> balance account -> what it began with, where no opening entries say so.
    proven: period's label -> account -> the facts when it was last compared (None: it differed).
    """

    currency: str = ""
    marker: Marker = 0
    blocking_reason: str | None = None
    entries: int = 0
    is_balance: dict[str, bool] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    calendar: list[Period] = field(default_factory=list)
    years: dict[str, Sums] = field(default_factory=dict)
    periods: dict[tuple[str, int], Sums] = field(default_factory=dict)
    forward: dict[str, Sums] = field(default_factory=dict)
    months: list[MonthBalance] = field(default_factory=list)
    proven: dict[str, dict[str, Decimal | None]] = field(default_factory=dict)

    def periods_of(self, year: str) -> list[Period]:
        """The periods of a year, in their order."""
        return [period for period in self.calendar if period.year == year]


def load_books(
    connection: Connection,
    agreement_id: str,
    run: Run,
    years: Sequence[BooksYear],
    *,
    vendor: Vendor,
    offer: Offer,
    since: datetime,
) -> Books:
    """What the facts of some years come to; the months' balances are compared with the lines.

    offer: of a vendor that counts up to a marker, a ledger without one has not been landed. since: comparisons
    before it do not count as proven. Reads the lines dated from the first to the last of those years.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        look = _Reader(connection, agreement_id, years, vendor, since)
        return look.books(run, needs_marker=bool(offer.counts or offer.entries))


class _Reader:
    """Files of include/sql/proof, run in one transaction."""

    def __init__(
        self,
        connection: Connection,
        agreement_id: str,
        years: Sequence[BooksYear],
        vendor: Vendor,
        since: datetime,
    ) -> None:
        self._connection, self._vendor = connection, vendor
        row = connection.execute(
            "select agreement_key from mart.dim_agreement where agreement_id = %s", [agreement_id]
        ).fetchone()
        self._parameters: dict[str, Any] = {
            "agreement_id": agreement_id,
            "agreement_key": row[0] if row else None,
            "entity": vendor.fills.get("ledger_entry"),
            "years": [year.label for year in years],
            "starts": [year.start for year in years],
            "ends": [year.end for year in years],
            "first": min((year.start for year in years), default=None),
            "last": max((year.end for year in years), default=None),
            "since": since,
        }

    def books(self, run: Run, *, needs_marker: bool) -> Books:
        books = Books()
        for entity in self._vendor.ledger_entities:
            self._parameters["entity"] = entity
            marker, currency, is_in_core, is_unfinished, is_late, entries = self._rows("books")[0]
            books.currency, books.entries, books.marker = currency or "", entries, marker or 0
            if marker is None if needs_marker else not is_in_core:
                books.blocking_reason = "the ledger has not been landed yet"
            else:
                books.blocking_reason = blocking_reason(
                    self._connection,
                    self._parameters["agreement_id"],
                    run,
                    entity,
                    is_unfinished,
                    is_late or self._is_derived_late(),
                )
            if books.blocking_reason:
                break
        books.blocking_reason = books.blocking_reason or self._without_years()
        if books.blocking_reason:
            return books
        self._chart(books)
        self._rows("month_sums")
        for year, number, account, total in self._rows("period_sums"):
            sums = books.years.setdefault(year, {})
            sums[account] = sums.get(account, Decimal(0)) + total
            if number is not None:
                books.periods.setdefault((year, number), {})[account] = total
        for year, account, balance in self._rows("brought_forward"):
            books.forward.setdefault(year, {})[account] = balance
        books.months = [MonthBalance(*row) for row in self._rows("month_balances")]
        for label, account, value, ok in self._rows("proven_periods"):
            books.proven.setdefault(label, {})[account] = value if ok else None
        return books

    def _is_derived_late(self) -> bool:
        """Whether postings that are made of documents have not been made since one of these changed."""
        return derived.is_late(
            self._connection, self._vendor.name, self._parameters["agreement_id"]
        )

    def _chart(self, books: Books) -> None:
        for number, name, is_balance in self._connection.execute(
            "select account_number, name, is_balance_sheet from mart.dim_account "
            "where agreement_key = %(agreement_key)s",
            self._parameters,
        ):
            books.names[number] = name
            books.is_balance[number] = bool(is_balance)
        books.calendar = [
            Period(*row)
            for row in self._connection.execute(
                "select accounting_year, row_number() over (partition by accounting_year "
                "order by is_adjustment, start_date, length(source_key), source_key), source_key, start_date, end_date from core.period "
                "where agreement_id = %(agreement_id)s and not is_deleted order by start_date",
                self._parameters,
            )
        ]

    def _without_years(self) -> str | None:
        """A year we do not know as the vendor has it now would be all difference. Where years are made of what is posted, one
        that only the vendor has is one in which nothing is."""
        if are_made_of_postings(self._vendor):
            return None
        rows = self._connection.execute(
            "select y.label from unnest(%(years)s::text[], %(starts)s::date[], %(ends)s::date[]) "
            "as y (label, start_date, end_date) where not exists (select from core.accounting_year as o "
            "where o.agreement_id = %(agreement_id)s and o.accounting_year = y.label "
            "and o.start_date = y.start_date and o.end_date = y.end_date and not o.is_deleted)",
            self._parameters,
        ).fetchall()
        if not rows:
            return None
        entity = self._vendor.fills.get("accounting_year")
        run = f"saldo__{self._parameters['agreement_id']}" + (
            f" with entities={entity}" if entity else ""
        )
        return (
            f"the warehouse does not have the accounting year(s) {', '.join(r[0] for r in rows)} as the "
            f"vendor has them now: the next run lands them; to have it at once, trigger {run}"
        )

    def _rows(self, name: str) -> list[tuple[Any, ...]]:
        """The rows of a file's last statement."""
        with ClientCursor(self._connection) as cursor:
            cursor.execute(read_sql(SQL_DIR / "proof" / f"{name}.sql").encode(), self._parameters)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []


def blocking_reason(
    connection: Connection,
    agreement_id: str,
    run: Run,
    entity: str,
    is_unfinished: bool,
    is_late: bool,
) -> str | None:
    """Why an entity's facts cannot be compared now; None where they can."""
    row = connection.execute(
        "select status, error_message from ops.sync_run where agreement_id = %s and dag_id = %s "
        "and run_id = %s and entity = %s order by sync_run_id desc limit 1",
        [agreement_id, run.dag_id, run.run_id, entity],
    ).fetchone()
    if row and row[0] == "failed":
        reason = (row[1] or "see the log of its task").splitlines()[0]
        return f"{entity} did not land in this run, so the facts show what they were before it ({reason})"
    if is_unfinished:
        return f"{entity} are being landed, or a read of them was left unfinished"
    if is_late:
        return f"the facts have not been refreshed since {entity} landed"
    return None


def entries_by_day(connection: Connection, agreement_id: str) -> dict[date, int]:
    """How many posted lines the facts have of each day."""
    path = SQL_DIR / "proof" / "entries_by_day.sql"
    return dict(connection.execute(read_sql(path).encode(), {"agreement_id": agreement_id}))
