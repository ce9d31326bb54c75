"""The state of a library's stream, kept in ops.watermark once for all configurations that read it.

The first task of a run that needs it reads the changes; those that come later in the run find that somebody has looked. Link and
folders are one row: what a link is past, the folders show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Self

import msgspec

from saldo.graph.address import SiteAddress, same
from saldo.warehouse.connection import Connection, exclusive

from .. import state
from ..configuration import FileConfiguration, SharePoint
from .library import Library, path_of

#: The entity of a library's watermark.
ENTITY = "library"
#: How long a task waits for another one that reads a whole library.
_WAIT_S = 900


class SharedLibrary:
    """The library of one configuration, as all share it.

    look: what tells one run from others, so that its tasks look once; empty for one that looks in any case. folders: those
    that configurations of this library name, by path_of them.
    """

    def __init__(
        self, connection: Connection, name: str, *, look: str = "", folders: Iterable[str] = ()
    ) -> None:
        self._connection, self._name, self.look = connection, name, look
        self.folders: Mapping[str, str] = {path_of(folder): folder for folder in folders}

    @classmethod
    def of(
        cls,
        connection: Connection,
        says: SharePoint,
        configurations: Iterable[FileConfiguration],
        *,
        look: str = "",
    ) -> Self:
        """says: the source of a configuration. configurations: all there are, among which those of the library are found."""
        name = name_of(says)
        others = [one.source.sharepoint for one in configurations]
        folders = [one.folder for one in others if one and name_of(one) == name]
        return cls(connection, name, look=look, folders=folders)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One task at a time. Raises Busy."""
        with exclusive(
            self._connection,
            self._name,
            "the changes",
            wait_s=_WAIT_S,
            said=f"library {self._name!r}",
        ):
            yield

    def load(self) -> Library:
        """As it was left; what cannot be read is forgotten, so that the library is read anew."""
        cursor = state.kept(self._connection, self._name, ENTITY)
        try:
            return msgspec.convert(cursor, Library) if cursor else Library()
        except msgspec.ValidationError:
            return Library()

    def save(self, library: Library) -> None:
        """At once, and as a whole."""
        state.keep(self._connection, self._name, ENTITY, msgspec.to_builtins(library))


class UnsharedLibrary(SharedLibrary):
    """One that nothing is remembered of: everything there is is read."""

    def __init__(self) -> None:
        self.look, self.folders = "", {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """See SharedLibrary.locked."""
        yield

    def load(self) -> Library:
        """See SharedLibrary.load."""
        return Library()

    def save(self, library: Library) -> None:
        """See SharedLibrary.save."""


def name_of(says: SharePoint) -> str:
    """Of the stream that a configuration reads: equal where connection, site and library are. No configuration's id is like it."""
    return f"{says.connection} {same(str(SiteAddress.of(says.site)))} {same(says.library)}"
