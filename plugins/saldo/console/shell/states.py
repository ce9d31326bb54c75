"""How agreements are: what their last run, their last good night, their last proof and the watch say."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from saldo.agreements.agreement import Agreement
from saldo.alerts.failures import LONGEST_RUN
from saldo.api.runs import Plan

from .reading import Reading

Proof = Literal["proven", "differs", "not proven", "never"]


@dataclass(frozen=True)
class Seen:
    """What ops knows of an agreement's runs. Instants are UTC; None: there was none."""

    last_status: str | None = None
    last_run: str | None = None
    last_at: datetime | None = None
    good_at: datetime | None = None
    prove_status: str | None = None
    prove_family: str | None = None
    checked_at: datetime | None = None
    running_since: datetime | None = None
    failures: int = 0
    lates: int = 0
    expiries: int = 0
    set_asides: int = 0

    @property
    def is_running(self) -> bool:
        return self.running_since is not None

    @property
    def is_late(self) -> bool:
        return self.lates > 0

    @property
    def proof(self) -> Proof:
        """What its last proof came to."""
        if self.prove_status is None:
            return "never"
        if self.prove_status == "success":
            return "proven"
        return "differs" if self.prove_family == "NotProven" else "not proven"

    @property
    def is_failing(self) -> bool:
        """By more than its proof: a task keeps failing, or something failed in the last run."""
        return self.failures > 0 or (self.last_status == "failed" and self.proof != "differs")

    @property
    def open(self) -> int:
        """What the watch has not seen well again."""
        return self.failures + self.lates + self.expiries + self.set_asides


@dataclass(frozen=True)
class State:
    """In a word, for people. rank: what needs attention most comes first. tone: of its badge."""

    rank: int
    tone: str
    word: str

    @property
    def needs_attention(self) -> bool:
        return self.rank < 6


def seen(books: Reading, ids: Collection[str]) -> dict[str, Seen]:
    """Id -> what is known of it; all of those asked for."""
    rows = books.rows("shell/states", {"ids": list(ids), "longest_ago": books.now - LONGEST_RUN})
    return {row.id: Seen(**{k: v for k, v in row._asdict().items() if k != "id"}) for row in rows}


def state_of(agreement: Agreement | None, found: Seen, plan: Plan | None) -> State:
    """agreement: None where no file can be read any more. plan: as Airflow has it; None where it has no such DAG."""
    if agreement is None:
        return State(9, "quiet", "no file")
    if not agreement.enabled:
        return State(9, "quiet", "switched off")
    for is_so, state in _troubles(found):
        if is_so:
            return state
    if plan is not None and plan.is_paused and agreement.schedule is not None:
        return State(5, "warn", "paused")
    if found.is_running:
        return State(6, "busy", "running")
    if found.last_at is None:
        return State(6, "quiet", "never run")
    return State(8, "good", "well")


def _troubles(found: Seen) -> tuple[tuple[bool, State], ...]:
    return (
        (found.is_failing, State(0, "bad", "failing")),
        (found.is_late, State(1, "bad", "late")),
        (found.proof == "differs", State(2, "warn", "proof differs")),
        (found.last_at is not None and found.proof != "proven", State(3, "warn", "not proven")),
        (found.expiries > 0, State(4, "warn", "key expires")),
        (found.set_asides > 0, State(4, "warn", "records set aside")),
    )
