"""What an accounting system says of an export by itself. It is believed where the next step is its own, such as posting what waits
there; nothing is ever sent because of it, and the nightly reconciliation looks whether it is true.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from saldo.warehouse.connection import Connection

from .register.judging import REFUSED_THERE

Said = Literal["created", "posted", "failed"]
#: applied: the export has another status by it. noted: it has not. late: a later one was applied before. seen: this very one came before.
Taken = Literal["applied", "noted", "late", "seen"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event. event_id: as the accounting system numbers them, once for all exports of an organisation."""

    event_id: str
    occurred_at: datetime
    status: Said
    external_reference: str | None = None
    message: str | None = None


class Reported(msgspec.Struct, frozen=True):
    """What became of an event, the export's status now, and why in words."""

    taken: Taken
    status: str
    why: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An event that came in."""

    event_id: str
    occurred_at: datetime
    received_at: datetime
    status: Said
    external_reference: str | None
    message: str | None
    outcome: Taken


def report(connection: Connection, export_id: UUID, event: Event) -> Reported | None:
    """Take an event, in a transaction of its own or as part of the one that is open; None where there is no such export."""
    with connection.transaction():
        row = connection.execute(
            "select organisation, status, is_complete from ops.export_job where export_id = %s for update",
            [export_id],
        ).fetchone()
        if row is None:
            return None
        organisation, status, is_complete = row
        if _is_late(connection, export_id, event.occurred_at):
            taken = Reported("late", status, "a later event was taken before")
        else:
            taken = _judged(status, event.status, is_complete=is_complete)
        if not _keep(connection, organisation, export_id, event, taken):
            return Reported("seen", status, "this event came before")
        if taken.taken == "applied":
            _apply(connection, export_id, event, taken.status)
        return taken


def events_of(connection: Connection, export_id: UUID) -> list[Told]:
    """Those of an export, in the order in which they came in."""
    rows = connection.execute(
        "select event_id, occurred_at, received_at, status, external_reference, message, outcome from ops.export_event "
        "where export_id = %s order by received_at, event_id",
        [export_id],
    ).fetchall()
    return [msgspec.convert(_named(row), Told) for row in rows]


def _named(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(Told.__struct_fields__, row, strict=True))


def _judged(status: str, said: Said, *, is_complete: bool) -> Reported:
    """What an event makes of an export that is as it is."""
    match status, said:
        case "created", "posted" if is_complete:
            return Reported("applied", "posted", "it was posted there")
        case "created", "posted":
            # Whoever attaches receipts looks, and sees for himself.
            return Reported("noted", status, "receipts are not there yet; the next run looks")
        case "created", "failed":
            return Reported("applied", "review", "a person must look at it")
        case (same, other) if same == other:
            return Reported("noted", status, "that was known")
        case (("sending" | "unknown"), _):
            return Reported("noted", status, "the next run looks there before anything else")
    return Reported(
        "noted", status, "the export's own status stands; the nightly reconciliation looks"
    )


def _is_late(connection: Connection, export_id: UUID, occurred_at: datetime) -> bool:
    found = connection.execute(
        "select from ops.export_event where export_id = %s and outcome = 'applied' and occurred_at > %s limit 1",
        [export_id, occurred_at],
    )
    return found.fetchone() is not None


def _keep(
    connection: Connection, organisation: str, export_id: UUID, event: Event, taken: Reported
) -> bool:
    """Whether it is a new one."""
    kept = connection.execute(
        "insert into ops.export_event (organisation, event_id, export_id, occurred_at, received_at, status, "
        "external_reference, message, outcome) values (%s, %s, %s, %s, clock_timestamp(), %s, %s, %s, %s) "
        "on conflict (organisation, event_id) do nothing",
        [
            organisation, event.event_id, export_id, event.occurred_at, event.status, event.external_reference, event.message,
            taken.taken,
        ],
    )  # fmt: skip
    return bool(kept.rowcount)


def _apply(connection: Connection, export_id: UUID, event: Event, status: str) -> None:
    is_bad = status == "review"
    said = f"the accounting system says that it failed: {event.message or 'it does not say why'}"
    connection.execute(
        "update ops.export_job set status = %s, external_reference = coalesce(%s, external_reference), "
        "last_error_family = %s, last_error = %s, next_attempt_at = null, "
        "posted_at = case when %s then posted_at else clock_timestamp() end, updated_at = clock_timestamp() where export_id = %s",
        [
            status,
            None if is_bad else event.external_reference,
            REFUSED_THERE if is_bad else None,
            f"{said}. Remedy: correct it there, and retry it" if is_bad else None,
            is_bad,
            export_id,
        ],
    )
