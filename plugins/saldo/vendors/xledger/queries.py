"""The queries of the entities: what of a record is asked for, and what is put around it.

An entity's file in queries/ is a query as the vendor's explorer takes it: one root field, its edges, and of the node the
fields that Saldo reads. What a request needs beside them (a page, a filter, the stream of changes) is written here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse, print_ast
from graphql.utilities import strip_ignored_characters

_FOLDER = Path(__file__).parent / "queries"
#: Said in every query, since the vendor documents no defaults: rows of all entities the token reaches, closed ones too.
OF_ALL = {"ownerSet": "ALL", "objectStatus": "ALL"}
_EDGES = "edges { cursor node %s }"
#: What happened comes under a name of its own, so that `node` is to the byte what a page of the whole set shows.
_CHANGES = "edges { cursor change: node { dbId mutationType } node %s }"


@dataclass(frozen=True)
class Query:
    """root: the root field of the set. selection: of the node, as one line with its braces. fields: the node's own
    fields, nested ones as a.b. lacking: fields of the file that are left out, since the schema does not have them."""

    root: str
    selection: str
    fields: tuple[str, ...]
    lacking: tuple[str, ...] = ()

    @property
    def node(self) -> SelectionSetNode:
        """The selection of the node, parsed."""
        [operation] = parse(self.selection).definitions
        assert isinstance(operation, OperationDefinitionNode)
        return operation.selection_set

    @property
    def changes(self) -> str:
        """The root field of its stream of changes: transaction_deltas."""
        return f"{singular(self.root)}_deltas"

    def page(self, arguments: Mapping[str, str]) -> str:
        """The text that asks for a page of the set."""
        return set_of(self.root, arguments, _EDGES % self.selection)

    def field(self, arguments: Mapping[str, str]) -> str:
        """The same as a part of a larger text."""
        return _set(self.root, arguments, _EDGES % self.selection)

    def page_of_changes(self, arguments: Mapping[str, str]) -> str:
        """The text that asks for a page of its changes."""
        return set_of(self.changes, arguments, _CHANGES % self.selection)

    def without(self, fields: Sequence[str]) -> Query:
        """The same without these fields of the node (a.b), and without what has no field left."""
        left = _pruned(self.node, frozenset(fields))
        assert left
        selection = strip_ignored_characters(print_ast(left))
        return Query(self.root, selection, tuple(_fields(left)), tuple(fields))

    def last_change(self, arguments: Mapping[str, str]) -> str:
        """The text that asks where its stream of changes stands."""
        return set_of(self.changes, arguments, "edges { cursor node { dbId } }")


def set_of(root: str, arguments: Mapping[str, str], edges: str) -> str:
    """The text that asks for edges of a set."""
    return f"query {root} {{ {_set(root, arguments, edges)} }}"


def _set(root: str, arguments: Mapping[str, str], edges: str) -> str:
    given = ", ".join(f"{name}: {value}" for name, value in arguments.items())
    return f"{root}({given}) {{ {edges} pageInfo {{ hasNextPage }} }}"


def singular(root: str) -> str:
    """transactions: transaction; currencies: currency."""
    return f"{root[:-3]}y" if root.endswith("ies") else root.removesuffix("s")


def text(value: str) -> str:
    """A text as it is written in a query."""
    return json.dumps(value)


@cache
def mutation(name: str) -> str:
    """The text of a mutation."""
    return strip_ignored_characters((_FOLDER / f"{name}.graphql").read_text(encoding="utf-8"))


@cache
def query(name: str) -> Query:
    """The query of an entity. Raises ValueError for a file that does not ask for edges and their nodes."""
    path = _FOLDER / f"{name}.graphql"
    document = parse(path.read_text(encoding="utf-8"))
    try:
        [operation] = document.definitions
        assert isinstance(operation, OperationDefinitionNode)
        root = _only(operation.selection_set)
        node = _only(_only(root.selection_set, "edges").selection_set, "node").selection_set
        assert node
    except (ValueError, AssertionError):
        raise ValueError(
            f"{path.name} must ask for one set, of it for edges, and of these for node with its fields"
        ) from None
    return Query(root.name.value, strip_ignored_characters(print_ast(node)), tuple(_fields(node)))


def _only(selection: SelectionSetNode | None, name: str = "") -> FieldNode:
    """The only field asked for, or the one of a name."""
    found = [
        field
        for field in (selection.selections if selection else ())
        if isinstance(field, FieldNode)
    ]
    [one] = [field for field in found if name in ("", field.name.value)]
    return one


def _pruned(
    selection: SelectionSetNode, without: frozenset[str], above: str = ""
) -> SelectionSetNode | None:
    """What is left of a selection; None where nothing is."""
    left = []
    for field in selection.selections:
        assert isinstance(field, FieldNode)
        name = f"{above}{field.name.value}"
        inner = field.selection_set and _pruned(field.selection_set, without, f"{name}.")
        if name not in without and (inner or not field.selection_set):
            left.append(FieldNode(name=field.name, selection_set=inner))
    return SelectionSetNode(selections=tuple(left)) if left else None


def _fields(selection: SelectionSetNode, above: str = "") -> Iterable[str]:
    for field in selection.selections:
        if isinstance(field, FieldNode):
            name = f"{above}{field.name.value}"
            yield from _fields(field.selection_set, f"{name}.") if field.selection_set else (name,)
