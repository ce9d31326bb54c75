"""Proof: the facts against the vendor's own control totals, every comparison a row of ops.proof.

What a vendor offers is compared, and what it does not offer is a note of the run:
saldo.declarations.controls. Open years are compared every night, all years every week and in a full
run; a year that differed, until it agrees. Of the periods only those are asked for whose facts are
not what they were when they last agreed. docs/proof.md has an example.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from saldo.agreements.agreement import Agreement
from saldo.declarations.controls import BooksYear, Controls, Offer
from saldo.declarations.source import CheckedSource
from saldo.errors import NotProven, VendorError
from saldo.run_request import RunRequest
from saldo.runs import watermark
from saldo.runs.sync_run import SyncRun
from saldo.vendors import VENDORS
from saldo.vendors.rows import check_no_twin, company_of
from saldo.warehouse.connection import Connection, exclusive

from . import customers
from .aside import SetAside
from .books import Books, entries_by_day, load_books
from .comparison import Comparison, DifferenceReport, store
from .doubt import distrust
from .invoices import Invoices
from .landed import LandedTotals
from .ledger import FACT, Ledger
from .meanwhile import PATIENCE, BooksMoved, Landed, nights_in_a_row
from .posted_years import years_of
from .subledgers import Subledgers

#: Age at which everything is compared again; a little less than a week, since nights start at varying times.
_ALL_AFTER = timedelta(days=6, hours=12)


@dataclass
class Proof:
    """What was compared, and notes on what could not be.

    is_held_back: nothing may count as proven, because the ledger or the invoices could not be compared,
    or nothing can be.
    """

    comparisons: list[Comparison] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_held_back: bool = False

    @property
    def bad(self) -> list[Comparison]:
        """The comparisons that fail the task."""
        return [c for c in self.comparisons if c.is_bad]


def prove(
    connection: Connection,
    controls: Controls,
    agreement: Agreement,
    *,
    run_request: RunRequest,
    sync_run: SyncRun,
    now: datetime,
) -> Proof:
    """Compare and write ops.proof; all controls run before a difference is raised.

    Raises NotProven with the accounts, periods, amounts and the runs that repair them; ConfigError where another agreement
    holds the same books; the errors of transport.get; Busy. What cannot be compared tonight is a note of the run.
    """
    sync_run.watch(controls)
    with exclusive(connection, agreement.id, "prove"):
        proving = _Proving(connection, controls, agreement, run_request, sync_run, now)
        try:
            proof = proving.run()
        except VendorError as error:
            where = f"{agreement.vendor} agreement {agreement.id!r}, proof"
            raise error.within(where) from None
    sync_run.counts.read = len(proof.comparisons)
    sync_run.note = "; ".join(proof.notes) or None
    sync_run.is_skipped = proof.is_held_back  # what was not compared is not proven
    if proof.bad:
        told = "\n".join([proving.report.tell(proof.comparisons), *proof.notes])
        raise NotProven(told, differences=len(proof.bad))
    return proof


class _Proving:
    """One run of all controls of one agreement."""

    def __init__(
        self,
        connection: Connection,
        controls: Controls,
        agreement: Agreement,
        run_request: RunRequest,
        sync_run: SyncRun,
        now: datetime,
    ) -> None:
        self._connection, self._controls, self._agreement = connection, controls, agreement
        self._run_request, self._run, self._now = run_request, sync_run.run, now
        self._vendor, self._offer = VENDORS[agreement.vendor], Offer.of(controls)
        self._books = Books()
        self._aside = SetAside.load(connection, agreement.id, self._vendor)
        self._cursor, _ = watermark.load(connection, agreement.id, "prove")
        #: Days, this one the last, on which the books were seen to move under what differs.
        self._moved_on: list[str] = []
        self._moved_by = ""
        all_at = self._cursor.get("all_at")
        is_due = all_at is None or now - datetime.fromisoformat(all_at) >= _ALL_AFTER
        self._is_all = is_due or run_request.mode == "full"
        self._sync_run = sync_run
        self._landed = LandedTotals(
            connection,
            agreement.id,
            self._vendor,
            sync_run,
            doubted=self._cursor.get("differing", []),
            is_trusted=not self._is_all,
        )

    @property
    def _day(self) -> str:
        return f"{self._now:%Y-%m-%d}"

    @property
    def report(self) -> DifferenceReport:
        books, agreement = self._books, self._agreement
        return DifferenceReport(
            agreement.id,
            agreement.start_date,
            books.currency,
            books.names,
            self._vendor.fills,
            self._vendor.ledger_entities,
            self._aside.behind,
        )

    def run(self) -> Proof:
        proof = Proof(notes=self._not_offered(), is_held_back=not self._offer.is_provable)
        if not self._offer.is_provable:
            return proof
        self._check_identity()
        years, undated = years_of(
            self._connection, self._agreement.id, self._vendor, self._offer.totals
        )
        proof.notes += undated
        chosen = [year for year in years if self._is_due(year)]
        self._books = load_books(
            self._connection,
            self._agreement.id,
            self._run,
            chosen,
            vendor=self._vendor,
            offer=self._offer,
            since=self._now - _ALL_AFTER * 2,
        )
        left_out = [one for one in self._vendor.ledger_entities if not self._wants(one)]
        if left_out:
            self._books.blocking_reason = f"the agreement leaves {', '.join(left_out)} out"
        if self._offer.has_ledger:
            self._prove_ledger(proof, chosen)
            self._prove_subledgers(proof)
        self._prove_invoices(proof)
        self._prove_customers(proof)
        self._note_aside(proof)
        if not proof.comparisons and not proof.is_held_back:
            self._note_nothing(proof, chosen)
        self._save(proof, years)
        return proof

    def _note_nothing(self, proof: Proof, compared: list[BooksYear]) -> None:
        """Of a company that has posted nothing yet, nothing differs."""
        if compared and self._offer.has_ledger and not self._books.blocking_reason:
            named = ", ".join(year.label for year in compared)
            proof.notes.append(
                f"nothing is posted in {named}, neither at {self._vendor.title} nor in the facts"
            )
            return
        proof.is_held_back = True
        proof.notes.append("nothing was compared: what the vendor tells of has not been landed")

    def _not_offered(self) -> list[str]:
        """A note of what the vendor does not offer, so that nobody takes it for proven."""
        missing, title = ", ".join(self._offer.missing), self._vendor.title
        if not self._offer.is_provable:
            return [
                f"not provable, because {title} does not tell what its books come to: {missing}"
            ]
        return [f"not compared, because {title} does not tell them: {missing}"] if missing else []

    def _check_identity(self) -> None:
        """Another company's tokens would compare with another company's books. Once a run is enough, as for
        landing, where the controls have nothing else to learn by it."""
        known = company_of(self._connection, self._agreement.id)
        is_checked = self._sync_run.has_succeeded(self._vendor.identity)
        if known and is_checked and isinstance(self._controls, CheckedSource):
            self._controls.opens(known)
        else:
            self._controls.check_identity(known)
        if known:
            check_no_twin(self._connection, self._agreement, known)

    def _wants(self, entity: str) -> bool:
        return self._vendor.wants(self._agreement, entity)

    def _is_due(self, year: BooksYear) -> bool:
        """It is open, or was when last compared; it differed; or the run read days of it again."""
        window = self._run_request.window
        return (
            self._is_all
            or not year.is_closed
            or year.label in self._cursor.get("open", [])
            or year.label in self._cursor.get("differing", [])
            or bool(window and year.start <= window[1] and window[0] <= year.end)
        )

    def _prove_ledger(self, proof: Proof, years: list[BooksYear]) -> None:
        self._prove_nothing_is_aside(proof)
        if self._books.blocking_reason:
            proof.is_held_back = True
            proof.notes.append(f"the ledger was not compared: {self._books.blocking_reason}")
            return
        ledger = Ledger(
            self._offer,
            self._books,
            years,
            is_all=self._is_all,
            landed=self._landed.totals,
            moved=self._moved,
        )
        try:
            proof.comparisons += ledger.compare(
                lambda: entries_by_day(self._connection, self._agreement.id)
            )
        except BooksMoved as moved:
            # Totals of other books than those that have landed: nothing about them is known tonight.
            self._books.blocking_reason = f"since it was read, {moved}; the next run compares it"
            proof.is_held_back = True
            proof.notes.append(f"the ledger was not compared: {self._books.blocking_reason}")
        if self._moved_on and not self._books.blocking_reason:
            proof.notes.append(
                f"since the ledger was read, {self._moved_by}, as on the {PATIENCE - 1} nights before: differences are "
                "told all the same"
            )
        if ledger.booked_meanwhile and not self._books.blocking_reason:
            proof.notes.append(
                f"{ledger.booked_meanwhile} entries booked since the ledger was read are not in the facts "
                f"yet: totals were compared up to entry {self._books.marker}"
            )

    def _prove_subledgers(self, proof: Proof) -> None:
        if self._books.blocking_reason:
            return
        subledgers = Subledgers(
            self._connection,
            self._agreement.id,
            self._run,
            fills=self._vendor.fills,
            wants=self._wants,
            is_ledger_still=self._is_ledger_still,
        )
        proof.comparisons += subledgers.compare()
        proof.notes += subledgers.notes
        proof.is_held_back = proof.is_held_back or subledgers.is_held_back

    def _prove_nothing_is_aside(self, proof: Proof) -> None:
        """An entry that is set aside is in no fact, or as it was before, whatever else agrees, or cannot be compared."""
        if count := self._aside.count(FACT):
            proof.comparisons.append(
                Comparison("set_aside", FACT, Decimal(count), Decimal(0), is_money=False)
            )

    def _note_aside(self, proof: Proof) -> None:
        """What the facts that differ lack, by name."""
        names = dict.fromkeys(name for c in proof.bad for name in self._aside.behind(c))
        proof.notes += map(self._aside.note, names)

    def _moved(self) -> str:
        """What the vendor has changed since it was landed, where it does not say in what; nothing on the third night in a
        row: a difference that stays is told."""
        if not self._offer.moves:
            return ""
        landed = Landed(
            self._connection, self._vendor, self._agreement.id, marker=self._books.marker
        )
        self._moved_by = self._offer.moves.moved_since(landed)
        if self._moved_by:
            self._moved_on = nights_in_a_row(self._cursor.get("moved_on", []), self._day)
        return self._moved_by if len(self._moved_on) < PATIENCE else ""

    def _is_ledger_still(self) -> bool:
        """Whether nothing was booked since the ledger was landed."""
        if self._books.blocking_reason:
            return False
        entries = self._offer.entries
        return not entries or entries.is_still(self._books.marker)

    def _prove_invoices(self, proof: Proof) -> None:
        entity = self._vendor.fills.get("invoice", "")
        if not self._offer.invoices or not self._wants(entity):
            return
        invoices = Invoices(
            self._connection,
            self._offer.invoices,
            self._agreement.id,
            self._run,
            entity=entity,
            is_ledger_still=self._is_ledger_still,
            landed=self._landed.invoices,
        )
        proof.comparisons += invoices.compare()
        proof.notes += invoices.notes
        proof.is_held_back = proof.is_held_back or invoices.is_held_back

    def _prove_customers(self, proof: Proof) -> None:
        if not self._offer.customers or not self._is_all or self._books.blocking_reason:
            return
        ours = customers.owed(self._connection, self._agreement.id)
        if not self._is_ledger_still():
            proof.notes.append(
                "customers' balances were not compared: entries were booked meanwhile"
            )
            return
        found, note = customers.compare(ours, self._offer.customers)
        proof.comparisons += found
        proof.notes += [note] if note else []

    def _save(self, proof: Proof, years: list[BooksYear]) -> None:
        with self._connection.transaction():
            doubts, marked = distrust(
                self._connection,
                self._agreement.id,
                self._vendor,
                # What is set aside says nothing of what a stream has told.
                [c for c in proof.comparisons if c.control != "set_aside"],
                self._cursor.get("doubts", {}),
                day=self._day,
            )
            if marked := list(filter(self._wants, marked)):
                proof.notes.append(f"the next run reads all of {', '.join(marked)} again by itself")
            cursor = {
                **self._cursor,
                "doubts": doubts,
                "open": [year.label for year in years if not year.is_closed],
                "differing": sorted(_years_of(proof.bad, years)),
                "moved_on": self._moved_on,
            }
            if self._is_all and not self._books.blocking_reason:
                cursor["all_at"] = self._now.isoformat()
            store(
                self._connection,
                self._agreement.id,
                self._run.run_id,
                proof.comparisons,
                checked_at=self._now,
            )
            if not self._books.blocking_reason:
                watermark.save(self._connection, self._agreement.id, "prove", cursor, None)
            elif self._moved_on:
                moved = {**self._cursor, "moved_on": self._moved_on}
                watermark.save(self._connection, self._agreement.id, "prove", moved, None)


def _years_of(bad: list[Comparison], years: list[BooksYear]) -> set[str]:
    """The years in which something differs."""
    return {
        year.label
        for c in bad
        for year in years
        if c.days and year.start <= c.days[1] and c.days[0] <= year.end
    }
