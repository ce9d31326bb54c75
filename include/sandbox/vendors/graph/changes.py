"""`/delta`: what changed in a library, in pages, by tokens; as unpleasant as SharePoint's.

An item comes as often as it was edited. The folders above come with it, though nothing about them has changed. Deleted items
have no name, and no item the path of its folder. Everything at once comes in no order that helps.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from .library import Library, Node


class TokenGone(Exception):
    """The token is too old."""


@dataclass(frozen=True)
class Token:
    """Events after `since` up to `until`, of which `skip` have been told; until None: as far as there are."""

    since: int = 0
    until: int | None = None
    skip: int = 0

    def text(self) -> str:
        values = json.dumps([self.since, self.until, self.skip])
        return base64.urlsafe_b64encode(values.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> Token:
        """Raises ValueError."""
        since, until, skip = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return cls(since, until, skip)


def changes(library: Library, token: Token, *, page: int) -> tuple[list[Node], Token, bool]:
    """The items of a page, the token after it, and whether it is the last page. Raises TokenGone."""
    is_strange = token.since > len(library.events)  # of the library that was here before
    if is_strange or 0 < token.since < library.oldest_token:
        raise TokenGone
    until = len(library.events) if token.until is None else token.until
    found = _all(library, until) if token.since == 0 else _since(library, token.since, until)
    shown = found[token.skip : token.skip + page]
    is_last = token.skip + page >= len(found)
    following = Token(until) if is_last else Token(token.since, until, token.skip + page)
    return shown, following, is_last


def _all(library: Library, until: int) -> list[Node]:
    """Everything there is, each once, folders not before what is in them."""
    last = {node.id: node for node in library.events[:until]}
    return sorted(
        (n for n in last.values() if not n.is_deleted), key=lambda n: crc32(n.id.encode())
    )


def _since(library: Library, since: int, until: int) -> list[Node]:
    found: list[Node] = []
    for node in library.events[since:until]:
        above = library.nodes.get(node.parent)
        while above is not None and above not in found:
            found.append(above)
            above = library.nodes.get(above.parent)
        found.append(node)
    return found


def told(node: Node, full: dict[str, Any]) -> dict[str, Any]:
    """An item as changes tell it: without the path of its folder and without cTag; gone, by its id alone."""
    if node.is_deleted:
        return {
            "id": node.id,
            "deleted": {"state": "deleted"},
            "parentReference": full["parentReference"],
        }
    parent = {k: v for k, v in full["parentReference"].items() if k != "path"}
    return {**{k: v for k, v in full.items() if k != "cTag"}, "parentReference": parent}
