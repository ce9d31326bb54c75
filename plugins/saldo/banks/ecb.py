"""The European Central Bank: its euro reference rates, from the ECB Data Portal.

API: https://data.ecb.europa.eu/help/api/data, its status codes: https://data.ecb.europa.eu/help/api/status-codes (404: no
results for the query). Series EXR.D.<currency>.EUR.SP00.A: daily, against the euro, spot, average. Units of the currency
for one euro. Published around 16:00 CET every working day, except on the closing days of TARGET
(https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates); missing observations are an
empty value or NaN. No key, no stated limit. Why not eurofxref-hist.zip: it is the whole history every time, and this
service has all of it since a date in one answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from . import csv_answer
from .bank import Bank
from .client import RatesClient
from .parts import day_of, rate_of
from .rate import Rate, is_currency

_NEEDS = ("CURRENCY", "CURRENCY_DENOM", "TIME_PERIOD", "OBS_VALUE")


def _read(client: RatesClient, first: date, today: date) -> Iterator[Rate]:
    body = client.get(
        f"{client.url}/data/EXR/D..EUR.SP00.A",
        params={"startPeriod": first.isoformat(), "format": "csvdata", "detail": "dataonly"},
        decode=csv_answer.whole,
    )
    who = client.caller.name
    for line in csv_answer.rows(body, separator=",", needs=_NEEDS, who=who):
        if line["CURRENCY_DENOM"] != "EUR" or not is_currency(line["CURRENCY"]):
            continue
        published = rate_of(line["OBS_VALUE"], who)
        if published is not None:
            day = day_of(line["TIME_PERIOD"], who)
            yield Rate("EUR", line["CURRENCY"], day, published)


ECB = Bank(
    "ecb",
    title="European Central Bank",
    currency="EUR",
    url="https://data-api.ecb.europa.eu/service",
    read=_read,
)
