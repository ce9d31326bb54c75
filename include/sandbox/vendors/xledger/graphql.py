"""As much of GraphQL as the played vendor needs: one query, its fields and arguments, no fragments."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r'[A-Za-z_]\w*|-?\d+|"(?:[^"\\]|\\.)*"|[{}():]')


class Refused(Exception):
    """The query cannot be answered; the text is what the vendor says."""


@dataclass
class Field:
    """A field that is asked for: its arguments, and what of it."""

    args: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)


def parse(text: str) -> dict[str, Field]:
    """The root fields of a query. Raises Refused for what is none."""
    tokens = _TOKEN.findall(text)[::-1]
    try:
        while tokens and tokens[-1] != "{":
            if tokens.pop() == "mutation":
                raise Refused("Mutations are not played.")
        return _selection(tokens)
    except IndexError:
        raise Refused("Syntax Error: Unexpected end of document.") from None


def _selection(tokens: list[str]) -> dict[str, Field]:
    tokens.pop()  # {
    found: dict[str, Field] = {}
    while (name := tokens.pop()) != "}":
        found[name] = Field()
        if tokens[-1] == "(":
            found[name].args = _arguments(tokens)
        if tokens[-1] == "{":
            found[name].fields = _selection(tokens)
    return found


def _arguments(tokens: list[str]) -> dict[str, Any]:
    tokens.pop()  # (
    found: dict[str, Any] = {}
    while (name := tokens.pop()) != ")":
        tokens.pop()  # :
        value = tokens.pop()
        found[name] = json.loads(value) if value[0] in '"-0123456789' else value
    return found


def select(value: Any, asked: dict[str, Field], kind: str) -> Any:
    """What is asked for of a value. Raises Refused for a field it does not have."""
    if isinstance(value, list):
        return [select(one, asked, kind) for one in value]
    if not isinstance(value, dict) or not asked:
        return value
    unknown = next((name for name in asked if name not in value), None)
    if unknown is not None:
        raise Refused(f"Cannot query field `{unknown}` on type `{kind}`.")
    return {name: select(value[name], one.fields, name) for name, one in asked.items()}
