"""Landing: pages of one entity into staging, rows and marker in one transaction per chunk, then core.

A kill at any instant leaves whole chunks and a marker that fits them; the next try goes on from there.
A set that is not what the vendor announced never counts as whole: it tombstones nothing, its marker
goes back to where the read began, and core (and so every fact) does not see it.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from typing import Any

from saldo.agreements.agreement import Agreement
from saldo.declarations.entity import Entity
from saldo.declarations.source import CheckedSource, Source
from saldo.errors import AuthError, NotLicensed, VendorError
from saldo.run_request import RunRequest
from saldo.runs.sync_run import SyncRun
from saldo.transform import set_aside
from saldo.transform.core import to_core
from saldo.vendors import VENDORS
from saldo.vendors.rows import check_no_twin, company_of, landing_company
from saldo.warehouse.connection import Connection, exclusive
from saldo.ways.plan import Decision, ReadChanges, ReadEverything, ReadNothing, ReadWindow, plan
from saldo.ways.state import State

from . import cutoffs
from .chunks import ROWS_PER_CHUNK
from .context import WarehouseContext

_HELD_BACK = (
    "the window is staged, but an earlier read is unfinished: facts show it when a night has read the "
    "whole set"
)


class Landing:
    """One try at one entity of one agreement; the entity's lock is held throughout."""

    def __init__(
        self,
        connection: Connection,
        source: Source,
        agreement: Agreement,
        entity: Entity,
        *,
        run_request: RunRequest,
        sync_run: SyncRun,
    ) -> None:
        self._connection, self._source = connection, source
        self._agreement, self._entity = agreement, entity
        self._run_request, self._sync_run = run_request, sync_run
        self._context = WarehouseContext(
            connection, source, agreement, entity, run_request=run_request, sync_run=sync_run
        )

    def run(self, *, now: datetime) -> Decision:
        """Land what the plan says and bring core up to date; returns what was read.

        Raises the errors of transport.get; BadResponse for a record not as declared; Unavailable for
        a set that is incomplete; DataRejected for a mass deletion nobody confirmed.
        """
        self._sync_run.watch(self._source)
        with exclusive(self._connection, self._agreement.id, self._entity.name):
            cursor, resume = self._context.load()
            state = self._entity.reads.state(cursor, resume)
            decision = plan(
                self._entity,
                self._run_request,
                state,
                full_refresh=self._agreement.full_refresh,
                now=now,
            )
            if isinstance(decision, ReadNothing):
                self._note_cutoffs()
                self._sync_run.skip(decision.why)
                return decision
            if isinstance(decision, ReadEverything) and decision.why:
                self._sync_run.note = decision.why
            self._context.rows.ensure_table()
            with ExitStack() as company:
                self._read(decision, state, company)
                if isinstance(decision, ReadWindow) and resume:
                    self._sync_run.note = _HELD_BACK
                else:
                    self._to_core(everything=self._run_request.mode == "full")
        return decision

    def _read(
        self,
        decision: ReadEverything | ReadChanges | ReadWindow,
        state: State[Any, Any],
        company: ExitStack,
    ) -> None:
        """company: what holds the company's lock once it is known, until its record is in core."""
        try:
            self._check_identity(company)
            self._note_cutoffs()
            self._entity.reads.land(self._context, decision, state)
        except NotLicensed as error:
            self._refuse_if_landed(error)
            raise
        except VendorError as error:
            raise error.within(self._context.where) from None
        finally:
            self._context.report_drift()

    def _check_identity(self, company: ExitStack) -> None:
        """Another company's tokens would load another company's books, or some twice: check before anything lands.
        Once a run is enough: the identity lands first, and a check in every task would cost a
        request each."""
        known = company_of(self._connection, self._agreement.id)
        identity = VENDORS[self._agreement.vendor].identity
        if self._sync_run.has_succeeded(identity):
            if known and isinstance(self._source, CheckedSource):
                self._source.opens(known)
            return
        opened = self._source.check_identity(known)
        if self._entity.name == identity:
            company.enter_context(landing_company(self._connection, self._agreement, opened))
        check_no_twin(self._connection, self._agreement, opened)

    def _note_cutoffs(self) -> None:
        """With the identity, which comes before everything else, chosen or not."""
        if self._entity.name == VENDORS[self._agreement.vendor].identity:
            cutoffs.note(
                self._connection,
                self._source,
                self._agreement,
                run_request=self._run_request,
                run=self._sync_run.run,
            )

    def _refuse_if_landed(self, error: NotLicensed) -> None:
        """A module that was there yesterday is a right that was lost: its rows must not become
        stale unnoticed."""
        if self._context.rows.live():
            raise AuthError(
                f"{self._context.where}: what was landed before is refused now ({error}). Give the role back "
                "in the vendor's app, or, where the module was given up, name the entity under `exclude` "
                "in the agreement's file; what was landed stays"
            ) from None

    def _to_core(self, *, everything: bool) -> None:
        if self._sync_run.counts.read > ROWS_PER_CHUNK:
            # It is one statement, and takes a while: whoever looks on sees why nothing moves.
            self._sync_run.meter.step = "into core"
            self._sync_run.save()
        to_core(
            self._connection,
            self._agreement.vendor,
            self._entity,
            self._agreement.id,
            everything=everything,
            is_repair=self._run_request.is_repair,
        )
        if found := set_aside.of_entity(self._connection, self._agreement.id, self._entity.name):
            words = f"{len(found)} set aside, since core cannot hold them: {'; '.join(map(str, found[:5]))}"
            self._sync_run.note = "; ".join(filter(None, (self._sync_run.note, words)))
