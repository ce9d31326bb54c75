"""What the routes of accounting exports answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from .bodies import Kind, Status

_ID = "2f6c3a4e-6c0b-4c0e-9d57-0b6c1c1a7f10"


class Error(BaseModel):
    family: str | None = Field(description="What kind of error it is.")
    message: str = Field(description="What is wrong, and where.")
    remedy: str = Field(description="What to do.")


class Export(BaseModel):
    """An export of one revision of an expense."""

    id: UUID = Field(examples=[_ID])
    organisation: str
    target: str = Field(examples=["xledger"])
    kind: Kind
    source_id: str = Field(description="The id of the expense.", examples=["EXP-2026-0001"])
    revision: int
    status: Status
    status_text: str = Field(description="The same in words.")
    total: str | None = Field(description="What is owed, VAT included.", examples=["165.00"])
    currency: str | None
    posting_date: date | None = Field(description="null before it was first sent.")
    document_number: str | None = Field(
        description="By which it is found in the accounting system."
    )
    external_reference: str | None = Field(description="What the accounting system calls it.")
    error: Error | None
    attempts: int = Field(description="How often it was sent.")
    next_attempt_at: datetime | None = Field(
        description="Nothing happens before. null: the next run."
    )
    is_complete: bool = Field(description="Its receipts are there, too.")
    may_be_there: bool = Field(
        description="false: the accounting system has nothing of it, for certain."
    )
    booked_by: str | None = Field(description="Who booked it by hand.")
    created_by: str
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None
    posted_at: datetime | None
    link: str = Field(description="Where all of it is: a path on this server.")


class ExportList(BaseModel):
    list: list[Export]
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


class ExportRun(BaseModel):
    run_id: str
    state: str = Field(description="queued, running, success or failed.")


class Started(Export):
    """outcome: created (it is new, or was cancelled), or same (it was there). run: what exports it; null where nothing is to be done."""

    outcome: Literal["created", "same"]
    run: ExportRun | None


class Decided(Export):
    """run: what goes on with it; null where nothing is to be done."""

    run: ExportRun | None


class ProblemShown(BaseModel):
    path: str = Field(
        description="Where: `lines[2].category`, or a key of the organisation's file."
    )
    found: str
    expected: str
    remedy: str


class BatchItem(BaseModel):
    expense_id: str
    outcome: Literal["created", "same", "refused"]
    export: Export | None
    message: str | None = Field(description="Why it was refused, and what to do.")


class Batch(BaseModel):
    created: int
    same: int
    refused: int
    results: list[BatchItem] = Field(description="One of each expense, in their order.")
    run: ExportRun | None


class Entry(BaseModel):
    line: int | None = Field(description="The expense's; null for what is owed for all of them.")
    owner: str = Field(description="What `number` is the number of: account, vendor or employee.")
    number: str
    account: str | None
    amount: str = Field(description="VAT included, debit above zero.")
    vat_code: str | None
    vat_amount: str
    text: str
    dimensions: dict[str, str]


class ReceiptShown(BaseModel):
    line: int
    name: str
    content_type: str
    size: int
    sha256: str


class ExportDocument(BaseModel):
    """What the accounting system gets, or would get."""

    key: str = Field(description="Its number there.")
    reference: str
    shape: str = Field(description="journal, purchase_invoice or import.")
    company: str
    posting_date: date
    currency: str
    total: str
    total_vat: str
    text: str
    entries: list[Entry] = Field(description="Their amounts come to 0.")
    receipts: list[ReceiptShown]
    booking: str = Field(description="post, or leave: the bookkeeper posts.")
    notes: list[str] = Field(
        description="What was changed on the way, such as texts that were cut."
    )
    body: str = Field(description="What is sent, as JSON.")


class Preview(BaseModel):
    """What a dry run finds. Nothing was written or sent."""

    document: ExportDocument | None = Field(
        description="null where problems keep it from being made."
    )
    problems: list[ProblemShown] = Field(description="All that is wrong.")
    is_checked: bool = Field(description="Whether the accounting system was asked, too.")
    note: str | None = Field(description="Why it was not asked.")


class Call(BaseModel):
    """A call to the accounting system."""

    started_at: datetime
    duration_ms: int | None = Field(
        description="null: it has not ended, or its process was killed."
    )
    request: dict[str, Any] = Field(
        description="Method, path and body, without secrets and contents of files."
    )
    status_code: int | None = Field(description="HTTP status; null where no answer came.")
    answer: str | None = Field(description="How the answer began.")
    outcome: str = Field(description="running, done, refused, failed or unknown.")


class Event(BaseModel):
    """What the accounting system said by itself."""

    event_id: str
    occurred_at: datetime
    received_at: datetime
    status: str
    external_reference: str | None
    message: str | None
    outcome: str = Field(description="applied (the status is by it), noted, or late.")


class Revision(BaseModel):
    revision: int
    status: str = Field(description="draft, submitted, approved, rejected or cancelled.")
    received_at: datetime
    received_by: str
    source: str = Field(description="rest, file or sql.")
    export_id: UUID | None = Field(description="Its export.")
    export_status: Status | None


class Difference(BaseModel):
    path: str = Field(description="`lines[line=2].amount`: of the line with that number.")
    stored: Any = Field(description="As it was exported before.")
    sent: Any = Field(description="As it is now.")


class ActionShown(BaseModel):
    action: str = Field(description="retry, lines, booked, cancel or delete.")
    method: str
    link: str = Field(description="A path on this server.")
    text: str


class Details(Export):
    """All there is to an export."""

    company: str | None = Field(
        description="Of the accounting system, by its ids, to which it was sent."
    )
    override: dict[str, Any] | None = Field(
        description="What stands over `mapping` of the organisation's file."
    )
    is_second_accepted: bool = Field(
        description="Somebody said that it is booked beside an earlier one."
    )
    document: ExportDocument | None
    is_sent: bool = Field(
        description="Whether the document is the one that was sent; else it is what would be sent now."
    )
    problems: list[ProblemShown] = Field(description="What keeps a document from being made now.")
    expense: dict[str, Any] | None = Field(
        description="As it came in: receipts by their SHA-256, numbers as texts. null: it is gone."
    )
    revisions: list[Revision] = Field(description="Of the expense, the newest first.")
    differences: list[Difference] = Field(description="To the revision that was exported before.")
    calls: list[Call] = Field(description="The last 200 calls about it, the oldest first.")
    events: list[Event]
    actions: list[ActionShown] = Field(
        description="What may be done now, by whoever may trigger the organisation's DAG."
    )


class Target(BaseModel):
    """A company of an accounting system that exports went to, or tried to."""

    organisation: str
    company: str = Field(description="With its accounting system: which, and its ids.")
    breaker: Literal["closed", "open", "half-open"] = Field(
        description="open: it failed so often that nothing is sent there for some minutes."
    )
    failures: int = Field(description="Calls that failed one after the other.")
    opened_at: datetime | None
    error: Error | None = Field(description="Of the last call that failed; null while all is well.")
    waiting: int = Field(
        description="The organisation's exports that are not there yet: pending, sending, failed, unknown."
    )
    review: int = Field(description="Its exports that a person must decide about.")


class TargetList(BaseModel):
    list: list[Target]


class ReportTaken(BaseModel):
    status: Literal["taken", "seen", "ignored"] = Field(
        description="seen: this very event came before. ignored: a later one came before it."
    )
    export_status: Status = Field(description="What the export is now.")
    why: str
