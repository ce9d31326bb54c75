"""What templates say, as data, by language: headings, months, and how the table is filled in.

Headings are among the words that the reader understands (words.py); a test reads every template.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Phrases:
    """Of one language. months: twelve, short; file: what a file of each kind is called; budget, mapping: how each is
    filled in, a sentence a line; wrong_amount, wrong_department: what Excel says of a cell that does not fit."""

    account: str
    name: str
    department: str
    month: str
    amount: str
    total: str
    actual: str
    debit: str
    group_account: str
    group_name: str
    report_line: str
    months: tuple[str, ...]
    guide: str
    files: MappingProxyType[str, str]
    budget: tuple[str, ...]
    mapping: tuple[str, ...]
    wrong_amount: str
    wrong_department: str


def _files(budget: str, mapping: str) -> MappingProxyType[str, str]:
    return MappingProxyType({"budget": budget, "account_mapping": mapping})


def _months(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: By the code of ISO 639.
PHRASES = MappingProxyType(
    {
        "da": Phrases(
            "Konto", "Kontonavn", "Afdeling", "Måned", "Beløb", "I alt", "Realiseret", "debet er positiv",
            "Koncernkonto", "Koncernkontonavn", "Rapportlinje",
            _months("Jan Feb Mar Apr Maj Jun Jul Aug Sep Okt Nov Dec"),
            "Vejledning", _files("Budget", "Kontomapping"),
            (
                "Skriv et beløb for hver konto og måned. Tomme celler betyder: intet budget.",
                "Indtægter skrives positivt, og omkostninger skrives positivt.",
                "Er der budget pr. afdeling, så kopiér kontoens række og skriv afdelingens nummer.",
                "Skriv hele beløb i kroner, ikke i tusinder, medmindre det er aftalt.",
                "Kolonner med realiserede tal læses ikke. De er som i bogholderiet: debet er positiv.",
                "Gem filen i den aftalte mappe. Er noget forkert, får du en mail med cellerne, og det hidtidige budget gælder.",
            ),
            (
                "Skriv koncernkontoen ud for hver konto. Slet rækker uden koncernkonto.",
                "En række kan også gælde et interval (1000-1999), en liste (1310; 1320) eller * for alle andre.",
                "Gem filen i den aftalte mappe. Er noget forkert, får du en mail med cellerne, og det hidtidige gælder.",
            ),
            "Skriv et tal, eller lad cellen være tom.", "Vælg en afdeling fra listen, eller lad cellen være tom.",
        ),
        "nb": Phrases(
            "Konto", "Kontonavn", "Avdeling", "Måned", "Beløp", "Sum", "Realisert", "debet er positiv",
            "Konsernkonto", "Konsernkontonavn", "Rapportlinje",
            _months("Jan Feb Mar Apr Mai Jun Jul Aug Sep Okt Nov Des"),
            "Veiledning", _files("Budsjett", "Kontomapping"),
            (
                "Skriv et beløp for hver konto og måned. Tomme celler betyr: ikke noe budsjett.",
                "Inntekter skrives positivt, og kostnader skrives positivt.",
                "Er det budsjett per avdeling, så kopier kontoens rad og skriv avdelingens nummer.",
                "Skriv hele beløp i kroner, ikke i tusen, med mindre det er avtalt.",
                "Kolonner med realiserte tall leses ikke. De er som i regnskapet: debet er positiv.",
                "Lagre filen i den avtalte mappen. Er noe feil, får du en e-post med cellene, og det forrige budsjettet gjelder.",
            ),
            (
                "Skriv konsernkontoen ved hver konto. Slett rader uten konsernkonto.",
                "En rad kan også gjelde et intervall (1000-1999), en liste (1310; 1320) eller * for alle andre.",
                "Lagre filen i den avtalte mappen. Er noe feil, får du en e-post med cellene, og det forrige gjelder.",
            ),
            "Skriv et tall, eller la cellen være tom.", "Velg en avdeling fra listen, eller la cellen være tom.",
        ),
        "sv": Phrases(
            "Konto", "Kontonamn", "Avdelning", "Månad", "Belopp", "Summa", "Utfall", "debet är positivt",
            "Koncernkonto", "Koncernkontonamn", "Rapportrad",
            _months("Jan Feb Mar Apr Maj Jun Jul Aug Sep Okt Nov Dec"),
            "Anvisning", _files("Budget", "Kontomappning"),
            (
                "Skriv ett belopp för varje konto och månad. Tomma celler betyder: ingen budget.",
                "Intäkter skrivs positivt, och kostnader skrivs positivt.",
                "Om budgeten är per avdelning: kopiera kontots rad och skriv avdelningens nummer.",
                "Skriv hela belopp i kronor, inte i tusental, om inget annat är avtalat.",
                "Kolumner med utfall läses inte. De är som i bokföringen: debet är positivt.",
                "Spara filen i den avtalade mappen. Är något fel får du ett mejl med cellerna, och den tidigare budgeten gäller.",
            ),
            (
                "Skriv koncernkontot vid varje konto. Ta bort rader utan koncernkonto.",
                "En rad kan också gälla ett intervall (1000-1999), en lista (1310; 1320) eller * för alla andra.",
                "Spara filen i den avtalade mappen. Är något fel får du ett mejl med cellerna, och det tidigare gäller.",
            ),
            "Skriv ett tal, eller lämna cellen tom.", "Välj en avdelning i listan, eller lämna cellen tom.",
        ),
        "nl": Phrases(
            "Grootboekrekening", "Rekeningnaam", "Kostenplaats", "Maand", "Bedrag", "Totaal", "Realisatie", "debet is positief",
            "Groepsrekening", "Groepsrekeningnaam", "Rapportregel",
            _months("Jan Feb Mrt Apr Mei Jun Jul Aug Sep Okt Nov Dec"),
            "Uitleg", _files("Begroting", "Rekeningmapping"),
            (
                "Vul voor elke rekening en maand een bedrag in. Lege cellen betekenen: niets begroot.",
                "Opbrengsten zijn positief, en kosten zijn positief.",
                "Is er een begroting per kostenplaats, kopieer dan de regel en vul de kostenplaats in.",
                "Vul hele bedragen in, niet in duizendtallen, tenzij dat is afgesproken.",
                "Kolommen met realisatie worden niet gelezen. Ze zijn als in de boekhouding: debet is positief.",
                "Bewaar het bestand in de afgesproken map. Is er iets fout, dan krijgt u een mail met de cellen en blijft de vorige begroting gelden.",
            ),
            (
                "Vul bij elke rekening de groepsrekening in. Verwijder regels zonder groepsrekening.",
                "Een regel kan ook gelden voor een reeks (1000-1999), een lijst (1310; 1320) of * voor alle andere.",
                "Bewaar het bestand in de afgesproken map. Is er iets fout, dan krijgt u een mail met de cellen en blijft de vorige versie gelden.",
            ),
            "Vul een getal in, of laat de cel leeg.", "Kies een kostenplaats uit de lijst, of laat de cel leeg.",
        ),
        "en": Phrases(
            "Account", "Account name", "Department", "Month", "Amount", "Total", "Actual", "debit is positive",
            "Group account", "Group account name", "Report line",
            _months("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
            "How to", _files("Budget", "Account mapping"),
            (
                "Write an amount for each account and month. Empty cells mean: nothing is budgeted.",
                "Income is positive, and costs are positive.",
                "For a budget by department, copy the account's row and write the department's number.",
                "Write whole amounts, not thousands, unless that was agreed.",
                "Columns with actual figures are not read. They are as in the ledger: debit is positive.",
                "Save the file in the folder that was agreed. If something is wrong you get a mail with the cells, and the previous budget stays in force.",
            ),
            (
                "Write the group account beside each account. Delete rows without one.",
                "A row may also be about a range (1000-1999), a list (1310; 1320), or * for all others.",
                "Save the file in the folder that was agreed. If something is wrong you get a mail with the cells, and the previous version stays in force.",
            ),
            "Write a number, or leave the cell empty.", "Choose a department of the list, or leave the cell empty.",
        ),
        "de": Phrases(
            "Sachkonto", "Kontobezeichnung", "Kostenstelle", "Monat", "Betrag", "Summe", "Ist", "Soll ist positiv",
            "Konzernkonto", "Konzernkontoname", "Berichtszeile",
            _months("Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
            "Anleitung", _files("Budget", "Kontenzuordnung"),
            (
                "Schreiben Sie für jedes Konto und jeden Monat einen Betrag. Leere Zellen bedeuten: nichts budgetiert.",
                "Erlöse sind positiv, und Kosten sind positiv.",
                "Bei einem Budget je Kostenstelle kopieren Sie die Zeile und schreiben die Kostenstelle hinein.",
                "Schreiben Sie ganze Beträge, nicht in Tausend, sofern nichts anderes vereinbart ist.",
                "Spalten mit Ist-Zahlen werden nicht gelesen. Sie sind wie in der Buchhaltung: Soll ist positiv.",
                "Speichern Sie die Datei im vereinbarten Ordner. Ist etwas falsch, bekommen Sie eine Mail mit den Zellen, und das bisherige Budget gilt weiter.",
            ),
            (
                "Schreiben Sie zu jedem Konto das Konzernkonto. Löschen Sie Zeilen ohne Konzernkonto.",
                "Eine Zeile kann auch für einen Bereich (1000-1999), eine Liste (1310; 1320) oder * für alle anderen gelten.",
                "Speichern Sie die Datei im vereinbarten Ordner. Ist etwas falsch, bekommen Sie eine Mail mit den Zellen, und das Bisherige gilt weiter.",
            ),
            "Schreiben Sie eine Zahl, oder lassen Sie die Zelle leer.",
            "Wählen Sie eine Kostenstelle aus der Liste, oder lassen Sie die Zelle leer.",
        ),
    }
)  # fmt: skip
