"""What a sender of expenses is told of the body and of the answers: for the OpenAPI document. The body itself is read by
saldo/exports/accounting/expense.py, which says every problem at once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from saldo.exports.accounting.expense import CONTENT_TYPES, MOST_LINES, MOST_RECEIPTS, STATUSES

from .answers import ProblemBody

_AMOUNT = r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$"
_ABOVE_ZERO = r"^[0-9]{1,15}(\.[0-9]{1,4})?$"
#: Blanks around a text are dropped.
_NOT_EMPTY = r"\S"

Amount = Annotated[str, Field(pattern=_AMOUNT)]
Count = Annotated[str, Field(pattern=_ABOVE_ZERO)]
Day = Annotated[
    str, Field(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"})
]
#: The number of a line or a revision; nothing else is a number in JSON.
Number = Annotated[int, Field(ge=1, le=9999)]


def _text(longest: int, **more: Any) -> Any:
    return Field(max_length=longest, pattern=_NOT_EMPTY, **more)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReceiptBody(_Body):
    name: str = Field(max_length=200, description="A file's name without a folder.")
    content_type: str = Field(json_schema_extra={"enum": list(CONTENT_TYPES)})
    content_base64: str = Field(
        min_length=1,
        json_schema_extra={"contentEncoding": "base64"},
        description="The file: 10 MiB at most. All of a claim's together: 15 MB.",
    )


class LineBody(_Body):
    line: Number = Field(description="Its number within the claim.")
    category: str = _text(
        60, description="What it was spent on, as the organisation's file maps it."
    )
    date: Day
    text: str = _text(2000)
    quantity: Count | None = Field(None, description="Kilometres, days; 1 without.")
    rate: Count | None = Field(
        None, description="What one of them costs; quantity times rate is then the amount."
    )
    amount: Amount = Field(description="VAT included; below zero where it is deducted; not 0.")
    vat_code: Annotated[str, _text(20)] | None = Field(None, description="With a vat_amount.")
    vat_amount: Amount | None = Field(None, description="The VAT within the amount; 0 without.")
    dimensions: dict[str, Annotated[str, _text(100)]] | None = None
    receipts: list[ReceiptBody] | None = Field(None, max_length=MOST_RECEIPTS)


class ExpenseBody(_Body):
    """An expense claim, or a fee. Numbers are texts: no digit is lost."""

    id: str = Field(pattern=r"^\s*[A-Za-z0-9][A-Za-z0-9._-]{0,63}\s*$")
    organisation: str = Field(
        pattern=r"^\s*[a-z][a-z0-9_]{0,39}\s*$", description="Whose books it goes to."
    )
    kind: Literal["expense", "honorarium"]
    status: str = Field(
        json_schema_extra={"enum": list(STATUSES)}, description="Only what is approved is exported."
    )
    approved_at: str | None = Field(
        None,
        json_schema_extra={"format": "date-time"},
        description="Of what is approved; with its zone.",
    )
    employee: Annotated[str, _text(50)] | None = Field(None, description="Who is paid an expense.")
    supplier: Annotated[str, _text(50)] | None = Field(None, description="Who is paid a fee.")
    description: str = _text(2000)
    date: Day
    currency: str = Field(pattern=r"^\s*[A-Z]{3}\s*$")
    revision: Number | None = Field(
        None,
        description="As the sender counts. Needed, and higher than before, for a change of what was exported.",
    )
    lines: list[LineBody] = Field(min_length=1, max_length=MOST_LINES)


class ExpenseStored(BaseModel):
    organisation: str
    id: str
    revision: int = Field(description="What it is stored as.")
    outcome: Literal["created", "revised", "same"] = Field(
        description="created: it is new; revised: another one than before; same: it was there."
    )


class ExpenseProblem(BaseModel):
    path: str = Field(description="Where: `lines[2].amount`; empty for the whole.")
    found: str
    expected: str
    remedy: str


class ExpenseProblems(ProblemBody):
    """422."""

    problems: list[ExpenseProblem] = Field(default=[], description="All that is wrong.")


class ExpenseDifference(BaseModel):
    path: str = Field(description="`lines[line=2].amount`: of the line with that number.")
    stored: Any
    sent: Any


class ExpenseConflictBody(ProblemBody):
    """409."""

    revision: int | None = Field(None, description="The newest that is stored.")
    next: int | None = Field(None, description="The lowest number that a change may have.")
    differences: list[ExpenseDifference] = Field(default=[])


#: Models that the document has beside those of FastAPI.
_TOLD = (ExpenseBody, ExpenseProblems, ExpenseConflictBody)


def schemas() -> dict[str, Any]:
    """Of the body and of its problems, for components/schemas of the OpenAPI document."""
    _, found = models_json_schema(
        [(model, "validation") for model in _TOLD],
        ref_template="#/components/schemas/{model}",
    )
    return dict(found["$defs"])


def ref(model: type[BaseModel]) -> dict[str, Any]:
    """A reference to one of them."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}
