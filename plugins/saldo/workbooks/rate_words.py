"""Words of tables with exchange rates, as data: Danish, Norwegian, Swedish, Dutch, English, German."""

from __future__ import annotations

from types import MappingProxyType

from saldo.workbooks.words import COLUMNS


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(","))


_DAY = _words("dato, datum, date, dag, day, tag, kursdato, kursdatum, koersdatum, rate date")
#: What an average and a closing rate are called, as the heading of a column or as the kind of a line.
AVERAGE = _words(
    "gennemsnit, gennemsnitskurs, gennemsnitlig kurs, gns, gnsn, gjennomsnitt, gjennomsnittskurs, genomsnitt, "
    "genomsnittskurs, snittkurs, gemiddelde, gemiddeld, gemiddelde koers, average, average rate, avg, mean, durchschnitt, "
    "durchschnittskurs, mittelkurs"
)
CLOSING = _words(
    "ultimo, ultimokurs, slutkurs, sluttkurs, slut, slutt, balancekurs, balansekurs, balansdagskurs, statuskurs, "
    "slotkoers, slot, balanskoers, closing, closing rate, close, end, end rate, schlusskurs, stichtagskurs, stichtag"
)
DAILY = _words(
    "dagskurs, daglig, dagkurs, dagkoers, dagelijks, daily, daily rate, spot, tageskurs, täglich"
)
#: Headings of columns by what stands below them.
RATE_COLUMNS = MappingProxyType(
    {
        "base": _words(
            "fra, fra valuta, fravaluta, från, från valuta, van, van valuta, from, from currency, von, von währung, base, "
            "base currency, basisvaluta, basvaluta, basiswährung, ausgangswährung, valuta, valutakode, valutakod, "
            "valutacode, currency, currency code, währung, munt"
        ),
        "quote": _words(
            "til, til valuta, tilvaluta, till, till valuta, naar, naar valuta, to, to currency, nach, nach währung, quote, "
            "quote currency, målvaluta, modvaluta, motvaluta, doelvaluta, tegenvaluta, zielwährung, kursvaluta, "
            "target currency"
        ),
        "day": _DAY,
        "month": COLUMNS["period"] - _DAY,
        "rate": _words(
            "kurs, valutakurs, vekslingskurs, omregningskurs, växelkurs, koers, wisselkoers, rate, exchange rate, fx rate, "
            "wechselkurs, devisenkurs"
        ),
        "average": AVERAGE,
        "closing": CLOSING,
        "unit": _words(
            "enhed, enheder, enhet, enheter, eenheid, eenheden, unit, units, einheit, einheiten, pr, per, antal, antall, aantal"
        ),
        "kind": _words(
            "type, typ, kurstype, kurstyp, art, kursart, slags, slag, soort, kind, rate type"
        ),
    }
)
#: Roles of a configuration's `header` that rates have, too.
SHARED_ROLES = MappingProxyType({"currency": "base", "period": "month", "amount": "rate"})
