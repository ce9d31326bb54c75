"""Names and codes of countries, from the Unicode CLDR (Babel): the rows of core.country_word.

    python -m stack.countries        prints the migration that puts them there

A test compares the table with these; where a newer Babel knows other names, the next migration is theirs.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

from babel import Locale
from babel.core import get_global

#: The languages of the vendors' users: Danish, Norwegian, Swedish, Finnish, German, Dutch, French and English.
LANGUAGES = ("da", "nb", "nn", "sv", "fi", "de", "nl", "fr", "en")
_NO_COUNTRIES = {"EU", "XA", "XB", "ZZ"}


def words() -> dict[str, str]:
    """Word in lower case -> ISO 3166 code of two letters: the codes themselves and those of three letters,
    names in all languages, and what CLDR knows as another word for one ("uk")."""
    aliases = {old: new[0] for old, new in get_global("territory_aliases").items() if len(new) == 1}
    names = {language: Locale.parse(language).territories for language in LANGUAGES}
    # What has a number is a country; these have one and are none.
    numbered = {code for old, code in aliases.items() if old.isdigit()}
    codes = sorted(numbered & set(names["en"]) - _NO_COUNTRIES)
    found = {code.lower(): code for code in codes}
    found |= {old.lower(): new for old, new in aliases.items() if old.isalpha() and new in codes}
    for of_language in names.values():
        found |= {
            " ".join(of_language[code].lower().split()): code
            for code in codes
            if code in of_language
        }
    return found


def migration() -> str:
    """The statement that makes the table hold these words, one country a line."""
    by_country: dict[str, list[str]] = {}
    for word, code in words().items():
        by_country.setdefault(code, []).append(word)
    lines = []
    for code, of_it in sorted(by_country.items()):
        quoted = ", ".join("'" + word.replace("'", "''") + "'" for word in sorted(of_it))
        lines.append(f"        ('{code}', array[{quoted}])")
    values = ",\n".join(lines)
    return (
        f"-- Written by `python -m stack.countries` from the names of Unicode CLDR in Babel {version('babel')}.\n"
        "truncate core.country_word;\n"
        "insert into core.country_word (word, country)\n"
        "select w.word, c.country\n"
        f"from (\n    values\n{values}\n) as c (country, words)\n"
        "cross join unnest(c.words) as w (word);\n"
        "-- What shows a country is written again.\n"
        "delete from ops.progress where consumer = 'mart' and source in ('customer', 'supplier');\n"
    )


if __name__ == "__main__":
    sys.stdout.write(migration())
