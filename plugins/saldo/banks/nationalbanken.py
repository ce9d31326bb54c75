"""Danmarks Nationalbank: the krone's rates of banking days.

History: table DNVALD of the bank's StatBank, by the API of Statistics Denmark (https://www.dst.dk/en/Statistik/hjaelp-til-statistikbanken/api),
KURTYP KBH: kroner for 100 units. A day is in it from 9:00 the next banking day on. The last five days, as soon as they are published
(around 16:00 CET): https://www.nationalbanken.dk/api/currencyratesxmlhistory. None on weekends, Danish holidays, the day after
Ascension Day, 1 May, 5 June, 24 and 31 December, and closing days of TARGET. Missing values are `..`. No key.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from saldo.errors import VendorError

from . import csv_answer
from .bank import Bank
from .client import RatesClient
from .parts import day_of, rate_of
from .rate import Rate, is_currency

_NEEDS = ("VALUTA", "KURTYP", "TID", "INDHOLD")
#: Kroner are for so many of the currency.
_UNIT = 100
#: (currency, day, rate), as they are written.
_Texts = tuple[str, str, str]


def _read(client: RatesClient, first: date, today: date) -> Iterator[Rate]:
    """The history, then the last days: what both have, the later counts."""
    body = client.get(
        f"{client.url}/data/DNVALD/BULK",
        params={
            "lang": "en",
            "delimiter": "Semicolon",
            "VALUTA": "*",
            "KURTYP": "KBH",
            "Tid": f">={first:%YM%mD%d}",
        },
        decode=csv_answer.whole,
    )
    who = client.caller.name
    for line in csv_answer.rows(body, separator=";", needs=_NEEDS, who=who):
        if line["KURTYP"] == "KBH":
            yield from _rates((line["VALUTA"], line["TID"], line["INDHOLD"]), who)
    for texts in _recent(client):
        for rate in _rates(texts, who):
            if rate.day >= first:
                yield rate


def _recent(client: RatesClient) -> list[_Texts]:
    """What the StatBank does not have yet. It has it tomorrow: a failure is a note."""
    url = f"{client.more_urls['recent_url']}/currencyratesxmlhistory"
    try:
        return client.get(url, params={"lang": "en"}, decode=_texts) or []
    except VendorError as error:
        client.notes.append(f"without the rates of the last days: {error}")
        return []


def _texts(body: bytes) -> list[_Texts]:
    """Cubes of a day (time), in them those of currencies (currency, rate). Raises msgspec.DecodeError for what is no
    such document."""
    try:
        root = fromstring(body.decode("utf-8-sig"))
    except (ParseError, DefusedXmlException, ValueError):
        raise msgspec.DecodeError("no complete XML") from None
    days = [cube for cube in root.findall(".//{*}Cube") if cube.get("time")]
    if not days:
        raise msgspec.DecodeError("no rates in it")
    return [
        (cube.get("currency", ""), day.get("time", ""), cube.get("rate", ""))
        for day in days
        for cube in day
    ]


def _rates(texts: _Texts, who: str) -> Iterator[Rate]:
    currency, day, value = texts
    published = rate_of(value, who) if is_currency(currency) else None
    if published is not None:
        yield Rate(currency, "DKK", day_of(day, who), published, _UNIT)


NATIONALBANKEN = Bank(
    "nationalbanken",
    title="Danmarks Nationalbank",
    currency="DKK",
    url="https://api.statbank.dk/v1",
    read=_read,
    more_urls={"recent_url": "https://www.nationalbanken.dk/api"},
)
