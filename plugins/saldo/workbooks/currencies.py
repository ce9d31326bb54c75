"""In which currency amounts are said to be: by a text, a number format, a title. Whether it is that of the books is not known here.

A mark is the code of a currency (ISO 4217), or `kr`: that of any country that writes it so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from saldo.workbooks.header import Table

#: Codes that are looked for in texts; formats may name any.
_CODE = "DKK|NOK|SEK|ISK|EUR|USD|GBP|CHF"
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}
_CROWNS = frozenset({"kr", "DKK", "NOK", "SEK", "ISK"})
#: Excel: `[$€-407]`, `[$EUR]`, `"kr."`. `[$-406]` is a language alone.
_BRACKETS = re.compile(r"\[\$([^\]-]+)[^\]]*\]")
_ISO = re.compile(r"[A-Z]{3}")
_QUOTES = re.compile(r'"([^"]*)"')
#: In lower case only where the word before says so: nok is a word of its own.
_SAID = re.compile(
    rf"\b(?:i|in|valuta|currency|währung|munt)\s*:?\s+(?:1[., ]?000\s*|mio\.?\s*|tusinde?\s*)?(?:[tkm]\.?)?"
    rf"(?P<word>kr|{_CODE}|euro|kroner|kronor|[€$£])(?!\w)",
    re.IGNORECASE,
)
#: At the end, in brackets, or before a year or a thousand.
_ALONE = re.compile(
    rf"(?<![^\W_])(?:[tTkKmM]\.?)?(?P<word>{_CODE}|[kK][rR]|[€$£])(?=\.?\s*(?:$|[\])]|1[., ]?000|20\d\d|[Bb]udget))"
)
#: A text about one is no word on the amounts.
_RATE = re.compile(r"kurs|koers|\brates?\b|\b\d{1,3}[.,](?!000\b)\d{2,}\s*$", re.IGNORECASE)


def mark_of(word: str) -> str:
    """A mark as people write it (`€`, `Kr.`, `eur`) as one; empty where it says nothing. What is not known stays."""
    word = word.strip().rstrip(".")
    if word.casefold() in ("kr", "kroner", "kronor"):
        return "kr"
    return "EUR" if word.casefold() == "euro" else _SIGNS.get(word, word.upper())


def fit(one: str, other: str) -> bool:
    """Whether two marks may be of one currency."""
    return one == other or ("kr" in (one, other) and {one, other} <= _CROWNS)


def exact(one: str, other: str) -> str:
    """The one of two marks that fit that says more; either may be empty."""
    return (other or one) if one == "kr" else (one or other)


@lru_cache(maxsize=1024)
def of_format(form: str) -> str:
    """The mark that a number format shows. A bare $ is that of the machine it was written on, and none."""
    found = {_SIGNS[sign] for sign in "€£" if sign in form}
    for word in _BRACKETS.findall(form):
        found.add(word if _ISO.fullmatch(word) else _of_word(word))
    found |= {_of_word(word) for word in _QUOTES.findall(form) if word != "$"}
    found.discard("")
    return found.pop() if len(found) == 1 else ""


def _of_word(word: str) -> str:
    said = _ALONE.match(word.strip())
    return mark_of(said["word"]) if said else ""


def titles(table: Table, file_name: str) -> list[str]:
    """The marks that a table's titles say: what stands above it, headings of amounts, the sheet's and the file's name."""
    columns = {*table.periods, table.columns.get("amount")}
    headings = [text for column, text in enumerate(table.headings) if column in columns]
    names = [table.sheet.name, file_name.rpartition(".")[0]]
    texts = [*(text for _, _, text in table.above), *headings, *names]
    return _different(mark for text in texts if isinstance(text, str) for mark in _said(text))


def _said(text: str) -> list[str]:
    """Of a text; one that names several is about their rate, or about something else."""
    text = text.replace("_", " ")
    if len(text) > 200 or _RATE.search(text):
        return []
    words = [*_SAID.finditer(text), *_ALONE.finditer(text)]
    found = _different(mark_of(word["word"]) for word in words)
    return found if len(found) == 1 else []


def _different(marks: Iterable[str]) -> list[str]:
    """Each once; `kr` not beside a crown."""
    found = list(dict.fromkeys(marks))
    return [mark for mark in found if mark != "kr" or not _CROWNS & ({*found} - {"kr"})]
