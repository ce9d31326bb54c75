"""What the first tab of an agreement shows: its entities, and the steps that follow them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from saldo import documents
from saldo.alerts.failures import LONGEST_RUN
from saldo.exports import requests
from saldo.vendors import SOURCES

from ..shell.head import Head
from ..shell.reading import Reading
from . import bars
from .staged import Staged, staged

_MOST_ALERTS = 50
_CHART_NIGHTS = 60
#: What a task's last try says, with its tone.
TONES = {
    "success": "good",
    "failed": "bad",
    "running": "busy",
    "skipped": "quiet",
    "stopped": "bad",
}
#: What other DAGs than the agreement's own do for it, or the API server itself -> what that is.
BESIDES = {
    "budgets": "of files that people fill in",
    requests.ENTITY: "purchase documents into files",
    documents.ENTITY: "PDFs that people opened",
}


@dataclass(frozen=True)
class Line:
    """An entity, or a step after all of them. last: its last try; None where it never ran."""

    name: str
    last: Any
    tone: str
    word: str
    how_far: str
    full_at: datetime | None
    staged: Staged | None
    bars: Markup
    changed: int


@dataclass(frozen=True)
class Shown:
    """entities: those of the vendor. steps: facts, validate, prove, ... besides: what no night of it does. spent: requests of 24 hours; allowed: None where the
    vendor counts by no day."""

    entities: list[Line]
    steps: list[Line]
    besides: list[Line]
    nights: list[Any]
    alerts: list[Any]
    spent: int
    allowed: int | None
    has_run: bool


def names(books: Reading, agreement_id: str) -> list[str]:
    """Entities and tasks that ever ran."""
    return [row.entity for row in books.rows("agreement/names", {"agreement_id": agreement_id})]


def shown(books: Reading, head: Head) -> Shown:
    """All of it. Of an agreement without a file, what its runs left."""
    ran = names(books, head.id)
    vendor = SOURCES.get(head.vendor)
    wanted = [e.name for e in vendor.wanted(head.agreement)] if vendor and head.agreement else []
    known = [e.name for e in vendor.entities if e.name in {*wanted, *ran}] if vendor else []
    asked = {"agreement_id": head.id, "entities": ran}
    zone = ZoneInfo(head.agreement.timezone) if head.agreement else ZoneInfo("UTC")
    lines = _Lines(
        today=books.now.astimezone(zone).date(),
        longest_ago=books.now - LONGEST_RUN,
        rows={row.entity: row for row in books.rows("agreement/entities", asked)},
        staged=staged(books, head.id, head.vendor, known),
        changed=_changed(books, asked, zone),
    )
    spent = books.row("agreement/spent", {**asked, "since": books.now - timedelta(hours=24)})
    nights = books.rows(
        "agreement/nights", {**asked, "since": books.now - timedelta(days=_CHART_NIGHTS)}
    )
    return Shown(
        entities=[lines.of(name) for name in known],
        steps=[lines.of(name) for name in ran if name not in known and name not in BESIDES],
        besides=[lines.of(name) for name in ran if name in BESIDES],
        nights=[night for night in nights if night.ended_at],
        alerts=books.rows("agreement/alerts", {"agreement_id": head.id, "most": _MOST_ALERTS}),
        spent=spent.requests,
        allowed=vendor.daily_calls if vendor else None,
        has_run=bool(ran),
    )  # fmt: skip


def _changed(
    books: Reading, asked: Mapping[str, Any], zone: ZoneInfo
) -> dict[str, dict[date, int]]:
    since = books.now - timedelta(days=bars.NIGHTS)
    found: dict[str, dict[date, int]] = {}
    for row in books.rows("agreement/changes", {**asked, "zone": zone.key, "since": since}):
        found.setdefault(row.entity, {})[row.day] = row.changed
    return found


@dataclass(frozen=True)
class _Lines:
    today: date
    longest_ago: datetime
    rows: Mapping[str, Any]
    staged: Mapping[str, Staged]
    changed: Mapping[str, Mapping[date, int]]

    def of(self, name: str) -> Line:
        last, changed = self.rows.get(name), self.changed.get(name, {})
        tone, word = self._word(last)
        cursor = (last and last.cursor) or {}
        return Line(
            name=name,
            last=last,
            tone=tone,
            word=word,
            how_far=how_far(cursor, (last and last.resume) or {}),
            full_at=_instant(cursor.get("full_at")),
            staged=self.staged.get(name),
            bars=bars.bars(changed, self.today),
            changed=sum(changed.values()),
        )

    def _word(self, last: Any) -> tuple[str, str]:
        if last is None:
            return "quiet", "not yet"
        if last.status == "running" and last.started_at < self.longest_ago:
            return "bad", "killed"
        word = {"success": "good", "skipped": "nothing to do"}.get(last.status, last.status)
        return TONES[last.status], word


def how_far(cursor: Mapping[str, Any], resume: Mapping[str, Any]) -> str:
    """The watermark in a few words: a number, an instant, a cursor of the vendor's."""
    said = next((str(cursor[key]) for key in ("marker", "cursor", "since", "version") if cursor.get(key)), "")  # fmt: skip
    if resume:
        return f"{said} (being read)" if said else "being read"
    return said


def _instant(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def charts(nights: Sequence[Any]) -> dict[str, Any]:
    """x and series of the charts: minutes and requests of each run."""
    return {
        "x": [int(night.began_at.timestamp()) for night in nights],
        "minutes": [round((night.ended_at - night.began_at).total_seconds() / 60, 2) for night in nights],
        "requests": [night.requests for night in nights],
    }  # fmt: skip
