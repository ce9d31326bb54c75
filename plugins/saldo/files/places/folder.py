"""A folder on a disk, in Azure or in S3, by fsspec, with the same questions as SharePoint's.

The files that lie in the folder itself count. A file is known by its name; what changed is told by the store's ETag, else by the
time it was written and its size. Whoever drops a large file writes it under another name and renames it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, BinaryIO

from fsspec.implementations.local import LocalFileSystem

from saldo.declarations.source import Usage
from saldo.errors import AuthError, ConfigError, Unavailable
from saldo.graph.errors import TooLarge
from saldo.store_answers import is_missing_container, is_refusal, said

from ..configuration import FileConfiguration
from .source import Changes, File, FileGone, Seen, compared, there

_CHUNK = 1 << 20
#: How often a file is read that is being written meanwhile.
_TRIES = 3
_MOMENTS = ("mtime", "last_modified", "LastModified")
_ETAGS = ("etag", "ETag")


class FolderSource:
    """fs: a file system of fsspec. root: the folder's place in it. Both questions raise AuthError for a store that refuses."""

    def __init__(self, fs: Any, root: str, configuration: FileConfiguration) -> None:
        self.usage = Usage()
        self._fs, self._root = fs, root.rstrip("/") or "/"
        self._id = configuration.id
        self._url, self._pattern = configuration.source.folder, configuration.match
        #: Where files lie whose names are no text.
        self._paths: dict[str, str] = {}

    def changes(self, seen: Seen) -> Changes:
        """See FileSource.changes. Raises ConfigError for a folder that is not there or may not be read, AuthError for a store
        that refuses the connection's key, Unavailable where it does not answer."""
        with self._translated():
            self._fs.invalidate_cache()
            found = self._listed()
            infos = [info for info in found if info["type"] == "file"]
        self._paths = {_name(path): path for path in (str(info["name"]) for info in infos)}
        return compared(seen, there(map(_file, infos), self._pattern, seen))

    def fetch(self, file: File, into: BinaryIO, *, max_bytes: int) -> File:
        """See FileSource.fetch. Raises ConfigError where it may not be read."""
        path = self._paths.get(file.name, f"{self._root.rstrip('/')}/{file.name}")
        for _ in range(_TRIES):
            before = self._look(path, file.name)
            if before.size > max_bytes:
                raise TooLarge(
                    f"file {self._id!r}: {file.name!r} has {before.size >> 20} MB, and max_mb allows "
                    f"{max_bytes >> 20}: make the file smaller, or raise max_mb in its configuration"
                )
            size = self._copy(path, file.name, into, max_bytes)
            if size == before.size and self._look(path, file.name) == before:
                return before
        raise Unavailable(
            f"file {self._id!r}: {file.name!r} is being written; it is read again by itself",
            reason="the file is being written",
        )

    def _listed(self) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = self._fs.ls(self._root, detail=True)
        except FileNotFoundError:
            # A container that is not there is told like a folder; only asking for a file tells which it is.
            if not isinstance(self._fs, LocalFileSystem):
                self._fs.cat_file(f"{self._root}/none")
            raise
        here = self._fs._strip_protocol(self._root).strip("/")
        if len(found) == 1 and found[0]["type"] == "file" and found[0]["name"].strip("/") == here:
            raise NotADirectoryError
        return found

    def _look(self, path: str, name: str) -> File:
        with self._translated(name):
            self._fs.invalidate_cache()
            return _file(self._fs.info(path))

    def _copy(self, path: str, name: str, into: BinaryIO, max_bytes: int) -> int:
        """Bytes copied; one more than allowed is as many as are looked at."""
        into.seek(0)
        into.truncate()
        with self._translated(name), self._fs.open(path, "rb") as content:
            while into.tell() <= max_bytes and (chunk := content.read(_CHUNK)):
                into.write(chunk)
        size = into.tell()
        into.seek(0)
        return size

    @contextmanager
    def _translated(self, name: str = "") -> Iterator[None]:
        """The errors of stores as Saldo's; their own texts may hold a key. name: of a file, none for the folder."""
        what = f"file {self._id!r}: {name or self._url!r}"
        try:
            yield
        except FileNotFoundError as error:
            if is_missing_container(error):
                raise self._no_container(what) from None
            if name:
                raise FileGone(
                    f"{what} was deleted after it had been listed; the next run finds it gone"
                ) from None
            raise ConfigError(
                f"{what}: there is no such folder; make it, or correct `source.folder`"
            ) from None
        except NotADirectoryError:
            raise ConfigError(f"{what} is a file; `source.folder` must name a folder") from None
        except Exception as error:
            if is_missing_container(error):
                raise self._no_container(what) from None
            if is_refusal(error):
                raise self._refused(what, error) from None
            reason = type(error).__name__
            raise Unavailable(
                f"{what} cannot be read now ({reason}); it is tried again by itself", reason=reason
            ) from None

    def _no_container(self, what: str) -> ConfigError:
        return ConfigError(
            f"{what}: its container does not exist (in S3: its bucket); make it, or correct `source.folder`"
        )

    def _refused(self, what: str, error: Exception) -> AuthError | ConfigError:
        if isinstance(self._fs, LocalFileSystem):
            return ConfigError(
                f"{what} may not be read; give the right to the user that Airflow runs as"
            )
        return AuthError(
            f"{what} is refused by its store ({said(error)}): check the key of the connection and its last day, and that it may "
            "list and read there (docs/lake-stores.md)"
        )


def _file(info: dict[str, Any]) -> File:
    """Of what a file system tells: each has names of its own for the same."""
    name = _name(str(info["name"]))
    moment = next((_moment(info[key]) for key in _MOMENTS if info.get(key)), None)
    etag = next((str(info[key]) for key in _ETAGS if info.get(key)), "")
    size = int(info["size"] or 0)
    return File(name, name, etag or f"{moment} {size}", size, etag, moment)


def _name(path: str) -> str:
    """The name in a path. On a disk it may be in another encoding, as programs of Windows leave it: what is no text is written as bytes,
    so that no two files have one name."""
    name = path.rstrip("/").rpartition("/")[2]
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromtimestamp(float(value), UTC)
