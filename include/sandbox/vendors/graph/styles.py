"""The ways in which people write budgets, as data: one folder, one file and one scenario each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

from .budgets import NEW_YEAR

_NAMES = {
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "no": "januar februar mars april mai juni juli august september oktober november desember",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}
_SHORT = {
    "da": "jan feb mar apr maj jun jul aug sep okt nov dec",
    "no": "jan. feb. mars apr. mai juni juli aug. sep. okt. nov. des.",
    "sv": "jan feb mars apr maj juni juli aug sep okt nov dec",
    "nl": "jan. feb. mrt. apr. mei jun. jul. aug. sep. okt. nov. dec.",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
    "de": "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
}


@dataclass(frozen=True)
class Words:
    account: str
    name: str
    department: str
    company: str
    scenario: str
    month: str
    year: str
    amount: str
    total: str
    revenue: str
    costs: str
    result: str


WORDS = MappingProxyType(
    {
        "da": Words("Konto", "Tekst", "Afdeling", "Selskab", "Scenarie", "Måned", "År", "Beløb", "I alt", "Omsætning", "Omkostninger", "Resultat"),
        "no": Words("Kontonr.", "Kontonavn", "Avd.", "Selskap", "Scenario", "Periode", "År", "Beløp", "Sum", "Inntekter", "Kostnader", "Driftsresultat"),
        "sv": Words("Kontonummer", "Benämning", "Avdelning", "Bolag", "Scenario", "Månad", "År", "Belopp", "Summa", "Intäkter", "Kostnader", "Resultat"),
        "nl": Words("Grootboekrekening", "Omschrijving", "Kostenplaats", "Bedrijf", "Scenario", "Maand", "Jaar", "Bedrag", "Totaal", "Omzet", "Kosten", "Resultaat"),
        "en": Words("Account no", "Description", "Cost centre", "Company", "Scenario", "Month", "Year", "Amount", "Total", "Revenue", "Costs", "Result"),
        "de": Words("Sachkonto", "Bezeichnung", "Kostenstelle", "Gesellschaft", "Szenario", "Monat", "Jahr", "Betrag", "Summe", "Erlöse", "Kosten", "Ergebnis"),
    }
)  # fmt: skip

#: A month as a heading: language, its first day, which of the year it is.
Heading = Callable[[str, date, int], object]
Figure = Callable[[Decimal], object]


def _name(language: str, month: date) -> str:
    return _NAMES[language].split()[month.month - 1]


def _short(language: str, month: date) -> str:
    return _SHORT[language].split()[month.month - 1]


def typed(amount: Decimal) -> object:
    return int(amount) if amount == int(amount) else float(amount)


def _grouped(amount: Decimal, group: str, point: str) -> str:
    places = max(2, -int(amount.normalize().as_tuple().exponent))
    text = f"{abs(amount):,.{places}f}"
    return text.replace(",", "_").replace(".", point).replace("_", group)


def comma(amount: Decimal) -> object:
    return f"{'-' if amount < 0 else ''}{_grouped(amount, '.', ',')}"


def bare_comma(amount: Decimal) -> object:
    return f"{'-' if amount < 0 else ''}{_grouped(amount, '', ',')}"


def spaces_and_minus_behind(amount: Decimal) -> object:
    return f"{_grouped(amount, chr(160), ',')}{'-' if amount < 0 else ''}"


def brackets(amount: Decimal) -> object:
    text = _grouped(amount, ".", ",")
    return f"({text})" if amount < 0 else text


def point(amount: Decimal) -> object:
    return f"{'-' if amount < 0 else ''}{_grouped(amount, ',', '.')}"


def crowns(amount: Decimal) -> object:
    return f"kr {'-' if amount < 0 else ''}{_grouped(amount, '.', ',')}"


@dataclass(frozen=True)
class Style:
    """name: of the folder and of the scenario. file: its name, which says the year, or does not.

    per: months in a column. unit: what amounts are in. column: a column more, with several of them in one file. by_name: departments
    are called, not numbered. merged: an account over the lines of its departments, headings over two lines. sheets: one for each of two scenarios. says: more that a configuration says.
    """

    name: str
    file: str = "Budget 2026.xlsx"
    language: str = "da"
    heading: Heading = lambda language, month, n: f"{_name(language, month)} {month.year}"
    figure: Figure = typed
    nothing: object = None
    first: date = NEW_YEAR
    per: int = 1
    unit: int = 1
    title: str = ""
    is_long: bool = False
    column: Literal["", "scenario", "company", "year"] = ""
    sheets: bool = False
    totals: bool = False
    sections: bool = False
    year_total: bool = False
    quarter_totals: bool = False
    years_above: bool = False
    hidden: bool = False
    by_name: bool = False
    names: bool = False
    merged: bool = False
    csv: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_ledger(self) -> bool:
        return self.says.get("sign") == "ledger"

    @property
    def has_header(self) -> bool:
        return "csv" not in self.says

    def configuration(self) -> dict[str, Any]:
        """What a file configuration says beside id, source and whose files these are."""
        found: dict[str, Any] = {"kind": "budget", "match": "*.csv" if self.csv else "*.xlsx"}
        if self.unit != 1:
            found["amounts_in"] = self.unit
        if self.column == "scenario":
            found["scenario_column"] = WORDS[self.language].scenario
        elif self.sheets:
            found |= {"sheet": "Budget *", "scenario": "sheet_name"}
        else:
            found["scenario"] = self.name
        if self.column == "company":
            found["agreement_column"] = WORDS[self.language].company
        if self.column == "year":
            found["fiscal_year"] = "column"
        return {**found, **self.says}


STYLES = (
    Style("dansk", names=True, totals=True, year_total=True),
    Style("norsk", language="no", heading=lambda la, m, n: _short(la, m), sections=True, year_total=True, quarter_totals=True,
          title="Budsjett 2026"),
    Style("svensk", language="sv", heading=lambda la, m, n: n, figure=spaces_and_minus_behind, title="Budget 2026", totals=True),
    Style("nederlands", file="Begroting 2026.xlsx", language="nl", heading=lambda la, m, n: _short(la, m), unit=1000,
          title="Begroting 2026, in duizenden", year_total=True),
    Style("english", language="en", heading=lambda la, m, n: m, figure=point, totals=True),
    Style("deutsch", language="de", heading=lambda la, m, n: f"{_short(la, m)} {m:%y}", quarter_totals=True, year_total=True, nothing="-"),
    Style("kvartaler", per=3, heading=lambda la, m, n: f"K{n} {m.year}"),
    Style("kwartalen", language="nl", per=3, heading=lambda la, m, n: f"kwartaal {n}", figure=comma),
    Style("halvår", per=6, heading=lambda la, m, n: f"{n}. halvår {m.year}"),
    Style("hele året", per=12, heading=lambda la, m, n: m.year),
    Style("tal som måneder", heading=lambda la, m, n: f"P{n:02}", names=True),
    Style("måned og år", heading=lambda la, m, n: f"{m:%m}.{m.year}", figure=crowns),
    Style("iso", heading=lambda la, m, n: f"{m:%Y-%m}", sections=True, totals=True),
    Style("år over måneder", heading=lambda la, m, n: _name(la, m), years_above=True, file="Budget.xlsx"),
    Style("flettet", merged=True, year_total=True, heading=lambda la, m, n: _short(la, m), file="Budget.xlsx"),
    Style("skjult", hidden=True, totals=True),
    Style("millioner", unit=1_000_000, title="Budget 2026 i mio. kr.", heading=lambda la, m, n: _short(la, m)),
    Style("tekst", figure=brackets, nothing="–", heading=lambda la, m, n: _short(la, m)),
    Style("finanstegn", says={"sign": "ledger"}, totals=True),
    Style("afdelingsnavne", by_name=True),
    Style("langt", is_long=True, heading=lambda la, m, n: f"{m:%Y-%m}"),
    Style("lang norsk", language="no", is_long=True, heading=lambda la, m, n: m, figure=comma),
    Style("scenarier", column="scenario", totals=False),
    Style("scenarieark", sheets=True, year_total=True),
    Style("selskaber", column="company"),
    Style("selskaper lange", language="no", column="company", is_long=True, heading=lambda la, m, n: f"{_short(la, m)} {m.year}"),
    Style("år i kolonne", column="year", heading=lambda la, m, n: _short(la, m), file="Budgetter.xlsx"),
    Style("regnskabsår", file="Budget 2025-2026.xlsx", first=date(2025, 7, 1), heading=lambda la, m, n: _name(la, m), year_total=True),
    Style("regnskapsår i tall", language="no", file="Budsjett.xlsx", first=date(2025, 7, 1), heading=lambda la, m, n: n,
          says={"fiscal_year": "2025-07"}),
    Style("csv cp1252", file="Budget 2026.csv", is_long=True, heading=lambda la, m, n: f"{m:%Y-%m}", figure=bare_comma,
          csv={"encoding": "cp1252", "separator": ";"}, names=True),
    Style("csv utf-16", file="Budget 2026.csv", heading=lambda la, m, n: f"{_short(la, m)} {m.year}", figure=comma,
          csv={"encoding": "utf-16", "separator": "\t"}),
    Style("csv sep", file="Budget 2026.csv", language="en", heading=lambda la, m, n: _name(la, m), figure=point,
          csv={"encoding": "utf-8", "separator": "|", "first": "sep=|"}),
    Style("csv uden overskrifter", file="Budget 2026.csv", is_long=True, heading=lambda la, m, n: f"{m:%Y-%m}", figure=bare_comma,
          csv={"encoding": "utf-8-sig", "separator": ";"}, says={"csv": {"columns": ["Konto", "Afdeling", "Måned", "Beløb"]}}),
)  # fmt: skip
