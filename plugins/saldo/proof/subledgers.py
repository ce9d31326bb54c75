"""The control of postings on customers' and suppliers' accounts, where the vendor keeps them apart from the ledger: what
they come to is what the ledger has on the same accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from saldo.paths import SQL_DIR
from saldo.runs.sync_run import Run
from saldo.warehouse.connection import Connection, read_sql

from .books import blocking_reason
from .comparison import Comparison

CONTROL = "subledger_accounts"


class Subledgers:
    """Compares what has landed of them with the facts of the ledger, which the vendor's own totals prove."""

    def __init__(
        self,
        connection: Connection,
        agreement_id: str,
        run: Run,
        *,
        fills: Mapping[str, str],
        wants: Callable[[str], bool],
        is_ledger_still: Callable[[], bool],
    ) -> None:
        """fills: Vendor.fills. wants: whether the agreement lands an entity. is_ledger_still: whether nothing was booked
        since the ledger was landed; what was may have come into a subledger, which lands after it."""
        self._connection, self._run = connection, run
        self._parameters: dict[str, Any] = {
            "agreement_id": agreement_id,
            "receivable": fills.get("receivable"),
            "payable": fills.get("payable"),
        }
        self._wants, self._is_ledger_still = wants, is_ledger_still
        self.notes: list[str] = []
        #: Whether something that was landed could not be compared.
        self.is_held_back = False

    def compare(self) -> list[Comparison]:
        """A row an account. None of what has not landed, or not in this run, which `notes` then says."""
        facts = self._comparable()
        rows = self._rows("subledger_accounts") if facts else []
        found = [
            Comparison(CONTROL, fact, ledger, own, account)
            for fact, account, ledger, own in rows
            if fact in facts
        ]
        if all(c.ok for c in found) or self._is_ledger_still():
            return found
        doubted = sorted({c.entity for c in found if not c.ok})
        self.notes.append(f"{', '.join(doubted)} not compared: entries were booked meanwhile")
        return [c for c in found if c.entity not in doubted]

    def _comparable(self) -> list[str]:
        """The facts that show what has landed."""
        facts = []
        for fact, entity, is_in_core, is_unfinished, is_late in self._rows("subledger_state"):
            if not is_in_core:
                continue
            if not self._wants(entity):
                self.notes.append(f"{fact} was not compared: the agreement leaves {entity} out")
                continue
            reason = blocking_reason(
                self._connection,
                self._parameters["agreement_id"],
                self._run,
                entity,
                is_unfinished,
                is_late,
            )
            if reason:
                self.is_held_back = True
                self.notes.append(f"{fact} was not compared: {reason}")
            else:
                facts.append(fact)
        return facts

    def _rows(self, name: str) -> list[tuple[Any, ...]]:
        text = read_sql(SQL_DIR / "proof" / f"{name}.sql")
        return self._connection.execute(text.encode(), self._parameters).fetchall()
