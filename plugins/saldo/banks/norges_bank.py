"""Norges Bank: its exchange rates of business days.

API: https://www.norges-bank.no/en/topics/Statistics/open-data/, key <frequency>.<currency>.NOK.SP, frequency B (business days).
CSV with semicolons; UNIT_MULT is the power of ten of the units a value is for (2 for SEK, DKK, JPY and others: kroner for
100). Published around 16:00 CET on Norwegian business days, in the API around 9:00 the next one. I44 and TWI
are indices, no currencies. With locale=en a value may have a comma for thousands. No key.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from saldo.errors import BadResponse

from . import csv_answer
from .bank import Bank
from .client import RatesClient
from .parts import day_of, rate_of
from .rate import Rate, is_currency

_NEEDS = ("BASE_CUR", "QUOTE_CUR", "UNIT_MULT", "TIME_PERIOD", "OBS_VALUE")
_INDICES = frozenset({"I44", "TWI"})


def _read(client: RatesClient, first: date, today: date) -> Iterator[Rate]:
    body = client.get(
        f"{client.url}/data/EXR/B..NOK.SP",
        params={"startPeriod": first.isoformat(), "format": "csv", "locale": "en"},
        decode=csv_answer.whole,
    )
    who = client.caller.name
    for line in csv_answer.rows(body, separator=";", needs=_NEEDS, who=who):
        currency = line["BASE_CUR"]
        if line["QUOTE_CUR"] != "NOK" or currency in _INDICES or not is_currency(currency):
            continue
        published = rate_of(line["OBS_VALUE"], who)
        if published is not None:
            day = day_of(line["TIME_PERIOD"], who)
            yield Rate(currency, "NOK", day, published, _unit(line["UNIT_MULT"], who))


def _unit(text: str, who: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 6):
        raise BadResponse(
            f"{who}: UNIT_MULT is {text[:20]!r}, no power of ten; compare the declaration with the bank's documentation"
        )
    return int(10 ** int(text))


NORGES_BANK = Bank(
    "norges_bank",
    title="Norges Bank",
    currency="NOK",
    url="https://data.norges-bank.no/api",
    read=_read,
)
