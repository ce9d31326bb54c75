"""Purchase documents into a file, once: what is in the file is what the register says is in it.

The documents are chosen, written down as they are and written to the file in one snapshot of the warehouse. The file is
registered after the store gave it back as it was sent. Until then it is a claim (claims.py), and a run that is killed
leaves no more than that; the next one settles it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import psycopg

from saldo.warehouse.connection import Connection, connect, translated

from . import claims
from .choice import Choice, chosen
from .claims import WAIT_S, Claim, one_at_a_time
from .files import ExportedFile, find_file
from .layouts import Layout
from .making import make_file
from .names import file_name
from .refusals import ExportRefused
from .settling import settle
from .store import NameTaken
from .stores import Store
from .unfinished import made_before

_log = logging.getLogger(__name__)


class Made(Protocol):
    """What is told of a file that was written, stored, and read back. rows: without the header. notes: sentences about it."""

    @property
    def rows(self) -> int: ...

    @property
    def notes(self) -> Sequence[str]: ...


Make = Callable[..., Made]


def export_purchases(
    dsn: str,
    agreement_id: str,
    choice: Choice,
    *,
    layout: Layout,
    extension: str | None = None,
    is_logged: bool = True,
    again: bool = False,
    actor: str,
    store: Store,
    made_for: str | None = None,
    make: Make = make_file,
    name_of: Callable[..., str] = file_name,
    wait_s: float = WAIT_S,
) -> ExportedFile:
    """Make a file of the documents chosen, and register it; returns what the register says of it.

    is_logged: whether its documents count as exported. again: also documents that are exported and have not changed.
    actor: who asks. made_for: a run, a request or a key, which gets the file that was made for it before, if there is one.
    Raises what `chosen` says, with what was settled first; Busy where another export of the agreement takes longer than wait_s
    seconds; and what the store raises: then no document is marked, and nothing is left in the store.
    """
    with translated(), connect(dsn) as writer, one_at_a_time(writer, agreement_id, wait_s):
        settled = settle(writer, agreement_id, store)
        for told in settled:
            _log.warning("agreement %s: %s", agreement_id, told)
        if known := made_before(writer, agreement_id, made_for):
            return known
        with _snapshot(dsn) as (reader, snapshot):
            with _telling(settled):
                documents = chosen(reader, agreement_id, choice, is_logged=is_logged, again=again)
            now = datetime.now(UTC)
            file_id = claims.next_number(writer)
            claim = claims.claim(
                writer, snapshot, agreement_id=agreement_id, file_id=file_id,
                name=name_of(now, file_id, extension=extension, is_logged=is_logged), documents=documents,
                layout=layout.id, is_logged=is_logged, is_again=again, actor=actor, now=now,
                made_for=made_for,
            )  # fmt: skip
            made = _made(writer, reader, claim, documents, layout, store, make)
        claims.register(
            writer, claim, actor=actor, rows=made.rows, note=" ".join(made.notes) or None
        )
        return _found(find_file(writer, agreement_id, claim.name))


@contextmanager
def _telling(settled: Sequence[str]) -> Iterator[None]:
    """Who is refused is told of files that were registered a moment ago: these may be why."""
    try:
        yield
    except ExportRefused as refused:
        refused.args = (". ".join([str(refused), *settled]),)
        raise


@contextmanager
def _snapshot(dsn: str) -> Iterator[tuple[Connection, str]]:
    """A connection that sees one moment only, and the name by which another transaction sees the same."""
    with connect(dsn) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.read_only = True
        with reader.transaction():
            [(snapshot,)] = reader.execute("select pg_export_snapshot()").fetchall()
            yield reader, snapshot


def _made(
    writer: Connection, reader: Connection, claim: Claim, documents: Sequence[str], layout: Layout, store: Store, make: Make
) -> Made:  # fmt: skip
    noting = _Noting(store, lambda path, written: claims.note_stored(writer, claim, path, written))
    try:
        return make(reader, claim.agreement_id, documents, layout, claim.name, noting)
    except Exception as error:
        # Trouble here leaves the claim to the next run, which tries again; what is told is what went wrong first.
        try:
            if not isinstance(error, NameTaken):  # what is there is not this run's
                store.delete(claim.name)
            claims.abandon(writer, claim, f"{type(error).__name__}: {error}")
        except Exception as trouble:
            _log.warning("%s is left to the next export: %s", claim.name, trouble)
        raise


class _Noting:
    """A store that tells of a file before it is sent: after a kill the register knows what the store should hold."""

    def __init__(self, store: Store, note: Callable[[str, Path], None]) -> None:
        self._store, self._note = store, note

    def put(self, path: str, local: Path) -> str:
        self._note(path, local)
        return self._store.put(path, local)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def _found(file: ExportedFile | None) -> ExportedFile:
    assert file
    return file
