"""Files of answers that are too large for memory, on the disk of the API server: few at once, none too large, none left behind."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from tempfile import TemporaryFile
from typing import IO
from weakref import WeakSet

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from saldo.api.answers import Problem

log = logging.getLogger(__name__)
#: Of one process of the API server, whether written or read: each is on its disk until its reader has it.
AT_ONCE = 8
#: How long a reader may take once others wait for a seat.
PATIENCE_S = 600.0
_SEAT_WAIT_S = 5.0
DEFAULT_MB = 256
_CHUNK = 1 << 16
#: The disk is full, a quota is used up, a file is larger than the file system takes.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_seats = threading.BoundedSemaphore(AT_ONCE)
_kept: WeakSet[DiskFile] = WeakSet()
_kept_lock = threading.Lock()


def limit_mb(environ: Mapping[str, str] = os.environ) -> int:
    """How large a file may be: SALDO_DOWNLOAD_MB, in whole megabytes."""
    told = environ.get("SALDO_DOWNLOAD_MB", "").strip()
    if told.isdecimal() and int(told):
        return int(told)
    if told:
        log.warning("SALDO_DOWNLOAD_MB is %r, which is no number of megabytes: %d is used", told, DEFAULT_MB)  # fmt: skip
    return DEFAULT_MB


class DiskFile:
    """A file without a name in its folder: it is gone with whoever holds it, even where that is killed.

    It takes the seat that whoever makes it has got, and gives it back. smaller: what a person can choose instead of a file that is too large.
    """

    def __init__(self, seats: threading.BoundedSemaphore, smaller: str) -> None:
        self._file: IO[bytes] | None = None
        self._seats, self._smaller = seats, smaller
        self._lock = threading.Lock()
        self._file = TemporaryFile()  # noqa: SIM115 (close() closes it)
        self.size, self._limit = 0, limit_mb()
        #: When a reader could begin; None: it is being written.
        self.since: float | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Raises Problem 422 where the file becomes too large, OSError as the disk does."""
        self.size += len(data)
        if self.size > self._limit * 1_000_000:
            raise Problem(
                422,
                "Too much for one file",
                f"The file would be larger than {self._limit} MB. {self._smaller} Whoever runs Saldo can allow more: SALDO_DOWNLOAD_MB.",
            )
        if self._file is not None:
            self._file.write(data)

    def end(self) -> None:
        """All of it has been written, and is on the disk. Raises OSError."""
        if self._file is not None:
            self._file.seek(0)
        self.since = time.monotonic()

    def blocks(self) -> Iterator[bytes]:
        """Raises OSError where the file was taken from a reader who was slow: half a file never looks like a whole one."""
        while block := self._block():
            yield block

    def _block(self) -> bytes:
        with self._lock:
            if self._file is None:
                raise OSError("a download that took too long was ended: others waited for its seat")
            return self._file.read(_CHUNK)

    def close(self) -> None:
        """Gives room and seat back; a second time it does nothing."""
        with self._lock:
            file, self._file = self._file, None
        if file is not None:
            # What a full disk did not take is tried once more when a file is closed.
            with suppress(OSError):
                file.close()
            self._seats.release()

    __del__ = close


class DiskAnswer(StreamingResponse):
    """A file as an answer; it is closed when its reader has it, or has gone."""

    def __init__(self, file: DiskFile, headers: Mapping[str, str], media_type: str) -> None:
        self._held = file
        super().__init__(
            file.blocks(),
            headers={**headers, "Content-Length": str(file.size)},
            media_type=media_type,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._held.close()


@contextmanager
def disk_file(smaller: str) -> Iterator[DiskFile]:
    """A file to write into. It stays when the block ends well, and is whoever's who got it; otherwise nothing of it does.
    Raises Problem 422 (too large), 503 (too many at once, no room on the disk)."""
    seats = _seats
    _take_seat(seats)
    file = None
    try:
        file = DiskFile(seats, smaller)
        yield file
        file.end()
        with _kept_lock:
            _kept.add(file)
    except OSError as error:
        _drop(file, seats)
        if error.errno not in _NO_ROOM:
            raise
        log.error("no room for a download: %s", error)
        raise Problem(
            503,
            "No room for the file",
            "The disk of Airflow's API server is full, and nothing of the file was kept. Tell whoever runs Saldo to make room in its "
            f"temporary folder (TMPDIR). {smaller}",
            {"Retry-After": "300"},
        ) from None
    except BaseException:
        _drop(file, seats)
        raise


def _drop(file: DiskFile | None, seats: threading.BoundedSemaphore) -> None:
    if file is not None:
        file.close()
    else:
        seats.release()


def _take_seat(seats: threading.BoundedSemaphore) -> None:
    if seats.acquire(timeout=_SEAT_WAIT_S):
        return
    _end_slowest()
    if not seats.acquire(blocking=False):
        raise Problem(
            503,
            "Too many files at once",
            f"{AT_ONCE} files are being written or downloaded already. Try again in a moment.",
            {"Retry-After": "10"},
        )


def _end_slowest() -> None:
    """Of those that have been read for long: who never reads on would keep a seat for ever."""
    until = time.monotonic() - PATIENCE_S
    with _kept_lock:
        late = [(file.since, file) for file in _kept if file.since and file.since < until]
    if late:
        min(late, key=lambda found: found[0])[1].close()
