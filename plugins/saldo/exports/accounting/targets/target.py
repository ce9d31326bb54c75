"""What every target does, so that a third is a folder: it says what it has of a document, takes documents, and books them.

A document is known to a target by its `key`, always. Nothing here decides whether something is sent: that is the register's
(../sending.py), which writes down what it is about to do before it calls, and looks before it sends. Errors that concern one
document are outcomes; those that concern the target as a whole are raised (saldo.errors).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from ..document import AccountingDocument, ReceiptReference
from ..problems import Problem

#: nowhere: it has nothing of it. waiting: it is there, and not in the ledger yet. posted: it is in the ledger.
Where = Literal["nowhere", "waiting", "posted"]
#: done: it is there. refused: it will be refused again until a person changes something, and nothing is there. failed: it may work later,
#: and nothing is there. unknown: it was sent, and what became of it was not seen.
What = Literal["done", "refused", "failed", "unknown"]
ReceiptContent = Callable[[AccountingDocument, ReceiptReference], bytes]


class Dispatch(msgspec.Struct, frozen=True, kw_only=True):
    """A document on its way. number: of the register's own sequence, the same as long as the document is the same. reference: what
    the target calls it, once that is known."""

    document: AccountingDocument
    number: int
    reference: str | None = None

    @property
    def key(self) -> str:
        return self.document.key


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a target has of a document.

    reference: what it calls it (an id, or a number once it is posted). difference: in words, what is another there than in the document;
    empty where it is the same, to the last amount. copies: how often it is there. is_complete: receipts, too, as far as can be seen.
    message: what the target itself says is wrong with it, such as an import's error.
    """

    where: Where
    reference: str | None = None
    difference: str = ""
    copies: int = 1
    is_complete: bool = True
    message: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a document in a call. message: in words, with the remedy; family: of the error (saldo.errors)."""

    what: What
    reference: str | None = None
    where: Where = "waiting"
    message: str = ""
    family: str = ""


class Calls(Protocol):
    """Where calls are written down, each before it is made."""

    def begin(self, keys: Sequence[str], method: str, path: str, body: Any = None) -> int:
        """keys: of the documents it is about. body: JSON without secrets and without contents of files. Gives its number."""
        ...

    def end(self, number: int, outcome: What, *, status: int | None, answer: str) -> None:
        """status: of HTTP; None where none came. answer: how it began."""
        ...


class Target(Protocol):
    """A company of an accounting system. Used by one thread, and by one process at a time where it writes."""

    @property
    def company(self) -> str:
        """What there is one writer of, and one circuit breaker for: target, environment and company by their ids, which a renaming does
        not change. May ask the target (once). Raises ConfigError where there is no such company."""
        ...

    def check(self, documents: Sequence[AccountingDocument]) -> Mapping[str, list[Problem]]:
        """Key -> what the target's own reference data says against it, all of it: accounts that are missing, blocked or not for direct
        posting, dimension values, closed periods, vendors and employees, VAT codes. Only keys with problems. Writes nothing."""
        ...

    def look_up(
        self, dispatches: Sequence[Dispatch], calls: Calls | None = None
    ) -> Mapping[str, Found]:
        """Key -> what is there of it, for every one, in as few requests as there can be. Never asks a copy that may lag behind."""
        ...

    def groups(self, dispatches: Sequence[Dispatch]) -> Sequence[Sequence[Dispatch]]:
        """Parts that one `send` takes, in their order."""
        ...

    def send(
        self, group: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls
    ) -> Mapping[str, Outcome]:
        """Make them there, all of a document or nothing of it; one that is refused keeps no other from being made. Only what a look-up did
        not find is given. Key -> outcome, for every one; raises only before anything was sent (AuthError, NotLicensed, RateLimited,
        Unavailable, ConfigError)."""
        ...

    def complete(
        self, dispatches: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls
    ) -> Mapping[str, Outcome]:
        """Attach what is missing of the receipts of documents that are there; looks first. Done again it changes nothing."""
        ...

    def post(
        self, dispatches: Sequence[Dispatch], expected: Mapping[str, str], calls: Calls
    ) -> Mapping[str, Outcome]:
        """Book documents that are there and whole. expected: the keys of everything of ours that may be there besides, each with why it must
        not be booked yet; empty where it may be by the way. Raises DataRejected, and books nothing, where a batch holds lines that are nobody's
        of these, or that must not be booked. `where` of an outcome is posted once the ledger has it; nowhere with `refused`: it was
        taken out of the batch again, so that the others could be booked."""
        ...
