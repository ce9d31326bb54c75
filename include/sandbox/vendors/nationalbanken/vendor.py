"""Danmarks Nationalbank: kroner for 100 units. The table DNVALD has a day from the next one on, the bank's own page the
last five.

Sources: https://www.dst.dk/en/Statistik/hjaelp-til-statistikbanken/api, https://www.nationalbanken.dk (exchange rates via XML).
"""

from __future__ import annotations

from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.market.rates import PLAYED
from sandbox.market.serving import bank_of, today_of
from sandbox.state import state_of
from sandbox.vendor import Endpoint

_BANK = PLAYED["nationalbanken"]
_HEAD = "VALUTA;KURTYP;TID;INDHOLD"


def _nothing(request: Request) -> Response:
    return PlainTextResponse(f"{_HEAD}\r\n", media_type="text/csv")


def _table(request: Request, body: bytes) -> Response:
    asked = request.query_params
    said = asked.get("Tid", "").removeprefix(">=").replace("M", "-").replace("D", "-")
    today = today_of(state_of(request))
    days = _BANK.days(date.fromisoformat(said), today - timedelta(days=1))
    lines = [
        f"{currency};KBH;{day:%YM%mD%d};{'..' if value is None else value}"
        for currency in _BANK.currencies
        for day in days
        for value in (_BANK.published(currency, day, today),)
    ]
    return PlainTextResponse("\r\n".join([_HEAD, *lines, ""]), media_type="text/csv")


def _recent(request: Request, body: bytes) -> Response:
    today = today_of(state_of(request))
    days = _BANK.days(today - timedelta(days=14), today)[-5:]
    cubes = []
    for day in reversed(days):
        rates = "".join(
            f'<Cube currency="{currency}" rate="{value}" />'
            for currency in _BANK.currencies
            if (value := _BANK.published(currency, day, today)) is not None
        )
        cubes.append(f'<Cube time="{day}">{rates}</Cube>')
    return Response(
        '<?xml version="1.0" encoding="utf-8"?><gesmes:Envelope '
        'xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
        'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><gesmes:subject>Reference rates'
        f"</gesmes:subject><Cube>{''.join(cubes)}</Cube></gesmes:Envelope>",
        media_type="text/xml",
    )


NATIONALBANKEN = bank_of(
    "nationalbanken",
    (
        Endpoint("/nationalbanken/statbank/v1/data/DNVALD/BULK", _table),
        Endpoint("/nationalbanken/api/currencyratesxmlhistory", _recent),
    ),
    empty=_nothing,
)
