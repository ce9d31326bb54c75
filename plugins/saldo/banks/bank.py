"""What is known of a bank: where it is, what its currency is, and how its answers become rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from .rate import Rate

if TYPE_CHECKING:
    from .client import RatesClient

#: The rates from a day on, up to today: (client, first, today).
Read = Callable[["RatesClient", date, date], Iterator[Rate]]


@dataclass(frozen=True)
class Bank:
    """A central bank.

    name: source in the tables. currency: all its rates are against it. url: its service. more_urls: other
    addresses it has, by the field of a connection's extra that replaces them. key_header: where a key goes, for a
    bank that gives keys to those who ask often. calls_a_minute: what it allows those without one; None: no limit.
    """

    name: str
    title: str
    currency: str
    url: str
    read: Read
    accept: str = "text/csv"
    more_urls: Mapping[str, str] = field(default_factory=dict)
    key_header: str | None = None
    calls_a_minute: int | None = None
