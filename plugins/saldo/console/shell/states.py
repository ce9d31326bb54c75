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
    """What ops knows of an agreement's runs. Instants are UTC; None: there was none. is_more_than_proof: whether anything besides
    its proof failed in the last one."""

    last_status: str | None = None
    last_run: str | None = None
    last_at: datetime | None = None
    is_more_than_proof: bool = False
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
        is_proof_alone = self.proof == "differs" and not self.is_more_than_proof
        return self.failures > 0 or (self.last_status == "failed" and not is_proof_alone)

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


_NO_FILE, _OFF = State(9, "quiet", "no file"), State(9, "quiet", "switched off")
_FAILING, _LATE = State(0, "bad", "failing"), State(1, "bad", "late")
_DIFFERS, _NOT_PROVEN = State(2, "warn", "proof differs"), State(3, "warn", "not proven")
_EXPIRES, _SET_ASIDE = State(4, "warn", "key expires"), State(4, "warn", "records set aside")
_PAUSED, _RUNNING = State(5, "warn", "paused"), State(6, "busy", "running")
_NEVER, _WELL = State(6, "quiet", "never run"), State(8, "good", "well")


def state_of(agreement: Agreement | None, found: Seen, plan: Plan | None) -> State:
    """agreement: None where no file can be read any more. plan: as Airflow has it; None where it has no such DAG."""
    if agreement is None:
        return _NO_FILE
    if not agreement.enabled:
        return _OFF
    if trouble := _trouble_of(found):
        return trouble
    if plan is not None and plan.is_paused and agreement.schedule is not None:
        return _PAUSED
    if found.is_running:
        return _RUNNING
    return _NEVER if found.last_at is None else _WELL


def _trouble_of(found: Seen) -> State | None:
    """The worst."""
    if found.is_failing:
        return _FAILING
    if found.is_late:
        return _LATE
    if found.proof == "differs":
        return _DIFFERS
    if found.last_at is not None and found.proof != "proven":
        return _NOT_PROVEN
    if found.expiries:
        return _EXPIRES
    return _SET_ASIDE if found.set_asides else None
