"""Where the files lie: a local folder, Azure Data Lake or S3, all by fsspec.

A file appears under its name whole or not at all. On a disk it is written beside its name, as a hidden file, and then
renamed. In an object store it is written on this machine, and sent: the store shows it when its last block has come
(Put Block List in Azure, CompleteMultipartUpload in S3).
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from saldo.errors import ConfigError, SaldoError

from .parquet import Damaged, sha256_of

_BLOCK = 4 * 1024 * 1024
#: What stores answer to credentials they do not take, and to rights that are missing.
_REFUSED = (401, 403)
_MISSING = "ContainerNotFound", "NoSuchBucket", "FilesystemNotFound"


class LakeUnavailable(SaldoError):
    """The lake does not answer, or has no room; tried again like a vendor's outage."""

    @property
    def family(self) -> str:
        """It waits like a vendor that is away."""
        return "Unavailable"


class Store:
    """fs: a file system of fsspec. root: the lake's place in it. url: as people write it, without secrets."""

    def __init__(self, fs: Any, root: str, url: str) -> None:
        self._fs, self._root, self.url = fs, root.rstrip("/"), url
        self._is_local = isinstance(fs, LocalFileSystem)

    def place(self, path: str) -> str:
        """The full path of a file in its file system; path: below the lake."""
        return f"{self._root}/{path}" if self._root else path

    @contextmanager
    def spill(self, path: str) -> Iterator[Path]:
        """A file to write to before `publish`; it is gone afterwards, if it was not published."""
        if self._is_local:
            with self.translated():
                target = Path(self.place(path))
                target.parent.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(f".{target.name}.part")
            try:
                yield beside
            finally:
                beside.unlink(missing_ok=True)
            return
        with tempfile.TemporaryDirectory(
            prefix="saldo-lake-", ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder) / PurePosixPath(path).name

    @contextmanager
    def spilling(self) -> Iterator[None]:
        """Trouble of the disk that is spilled to becomes a sentence, too; that of others is theirs."""
        try:
            yield
        except OSError as error:
            raise self._translation(error) from None

    def publish(self, spilled: Path, path: str, sha: str) -> None:
        """Let a spilled file be seen under its name, whole. Raises Damaged when what is there is not what was sent,
        LakeUnavailable and ConfigError as `translated` says."""
        with self.translated():
            if self._is_local:
                _sync(spilled)
                if sha256_of(spilled) != sha:
                    raise Damaged(f"{path} was damaged on the disk; it is written again")
                os.replace(spilled, self.place(path))
                _sync(Path(self.place(path)).parent)
                return
            self._fs.put_file(str(spilled), self.place(path))
            self._fs.invalidate_cache()
        if self.sha256(path) != sha:
            self.remove(path)
            raise Damaged(f"{path} was damaged on its way to {self.url}; it is sent again")

    def sha256(self, path: str) -> str | None:
        """Of the file under that name, in hexadecimal; None where there is none."""
        digest = sha256()
        with self.translated():
            try:
                with self._fs.open(self.place(path), "rb", cache_type="readahead") as file:
                    while block := file.read(_BLOCK):
                        digest.update(block)
            except FileNotFoundError as error:
                self._refuse_missing_container(error)
                return None
        return digest.hexdigest()

    def sizes(self, folder: str) -> dict[str, int]:
        """Bytes of every file below a folder, by its path below the lake."""
        with self.translated():
            self._fs.invalidate_cache()
            try:
                found = self._fs.find(self.place(folder), detail=True)
            except FileNotFoundError as error:
                self._refuse_missing_container(error)
                return {}
        start = len(self._fs._strip_protocol(self.place(""))) if self._root else 0
        return {name[start:].lstrip("/"): int(info["size"]) for name, info in found.items()}

    def download(self, path: str, into: Path) -> None:
        """Copy a file to this machine."""
        with self.translated():
            self._fs.get_file(self.place(path), str(into))

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is no trouble."""
        with self.translated(), suppress(FileNotFoundError):
            self._fs.rm_file(self.place(path))

    @contextmanager
    def translated(self) -> Iterator[None]:
        """What stores say becomes a sentence: ConfigError where a person must act, LakeUnavailable where waiting
        helps."""
        try:
            yield
        except (SaldoError, FileNotFoundError):
            raise
        except Exception as error:
            raise self._translation(error) from None

    def _translation(self, error: Exception) -> SaldoError:
        code, words = _status_of(error), _words_of(error)
        if any(name in words for name in _MISSING):
            return self._no_container()
        if code in _REFUSED or isinstance(error, PermissionError) or "Credential" in words:
            return ConfigError(
                f"the lake {self.url} refuses what Saldo shows it ({_short(words)}). Nothing is lost: files "
                "that are owed are written by the next run. Check the connection's key and its date, and that it may "
                "write there (docs/lake.md)"
            )
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return LakeUnavailable(
                f"the lake {self.url} has no room ({_short(words)}). Make room; what is owed is written by the next run"
            )
        return LakeUnavailable(
            f"the lake {self.url} cannot be used ({_short(words)}). What is owed is written by the next run; if it stays "
            "so, check SALDO_LAKE_URL and its connection"
        )

    def _refuse_missing_container(self, error: FileNotFoundError) -> None:
        if any(name in _words_of(error) for name in _MISSING):
            raise self._no_container() from None

    def _no_container(self) -> ConfigError:
        return ConfigError(
            f"the lake {self.url} is not there: its container does not exist. Make it (docs/azure.md), or correct "
            "SALDO_LAKE_URL; what is owed is written by the next run"
        )


def _status_of(error: BaseException | None) -> int | None:
    """The HTTP status in an error of a store's library, or in what it was raised from."""
    while error is not None:
        if isinstance(found := getattr(error, "status_code", None), int):
            return found
        error = error.__cause__ or error.__context__
    return None


def _words_of(error: BaseException | None) -> str:
    """Types and texts of an error and what it was raised from."""
    said = []
    while error is not None:
        said.append(f"{type(error).__name__}: {error}")
        error = error.__cause__ or error.__context__
    return "; ".join(said)


def _short(words: str) -> str:
    """The beginning of what a library says, on one line; an address with a signature in it is not shown."""
    line = " ".join(words.split())
    return (line.partition("?")[0] if "sig=" in line else line)[:200]


def _sync(path: Path) -> None:
    """Have a file, or a folder's list of names, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
