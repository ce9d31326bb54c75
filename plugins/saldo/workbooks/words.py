"""Words of tables, as data: Danish, Norwegian, Swedish, Dutch, English, German.

Written as `plain` leaves them: small letters, no dots, hyphens or double spaces.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from types import MappingProxyType

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f_]+")


def plain(text: str) -> str:
    """A heading in small letters, without dots, colons and needless spaces."""
    text = unicodedata.normalize("NFC", text).casefold()
    return _SPACES.sub(" ", re.sub(r"[.:*]", " ", text)).strip()


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(",") if word.strip())


#: Headings of columns by what stands below them.
COLUMNS = MappingProxyType(
    {
        "account": _words(
            "konto, kontonr, konto nr, kontonummer, finanskonto, account, account no, account nr, account number, "
            "account code, gl account, g/l account, rekening, rekeningnr, rekeningnummer, grootboek, grootboekrekening, "
            "grootboeknummer, grootboekrek, sachkonto, sachkontonummer"
        ),
        "name": _words(
            "kontonavn, navn, tekst, kontotekst, beskrivelse, kontonamn, namn, text, benämning, omschrijving, naam, "
            "rekeningnaam, name, account name, description, bezeichnung, kontobezeichnung, kontoname"
        ),
        "department": _words(
            "afdeling, afd, afdelingsnr, afdeling nr, avdeling, avd, avdelning, department, dept, department no, "
            "cost center, cost centre, omkostningssted, omkostningscenter, kostnadssted, koststed, kostnadsställe, "
            "resultatenhet, kostenplaats, kostenstelle, abteilung"
        ),
        "company": _words(
            "selskab, firma, virksomhed, selskap, bolag, företag, company, entity, bedrijf, vennootschap, "
            "administratie, onderneming, gesellschaft, unternehmen, agreement, aftale, avtale, avtal"
        ),
        "scenario": _words("scenario, scenarie, szenario, version, versjon, versie"),
        "period": _words(
            "måned, periode, period, dato, date, datum, maand, month, månad, monat, bogføringsdato"
        ),
        "year": _words(
            "år, year, jaar, jahr, regnskabsår, regnskapsår, räkenskapsår, boekjaar, fiscal year, financial year, "
            "geschäftsjahr, budgetår"
        ),
        "amount": _words(
            "beløb, beløp, belopp, bedrag, amount, betrag, budget, budgetbeløb, budsjett, budsjettbeløp, "
            "begroting, value, værdi"
        ),
        "currency": _words("valuta, valutakode, currency, currency code, währung, munt"),
        "group_account": _words(
            "koncernkonto, gruppekonto, konsernkonto, group account, group account number, group account no, "
            "groepsrekening, concernrekening, konzernkonto"
        ),
        "group_name": _words(
            "koncernkontonavn, konsernkontonavn, koncernkontonamn, group account name, group name, "
            "naam groepsrekening, groepsrekeningnaam, konzernkontoname"
        ),
        "report_line": _words(
            "rapportlinje, regnskabslinje, rapportrad, report line, rapportregel, rapportlijn, berichtszeile"
        ),
    }
)

_MONTHS = (
    "januar januari january jan jän",
    "februar februari february feb febr",
    "marts mars maart march märz mar mrt mär mrz",
    "april apr",
    "maj mai mei may",
    "juni june jun",
    "juli july jul",
    "august augusti augustus aug",
    "september sep sept",
    "oktober october okt oct",
    "november nov",
    "december desember dezember dec des dez",
)
#: Name or abbreviation -> 1 to 12.
MONTHS = MappingProxyType(
    {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
)

#: Headings of a column that adds up the year, and beginnings or ends of the text of a row that adds up others.
TOTALS = _words(
    "i alt, ialt, total, totalt, totaal, totals, sum, summa, summe, gesamt, subtotal, subtotaal, delsum, delsumma, "
    "zwischensumme, grand total, total i alt"
)
YEAR_TOTALS = TOTALS | _words(
    "år, året, årsbudget, årstotal, år total, år i alt, helår, helår i alt, hele året, helåret, jaar, jaartotaal, heel jaar, year, full "
    "year, year total, total year, jahr, gesamtjahr, jahressumme, fy, sum år, total år"
)
#: Rows whose figures follow from others, whatever they add up to.
RESULTS = _words(
    "resultat, årets resultat, resultat før skat, resultat før renter, resultaat, result, net result, net profit, "
    "ergebnis, dækningsbidrag, dekningsbidrag, täckningsbidrag, bruttofortjeneste, bruttoresultat, gross profit, "
    "gross margin, brutomarge, bruttoavanse, ebit, ebitda, driftsresultat, driftresultat, bedrijfsresultaat, overskud, overskudd"
)
#: A heading with one of these is not of the budget: other years, actuals, differences.
OTHER_FIGURES = _words(
    "ytd, åtd, å t d, hittil, sidste år, i fjor, fjor, forrige, forrige år, föregående, vorig, vorig jaar, last year, "
    "prior, previous, vorjahr, actual, actuals, realiseret, realisert, regnskab, regnskap, utfall, gerealiseerd, "
    "realisatie, werkelijk, ist, afvigelse, avvik, avvikelse, verschil, variance, difference, abweichung, index, "
    "indeks, kommentar, note, noter, bemærkning, opmerking, comment, comments, %"
)
#: Words around a month that say nothing.
FILLERS = _words(
    "budget, bud, budsjett, begroting, måned, mnd, maand, month, månad, monat, periode, period, per, md"
)
#: Words that say what amounts are in -> that number.
SCALES = MappingProxyType(
    {
        1000: re.compile(
            r"\b(i|in|x)\s*1[.,\s]?000\b(?![.,\s]?\d)|\b(dkk|nok|sek|eur|kr|€)\s*1[.,\s]000\b(?![.,\s]?\d)"
            r"|\b1[.,\s]000\s*(dkk|nok|sek|eur|kr)\b|\bt\.?\s?kr\b|\bt(dkk|nok|sek|eur|usd)\b|\bt€|\bk(eur|dkk|nok|sek)\b"
            r"|\b(i|in|x)\s+(tusinde?r?|tusen|tusental|duizenden|duizendtallen|thousands?|tausend)\b|\bx\s*1000\b|[(]1000[)]"
        ),
        1_000_000: re.compile(
            r"\b(i|in)\s+(mio|millioner|miljoner|miljoenen|millions?|millionen)\b|\bm\.?kr\b|\bm(dkk|nok|sek|eur|usd)\b"
            r"|\bmio\b|\b(i|in|x)\s*1[.,\s]?000[.,\s]?000\b"
        ),
    }
)


@lru_cache(maxsize=4096)
def is_total(text: str) -> bool:
    """Whether the text of a row says that it adds up others: `I alt`, `Omsætning i alt`, `Sum inntekter`."""
    said = plain(text)
    return any(
        said == word or said.startswith(f"{word} ") or said.endswith(f" {word}") for word in TOTALS
    ) or is_result(said)


def is_result(text: str) -> bool:
    """Whether the text of a row says that it follows from others: `Dækningsbidrag`."""
    return plain(text) in RESULTS


def scale_of(text: str) -> int | None:
    """1000 or 1000000 where a text says that amounts are in it."""
    said = text.casefold().replace("_", " ")
    return next((scale for scale, words in SCALES.items() if words.search(said)), None)
