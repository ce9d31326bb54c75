"""The made-up system as what sends to it: a `Target`, whose calls go wrong as its faults say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from saldo.errors import DataRejected, OutcomeUnknown, Unavailable
from saldo.exports.accounting.document import AccountingDocument
from saldo.exports.accounting.problems import Problem
from saldo.exports.accounting.targets.target import (
    Calls,
    Dispatch,
    Found,
    Outcome,
    ReceiptContent,
    What,
)

from .faults import KILLS, Fault, Faults
from .ledger import Ledger


class ExampleTarget:
    """blocked: accounts that may not be booked on. size: documents of one call."""

    def __init__(
        self,
        ledger: Ledger,
        faults: Faults | None = None,
        *,
        blocked: Sequence[str] = (),
        size: int = 10,
    ) -> None:
        self.ledger, self.faults = ledger, faults or Faults()
        self._blocked, self._size = blocked, size

    @property
    def company(self) -> str:
        return f"example_target {self.ledger.company}"

    def check(self, documents: Sequence[AccountingDocument]) -> Mapping[str, list[Problem]]:
        found: dict[str, list[Problem]] = {}
        for document in documents:
            for at, entry in enumerate(document.entries):
                if entry.number in self._blocked:
                    problem = Problem(f"lines[{at}].category", f"account {entry.number}, which is blocked", "one that is open", "open it there")  # fmt: skip
                    found.setdefault(document.key, []).append(problem)
        return found

    def look_up(
        self, dispatches: Sequence[Dispatch], calls: Calls | None = None
    ) -> Mapping[str, Found]:
        with self._call("look_up", dispatches, calls):
            rows = self.ledger.ask(
                "select key, count(*), max(state), min(reference), min(body), min(receipts) from example_ledger.document "
                "where arrived and company = %s and key = any(%s) group by key",
                [self.ledger.company, [one.key for one in dispatches]],
            )  # fmt: skip
        there = {row[0]: row[1:] for row in rows}
        return {one.key: _found(one, there.get(one.key)) for one in dispatches}

    def groups(self, dispatches: Sequence[Dispatch]) -> Sequence[Sequence[Dispatch]]:
        return [dispatches[at : at + self._size] for at in range(0, len(dispatches), self._size)]

    def send(
        self, group: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls
    ) -> Mapping[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        with self._call("send", group, calls, outcomes) as fault:
            made = list(group)
            if fault in ("failed", "refused"):
                one = made.pop(0)
                outcomes[one.key] = Outcome(what=fault, message=f"{one.key} was {fault}", family="Unavailable" if fault == "failed" else "DataRejected")  # type: ignore[arg-type]  # fmt: skip
            references = self.ledger.make(made, arrived=fault not in ("late", "killed_late"))
            outcomes |= {key: Outcome(what="done", reference=reference) for key, reference in references.items()}  # fmt: skip
        return outcomes

    def complete(
        self, dispatches: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls
    ) -> Mapping[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        with self._call("complete", dispatches, calls, outcomes):
            for one in dispatches:
                files = [receipts(one.document, receipt) for receipt in one.document.receipts]
                self.ledger.tell(
                    "update example_ledger.document set receipts = %s where key = %s",
                    [sum(map(bool, files)), one.key],
                )
                outcomes[one.key] = Outcome(what="done", reference=one.reference)
        return outcomes

    def post(
        self, dispatches: Sequence[Dispatch], expected: Mapping[str, str], calls: Calls
    ) -> Mapping[str, Outcome]:
        keys = [one.key for one in dispatches]
        strange = self.ledger.ask(
            "select key from example_ledger.document where arrived and state = 'waiting' and company = %s and not key = any(%s)",
            [self.ledger.company, [*keys, *(key for key, why_not in expected.items() if not why_not)]],
        )  # fmt: skip
        if strange:
            why = expected.get(strange[0][0]) or "it is not ours"
            raise DataRejected(f"the journal holds {strange[0][0]}, which must not be posted: {why}. Remedy: move it to another journal")  # fmt: skip
        outcomes: dict[str, Outcome] = {}
        with self._call("post", dispatches, calls, outcomes):
            self.ledger.tell(
                "update example_ledger.document set state = 'posted' where key = any(%s)", [keys]
            )
            outcomes |= {one.key: Outcome(what="done", where="posted", reference=one.reference) for one in dispatches}  # fmt: skip
        return outcomes

    @contextmanager
    def _call(
        self,
        kind: str,
        dispatches: Sequence[Dispatch],
        calls: Calls | None,
        outcomes: dict[str, Outcome] | None = None,
    ) -> Iterator[Fault]:
        """A call, with its fault: what is done within is what the server does. outcomes: what the caller is told."""
        fault = self.faults.next(kind)
        number = calls.begin([one.key for one in dispatches], "POST", f"/{kind}", [one.document.payload for one in dispatches]) if calls else 0  # fmt: skip
        if fault == "unavailable":
            self._end(calls, number, "failed", 503)
            raise Unavailable("the example is down; try again later")
        if fault == "killed_before":
            self.faults.die()
        yield fault
        if fault in KILLS:
            self.faults.die()
        if fault == "drop":
            self.ledger.drop_the_warehouse()
        if fault in ("lost", "late"):
            self._end(calls, number, "unknown", None)
            if outcomes is None:
                raise Unavailable("the example did not answer")
            lost = Outcome(what="unknown", message="no answer", family=OutcomeUnknown.__name__)
            outcomes.update({one.key: lost for one in dispatches})
            return
        self._end(calls, number, "done", 200)

    def _end(self, calls: Calls | None, number: int, what: What, status: int | None) -> None:
        if calls:
            calls.end(number, what, status=status, answer="{}" if status else "")


def _found(one: Dispatch, row: tuple[Any, ...] | None) -> Found:
    if row is None:
        return Found(where="nowhere")
    copies, state, reference, body, receipts = row
    return Found(
        where=state,
        reference=reference,
        copies=copies,
        difference="" if body == one.document.body.decode() else f"it is {body}",
        is_complete=receipts >= len(one.document.receipts),
    )


def open_target(client: Ledger, configuration: Any) -> ExampleTarget:
    """client: its books."""
    return ExampleTarget(client)
