"""Where files of exports lie: a local folder, Azure or S3, all by fsspec.

A file appears under its name whole, after what was stored was read back and compared. On a disk it is written beside its name,
read back and linked; in an object store it is sent, shown when its last block has come, and read back; one that is not as it
was sent is removed. No file takes the place of another: a name that is taken is refused by the store itself.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from pathlib import Path
from typing import IO, Any, Protocol

from fsspec.implementations.local import LocalFileSystem

from saldo.errors import ConfigError, DataRejected, SaldoError
from saldo.lake.clients import BLOCK, sending
from saldo.store_answers import is_missing_container

from .names import is_safe_name
from .store_errors import StoreUnavailable, nothing_made, translation

__all__ = ["DamagedFile", "FileGone", "FileStore", "NameTaken", "Store", "StoreUnavailable"]


class NameTaken(DataRejected):
    """A file of that name is there already; it stays as it is."""


class FileGone(DataRejected):
    """A file is not there, perhaps deleted by hand."""


class DamagedFile(StoreUnavailable):
    """What was read back is not what was stored; nothing is left of it."""


class Store(Protocol):
    """What making, reading and deleting files needs. path: `<agreement>/<name>`, of safe names."""

    url: str

    def put(self, path: str, local: Path) -> str:
        """Store a file, read it back and compare; its SHA-256 in hexadecimal. Raises NameTaken, DamagedFile, StoreUnavailable
        and ConfigError."""
        ...

    def exists(self, path: str) -> bool: ...

    def chunks(self, path: str) -> Iterator[bytes]:
        """Its content, a few MB at a time. Raises FileGone before the first."""
        ...

    def delete(self, path: str) -> bool:
        """Whether it was there."""
        ...


class FileStore:
    """fs: a file system of fsspec. root: the exports' place in it. url: as people write it, without secrets."""

    def __init__(self, fs: Any, root: str, url: str) -> None:
        self._fs, self._root, self.url = fs, root.rstrip("/"), url
        self._is_local = isinstance(fs, LocalFileSystem)

    def put(self, path: str, local: Path) -> str:
        """See Store.put."""
        place = self._place(path)
        with local.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        try:
            with self._translated():
                if self._is_local:
                    self._put_on_disk(local, Path(place), digest)
                else:
                    self._send(path, local, digest)
        except DamagedFile:
            raise
        except (ConfigError, StoreUnavailable) as error:
            raise nothing_made(error) from None
        return digest

    def exists(self, path: str) -> bool:
        """Whether there is a file under that name."""
        place = self._place(path)
        with self._translated():
            self._fs.invalidate_cache()
            return bool(self._fs.exists(place))

    def chunks(self, path: str) -> Iterator[bytes]:
        """See Store.chunks."""
        with self._opened(path) as file:
            yield from iter(lambda: file.read(BLOCK), b"")

    def delete(self, path: str) -> bool:
        """See Store.delete. What a kill left beside it goes, too: it holds a company's books."""
        beside = _beside(Path(self._place(path)))
        if self._is_local and beside.exists():
            with self._translated():
                beside.unlink(missing_ok=True)
        if not self.exists(path):
            return False
        with suppress(FileNotFoundError), self._translated():
            self._fs.rm_file(self._place(path))
        return True

    def names(self, folder: str) -> dict[str, int]:
        """Bytes of the files of an agreement by name: one listing, of a call for every thousand files or so."""
        place = self._place(folder)
        found: dict[str, Any] = {}
        with self._translated():
            self._fs.invalidate_cache()
            try:
                found = self._fs.find(place, maxdepth=1, detail=True)
            except FileNotFoundError as error:
                if is_missing_container(error):
                    raise
        named = {name.rpartition("/")[2]: int(info["size"]) for name, info in found.items()}
        return {name: size for name, size in named.items() if is_safe_name(name)}

    def _put_on_disk(self, local: Path, target: Path, digest: str) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = _beside(target)
        try:
            with local.open("rb") as source, beside.open("wb") as copy:
                shutil.copyfileobj(source, copy, BLOCK)
                copy.flush()
                os.fsync(copy.fileno())
            with beside.open("rb") as file:
                if file_digest(file, "sha256").hexdigest() != digest:
                    raise self._damaged(target.name)
            _name_once(beside, target)
            _sync(target.parent)
        except FileExistsError:
            raise self._taken(target.name) from None
        finally:
            beside.unlink(missing_ok=True)

    def _send(self, path: str, local: Path, digest: str) -> None:
        place = self._place(path)
        if self.exists(path):
            raise self._taken(path)
        try:
            self._fs.put_file(str(local), place, mode="create", **sending(self._fs))
        except FileExistsError:
            # Where an answer was lost, the library sends the file again, and finds what it has stored itself.
            if self._digest(path) != digest:
                raise self._taken(path) from None
            return
        if self._digest(path) != digest:
            self.delete(path)
            raise self._damaged(path)

    def _digest(self, path: str) -> str:
        found = sha256()
        for chunk in self.chunks(path):
            found.update(chunk)
        return found.hexdigest()

    @contextmanager
    def _opened(self, path: str) -> Iterator[IO[bytes]]:
        place = self._place(path)
        with self._translated():
            self._fs.invalidate_cache()
            try:
                file = self._fs.open(place, "rb", block_size=BLOCK, cache_type="readahead")
            except FileNotFoundError as error:
                if is_missing_container(error):
                    raise
                raise FileGone(
                    f"the file {path} is not in {self.url} any more; delete it in Saldo as well, or put it back"
                ) from None
            with file:
                yield file

    def _place(self, path: str) -> str:
        if not all(is_safe_name(part) for part in path.split("/")):
            raise DataRejected(
                f"{path!r} is no name of a file that Saldo made; write letters, digits, - and _ and the ending .xlsx"
            )
        return f"{self._root}/{path}"

    def _taken(self, name: str) -> NameTaken:
        return NameTaken(f"{self.url} has a file {name} already; it stays, and nothing was written")

    def _damaged(self, name: str) -> DamagedFile:
        return DamagedFile(
            f"the file {name} was damaged on its way to {self.url}, and is removed; make it again"
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What stores say becomes a sentence: ConfigError where a person must act, StoreUnavailable where waiting
        helps."""
        try:
            yield
        except SaldoError:
            raise
        except Exception as error:
            raise translation(error, self.url) from None


def _beside(target: Path) -> Path:
    """Where a file is written before it has its name."""
    return target.with_name(f".{target.name}.part")


def _name_once(beside: Path, target: Path) -> None:
    """Let a file be seen under its name. Raises FileExistsError where there is one."""
    try:
        os.link(beside, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        # A file system without links: the name is taken first, then filled.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL))
        os.replace(beside, target)


def _sync(folder: Path) -> None:
    """Have a folder's list of names on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
