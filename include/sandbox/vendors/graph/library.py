"""A library of a site: folders and files that people edit, and what Graph's changes tell of that.

Ids stay when something is renamed or moved. Every edit is an event; a token for changes is the number of the last
event it has seen, so that one item comes as often as it was edited.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from .quick_xor import quick_xor_hash

Kind = Literal["file", "folder"]
#: Who edits what nobody says to have edited.
ANYBODY = "controller@fjordgruppen.example"


@dataclass(frozen=True)
class Node:
    """A file or a folder at one moment. version: grows with whatever changes; minute: when, after the library was made."""

    id: str
    name: str
    parent: str
    kind: Kind = "file"
    content: bytes = b""
    version: int = 1
    minute: int = 0
    by: str = ANYBODY
    is_deleted: bool = False

    @cached_property
    def hash(self) -> str:
        return quick_xor_hash(self.content)


@dataclass
class Library:
    """drive: its id. name: as people see it, in the site's language; url_name: as its address has it."""

    drive: str
    name: str
    url_name: str
    nodes: dict[str, Node] = field(default_factory=dict)
    events: list[Node] = field(default_factory=list)
    #: What somebody saves as soon as a file has been asked for: by id.
    saved_meanwhile: dict[str, list[bytes]] = field(default_factory=dict)
    #: Tokens below it are forgotten.
    oldest_token: int = 0

    def __post_init__(self) -> None:
        self._keep(Node(f"{self.drive}-root", "root", "", "folder"))

    @property
    def root(self) -> Node:
        return self.nodes[f"{self.drive}-root"]

    # --- looking ---------------------------------------------------------------------------------

    def at(self, path: str) -> Node:
        """Raises KeyError; names count without their case."""
        found = self.root
        for part in filter(None, path.split("/")):
            found = next(
                (n for n in self.children(found.id) if n.name.casefold() == part.casefold()),
                None,
            ) or self._missing(path)
        return found

    def of_id(self, id: str) -> Node:
        """Raises KeyError for what is not there (any more)."""
        node = self.nodes[id]
        return self._missing(id) if node.is_deleted else node

    def children(self, id: str) -> list[Node]:
        return [n for n in self.nodes.values() if n.parent == id and not n.is_deleted]

    def path_of(self, node: Node) -> str:
        """From the root on; empty for the root itself."""
        names = []
        while node.parent:
            names.append(node.name)
            node = self.nodes[node.parent]
        return "/".join(reversed(names))

    def files(self) -> list[Node]:
        return [n for n in self.nodes.values() if n.kind == "file" and not n.is_deleted]

    def _missing(self, what: str) -> Node:
        raise KeyError(what)

    # --- editing ---------------------------------------------------------------------------------

    def folder(self, path: str) -> Node:
        """The folder at a path, made with those above it where they are not there."""
        found = self.root
        for part in filter(None, path.split("/")):
            known = [n for n in self.children(found.id) if n.name.casefold() == part.casefold()]
            found = known[0] if known else self._new(part, found.id, "folder")
        return found

    def put(self, path: str, content: bytes, *, by: str = ANYBODY) -> Node:
        """A file, made or saved anew."""
        above, _, name = path.rpartition("/")
        parent = self.folder(above)
        known = [n for n in self.children(parent.id) if n.name.casefold() == name.casefold()]
        node = known[0] if known else self._new(name, parent.id, "file", by=by)
        if node.content != content or not known:
            node = self._changed(node, content=content, by=by)
        return node

    def rename(self, path: str, name: str) -> Node:
        return self._changed(self.at(path), name=name)

    def move(self, path: str, folder: str) -> Node:
        """Into another folder, under its old name; folders take with them what is in them."""
        return self._changed(self.at(path), parent=self.folder(folder).id)

    def touch(self, path: str) -> Node:
        """Something but content and name: a column of the list, somebody's rights."""
        return self._changed(self.at(path))

    def delete(self, path: str) -> Node:
        node = self.at(path)
        for child in self.children(node.id):
            self.delete(self.path_of(child))
        return self._changed(node, is_deleted=True)

    def forget_tokens(self) -> None:
        """Whoever comes with a token of now or before must begin anew."""
        self.events.append(self.root)
        self.oldest_token = len(self.events)

    def taken(self, id: str) -> bytes:
        """The content as it is downloaded: somebody may save the file between the question and the answer."""
        waiting = self.saved_meanwhile.get(id)
        if waiting:
            self._changed(self.nodes[id], content=waiting.pop(0))
        return self.nodes[id].content

    def _new(self, name: str, parent: str, kind: Kind, *, by: str = ANYBODY) -> Node:
        return self._keep(Node(f"{self.drive}-{len(self.nodes):06}", name, parent, kind, by=by))

    def _changed(self, node: Node, **values: object) -> Node:
        return self._keep(replace(node, version=node.version + 1, **values))  # type: ignore[arg-type]

    def _keep(self, node: Node) -> Node:
        node = replace(node, minute=len(self.events))
        self.nodes[node.id] = node
        self.events.append(node)
        return node
