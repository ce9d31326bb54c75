"""Sveriges Riksbank: observations of a group of series as JSON, at most a year at a time; 204 where there are none.

Source: https://developer.api.riksbank.se.
"""

from __future__ import annotations

from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.market.rates import PLAYED
from sandbox.market.serving import bank_of, today_of
from sandbox.state import state_of
from sandbox.vendor import Endpoint

_BANK = PLAYED["riksbank"]


def _nothing(request: Request) -> Response:
    return Response(status_code=204)


def _answer(request: Request, body: bytes) -> Response:
    first, last = (date.fromisoformat(request.path_params[name]) for name in ("first", "last"))
    if last - first >= timedelta(days=366):
        return PlainTextResponse("The time span is limited to one year.", 400)
    today = today_of(state_of(request))
    found = [
        f'{{"seriesId":"SEK{currency}PMI","date":"{day}","value":{value}}}'
        for currency in _BANK.currencies
        for day in _BANK.days(first, min(last, today))
        if (value := _BANK.published(currency, day, today)) is not None
    ]
    if not found:
        return _nothing(request)
    return Response(f"[{','.join(found)}]", media_type="application/json")


RIKSBANK = bank_of(
    "riksbank",
    (Endpoint("/riksbank/swea/v1/Observations/ByGroup/130/{first}/{last}", _answer),),
    empty=_nothing,
)
