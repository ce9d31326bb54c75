"""What the stream of changes of a library comes to: the folders that configurations name, and the files that lie in them.

Kept once for all configurations of a library (shared_library.py), so that one look serves them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from saldo.graph.address import parts_of, same
from saldo.graph.items import Item

from .source import File, can_be_read


@dataclass(frozen=True)
class Listed:
    """A folder, and the files in it that can be read.

    folder: its id. above: id of it and of each folder it lies in, but for the library's own -> id of the one above, name.
    files: by id; those that are empty, too.
    """

    folder: str
    above: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)

    def is_where(self, other: Listed) -> bool:
        """Whether it is called the same, and lies in the same folders."""
        mine, theirs = (
            {id: (parent, same(name)) for id, (parent, name) in one.above.items()} for one in (self, other)
        )  # fmt: skip
        return mine == theirs

    def is_led_to(self, path: str) -> bool:
        """Whether a path, as path_of writes it, leads to it: as far as the names of folders say. Not for one that was kept."""
        return "/".join(reversed([same(name) for _, name in self.above.values()])) == path


@dataclass(frozen=True)
class Library:
    """A library as its stream has shown it; nothing, for one that was never looked at.

    drive: its id. link: where its changes go on. look: who looked last, as SharedLibrary says. folders: by path (see
    path_of).
    """

    drive: str = ""
    link: str = ""
    look: str = ""
    folders: Mapping[str, Listed] = field(default_factory=dict)


def path_of(folder: str) -> str:
    """A folder's path, written in one way; empty for the library itself."""
    return "/".join(map(same, parts_of(folder)))


class Reading:
    """One reading of the changes, item after item; the last time an item comes counts."""

    def __init__(self, known: Mapping[str, Listed], whole: Mapping[str, str] | None = None) -> None:
        """known: what there was, by path. whole: the ids of the folders that are wanted, by path, where everything there
        is is read and nothing is known."""
        self._known, self._is_whole = known, whole is not None
        self._ids = whole or {path: listed.folder for path, listed in known.items()}
        #: Folders of the whole library, or of those above the wanted ones.
        self._tree = {id: above for one in known.values() for id, above in one.above.items()}
        self._files: dict[str, dict[str, File]] = {id: {} for id in self._ids.values()}
        for listed in known.values():
            self._files[listed.folder] = dict(listed.files)
        self._lies_in = {id: folder for folder, files in self._files.items() for id in files}

    def take(self, item: Item) -> None:
        """An item of a page."""
        if item.root is not None:
            return  # it neither moves nor is renamed
        if item.folder is not None or item.id in self._tree:
            self._take_folder(item)
        else:
            self._take_file(item)

    def folders(self) -> dict[str, Listed]:
        """What it comes to, by path. Of those that were known one is left out when it, or one that it lies in, was renamed,
        moved or deleted: its path may lead to another."""
        found = {
            path: Listed(id, self._above(id), self._files[id]) for path, id in self._ids.items()
        }
        if self._is_whole:
            return found
        return {path: one for path, one in found.items() if one.is_where(self._known[path])}

    def _take_folder(self, item: Item) -> None:
        if item.deleted is not None:
            self._tree.pop(item.id, None)
        elif self._is_whole or item.id in self._tree:
            self._tree[item.id] = (item.parent_id, item.name)

    def _take_file(self, item: Item) -> None:
        before = self._lies_in.pop(item.id, None)
        if before is not None:
            del self._files[before][item.id]
        is_there = item.file is not None and item.deleted is None
        if is_there and item.parent_id in self._files and can_be_read(item.name):
            self._files[item.parent_id][item.id] = file_of(item)
            self._lies_in[item.id] = item.parent_id

    def _above(self, id: str) -> dict[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}
        while id in self._tree and id not in found:
            found[id] = self._tree[id]
            id = found[id][0]
        return found


def file_of(item: Item) -> File:
    """An item that is a file."""
    return File(
        item.id,
        item.name,
        item.hash or item.etag,
        item.size,
        item.etag,
        item.modified_at,
        item.modified_by,
    )
