"""$filter, as far as Business Central has it: eq ne gt ge lt le, and, or, startswith, endswith, contains.

`or` joins conditions on one field only. A lambda (any, all) is ignored without a word: the filter has no effect.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .errors import Refused, malformed
from .fields import Fields, Row

Test = Callable[[Row], bool]
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[(),]|[^\s(),']+)")
_LAMBDA = re.compile(r"/(any|all)\(")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt,
    "le": operator.le,
}  # fmt: skip
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith, "endswith": str.endswith, "contains": lambda a, b: b in a,
}  # fmt: skip
#: Kinds of fields whose values are quoted in a filter.
_QUOTED = {"text", "code", "option"}


@dataclass
class Filter:
    """equal: what every record has that passes, so that it can be found by an index."""

    test: Test = lambda row: True
    names: frozenset[str] = frozenset()
    equal: dict[str, Any] = field(default_factory=dict)


def parse(text: str | None, known: Fields) -> Filter:
    """Raises Refused for what is no filter, or none over these fields."""
    if not text or _LAMBDA.search(text):
        return Filter()
    tokens = _TOKEN.findall(text)
    if "".join(tokens).replace(" ", "") != text.replace(" ", ""):
        raise malformed(f"Syntax error in '{text}'.")
    parser = _Parser(tokens, known, text)
    found = parser.either()
    if parser.tokens:
        raise parser.wrong()
    return found


class _Parser:
    def __init__(self, tokens: list[str], known: Fields, text: str) -> None:
        self.tokens, self.known, self.text = tokens[::-1], known, text

    def wrong(self) -> Refused:
        return malformed(f"Syntax error in '{self.text}'.")

    def next(self, wanted: str = "") -> str:
        if not self.tokens or (wanted and self.tokens[-1] != wanted):
            raise self.wrong()
        return self.tokens.pop()

    def is_next(self, word: str) -> bool:
        return bool(self.tokens) and self.tokens[-1] == word

    def either(self) -> Filter:
        found = self.both()
        while self.is_next("or"):
            self.next()
            found = self._or(found, self.both())
        return found

    def _or(self, a: Filter, b: Filter) -> Filter:
        names = a.names | b.names
        if len(names) > 1:
            told = f"The OR operator over different fields ({', '.join(sorted(names))}) is not supported."
            raise malformed(told)
        return Filter(lambda row: a.test(row) or b.test(row), names)

    def both(self) -> Filter:
        found = self.one()
        while self.is_next("and"):
            self.next()
            found = self._and(found, self.one())
        return found

    def _and(self, a: Filter, b: Filter) -> Filter:
        return Filter(
            lambda row: a.test(row) and b.test(row), a.names | b.names, {**a.equal, **b.equal}
        )

    def one(self) -> Filter:
        word = self.next()
        if word == "(":
            found = self.either()
            self.next(")")
            return found
        if word in _TEXT:
            return self._text(word)
        name, compare = word, _COMPARE.get(self.next())
        if compare is None:
            raise self.wrong()
        value = self._literal(name, self.next())
        is_equal = compare is operator.eq
        return Filter(
            lambda row: compare(row[name], value),
            frozenset({name}),
            {name: value} if is_equal else {},
        )

    def _text(self, function: str) -> Filter:
        self.next("(")
        name = self.next()
        self.next(",")
        value, test = self._literal(name, self.next()), _TEXT[function]
        self.next(")")
        if not isinstance(value, str):
            raise self.wrong()
        return Filter(lambda row: test(row[name], value), frozenset({name}))

    def _literal(self, name: str, token: str) -> Any:
        """A value of the field's kind: texts in quotes, the rest without."""
        field = self.known.get(name)
        if field is None:
            raise malformed(f"Could not find a property named '{name}'.")
        is_quoted = token.startswith("'")
        if is_quoted != (field.kind in _QUOTED):
            raise malformed(
                f"'{name}' cannot be compared with {token}: the types are incompatible."
            )
        if is_quoted:
            return token[1:-1].replace("''", "'")
        if field.kind in ("decimal", "int"):
            if not re.fullmatch(r"-?\d+(\.\d+)?", token):
                raise self.wrong()
            return Decimal(token)
        if field.kind == "bool":
            return token == "true"
        return token.lower() if field.kind == "guid" else token
