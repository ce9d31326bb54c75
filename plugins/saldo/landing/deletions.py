"""The guard on deletions: a mass of them may be a vendor's mistake, and waits for somebody's word."""

from __future__ import annotations

from saldo.agreements.agreement import Agreement
from saldo.declarations.entity import Entity
from saldo.errors import DataRejected
from saldo.run_request import RunRequest
from saldo.runs import audit
from saldo.runs.sync_run import Run
from saldo.staging.table import Tombstones
from saldo.warehouse.connection import Connection


class DeletionGuard:
    """Of one entity in one run."""

    def __init__(
        self,
        connection: Connection,
        agreement: Agreement,
        entity: Entity,
        *,
        run_request: RunRequest,
        run: Run,
    ) -> None:
        self._connection, self._agreement, self._entity = connection, agreement, entity
        self._is_confirmed, self._run = run_request.confirm_deletes, run

    def check(self, found: Tombstones, kept: str, *, is_done: bool = False) -> None:
        """Raises DataRejected where so many deletions need somebody's word, which this run has not.

        kept: the sentence about what was not deleted then. is_done: what is confirmed is deleted now, and noted in ops.audit.
        """
        if not self.is_mass(found):
            return
        if not self._is_confirmed:
            raise DataRejected(
                f"{self._agreement.vendor} agreement {self._agreement.id!r}, entity {self._entity.name}: the vendor no "
                f"longer has {found.missing} of {found.live} records (such as {', '.join(found.examples)}). {kept}. If "
                "that is right, start the DAG again with the parameter confirm_deletes switched on"
            )
        if is_done:
            self._note_confirmed(found)

    def is_mass(self, found: Tombstones) -> bool:
        """Whether so many deletions need somebody's word."""
        guard = self._agreement.guard
        is_mass = (
            found.missing > guard.min_rows and found.missing > guard.max_delete_share * found.live
        )
        is_all = found.missing == found.live
        return (is_mass or is_all) and not self._entity.allow_mass_delete

    def _note_confirmed(self, found: Tombstones) -> None:
        audit.record(
            self._connection,
            audit.Action.DELETES_CONFIRMED,
            actor=self._run.actor or audit.NOBODY,
            subject=self._agreement.key,
            run=self._run,
            detail={"entity": self._entity.name, "deleted": found.missing, "of": found.live},
        )
