"""What the list is asked for: the filters of its form, and where the page before ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from saldo.api.accounting_exports import cursors
from saldo.exports.accounting.jobs import STATUSES

#: Rows of a page.
MOST = 100
#: As ops.export_job.place has them.
PLACES = {
    "review": 0, "failed": 1, "unknown": 2, "sending": 2, "pending": 3, "created": 4, "posted": 5, "cancelled": 5,
}  # fmt: skip
#: What the status filter offers besides the statuses.
GROUPS: dict[str, tuple[int, ...]] = {"waiting": (0, 1), "open": (0, 1, 2, 3, 4), "over": (5,)}


def _blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _stripped(value: Any) -> Any:
    return _blank(value.strip() if isinstance(value, str) else value)


Status = Literal["waiting", "open", "over", "review", "failed", "unknown", "sending", "pending", "created", "posted", "cancelled"]  # fmt: skip
Blank = BeforeValidator(_blank)


class Asked(BaseModel):
    """The address of the list; what is left out or empty does not matter. Days are of UTC, and included."""

    model_config = ConfigDict(extra="ignore")

    organisation: Annotated[
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None, Blank
    ] = None
    status: Annotated[Status | None, Blank] = None
    kind: Annotated[Literal["expense", "honorarium"] | None, Blank] = None
    #: A claim, a person, a number in the accounting system.
    q: Annotated[Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")] | None, BeforeValidator(_stripped)] = None  # fmt: skip
    created_from: Annotated[date | None, Blank] = None
    created_to: Annotated[date | None, Blank] = None
    reason: Annotated[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None, Blank] = None
    after: Annotated[
        Annotated[str, Field(pattern=r"^[0-5]\.[A-Za-z0-9_-]{1,200}$")] | None, Blank
    ] = None

    def parameters(self) -> dict[str, Any]:
        """Of exports/list.sql, but for the organisations. Raises Problem 422 for a place that no page ended at."""
        place, _, cursor = (self.after or "").partition(".")
        after_at, after_id = cursors.read(cursor or None) or (None, None)
        group = GROUPS.get(self.status or "")
        places = group or ([PLACES[self.status]] if self.status else range(6))
        return {
            "first_place": min(places), "last_place": max(places), "status": None if group else self.status, "kind": self.kind, "asked": self.q,
            "created_from": _midnight(self.created_from), "created_to": _midnight(self.created_to, days=1), "reason": self.reason,
            "after_place": int(place) if place else None, "after_at": after_at, "after_id": after_id, "most": MOST + 1,
        }  # fmt: skip

    def address(self, **changes: Any) -> str:
        """Of the list with these filters, changed; the page is the first one unless told otherwise."""
        kept = self.model_dump(exclude={"after"}, exclude_none=True, mode="json") | changes
        said = urlencode({name: value for name, value in kept.items() if value not in (None, "")})
        return f"/exports?{said}" if said else "/exports"

    def counted(self, **of: Any) -> str:
        """Of the list of what a number on the page counts: it knows the organisation, and no other filter."""
        return Asked(organisation=self.organisation).address(**of)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.model_dump(exclude={"after"}, exclude_none=True))


def after(row: Any) -> str:
    """Where a page ends."""
    return f"{row.place}.{cursors.written((row.created_at, row.export_id))}"


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    if day is None or day > date.max - timedelta(days=days):
        return None
    return datetime.combine(day + timedelta(days=days), time(), UTC)


__all__ = ["GROUPS", "MOST", "PLACES", "STATUSES", "Asked", "after"]
