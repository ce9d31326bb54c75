"""Parts of an accounting export's file that both targets have: how expenses become documents, and within which limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from saldo.yaml_files import Section

#: What a text of a mapping may name, in braces.
PLACEHOLDERS = (
    "id", "revision", "payee", "description", "line", "category", "text", "quantity", "rate", "month",
)  # fmt: skip
#: Those that only a line has.
_OF_A_LINE = ("line", "category", "text", "quantity", "rate")


def _number(value: Any) -> Any:
    try:
        found = Decimal(str(value)) if isinstance(value, int | float | str) else None
    except InvalidOperation:
        found = None
    if found is None or isinstance(value, bool) or not found.is_finite():
        raise ValueError(f"{value!r} is no number; write one such as 25")
    return found


def _country(value: str) -> str:
    if not re.fullmatch("[A-Z]{2}", value):
        raise ValueError(f'{value!r} is no country; write its two capitals in quotes, such as "NO"')
    return value


def currency(value: str) -> str:
    """The value, which is a currency's code. Raises ValueError, which says what to write."""
    if not re.fullmatch("[A-Z]{3}", value):
        raise ValueError(f"{value!r} is no currency; write three capitals such as NOK")
    return value


def fitting(codes: Mapping[str, str], longest: int) -> None:
    """Raises ValueError where a code is longer than the target's are, or has blanks around it. codes: by what they are for."""
    for name, value in codes.items():
        if not value or value != value.strip() or len(value) > longest:
            of = f" ({name})" if name else ""
            raise ValueError(
                f"{value!r}{of} is no code of the target; write 1 to {longest} characters without blanks around them"
            )


def _template(value: str, known: tuple[str, ...]) -> str:
    try:
        parts = list(Formatter().parse(value))
    except ValueError:
        raise ValueError(
            f"{value!r} has a brace without its other; close it, or double it"
        ) from None
    for _, name, form, conversion in parts:
        if name is not None and name not in known:
            shown = ", ".join(f"{{{one}}}" for one in known)
            raise ValueError(f"{{{name}}} is nothing that a text may name; write some of: {shown}")
        if form or conversion:
            raise ValueError(f"{{{name}}} takes no form; write only {{{name}}}")
    return value


Text = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[Decimal, BeforeValidator(_number)]
Country = Annotated[str, AfterValidator(_country)]
OfALine = Annotated[str, AfterValidator(lambda value: _template(value, PLACEHOLDERS))]
OfADocument = Annotated[
    str,
    AfterValidator(
        lambda value: _template(value, tuple(one for one in PLACEHOLDERS if one not in _OF_A_LINE))
    ),
]


class Vat(Section):
    """What a VAT code of expenses means: its rate in percent, in which country, and the target's code of it."""

    rate: Number = Field(ge=0, lt=100)
    country: Country
    code: str


class Dimension(Section):
    """Where a dimension of expenses goes. values: theirs -> the target's; without it values are the same there.
    default: for lines that have none. required: a line without it, and without a default, cannot be booked."""

    to: str
    required: bool = False
    values: dict[Text, Text] | None = None
    default: str | None = None


class Texts(Section):
    """Texts of a document and of its lines; what may be named in braces is in PLACEHOLDERS."""

    document: OfADocument = "{description}"
    line: OfALine = "{text}"


class MappingRules(Section):
    """How expenses of an organisation become documents of its target.

    accounts: category -> account. vat: code of expenses -> what it is there. no_vat: the target's code for lines without
    VAT. posting_date: the expense's date, the day of its approval, or the last day of the expense's month. booking: whether
    the document is posted, or left for the bookkeeper.
    """

    accounts: dict[Text, Text] = Field(min_length=1)
    vat: dict[Text, Vat] = Field(default_factory=dict)
    no_vat: str | None = None
    dimensions: dict[Text, Dimension] = Field(default_factory=dict)
    texts: Texts = Texts()
    posting_date: Literal["expense", "approved", "month_end"] = "expense"
    receipts: Literal["attach", "leave_out"] = "attach"
    booking: Literal["post", "leave"] = "leave"

    @field_validator("dimensions")
    @classmethod
    def _one_place_each(cls, value: dict[str, Dimension]) -> dict[str, Dimension]:
        places = [dimension.to.upper() for dimension in value.values()]
        for dimension in value.values():
            if places.count(dimension.to.upper()) > 1:
                raise ValueError(f"two of them go to {dimension.to}; give each a place of its own")
        return value


class Limits(Section):
    """What one organisation may do to its target, and the largest expense that passes without a person's word (of the
    books' currency).

    settle_minutes: after a call without an answer, how long the target may still carry it out. max_tries: how often an export may
    fail before a person must decide. reconcile_days: how old what is compared with the target every night may be.
    """

    requests_a_minute: int = Field(default=300, ge=1, le=1200)
    largest_amount: Number | None = Field(default=None, gt=0)
    settle_minutes: int = Field(default=10, ge=1, le=1440)
    max_tries: int = Field(default=5, ge=1, le=50)
    reconcile_days: int = Field(default=400, ge=1, le=3000)


class Payable(Section):
    """Who is owed. numbers: employees or suppliers of expenses -> the target's; the others have the same number there."""

    numbers: dict[Text, Text] = Field(default_factory=dict)


class EitherPayable(Section):
    """At least one kind of expense must be exported."""

    @model_validator(mode="after")
    def _one(self) -> EitherPayable:
        if not any(getattr(self, kind) for kind in ("expense", "honorarium")):
            raise ValueError(
                "says neither `expense` nor `honorarium`; write who is owed for at least one of them"
            )
        return self
