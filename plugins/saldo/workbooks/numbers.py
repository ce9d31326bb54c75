"""Amounts: typed numbers and texts as exact decimals of four places.

Text is read by one rule per file, the decimal comma or the decimal point; a text that does not fit the rule is
wrong. Rounding is half away from zero, at the fourth place, after thousands have been multiplied out.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

_PLACES = Decimal("0.0001")
_LIMIT = Decimal(10) ** 15
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_MARK = r"(?:kr\.?|dkk|nok|sek|isk|eur|usd|gbp|chf|€|\$|£)"
_LEADING, _TRAILING = (
    re.compile(rf"^({_MARK}) ?", re.IGNORECASE),
    re.compile(rf" ?({_MARK})$", re.IGNORECASE),
)
_DASHES = "-–—\u2212"
_FIGURES = re.compile(r"[\d.,' ’]*\d[\d.,' ’]*")


class Point(Enum):
    """What separates the decimals."""

    COMMA = ","
    POINT = "."


_GROUPED = {
    point: re.compile(
        rf"(?:\d{{1,3}}(?:\{other}\d{{3}})+|\d{{1,3}}(?: \d{{3}})+|\d{{1,3}}(?:['’]\d{{3}})+|\d*)(?:\{point.value}\d+)?"
    )
    for point, other in ((Point.COMMA, "."), (Point.POINT, ","))
}
_SIMPLE = {point: re.compile(rf"-?\d+(?:\{point.value}\d+)?", re.ASCII) for point in Point}


class NoAmount(ValueError):
    """A text that is no amount; the text of the error is a clause that says what is expected."""


def typed(number: int | float, scale: int = 1) -> Decimal:
    """A typed number times scale. Raises NoAmount where it has too many digits."""
    return _rounded(Decimal(repr(number)) * scale)


def _rounded(exact: Decimal) -> Decimal:
    if abs(exact) >= _LIMIT:
        raise NoAmount("an amount of at most 15 digits before the decimals")
    return exact.quantize(_PLACES, ROUND_HALF_UP)


def spoken(text: str, point: Point | None, scale: int = 1) -> Decimal | None:
    """A text as an amount times scale; None: it says there is none.

    point None: no text of the file tells; only what is the same either way is an amount. Raises NoAmount.
    """
    if point and _SIMPLE[point].fullmatch(text):
        amount = Decimal(text.replace(",", "."))
        return _rounded(amount if scale == 1 else amount * scale)
    negative, body = _unsigned(text)
    if not body:
        return None
    if "%" in body:
        raise NoAmount("an amount, not a percentage")
    if not _FIGURES.fullmatch(body):
        raise NoAmount("an amount")
    if point is None:
        if _evidence(body) is not None or _is_unclear(body):
            raise NoAmount("an amount that can be read in one way only")
        point = Point.COMMA
    if not _GROUPED[point].fullmatch(body):
        raise NoAmount(f"an amount with a decimal {'comma' if point is Point.COMMA else 'point'}")
    digits = re.sub(rf"[^\d{re.escape(point.value)}]", "", body).replace(",", ".")
    amount = _rounded(Decimal(digits) * scale)
    return -amount if negative else amount


def _unsigned(text: str) -> tuple[bool, str]:
    """Whether it is negative, and the figures; empty figures: nothing is said. Raises NoAmount."""
    body = _SPACES.sub(" ", text).strip()
    signs = 0
    if body.startswith("(") and body.endswith(")"):
        body, signs = body[1:-1].strip(), 1
    for _ in range(2):  # a sign may stand before or behind the currency
        if body[:1] and body[0] in _DASHES:
            body, signs = body[1:].strip(), signs + 1
        elif body.startswith("+"):
            body = body[1:].strip()
        body = _LEADING.sub("", body)
        body = _TRAILING.sub("", body)
        if re.search(rf"\d,[{_DASHES}]{{1,2}}$", body):  # 100,- is a hundred
            body = body.rstrip(_DASHES)[:-1]
        elif len(body) > 1 and body[-1] in _DASHES:
            body, signs = body[:-1].strip(), signs + 1
    if body and set(body) <= set(_DASHES):
        body = ""
    if signs > 1 and body:
        raise NoAmount("an amount with one sign")
    return signs == 1, body


def is_doubtful(text: str, point: Point) -> bool:
    """Whether a text has three decimals by the file's rule and would be a thousand by the other: 1.234 beside 5.5."""
    tail = text.partition(point.value)[2]
    if len(tail) < 3 or not tail[:3].isdecimal() or tail[3:4].isdecimal():
        return False
    return _is_unclear(_unsigned(text)[1])


def evidence(text: str) -> Point | None:
    """What a text tells about the decimals of its file; None: nothing."""
    try:
        _, body = _unsigned(text)
    except NoAmount:
        return None
    return _evidence(body) if _FIGURES.fullmatch(body) else None


def _evidence(body: str) -> Point | None:
    commas, points = body.count(","), body.count(".")
    if commas and points:
        return Point.COMMA if body.rfind(",") > body.rfind(".") else Point.POINT
    if not commas and not points:
        return None
    mark, other = (Point.COMMA, Point.POINT) if commas else (Point.POINT, Point.COMMA)
    if commas + points > 1:
        return other
    return None if _is_unclear(body) else mark


def _is_unclear(body: str) -> bool:
    """1.234 may be a thousand or a little more than one."""
    return re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", body) is not None


def currency_of(text: str) -> str:
    """The mark of a currency in an amount, as it is written; empty where there is none."""
    body = text.strip(" ()-\u2212\u00a0")
    match = _LEADING.match(body) or _TRAILING.search(body)
    return match[1] if match else ""
