"""What facts must hold of the files of a library, once those were read that lie there now.

A file that cannot be read counts as it was when it could. What is nobody's to read (another folder, other endings) is told by its folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.state import State

from .charts import ChartPaper, posted_on
from .library import Library, Node
from .sites import site_of
from .workbooks import Paper


def budgets(state: State, company: str) -> dict[str, Any]:
    """files: folder, name, configuration, is_readable, facts (scenario, company, account, department, month, amount with debit positive).

    mapping: account -> group account, name and line of the report; null for those that have none.
    """
    library = site_of(state, company).libraries[0]
    return {"files": list(_files(library)), "mapping": _mapping(library, state.books[company].day)}


def files(state: State, company: str) -> dict[str, Any]:
    """The files of the first library as they are now, by path."""
    library = site_of(state, company).libraries[0]
    return {
        library.path_of(node): {"id": node.id, "size": len(node.content), "hash": node.hash}
        for node in library.files()
    }


def _files(library: Library) -> Iterator[dict[str, Any]]:
    for node in library.files():
        paper = node.content
        if not isinstance(paper, Paper) or isinstance(paper, ChartPaper):
            continue
        folder, _, name = library.path_of(node).rpartition("/")
        yield {
            "folder": folder, "name": name, "configuration": dict(paper.says), "is_readable": paper.facts is not None,
            "facts": _in_force(library, node),
        }  # fmt: skip


def _in_force(library: Library, node: Node) -> list[Any]:
    """Of the last version of a file that can be read."""
    for one in reversed(library.events):
        if one.id == node.id and isinstance(one.content, Paper) and one.content.facts is not None:
            return list(one.content.facts)
    return []


def _mapping(library: Library, day: int) -> dict[str, Any]:
    """Of the accounts there are by that day."""
    found: dict[str, Any] = {str(number): None for number in posted_on(day)}
    for node in library.files():
        if isinstance(node.content, ChartPaper):
            found |= node.content.places
    return found
