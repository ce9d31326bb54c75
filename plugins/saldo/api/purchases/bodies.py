"""What the routes of exports take and answer, in the words of finance's tools."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..progress import Step

#: Ids in one request; more are asked for by filters.
MOST_IDS = 50_000
#: Characters of a file that is put into the store as it is: 15 MB.
MOST_BASE64 = 20 << 20
#: Documents on one page of the list.
MOST_LISTED = 5_000
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
State = Literal["new", "saved", "open", "late", "paid", "pending_payment", "deleted"]


def _day(value: Any) -> Any:
    """A number is no day, nor is an instant."""
    if value is None or isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("write a day such as 2026-01-31")
    return value


def _flag(value: Any) -> Any:
    """In an address: true or false, as OpenAPI writes them."""
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise ValueError("write true or false")
        return value == "true"
    return value


Day = Annotated[date, BeforeValidator(_day)]
Flag = Annotated[bool, BeforeValidator(_flag)]
DocumentId = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,100}$")]
#: As the register makes them; what is no such name is no file's.
FileName = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^/\\\x00-\x1f\x7f]+$")]


class Filters(BaseModel):
    """All that is given must hold; days are included, those of creation are of UTC."""

    model_config = ConfigDict(extra="forbid")

    createdFrom: Day | None = Field(
        None, description="First day on which it was made at the vendor."
    )
    createdTo: Day | None = Field(None, description="Last day of it.")
    invoiceFrom: Day | None = Field(None, description="First date of invoices.")
    invoiceTo: Day | None = Field(None, description="Last date of invoices.")
    state: list[State] = Field(
        default_factory=list, max_length=10, description="As the vendor has it, or deleted."
    )
    notExported: Flag = Field(False, description="In no logged file.")
    mutated: Flag = Field(
        False,
        description="Another one now than in its newest logged file. Beside notExported: either of the two.",
    )


class ListQuery(Filters):
    limit: int = Field(1000, ge=1, le=MOST_LISTED, description="Documents on a page.")
    cursor: DocumentId | None = Field(None, description="`next` of the page before.")


class FilesQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000, description="Files on a page.")
    cursor: int | None = Field(None, ge=1, le=2**62, description="`next` of the page before.")


class SyncQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    run: str | None = Field(
        None,
        max_length=250,
        pattern=r"^[\x20-\x7e]+$",
        description="A run's id; the last one without.",
    )


class ExportBody(BaseModel):
    """ids or filters; the rest says what file they become."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ids: list[DocumentId] | None = Field(
        None, max_length=MOST_IDS, description="These documents and no others."
    )
    filters: Annotated[Filters, Field(strict=False)] | None = Field(
        None, description="Those that fit, and that can be exported; {} for all."
    )
    layout: str | None = Field(
        None, pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Which columns the file has."
    )
    ext: str | None = Field(
        None,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="What the file's name ends in.",
    )
    noLog: bool = Field(
        False, description="The file does not count: its documents stay as exported as they are."
    )
    again: bool = Field(
        False, description="Also documents that are in a logged file and have not changed since."
    )

    @model_validator(mode="after")
    def _either(self) -> ExportBody:
        if (self.ids is None) == (self.filters is None):
            raise ValueError("write ids, or filters ({} for all documents), and not both")
        return self


class Mutation(BaseModel):
    fieldName: str = Field(
        description="invoiceDate, status, type, contact, currency, amounts, lines or deleted."
    )
    oldValue: Any = Field(description="As in the newest logged file.")
    newValue: Any = Field(description="As it is now.")


class Document(BaseModel):
    id: str
    type: str = Field(description="purchase_invoice or receipt.")
    createDate: datetime | None
    invoiceDate: date | None
    status: str = Field(description="As the vendor has it, or deleted.")
    fileName: str | None = Field(
        description="The newest logged file it is in; null: it is not exported."
    )
    allFiles: list[str] = Field(description="All files it is in, the oldest first.")
    mutations: list[Mutation] = Field(description="What has changed since it was exported.")


class DocumentList(BaseModel):
    list: list[Document]
    syncDate: datetime | None = Field(
        description="What the vendor had until then is in it. null: not all was ever synced."
    )
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


class Exported(BaseModel):
    fileName: str
    documents: int
    rows: int
    isLogged: bool
    note: str | None = Field(description="What of the file should be looked at.")
    link: str = Field(description="Where the file is: a path on this server.")


class Asked(BaseModel):
    requestId: str
    state: str = Field(description="waiting, running, done or failed.")
    status: str = Field(description="Where its state is told: a path on this server.")


class Request(Asked):
    askedAt: datetime
    finishedAt: datetime | None
    fileName: str | None
    documents: int | None
    rows: int | None
    link: str | None = Field(description="Where the file is, once it is made.")
    message: str | None = Field(description="Why it failed, and what to do.")
    progress: Step | None = Field(
        description="How far its run has come. null: it has not begun, or it is over."
    )


class NameBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    filename: FileName


class Deleted(BaseModel):
    filename: str
    documents: int = Field(description="Documents that were in it.")


class ForceBody(NameBody):
    force: bool = Field(False, description="Although it is registered; for administrators.")


class StoreBody(ForceBody):
    filename: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,149}\.xlsx$")]
    data: str = Field(
        max_length=MOST_BASE64,
        pattern=r"^[A-Za-z0-9+/]*={0,2}$",
        json_schema_extra={"contentEncoding": "base64"},
        description="Its content in base64.",
    )

    @model_validator(mode="after")
    def _is_whole(self) -> StoreBody:
        if len(self.data) % 4:
            raise ValueError("data: is no base64; its length is no multiple of four")
        return self


class File(BaseModel):
    fileName: str
    madeAt: datetime
    madeBy: str
    layout: str
    isLogged: bool
    documents: int
    rows: int
    bytes: int
    mutated: int = Field(description="Documents in it that have changed since.")
    firstCreateDate: datetime | None
    lastCreateDate: datetime | None
    firstInvoiceDate: date | None
    lastInvoiceDate: date | None
    note: str | None = Field(description="What of it should be looked at.")
    isMissing: bool | None = Field(
        description="Somebody removed it from the store by hand: delete the export, too. null: the store does not answer."
    )
    link: str = Field(description="Where it is: a path on this server.")


class FileList(BaseModel):
    list: list[File]
    next: int | None = Field(description="`cursor` of the next page; null on the last one.")


class Stored(BaseModel):
    filename: str
    bytes: int


class Removed(BaseModel):
    filename: str
