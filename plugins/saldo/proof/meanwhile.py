"""What has landed of a ledger, beside what the vendor has by now: whether a difference is one, or a booking of the last hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from saldo.declarations.controls import Marker
from saldo.runs import watermark
from saldo.staging.table import Staging
from saldo.vendors.vendor import Vendor
from saldo.warehouse.connection import Connection
from saldo.ways.conditions import Keyed
from saldo.ways.versions import Versions, VersionsCursor

#: How many nights in a row books that move are no excuse any more for what differs.
PATIENCE = 3


def nights_in_a_row(known: Iterable[str], day: str) -> list[str]:
    """The last days on which what differs was not judged, and this one; runs of one day are one."""
    return sorted({*known, day})[-PATIENCE:]


class BooksMoved(Exception):
    """Not an error: the books have moved while they were compared. It says what has, in words that end a sentence."""


@dataclass(frozen=True)
class Landed:
    """See saldo.declarations.controls.LandedBooks."""

    connection: Connection
    vendor: Vendor
    agreement_id: str
    marker: Marker

    def differing(self, entity: str, listed: Iterable[Sequence[tuple[str, str]]]) -> int:
        """Of an entity that is read by versions. What is listed and never handed out does not count, nor what is handed out
        and never listed."""
        rows, reads = self._rows(entity), self.vendor.entity(entity).reads
        if not isinstance(reads, Versions):
            raise TypeError(f"{entity} has no versions")
        cursor, resume = watermark.load(self.connection, self.agreement_id, entity)
        read = reads.state(cursor, resume).cursor
        known = read if isinstance(read, VersionsCursor) else VersionsCursor()
        rows.list_versions(listed, reads.version, is_everything=False, doubtful=None)
        rows.mark_delivered(known.withheld)
        return rows.undelivered() + len({*rows.unlisted()}.difference(known.unlisted))

    def live(self, entity: str, keys: Sequence[str]) -> int:
        return self._rows(entity).live(Keyed(tuple(keys))) if keys else 0

    def _rows(self, entity: str) -> Staging:
        found = self.vendor.entity(entity)
        return Staging(self.connection, self.vendor.name, found, self.agreement_id, run_id="")
