"""What a list of purchase documents is asked for, and by which name: in an address, and in the form that exports what is listed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from saldo.api.purchases.bodies import Day, DocumentId, State
from saldo.exports.choice import Filters

#: What is shown -> its name.
SHOWN = {
    "open": "to export: not exported, or changed since",
    "not_exported": "not exported",
    "mutated": "changed since they were exported",
    "all": "all",
}


def _filled(value: Any) -> Any:
    """A form sends what nobody filled in as an empty text."""
    return None if value == "" else value


def _chosen(value: Any) -> Any:
    return [one for one in value if one] if isinstance(value, list) else value


FilledDay = Annotated[Day | None, BeforeValidator(_filled)]
FilledId = Annotated[DocumentId | None, BeforeValidator(_filled)]


class Asked(BaseModel):
    """The filters of a list; days are included."""

    model_config = ConfigDict(extra="ignore")

    show: Literal["open", "not_exported", "mutated", "all"] = "open"
    createdFrom: FilledDay = None
    createdTo: FilledDay = None
    invoiceFrom: FilledDay = None
    invoiceTo: FilledDay = None
    state: Annotated[list[State], BeforeValidator(_chosen)] = Field(
        default_factory=list, max_length=10
    )

    def filters(self) -> Filters:
        """As the register takes them."""
        return Filters(
            created_from=self.createdFrom,
            created_to=self.createdTo,
            invoice_from=self.invoiceFrom,
            invoice_to=self.invoiceTo,
            states=tuple(self.state),
            not_exported=self.show in ("open", "not_exported"),
            mutated=self.show in ("open", "mutated"),
        )

    def body(self) -> dict[str, Any]:
        """As the body of a request has them."""
        of = self.filters()
        days = ("createdFrom", "createdTo", "invoiceFrom", "invoiceTo")
        found: dict[str, Any] = {name: getattr(self, name) for name in days if getattr(self, name)}
        return {
            **found,
            "state": list(self.state),
            "notExported": of.not_exported,
            "mutated": of.mutated,
        }

    def address(self, **more: Any) -> list[tuple[str, str]]:
        """The parameters of the list's address; more: others beside or instead of them, None for none."""
        values: dict[str, Any] = {**self.model_dump(include=set(Asked.model_fields)), **more}
        return [
            (name, str(one))
            for name, value in values.items()
            for one in (value if isinstance(value, list) else [value])
            if one is not None
        ]


class DocumentsQuery(Asked):
    """cursor: the last document of the page before."""

    cursor: FilledId = None


class Range(BaseModel):
    """Days, both included; none: all."""

    name: str
    first: date | None = None
    last: date | None = None


def ranges(today: date) -> list[Range]:
    """What bookkeepers ask for. today: in the agreement's time zone."""
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    quarter = month.replace(month=3 * ((today.month - 1) // 3) + 1)
    year = date(today.year, 1, 1)
    return [
        Range(name="this month", first=month, last=_end(month, 1)),
        Range(name="last month", first=before, last=_end(before, 1)),
        Range(name="this quarter", first=quarter, last=_end(quarter, 3)),
        Range(name="this year", first=year, last=_end(year, 12)),
        Range(name="all"),
    ]


def _end(first: date, months: int) -> date:
    """The last day of so many months from a first day on."""
    count = first.month - 1 + months
    return date(first.year + count // 12, count % 12 + 1, 1) - timedelta(days=1)
