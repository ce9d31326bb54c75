"""Where the files lie: a local folder, Azure Data Lake or S3, all by fsspec.

A file appears under its name whole or not at all. On a disk it is written beside its name, as a hidden file, and then
renamed. In an object store it is written on this machine, and sent: the store shows it when its last block has come
(Put Block List in Azure, CompleteMultipartUpload in S3).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from saldo.errors import SaldoError
from saldo.store_answers import is_missing_container

from .clients import BLOCK, sending
from .parquet import Damaged, sha256_of
from .store_errors import LakeUnavailable, translation

__all__ = ["LakeUnavailable", "Store"]

_SPILL = "saldo-lake-"
#: A file that is being written or sent is touched, or the task has ended, long before.
_ABANDONED_S = 86_400


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
        _remove_left_over(Path(tempfile.gettempdir()))
        with tempfile.TemporaryDirectory(prefix=_SPILL, ignore_cleanup_errors=True) as folder:
            yield Path(folder) / PurePosixPath(path).name

    @contextmanager
    def spilling(self) -> Iterator[None]:
        """Trouble of the disk that is spilled to becomes a sentence, too; that of others is theirs."""
        try:
            yield
        except OSError as error:
            raise translation(error, self.url) from None

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
            self._fs.put_file(str(spilled), self.place(path), **sending(self._fs))
        if self.sha256(path) != sha:
            self.remove(path)
            raise Damaged(f"{path} was damaged on its way to {self.url}; it is sent again")

    def sha256(self, path: str) -> str | None:
        """Of the file under that name, in hexadecimal; None where there is none."""
        digest = sha256()
        with self.translated():
            self._fs.invalidate_cache()
            try:
                with self._fs.open(
                    self.place(path), "rb", block_size=BLOCK, cache_type="readahead"
                ) as file:
                    while block := file.read(BLOCK):
                        digest.update(block)
            except FileNotFoundError:
                self._look_for_container(path)
                return None
        return digest.hexdigest()

    def sizes(self, folder: str) -> dict[str, int]:
        """Bytes of every file below a folder, by its path below the lake."""
        found: dict[str, Any] = {}
        with self.translated():
            self._fs.invalidate_cache()
            with suppress(FileNotFoundError):
                found = self._fs.find(self.place(folder), detail=True)
            if not found:
                self._look_for_container(f"{folder}/none")
        start = len(self._fs._strip_protocol(self.place(""))) if self._root else 0
        return {name[start:].lstrip("/"): int(info["size"]) for name, info in found.items()}

    def _look_for_container(self, path: str) -> None:
        """A container that is not there is listed like an empty folder; only asking for a file tells. Without this
        look all files of a mistyped lake would be taken for lost."""
        with suppress(FileNotFoundError), self.translated():
            if not self._is_local:
                self._fs.get_file(self.place(path), os.devnull)

    def discard(self, path: str) -> None:
        """Remove what a killed run has begun to write beside a name on a disk."""
        if self._is_local:
            target = Path(self.place(path))
            target.with_name(f".{target.name}.part").unlink(missing_ok=True)

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is no trouble."""
        with suppress(FileNotFoundError), self.translated():
            self._fs.rm_file(self.place(path))

    @contextmanager
    def translated(self) -> Iterator[None]:
        """What stores say becomes a sentence: ConfigError where a person must act, LakeUnavailable where waiting
        helps."""
        try:
            yield
        except SaldoError:
            raise
        except FileNotFoundError as error:
            if is_missing_container(error):
                raise translation(error, self.url) from None
            raise
        except Exception as error:
            raise translation(error, self.url) from None


def _remove_left_over(folder: Path) -> None:
    """Files of tasks that were killed hold a company's books, and fill the disk."""
    for spill in folder.glob(f"{_SPILL}*"):
        with suppress(OSError):
            touched = max(path.stat().st_mtime for path in (spill, *spill.iterdir()))
            if time.time() - touched > _ABANDONED_S:
                shutil.rmtree(spill, ignore_errors=True)


def _sync(path: Path) -> None:
    """Have a file, or a folder's list of names, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
