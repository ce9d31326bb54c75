"""e-conomic's control totals as entities: a collection for each accounting year, and for each period.

Docs: https://restdocs.e-conomic.com (accounting-years, totals; invoices, totals). Years of two calendar
years have a name with a slash, which the classic API writes `_6_` in paths; periods are numbered through
all years. Years that hold nothing are not asked for their periods.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

import msgspec

from saldo.declarations.source import Everything, Page, Request
from saldo.errors import Unavailable
from saldo.staging.records import VendorDate, decode_hook, tolerant

from . import answers

T = TypeVar("T")

MAX_PAGE = 1000
#: The kinds of booked invoices whose totals are landed. What is overdue changes with the day alone.
INVOICES = ("booked", "booked/paid", "booked/unpaid")
YEARS = "accounting-years"
PERIODS = "accountingyearsapi/v2.0.1/accountingYears/periods"

#: How the classic API writes characters of a key in a path.
_ESCAPES = {char: f"_{n}_" for n, char in enumerate("<>*%:&/\\_ ?.#+")}


class Year(msgspec.Struct, rename="camel"):
    year: str
    from_date: VendorDate
    to_date: VendorDate
    closed: bool = False


class _Period(msgspec.Struct, rename="camel"):
    period_number: int
    year: str


class _Periods(msgspec.Struct):
    items: list[_Period]
    cursor: str | int | None = None


_year = tolerant(msgspec.json.Decoder(Year, dec_hook=decode_hook).decode)
_periods = tolerant(msgspec.json.Decoder(_Periods).decode)


class Client(Protocol):
    """What control totals need of a client."""

    def take_years(self) -> list[msgspec.Raw] | None:
        """The accounting years that this client has just landed, once; None where it has not."""

    def get(
        self, path: str, *, decode: Callable[[bytes], T], params: dict[str, Any] | None = None
    ) -> T:
        """One answer, decoded. Raises as Transport.get does."""


def collection(client: Client, path: str) -> Iterator[msgspec.Raw]:
    """All records of a classic collection, streamed; raises Unavailable when it is not whole."""
    announced, sent = None, 0
    for number in itertools.count():
        params = {"pagesize": MAX_PAGE, "skippages": number}
        found = client.get(path, params=params, decode=answers.collection)
        if announced not in (None, found.pagination.results):
            raise Unavailable(f"{path} changed while it was read; it is read again")
        announced, sent = found.pagination.results, sent + len(found.collection)
        yield from found.collection
        if not found.collection or sent >= announced:
            break
    if sent != announced:
        raise Unavailable(f"{path} announced {announced} records and sent {sent}; it is read again")


def escaped(key: str) -> str:
    """A key as the classic API writes it in a path: "2025/2026" is 2025_6_2026."""
    return "".join(_ESCAPES.get(char, char) for char in key)


def years(client: Client) -> list[Year]:
    """All accounting years, the oldest first; those that the same client has just landed are not asked for again."""
    records = client.take_years()
    if records is None:
        records = list(collection(client, YEARS))
    found = [_year(bytes(record)) for record in records]
    return sorted(found, key=lambda year: year.from_date)


def account_totals(client: Client, request: Request) -> Iterator[Page]:
    """A page a year, and one a period where everything is read; else of the open years only."""
    is_all = isinstance(request, Everything)
    numbers = _numbers(client) if is_all else {}
    for year in years(client):
        if year.closed and not is_all:
            continue
        records = list(collection(client, year_path(year.year)))
        yield Page(records, None)
        if records and is_all:
            for number in numbers.get(year.year, ()):
                yield Page(list(collection(client, period_path(year.year, str(number)))), None)


def year_path(year: str) -> str:
    """The path of a year's totals."""
    return f"{YEARS}/{escaped(year)}/totals"


def period_path(year: str, period: str) -> str:
    """The path of a period's totals; period: the vendor's number of it."""
    return f"{YEARS}/{escaped(year)}/periods/{period}/totals"


def _numbers(client: Client) -> dict[str, list[int]]:
    """Year -> the vendor's numbers of its periods."""
    found: dict[str, list[int]] = {}
    cursor: str | None = None
    while True:
        params = {} if cursor is None else {"cursor": cursor}
        page = client.get(PERIODS, params=params, decode=_periods)
        for period in page.items:
            found.setdefault(period.year, []).append(period.period_number)
        if page.cursor is None or str(page.cursor) == cursor:
            return found
        cursor = str(page.cursor)


def invoice_totals(client: Client, request: Request) -> Iterator[Page]:
    """A record a kind."""
    records = [_of_kind(client, kind) for kind in INVOICES]
    yield Page(records, None, announced=len(records))


def _of_kind(client: Client, kind: str) -> msgspec.Raw:
    """The vendor's answer does not say which kind it is of: that is put in front."""
    body = bytes(client.get(f"invoices/totals/{kind}", decode=answers.whole_body)).lstrip()
    return msgspec.Raw(b'{"totalsOf":"%s",' % kind.encode() + body[1:])


def _sample_of_accounts(client: Client) -> Page:
    """Some totals of one year, which need not be the newest."""
    params: dict[str, str | int] = {"pagesize": 1, "skippages": 0}
    found = client.get(YEARS, params=params, decode=answers.collection)
    if not found.collection:
        return Page([], None)
    path = year_path(_year(bytes(found.collection[0])).year)
    totals = client.get(path, params=params | {"pagesize": 20}, decode=answers.collection)
    return Page(totals.collection, None, totals.pagination.results)


def _sample_of_invoices(client: Client) -> Page:
    return Page([_of_kind(client, INVOICES[0])], None)


#: Entities that are no collection of the vendor's, by path.
SETS: dict[str, Callable[[Client, Request], Iterator[Page]]] = {
    "accounting-years/{year}/totals": account_totals,
    "invoices/totals/{kind}": invoice_totals,
}

#: How they are looked at first.
SAMPLES: dict[str, Callable[[Client], Page]] = {
    "accounting-years/{year}/totals": _sample_of_accounts,
    "invoices/totals/{kind}": _sample_of_invoices,
}
