"""Xledger's own account balances, asked for afresh: what proof compares the facts with.

Docs: the schema at the endpoint's own page (accountBalances: what an account moved by in a period). Xledger counts no
transactions, and tells no totals of invoices or customers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import msgspec

from saldo.declarations.controls import BooksYear, LandedBooks, Line, Marker, Totals
from saldo.declarations.source import EVERYTHING
from saldo.staging.records import VendorDate, decode_hook

from .answers import Edge
from .client import XledgerClient
from .entities import ENTITIES
from .records import DbId

_BY_NAME = {entity.name: entity for entity in ENTITIES}


class _Code(msgspec.Struct):
    code: str


class _Link(msgspec.Struct, rename={"db_id": "dbId"}):
    db_id: DbId


class _Name(msgspec.Struct):
    name: str | None


class _Period(msgspec.Struct, rename="camel"):
    fiscal_year: int
    from_date: VendorDate
    to_date: VendorDate
    #: Absent where the schema does not have it.
    period_status: _Name | None = None


class _Balance(msgspec.Struct, rename={"db_id": "dbId"}):
    db_id: DbId
    account: _Code
    period: _Link
    amount: Decimal


class _Header(msgspec.Struct, rename="camel"):
    posted_date: VendorDate


class _Transaction(msgspec.Struct):
    account: _Code
    amount: Decimal
    header: _Header


class _Place(msgspec.Struct, rename={"db_id": "dbId", "fiscal_year": "fiscalYear"}):
    db_id: DbId
    fiscal_year: int


_period = msgspec.json.Decoder(_Period, dec_hook=decode_hook).decode
_place = msgspec.json.Decoder(_Place).decode
_balance = msgspec.json.Decoder(_Balance).decode
_transaction = msgspec.json.Decoder(_Transaction, dec_hook=decode_hook).decode
#: Period -> account -> what it moved by.
_Balances = dict[str, dict[str, Decimal]]


class XledgerControls:
    """Totals of accounts, and what was booked since the ledger was read; saldo.declarations.controls says what each
    returns. Markers are cursors of the stream of transactions. Amounts are decoded from their digits."""

    def __init__(self, client: XledgerClient) -> None:
        self._client = client
        self.usage, self.daily_calls = client.usage, client.daily_calls
        self._balances: _Balances = {}
        self._years: dict[str, set[str]] = {}
        #: Years and periods whose totals were told since the balances were read.
        self._told: set[str] = set()

    def check_identity(self, known: str | None) -> str:
        return self._client.check_identity(known)

    def years(self) -> list[BooksYear]:
        """A fiscal year is what its periods span, and closed when all of them are."""
        found: dict[int, list[_Period]] = defaultdict(list)
        for node in self._nodes("periods"):
            period = _period(node)
            found[period.fiscal_year].append(period)
            self._years.setdefault(str(period.fiscal_year), set()).add(str(_place(node).db_id))
        return [
            BooksYear(
                str(year),
                min(period.from_date for period in periods),
                max(period.to_date for period in periods),
                all(p.period_status and p.period_status.name == "CLOSED" for p in periods),
            )
            for year, periods in sorted(found.items())
        ]

    def year_totals(self, year: str) -> Totals:
        balances, found = self._read(year), dict[str, Decimal]()
        for period in self._years.get(year, ()):
            for account, amount in balances.get(period, {}).items():
                found[account] = found.get(account, Decimal(0)) + amount
        return found

    def period_totals(self, year: str, period: str) -> Totals:
        return dict(self._read(f"{year} {period}").get(period, {}))

    def is_still(self, marker: Marker) -> bool:
        """Changes and deletions count: the stream tells them."""
        return self._client.is_still(_BY_NAME["transactions"], str(marker or ""))

    def entries_beyond(self, marker: Marker) -> Iterator[Line]:
        """What was added since; of an old line that was changed meanwhile the stream does not say what it was."""
        added: dict[str, Edge] = {}
        for edge in self._client.changes(_BY_NAME["transactions"], str(marker or "")):
            if edge.change and (
                edge.change.mutation_type == "ADDED" or str(edge.change.db_id) in added
            ):
                # A line that is told of twice is one, as it was told last.
                added[str(edge.change.db_id)] = edge
        for edge in added.values():
            line = _transaction(bytes(edge.node))
            posted = date.fromisoformat(line.header.posted_date.isoformat())
            yield Line(str(edge.cursor), line.account.code, posted, line.amount)

    def moved_since(self, landed: LandedBooks) -> str:
        """See Moves.moved_since; of lines that were changed or deleted the stream does not say what they were."""
        made, changed = self._client.changed(_BY_NAME["transactions"], str(landed.marker or ""))
        count = len(made & changed) + landed.live("transactions", sorted(changed - made))
        return f"{count} lines were changed or deleted at the vendor" if count else ""

    def _read(self, scope: str) -> _Balances:
        """The balances of all periods; read again when a total is asked for again."""
        if not self._balances or scope in self._told:
            self._told.clear()
            self._balances = defaultdict(lambda: defaultdict(Decimal))
            seen = set[str]()
            for found in map(_balance, self._nodes("account_balances")):
                # Pages may overlap.
                if str(found.db_id) not in seen:
                    self._balances[str(found.period.db_id)][found.account.code] += found.amount
                seen.add(str(found.db_id))
        self._told.add(scope)
        return self._balances

    def _nodes(self, name: str) -> Iterator[bytes]:
        for page in self._client.pages(_BY_NAME[name], EVERYTHING):
            yield from map(bytes, page.records)
