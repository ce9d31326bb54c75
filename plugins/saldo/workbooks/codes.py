"""Numbers of accounts and departments: text, with their leading zeros."""

from __future__ import annotations

import re
from datetime import date
from types import MappingProxyType

from saldo.workbooks.sheets import Odd

_CODE = re.compile(r"[A-Za-z]{0,4}[-.]?\d[\w./-]*")
_CODE_AND_NAME = re.compile(r"([A-Za-z]{0,4}\d[\w./]*)(?:\s*[-–:]\s+|\s+)(\D.*)")
_RANGE = re.compile(r"\d{2,}(?:-|\.\.)\d{2,}")
#: Letters of a text by the role of its column: keys are in indexes, which take no more than a few thousand bytes.
_LONGEST = MappingProxyType({"name": 400, "group_name": 400, "report_line": 400})
_USUAL = 100
#: What a spreadsheet might take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")


class NoCode(ValueError):
    """A cell that is no number of an account or a department."""


def guarded(text: str) -> str:
    """With a quote before what a spreadsheet would calculate, for files that cannot say that a value is a text."""
    return f"'{text}" if text.startswith(FORMULA) else text


def unguarded(text: str) -> str:
    """Without the quote of `guarded`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def text_of(value: object) -> str:
    """A cell as text; a typed whole number without decimals. Raises NoCode."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _SPACES.sub(" ", unguarded(value)).strip()
    if isinstance(value, Odd | bool | date) or not isinstance(value, int | float):
        raise NoCode
    if value != int(value):
        raise NoCode
    return str(int(value))


def too_long(text: str, role: str) -> tuple[str, str, str] | None:
    """What is wrong with a text of that role that is longer than any (found, expected, remedy); None: nothing."""
    limit = _LONGEST.get(role, _USUAL)
    if len(text) <= limit:
        return None
    found = f"“{text[:60]}…”, {len(text)} letters"
    return found, f"at most {limit} as {role.replace('_', ' ')}", "Shorten the text"


def account(text: str) -> tuple[str, str] | None:
    """`1010` or `1010 Omsætning` as number and name; None: a text that is no account."""
    if text.isdecimal() or _CODE.fullmatch(text):
        return text, ""
    match = _CODE_AND_NAME.fullmatch(text)
    if match and any(letter.isalpha() for letter in match[2]):
        return match[1], match[2]
    return None


def is_range(text: str) -> bool:
    """Whether an account is written like `1010-1099`: one of its own somewhere, elsewhere what a sum adds up."""
    return _RANGE.fullmatch(text) is not None
