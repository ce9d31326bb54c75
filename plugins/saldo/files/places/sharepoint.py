"""A folder of a library in SharePoint: what lies there now, by the library's own stream of changes.

The files that lie in the folder itself count, not those in folders below. Files are known by their ids, so that a renamed one stays the
same file, and one that is moved out of the folder is gone. The folder is known by its path: when it, or one it lies in, is renamed or
moved, the path is looked up again, and the library is read as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO

from saldo.errors import ConfigError, Unavailable
from saldo.graph.address import SiteAddress
from saldo.graph.client import GraphClient
from saldo.graph.errors import NotFound, ResyncRequired
from saldo.graph.items import Drive

from ..configuration import FileConfiguration, SharePoint
from .library import Library, Listed, Reading, file_of, path_of
from .shared_library import SharedLibrary, UnsharedLibrary
from .source import Changes, File, FileGone, Seen, compared, is_meant, there

#: How often a library is read whose folders move meanwhile.
_TRIES = 2


class SharePointSource:
    """The files of one configuration; one object is for one run."""

    def __init__(
        self,
        client: GraphClient,
        configuration: FileConfiguration,
        says: SharePoint,
        library: SharedLibrary | None = None,
    ) -> None:
        """says: its source. library: what is known of that; None for one that is read as a whole."""
        self._client, self._says, self._shared = client, says, library or UnsharedLibrary()
        self.usage = client.usage
        self._id, self._pattern = configuration.id, configuration.match
        self._path = path_of(says.folder)
        self._drive = ""

    def changes(self, seen: Seen) -> Changes:
        """See FileSource.changes. Raises ConfigError for a site, a library or a folder that is not there, AuthError for a
        site that was not granted, Busy where another task reads the library for long; else as GraphClient.changes does."""
        with self._shared.locked():
            library = self._current()
        self._drive = library.drive
        files = library.folders[self._path].files.values()
        return compared(seen, there(files, self._pattern, seen))

    def fetch(self, file: File, into: BinaryIO, *, max_bytes: int) -> File:
        """See FileSource.fetch and Downloads.download. After `changes`, which has told of the file."""
        try:
            item = self._client.download(self._drive, file.id, into, max_bytes=max_bytes)
        except NotFound:
            raise FileGone(
                f"{file.name!r} was deleted or moved after it had been listed; the next run finds it gone"
            ) from None
        if not is_meant(item.name, self._pattern):
            raise FileGone(f"{file.name!r} is called {item.name!r} now; the next run finds it gone")
        return file_of(item)

    # --- the library, under its lock -------------------------------------------------------------

    def _current(self) -> Library:
        library, look = self._shared.load(), self._shared.look
        is_looked_at = bool(look) and library.look == look
        if self._path in library.folders and not is_looked_at:
            library = self._followed(library)
        for _ in range(_TRIES):
            if self._path in library.folders:
                return library
            library = self._whole()
        if self._path in library.folders:
            return library
        raise Unavailable(
            f"file {self._id!r}: its folder is being moved; it is looked up again by itself",
            reason="the folder is being moved",
        )

    def _followed(self, library: Library) -> Library:
        """With what has changed since."""
        reading = Reading(library.folders)
        try:
            link = self._client.changes(library.drive, library.link, reading.take)
        except ResyncRequired as error:
            return self._whole(error.location)
        except NotFound:  # the library itself is another one, perhaps of the same name
            return self._whole()
        return self._kept(library.drive, link, reading.folders())

    def _whole(self, link: str = "") -> Library:
        """Everything there is, for all configurations of the library. link: where that begins."""
        says = self._says
        drive = self._client.drive(self._client.site(SiteAddress.of(says.site)), says.library)
        own = self._client.folder(drive, says.folder)
        reading = Reading({}, {self._path: own.id, **self._others(drive)})
        link = self._client.changes(drive.id, link, reading.take)
        folders = reading.folders()
        # What was renamed or moved meanwhile: no later change would tell.
        doubted = [path for path, one in folders.items() if not one.is_led_to(path)]
        written = {**self._shared.folders, self._path: says.folder}
        now = self._ids(drive, {path: written[path] for path in doubted})
        for path in doubted:
            if now.get(path) != folders[path].folder:
                del folders[path]
        return self._kept(drive.id, link, folders)

    def _others(self, drive: Drive) -> dict[str, str]:
        """Folders of other configurations, which would else read it all again. One that is not there is for its own
        configuration to tell."""
        folders = self._shared.folders.items()
        return self._ids(drive, {path: folder for path, folder in folders if path != self._path})

    def _ids(self, drive: Drive, folders: Mapping[str, str]) -> dict[str, str]:
        """Of those that are there, by path."""
        found = {}
        for path, folder in folders.items():
            with suppress(ConfigError):
                found[path] = self._client.folder(drive, folder).id
        return found

    def _kept(self, drive: str, link: str, folders: Mapping[str, Listed]) -> Library:
        library = Library(drive, link, self._shared.look, folders)
        self._shared.save(library)
        return library
