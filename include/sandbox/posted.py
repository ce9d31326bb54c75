"""What was posted into the vendors that books can be posted into, kept in a file beside the companies' days: whoever stops the
sandbox and starts it again finds it there, as in an accounting system.

It is kept as the objects it is made of (pickle), so it is read by the program that wrote it only: another one begins anew, and says so.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from .state import State

log = logging.getLogger("uvicorn.error")
#: A night posts for minutes: what it did is written now and then, not after each request.
_EVERY_S = 0.5
_ONLY_READ = ("GET", "HEAD", "OPTIONS")


class Posted:
    """Of the vendors with these names, by company. The file is its owner's own."""

    def __init__(self, path: Path, state: State, vendors: Iterable[str]) -> None:
        self._path, self._state, self._vendors = path, state, sorted(vendors)
        self._program = _digest(self._vendors)
        self._written: bytes | None = None

    def load(self) -> None:
        """A file that cannot be used is left as it is until something new is posted."""
        try:
            program, _, packed = self._path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return
        if program != self._program:
            log.warning("%s is of another version of the sandbox: what was posted before is forgotten, and exports of it go into review", self._path)  # fmt: skip
            return
        try:
            kept = pickle.loads(packed)
        except Exception as error:
            log.warning("%s cannot be read (%s): what was posted before is forgotten", self._path, type(error).__name__)  # fmt: skip
            return
        for company, found in kept.items():
            if company in self._state.books:
                self._state.kept_of(company).update(found)

    def save(self) -> None:
        """Whole or not at all, and only where something is new."""
        kept = {company: self._of(company) for company in self._state.books}
        packed = pickle.dumps({company: found for company, found in kept.items() if found})
        if packed == self._written:
            return
        draft = self._path.with_name(f"{self._path.name}.new")
        draft.touch(mode=0o600)
        with draft.open("wb") as file:
            file.write(self._program + b"\n" + packed)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        self._written = packed

    def _of(self, company: str) -> dict[str, Any]:
        kept = self._state.kept_of(company)
        return {name: kept[name] for name in self._vendors if name in kept}


class Keeping:
    """Saves soon after requests that may have changed something, and when the sandbox ends."""

    def __init__(self, app: ASGIApp, posted: Posted) -> None:
        self._app, self._posted = app, posted
        self._waiting: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "lifespan":
                self._posted.save()
            elif scope.get("method") not in _ONLY_READ and self._waiting is None:
                # On the loop that answers: nothing is posted while it is written.
                self._waiting = asyncio.get_running_loop().call_later(_EVERY_S, self._save)

    def _save(self) -> None:
        self._waiting = None
        self._posted.save()


def _digest(vendors: Iterable[str]) -> bytes:
    """Of the modules that make what is kept."""
    folder = Path(__file__).parent / "vendors"
    files = sorted(path for name in vendors for path in (folder / name).glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest().encode()
