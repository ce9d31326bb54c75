"""What the templates of exchange rates say in each language; the reader knows their headings (rate_words.py)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class RatePhrases:
    """Of one language. headings: month, from, to, unit, average, closing; guide: how it is filled in, a sentence a line."""

    file: str
    headings: tuple[str, str, str, str, str, str]
    guide: tuple[str, ...]


#: By the code of ISO 639, those of PHRASES.
RATE_PHRASES = MappingProxyType(
    {
        "da": RatePhrases(
            "Valutakurser", ("Måned", "Fra valuta", "Til valuta", "Enhed", "Gennemsnitskurs", "Ultimokurs"),
            (
                "Skriv en linje for hver måned og hvert valutapar: gennemsnitskursen, ultimokursen eller begge.",
                "Kursen er det beløb i til-valutaen, som fra-valutaen koster. Er kursen for 100, så skriv 100 under Enhed; tom betyder 1.",
                "Skriv et valutapar i den ene retning. Den anden regnes ud.",
                "Gem filen i den aftalte mappe. Er noget forkert, får du en mail med cellerne, og de hidtidige kurser gælder.",
            ),
        ),
        "nb": RatePhrases(
            "Valutakurser", ("Måned", "Fra valuta", "Til valuta", "Enhet", "Gjennomsnittskurs", "Sluttkurs"),
            (
                "Skriv en linje for hver måned og hvert valutapar: gjennomsnittskursen, sluttkursen eller begge.",
                "Kursen er beløpet i til-valutaen som fra-valutaen koster. Er kursen for 100, så skriv 100 under Enhet; tom betyr 1.",
                "Skriv et valutapar i den ene retningen. Den andre regnes ut.",
                "Lagre filen i den avtalte mappen. Er noe feil, får du en e-post med cellene, og de forrige kursene gjelder.",
            ),
        ),
        "sv": RatePhrases(
            "Valutakurser", ("Månad", "Från valuta", "Till valuta", "Enhet", "Genomsnittskurs", "Balansdagskurs"),
            (
                "Skriv en rad för varje månad och valutapar: genomsnittskursen, balansdagskursen eller båda.",
                "Kursen är det belopp i till-valutan som från-valutan kostar. Är kursen för 100, skriv 100 under Enhet; tom betyder 1.",
                "Skriv ett valutapar i den ena riktningen. Den andra räknas ut.",
                "Spara filen i den avtalade mappen. Är något fel får du ett mejl med cellerna, och de tidigare kurserna gäller.",
            ),
        ),
        "nl": RatePhrases(
            "Wisselkoersen", ("Maand", "Van valuta", "Naar valuta", "Eenheid", "Gemiddelde koers", "Slotkoers"),
            (
                "Vul voor elke maand en elk valutapaar een regel in: de gemiddelde koers, de slotkoers of beide.",
                "De koers is het bedrag in de naar-valuta dat de van-valuta kost. Geldt de koers voor 100, vul dan 100 in bij Eenheid; leeg betekent 1.",
                "Vul een valutapaar in één richting in. De andere wordt berekend.",
                "Bewaar het bestand in de afgesproken map. Is er iets fout, dan krijgt u een mail met de cellen en blijven de vorige koersen gelden.",
            ),
        ),
        "en": RatePhrases(
            "Exchange rates", ("Month", "From currency", "To currency", "Unit", "Average rate", "Closing rate"),
            (
                "Write a line for each month and pair of currencies: the average rate, the closing rate, or both.",
                "A rate is what the from currency costs in the to currency. If it is for 100, write 100 as the unit; empty means 1.",
                "Write a pair in one direction. The other one is worked out.",
                "Save the file in the folder that was agreed. If something is wrong you get a mail with the cells, and the previous rates stay in force.",
            ),
        ),
        "de": RatePhrases(
            "Wechselkurse", ("Monat", "Von Währung", "Nach Währung", "Einheit", "Durchschnittskurs", "Stichtagskurs"),
            (
                "Schreiben Sie für jeden Monat und jedes Währungspaar eine Zeile: den Durchschnittskurs, den Stichtagskurs oder beide.",
                "Der Kurs ist, was die Von-Währung in der Nach-Währung kostet. Gilt er für 100, schreiben Sie 100 unter Einheit; leer bedeutet 1.",
                "Schreiben Sie ein Währungspaar in einer Richtung. Die andere wird berechnet.",
                "Speichern Sie die Datei im vereinbarten Ordner. Ist etwas falsch, bekommen Sie eine Mail mit den Zellen, und die bisherigen Kurse gelten weiter.",
            ),
        ),
    }
)  # fmt: skip
