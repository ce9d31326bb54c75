"""Asks a bank for rates: retries, limits and errors are the transport's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TypeVar

from saldo.declarations.connection_form import Fields
from saldo.declarations.source import Usage
from saldo.errors import BadResponse, Evidence, VendorError
from saldo.transport import Auth, Caller, Dialect, HeaderAuth, Policy, Reply, Transport
from saldo.transport.limiter import BurstLimiter

from .bank import Bank
from .rate import Rate

T = TypeVar("T")


class NothingThere(BadResponse):
    """The bank has no rates for what was asked (404): a weekend, a holiday, or a wrong address."""

    @property
    def family(self) -> str:
        """That of its base: the table of families knows no other."""
        return "BadResponse"


class RatesClient:
    """Rates of one bank.

    notes: what could not be had and is not needed, in sentences. daily_calls: no bank counts by the day.
    """

    daily_calls: int | None = None

    def __init__(
        self, bank: Bank, caller: Caller, *, fields: Fields, policy: Policy | None = None
    ) -> None:
        """fields: of a connection that says another address (host, and more of them in the extra) or a key
        (password); empty for the bank's own."""
        self.bank, self.caller = bank, caller
        self.url = (fields.host or bank.url).rstrip("/")
        self.more_urls = {
            name: (fields[name] or url).rstrip("/") for name, url in bank.more_urls.items()
        }
        self.notes: list[str] = []
        self._transport = Transport(
            caller,
            base_urls=(self.url, *self.more_urls.values()),
            auth=_auth(bank, fields.password),
            dialect=Dialect(headers={"Accept": bank.accept}, refusal=_refusal),
            policy=policy,
        )
        self.usage: Usage = self._transport.usage

    def rates(self, first: date, *, today: date) -> Iterator[Rate]:
        """The rates of all currencies from a day on, in the bank's order, read as they are taken. None at all
        is no error here: no bank publishes on a holiday.

        Raises as Transport.get does; BadResponse for what is no rate.
        """
        return self.bank.read(self, first, today)

    def get(
        self, url: str, *, decode: Callable[[bytes], T], params: Mapping[str, str] | None = None
    ) -> T | None:
        """An answer; None where there is nothing for what was asked. Raises as Transport.get does."""
        try:
            return self._transport.get(url, params=params, decode=decode)
        except NothingThere:
            return None


def _auth(bank: Bank, key: str) -> Auth:
    if bank.key_header and key:
        return HeaderAuth({bank.key_header: key})
    auth = Auth()
    if bank.calls_a_minute:
        auth.limiter = BurstLimiter(bank.calls_a_minute, 60)
    return auth


def _refusal(caller: Caller, reply: Reply, evidence: Callable[[], Evidence]) -> VendorError | None:
    if reply.status != 404:
        return None
    return NothingThere(f"{caller.name}: there is nothing for what was asked (404)", evidence())
