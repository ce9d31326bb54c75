"""The rows of ops.export_file: one for every file, there before the file is.

claimed -> stored -> registered -> deleting -> deleted; claimed or stored -> abandoned. Each step commits by itself; only
`registered` counts. Whoever takes a step holds the agreement's lock (`one_at_a_time`), so that a file on any other step
belongs to somebody who was killed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

import psycopg

from saldo.errors import Busy
from saldo.runs import audit
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection, exclusive, read_sql

from .choice import SQL

#: How long an export waits for another one of the same agreement.
WAIT_S = 30.0


@dataclass(frozen=True)
class Claim:
    """A file that was begun. status: which step it is on."""

    file_id: int
    agreement_id: str
    name: str
    status: str
    sha256: str | None = None


@contextmanager
def one_at_a_time(connection: Connection, agreement_id: str, wait_s: float) -> Iterator[None]:
    """Exports and deletions of files of one agreement; raises Busy after waiting."""
    with exclusive(connection, agreement_id, "exports of purchase documents", wait_s=wait_s):
        yield


def next_number(connection: Connection) -> int:
    """The number of the next file."""
    [(number,)] = connection.execute("select nextval('ops.export_file_number')").fetchall()
    return int(number)


def claim(
    connection: Connection,
    snapshot: str,
    *,
    agreement_id: str,
    file_id: int,
    name: str,
    documents: Sequence[str],
    layout: str,
    is_logged: bool,
    is_again: bool,
    actor: str,
    now: datetime,
    made_for: str | None = None,
) -> Claim:
    """Write down which documents, as they are in a snapshot of the warehouse (its name), will be in a file. Commits."""
    parameters = {
        "agreement_id": agreement_id, "file_id": file_id, "name": name, "documents": list(documents), "layout": layout,
        "is_logged": is_logged, "is_again": is_again, "actor": actor, "now": now,
        "made_for": made_for,
    }  # fmt: skip
    before, connection.isolation_level = (
        connection.isolation_level,
        psycopg.IsolationLevel.REPEATABLE_READ,
    )
    try:
        with connection.transaction():
            connection.execute(psycopg.sql.SQL("set transaction snapshot {}").format(snapshot))
            connection.execute(read_sql(SQL / "claim.sql"), parameters)
    finally:
        connection.isolation_level = before
    return Claim(file_id, agreement_id, name, "claimed")


def note_stored(connection: Connection, claim: Claim, path: str, written: Path) -> None:
    """The file is written, and goes to that place in the store now. Commits. Raises Busy when another run took the claim for dead."""
    with written.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    done = connection.execute(
        "update ops.export_file set status = 'stored', sha256 = %s, bytes = %s, path = %s "
        "where file_id = %s and status = 'claimed'",
        [digest, written.stat().st_size, path, claim.file_id],
    )
    _check(done.rowcount, claim)


def register(
    connection: Connection,
    claim: Claim,
    *,
    actor: str,
    rows: int | None = None,
    note: str | None = None,
) -> None:
    """The stored file was read back and is what was sent: from now on its documents are in it. Commits. Raises Busy when
    another run took the claim for dead."""
    with connection.transaction():
        done = connection.execute(
            "update ops.export_file set status = 'registered', rows = coalesce(%s, rows), note = %s, "
            "registered_at = clock_timestamp() where file_id = %s and status = 'stored'",
            [rows, note, claim.file_id],
        )
        _check(done.rowcount, claim)
        _renew(connection, claim)
        _write_down(connection, audit.Action.PURCHASES_EXPORTED, claim, actor)


def abandon(connection: Connection, claim: Claim, why: str) -> None:
    """The file came to nothing and is not in the store. Commits."""
    connection.execute(
        "update ops.export_file set status = 'abandoned', note = %s, ended_at = clock_timestamp() "
        "where file_id = %s and status in ('claimed', 'stored')",
        [why, claim.file_id],
    )


def withdraw(
    connection: Connection, claim: Claim, *, actor: str, detail: Mapping[str, object]
) -> None:
    """The file does not count any more, and may be removed from the store. Commits."""
    with connection.transaction():
        connection.execute(
            "update ops.export_file set status = 'deleting', ended_at = clock_timestamp(), ended_by = %s "
            "where file_id = %s and status = 'registered'",
            [actor, claim.file_id],
        )
        _renew(connection, claim)
        _write_down(connection, audit.Action.EXPORT_DELETED, claim, actor, detail)


def removed(connection: Connection, claim: Claim) -> None:
    """The file is not in the store any more. Commits."""
    connection.execute(
        "update ops.export_file set status = 'deleted' where file_id = %s and status = 'deleting'",
        [claim.file_id],
    )


def find(connection: Connection, agreement_id: str, name: str) -> Claim | None:
    """The registered file of that name."""
    row = connection.execute(
        "select file_id, agreement_id, name, status, sha256 from ops.export_file "
        "where agreement_id = %s and name = %s and status = 'registered'",
        [agreement_id, name],
    ).fetchone()
    return Claim(*row) if row else None


def left_behind(connection: Connection, agreement_id: str) -> list[Claim]:
    """Files of runs that were killed, and those abandoned within a day: who was slow and taken for dead may have stored
    one since."""
    rows = connection.execute(
        "select file_id, agreement_id, name, status, sha256 from ops.export_file "
        "where agreement_id = %s and (status in ('claimed', 'stored', 'deleting') "
        "or status = 'abandoned' and ended_at > clock_timestamp() - interval '1 day') order by file_id",
        [agreement_id],
    ).fetchall()
    return [Claim(*row) for row in rows]


def _renew(connection: Connection, claim: Claim) -> None:
    """Of each document of the file, bring up to date in which file it is and what changed since."""
    connection.execute(
        "select ops.renew_purchase_exports(%s, (select array_agg(d.document_number) "
        "from ops.export_file_document as d where d.file_id = %s), true)",
        [claim.agreement_id, claim.file_id],
    )


def _write_down(
    connection: Connection,
    action: audit.Action,
    claim: Claim,
    actor: str,
    more: Mapping[str, object] | None = None,
) -> None:
    [(documents, is_logged, is_again)] = connection.execute(
        "select documents, is_logged, is_again from ops.export_file where file_id = %s",
        [claim.file_id],
    ).fetchall()
    audit.record(
        connection,
        action,
        actor=actor,
        subject=SubjectKey("agreement", claim.agreement_id),
        detail={
            "file": claim.name, "documents": documents, "is_logged": is_logged, "is_again": is_again, **(more or {})
        },
    )  # fmt: skip


def _check(rows: int, claim: Claim) -> None:
    if not rows:
        raise Busy(
            f"agreement {claim.agreement_id!r}: {claim.name} was taken for abandoned by another run, since this one had "
            "lost its lock; nothing was marked as exported. Export again"
        )
