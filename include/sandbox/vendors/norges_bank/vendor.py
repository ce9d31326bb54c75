"""Norges Bank: rates of business days as CSV with semicolons, some for a hundred units, beside indices that are no
currencies; a day is there from the next one on.

Source: https://www.norges-bank.no/en/topics/Statistics/open-data/.
"""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.market.rates import PLAYED
from sandbox.market.serving import bank_of, today_of
from sandbox.state import state_of
from sandbox.vendor import Endpoint

_BANK = PLAYED["norges_bank"]
_HEAD = (
    "FREQ;Frequency;BASE_CUR;Base Currency;QUOTE_CUR;Quote Currency;TENOR;Tenor;DECIMALS;CALCULATED;UNIT_MULT;"
    "Unit Multiplier;COLLECTION;Collection Indicator;TIME_PERIOD;OBS_VALUE"
)


def _nothing(request: Request) -> Response:
    return PlainTextResponse("\ufeff" + _HEAD + "\n", media_type="text/csv")


def _line(currency: str, day: date, value: str, *, unit: int = 1, calculated: str = "false") -> str:
    units = "2;Hundreds" if unit == 100 else "0;Units"
    return (
        f"B;Business;{currency};{currency};NOK;Norwegian krone;SP;Spot;4;{calculated};{units};C;"
        f"ECB concertation time 14:15 CET;{day};{value}"
    )


def _answer(request: Request, body: bytes) -> Response:
    today = today_of(state_of(request))
    first = date.fromisoformat(request.query_params.get("startPeriod", "1999-01-04"))
    lines = []
    for day in _BANK.days(first, today):
        lines.append(_line("I44", day, "117.42", calculated="true"))
        lines.append(_line("TWI", day, "121.08", calculated="true"))
        for currency in _BANK.currencies:
            value = _BANK.published(currency, day, today)
            if value is not None:
                lines.append(_line(currency, day, f"{value:,}", unit=_BANK.unit(currency)))
    text = "\n".join(["\ufeff" + _HEAD, *lines, ""])
    return PlainTextResponse(text, media_type="text/csv")


NORGES_BANK = bank_of(
    "norges_bank", (Endpoint("/norges_bank/api/data/EXR/B..NOK.SP", _answer),), empty=_nothing
)
