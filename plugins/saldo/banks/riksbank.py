"""Sveriges Riksbank: the krona's rates, from its API SWEA.

API: https://developer.api.riksbank.se, FAQ: https://www.riksbank.se/en-gb/statistics/interest-rates-and-exchange-rates/retrieving-interest-rates-and-exchange-rates-via-api/
Group 130 holds the currencies against the krona, series SEK<currency>PMI; a request for a group spans at most a year. Published
around 16:15 every Swedish banking day. Without a key (header Ocp-Apim-Subscription-Key) some calls a minute are allowed,
with one 200. 204: nothing for those days. Values are kronor for one unit of the currency; the Riksbank's pages show some
of them for 100.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from .bank import Bank
from .client import RatesClient
from .parts import rate_of
from .rate import Rate

_SERIES = re.compile("SEK([A-Z]{3})PMI")
_STRETCH = timedelta(days=364)


class _Observation(msgspec.Struct):
    series_id: str = msgspec.field(name="seriesId")
    date: date
    value: Decimal | None = None


_list = msgspec.json.Decoder(list[_Observation])


def _observations(body: bytes) -> list[_Observation]:
    return _list.decode(body) if body.strip() else []


def _read(client: RatesClient, first: date, today: date) -> Iterator[Rate]:
    while first <= today:
        last = min(first + _STRETCH, today)
        url = f"{client.url}/Observations/ByGroup/130/{first}/{last}"
        for one in client.get(url, decode=_observations) or ():
            series = _SERIES.fullmatch(one.series_id)
            published = None if one.value is None else rate_of(str(one.value), client.caller.name)
            if series and published is not None:
                yield Rate(series[1], "SEK", one.date, published)
        first = last + timedelta(days=1)


RIKSBANK = Bank(
    "riksbank",
    title="Sveriges Riksbank",
    currency="SEK",
    url="https://api.riksbank.se/swea/v1",
    read=_read,
    accept="application/json",
    key_header="Ocp-Apim-Subscription-Key",
    calls_a_minute=4,
)
