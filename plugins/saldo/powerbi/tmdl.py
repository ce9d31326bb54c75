"""TMDL, as the text of a semantic model is written: tabs are its structure, and `///` is what people read.

https://learn.microsoft.com/en-us/analysis-services/tmdl/tmdl-overview
"""

from __future__ import annotations

from collections.abc import Iterable


def indented(text: str, tabs: int) -> str:
    """Every line further in; empty ones stay empty."""
    lead = "\t" * tabs
    return "\n".join(lead + line if line else "" for line in text.split("\n"))


def described(comment: str, body: str) -> str:
    """An object with its description, which stands above it without a gap."""
    words = " ".join(comment.split())
    return f"/// {words}\n{body}" if words else body


def declared(
    head: str,
    properties: Iterable[tuple[str, str | bool]] = (),
    *,
    expression: str = "",
    children: Iterable[str] = (),
) -> str:
    """An object: its head, its expression two tabs in, its properties and the objects in it one tab in.

    A property that is True is written as its name, one that is False or empty not at all.
    """
    lines = [head]
    if expression:
        is_short = "\n" not in expression
        lines = [f"{head} = {expression}"] if is_short else [f"{head} =", indented(expression, 2)]
    for name, value in properties:
        if value is True:
            lines.append(f"\t{name}")
        elif value:
            lines.append(f"\t{name}: {value}")
    for child in children:
        lines += ["", indented(child, 1)]
    return "\n".join(lines)
