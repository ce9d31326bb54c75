"""What the routes of accounting exports take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.json_schema import models_json_schema

from saldo.exports.accounting.expense import MOST_LINES
from saldo.exports.accounting.targets import TARGETS

from ..purchases.bodies import Day

#: Exports on one page, and expenses in one batch.
MOST = 500
Status = Literal[
    "pending", "sending", "created", "posted", "failed", "review", "cancelled", "unknown"
]
Kind = Literal["expense", "honorarium", "purchase_document"]
#: How deep a part of a mapping goes, and how much is in it.
_DEEPEST, _MOST_VALUES = 6, 2_000


def _sayable(value: str) -> str:
    """What Postgres takes, and a page shows."""
    if any(sign < " " or sign == "\x7f" for sign in value):
        raise ValueError("has a character that no text has (a line break, a NUL)")
    return value


def _storable(value: Any, depth: int = 0) -> int:
    """How many values are in it. Raises ValueError for what no file of a mapping could say."""
    if depth > _DEEPEST:
        raise ValueError(f"is nested deeper than {_DEEPEST}")
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise ValueError("has a character that no text has")
        return 1
    if isinstance(value, dict):
        found = sum(
            _storable(key, depth + 1) + _storable(one, depth + 1) for key, one in value.items()
        )
    elif isinstance(value, list):
        found = sum(_storable(one, depth + 1) for one in value)
    else:
        return 1
    if found > _MOST_VALUES:
        raise ValueError(f"says more than {_MOST_VALUES} things")
    return found


def _mapping(value: dict[str, Any]) -> dict[str, Any]:
    _storable(value)
    return value


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(_sayable)]
Organisation = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["hlf"])]
ExpenseId = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["EXP-2026-0001"])
]
#: As the organisation's file names it; the list is that of the targets there are.
TargetSystem = Annotated[
    str, Field(max_length=40, json_schema_extra={"enum": sorted(TARGETS)}, examples=["xledger"])
]


def _body(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [example]})


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ListQuery(BaseModel):
    """All that is given must hold; days are of UTC, and included."""

    model_config = ConfigDict(extra="forbid")

    organisation: Organisation | None = Field(
        None, description="Of one; without it of all that you may see."
    )
    status: Annotated[list[Status], BeforeValidator(_several)] = Field(
        default_factory=list, max_length=8, description="In one of these."
    )
    kind: Kind | None = None
    target: str | None = Field(
        None, pattern=r"^[a-z][a-z0-9_]{0,39}$", description="The accounting system."
    )
    source_id: ExpenseId | None = Field(
        None, description="The id of the expense: all its revisions."
    )
    created_from: Day | None = Field(None, description="First day on which it was asked for.")
    created_to: Day | None = Field(None, description="Last day of it.")
    limit: int = Field(100, ge=1, le=MOST, description="Exports on a page.")
    cursor: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_-]{1,200}$", description="`next` of the page before."
    )


class AskBody(_Body):
    model_config = _body(organisation="hlf", expense_id="EXP-2026-0001", target_system="xledger")

    organisation: Organisation
    expense_id: ExpenseId
    target_system: TargetSystem
    dry_run: bool = Field(
        False,
        description="Only show what would be sent, and all that is wrong with it; nothing is written or sent.",
    )


class BatchBody(_Body):
    model_config = _body(
        organisation="hlf", expense_ids=["EXP-2026-0001", "EXP-2026-0002"], target_system="xledger"
    )

    organisation: Organisation
    expense_ids: list[ExpenseId] = Field(min_length=1, max_length=MOST)
    target_system: TargetSystem


class RetryBody(_Body):
    """How an export is tried again. Without anything: as it is."""

    model_config = _body(override={"accounts": {"travel": "7140"}})

    override: Annotated[dict[str, Any], AfterValidator(_mapping)] | None = Field(
        None,
        description="A part of `mapping` of the organisation's file that holds for this export only, such as "
        '{"accounts": {"travel": "7140"}}. {} drops an earlier one.',
        examples=[{"accounts": {"travel": "7140"}}],
    )
    accept_second: bool = Field(
        False,
        description="Although an earlier revision of the expense was exported, or although this one was there and is gone: undo the other one by hand.",
    )


class BookedBody(_Body):
    model_config = _body(reference="20260317")

    reference: Text = Field(
        min_length=1,
        max_length=100,
        pattern=r"\S",
        description="The voucher's number there.",
        examples=["20260317"],
    )


class EditedLineBody(_Body):
    """What is another one in a line; the rest stays."""

    line: int = Field(ge=1, le=9999, description="Its number within the expense.")
    category: Text | None = Field(None, min_length=1, max_length=60)
    vat_code: Text | None = Field(None, max_length=20, description="null: none.")
    dimensions: (
        dict[
            Annotated[Text, Field(min_length=1, max_length=50)],
            Annotated[Text, Field(max_length=100)],
        ]
        | None
    ) = Field(None, max_length=50, description="All of the line's, in place of those that were.")
    text: str | None = Field(None, min_length=1, max_length=2000, pattern=r"^[^\x00]*\S[^\x00]*$")
    date: str | None = Field(
        None, pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"}
    )

    @model_validator(mode="after")
    def _changes(self) -> EditedLineBody:
        if self.model_fields_set <= {"line"}:
            raise ValueError("changes nothing; write what is another one, such as category")
        for name in ("category", "dimensions", "text", "date"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name}: null is none; leave it out where it stays")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """What was given."""
        return self.model_dump(exclude_unset=True)


class LinesBody(_Body):
    model_config = _body(
        lines=[{"line": 2, "category": "travel", "dimensions": {"department": "10"}}]
    )

    lines: list[EditedLineBody] = Field(min_length=1, max_length=MOST_LINES)


class EventBody(_Body):
    """What an accounting system says of an export."""

    model_config = _body(
        event_id="8f1c",
        occurred_at="2026-03-04T12:00:00Z",
        status="posted",
        external_reference="20260317",
    )

    event_id: Text = Field(min_length=1, max_length=100, description="Another one for each event.")
    occurred_at: AwareDatetime = Field(description="When it happened, with its zone.")
    status: Literal["created", "posted", "failed"]
    external_reference: Text | None = Field(
        None, max_length=100, description="What it is called there."
    )
    message: str | None = Field(None, max_length=2000, pattern=r"^[^\x00]*$")


def schemas() -> dict[str, Any]:
    """Of what a route reads itself, for components/schemas of the OpenAPI document."""
    _, found = models_json_schema(
        [(EventBody, "validation")], ref_template="#/components/schemas/{model}"
    )
    return dict(found["$defs"])
