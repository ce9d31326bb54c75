"""A folder of a library in SharePoint: what changed since the last look, by the library's own stream of changes.

The files that lie in the folder itself count, not those in folders below. Files are known by their ids, so that a renamed one stays the
same file, and one that is moved out of the folder is gone. The folder is known by its path: when it, or one it lies in, is renamed or
moved, the path is looked up again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from saldo.graph.address import SiteAddress
from saldo.graph.client import GraphClient
from saldo.graph.errors import NotFound, ResyncRequired
from saldo.graph.items import Item

from .configuration import FileConfiguration, SharePoint
from .source import Changes, File, FileGone, Seen, compared, is_meant


class SharePointSource:
    """The files of one configuration; one object is for one run."""

    def __init__(
        self, client: GraphClient, configuration: FileConfiguration, says: SharePoint
    ) -> None:
        """says: its source."""
        self._client, self._says = client, says
        self.usage = client.usage
        self._place, self._pattern = configuration.place, configuration.match
        self._drive = ""

    def changes(self, seen: Seen) -> Changes:
        """See FileSource.changes. Raises ConfigError for a site, a library or a folder that is not there, AuthError for a
        site that was not granted; else as GraphClient.changes does."""
        is_known = bool(seen.link) and seen.place == self._place
        start = seen if is_known else self._found(seen)
        try:
            return self._changes(start)
        except ResyncRequired as error:
            return self._changes(replace(self._found(seen), link=error.location), is_whole=True)
        except NotFound:  # the library itself is another one, perhaps of the same name
            return self._changes(self._found(seen))

    def fetch(self, file: File, into: BinaryIO, *, max_bytes: int) -> File:
        """See FileSource.fetch and Downloads.download."""
        drive = self._drive or self._found(Seen()).drive
        try:
            item = self._client.download(drive, file.id, into, max_bytes=max_bytes)
        except NotFound:
            raise FileGone(
                f"{file.name!r} was deleted or moved after it had been listed; the next run finds it gone"
            ) from None
        if not is_meant(item.name, self._pattern):
            raise FileGone(f"{file.name!r} is called {item.name!r} now; the next run finds it gone")
        return _file(item)

    def _found(self, seen: Seen) -> Seen:
        """Where the path leads now; of what was seen the files stay."""
        says = self._says
        drive = self._client.drive(self._client.site(SiteAddress.of(says.site)), says.library)
        folder = self._client.folder(drive, says.folder)
        self._drive = drive.id
        return Seen(self._place, "", drive.id, folder.id, {}, seen.files, seen.owed)

    def _changes(self, start: Seen, *, is_whole: bool = False) -> Changes:
        """is_whole: the link leads to everything there is, as none does."""
        self._drive = start.drive
        look = _Look(start, self._pattern, is_whole=is_whole or not start.link)
        link = self._client.changes(start.drive, start.link, look.take)
        if look.has_moved:
            now = self._found(start)
            if (now.drive, now.folder) != (start.drive, start.folder):
                return self._changes(now)
        kept = replace(start, link=link, above=look.above())
        return compared(start, look.there, kept)


@dataclass
class _Look:
    """What one reading of the changes comes to, item after item; the last time an item comes counts."""

    start: Seen
    pattern: str
    is_whole: bool
    there: dict[str, File] = field(default_factory=dict)
    #: Folders of the whole library, or what changed of those above ours: id -> id of the one above, name.
    _folders: dict[str, tuple[str, str]] = field(default_factory=dict)
    has_moved: bool = False

    def __post_init__(self) -> None:
        if not self.is_whole:
            self.there = dict(self.start.files)
            self._folders = dict(self.start.above)

    def take(self, item: Item) -> None:
        if item.folder is not None or item.root is not None or item.id in self._folders:
            self._take_folder(item)
        elif self._is_ours(item):
            self._take_file(item)
        else:
            self.there.pop(item.id, None)

    def above(self) -> Mapping[str, tuple[str, str]]:
        """The folder and those it lies in; the library's root is left out, for it neither moves nor is renamed."""
        found, id = {}, self.start.folder
        while id in self._folders and id not in found:
            found[id] = self._folders[id]
            id = found[id][0]
        return found

    def _take_folder(self, item: Item) -> None:
        if item.root is not None:
            return
        if self.is_whole:
            self._folders[item.id] = (item.parent_id, item.name)
        elif item.id in self._folders:
            is_same = not item.deleted and self._folders[item.id] == (item.parent_id, item.name)
            self.has_moved = self.has_moved or not is_same
            self._folders[item.id] = (item.parent_id, item.name)

    def _is_ours(self, item: Item) -> bool:
        is_file = item.file is not None and item.deleted is None
        return is_file and item.parent_id == self.start.folder and is_meant(item.name, self.pattern)

    def _take_file(self, item: Item) -> None:
        """An empty file is one that is being saved: it is as it was, or not there yet."""
        if item.size:
            self.there[item.id] = _file(item)
        elif item.id in self.start.files:
            self.there[item.id] = self.start.files[item.id]


def _file(item: Item) -> File:
    return File(
        item.id,
        item.name,
        item.hash or item.etag,
        item.size,
        item.etag,
        item.modified_at,
        item.modified_by,
    )
