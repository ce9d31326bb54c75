"""The ECB Data Portal: daily reference rates as CSV, series by series; 404 where a query has no results.

Source: https://data.ecb.europa.eu/help/api/data.
"""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.market.rates import PLAYED
from sandbox.market.serving import bank_of, today_of
from sandbox.state import state_of
from sandbox.vendor import Endpoint

_BANK = PLAYED["ecb"]
_HEAD = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE"


def _nothing(request: Request) -> Response:
    return PlainTextResponse("No results found.", 404)


def _answer(request: Request, body: bytes) -> Response:
    asked = request.query_params
    if asked.get("format") != "csvdata":
        return PlainTextResponse("Not acceptable", 406)
    today = today_of(state_of(request))
    first = date.fromisoformat(asked.get("startPeriod", "1999-01-04"))
    lines = [
        f"EXR.D.{currency}.EUR.SP00.A,D,{currency},EUR,SP00,A,{day},{value}"
        for currency in _BANK.currencies
        for day in _BANK.days(first, today)
        if (value := _BANK.published(currency, day, today)) is not None
    ]
    if not lines:
        return _nothing(request)
    return PlainTextResponse("\n".join([_HEAD, *lines, ""]), media_type="text/csv")


ECB = bank_of("ecb", (Endpoint("/ecb/service/data/EXR/D..EUR.SP00.A", _answer),), empty=_nothing)
