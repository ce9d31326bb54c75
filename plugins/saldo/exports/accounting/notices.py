"""The mail about exports that came to wait for a person's word: written to ops.alert_mail, sent by saldo_watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from psycopg.rows import class_row

from saldo.alerts.message import MailText, one_line
from saldo.alerts.outbox import post
from saldo.paths import SQL_DIR
from saldo.rendering import render
from saldo.warehouse.connection import Connection, read_sql, translated

from ..configuration import REVIEW_DAG
from .configuration import AccountingExport
from .targets import kind_of

_TEMPLATES = Path(__file__).parents[1] / "templates"
_SQL = SQL_DIR / "exports"
_COLOR = "#b35900"
#: Exports that one mail tells of; the others are in that of the next run.
_MOST = 100
#: Characters of a reason.
_REASON = 1_500


@dataclass(frozen=True)
class Review:
    """An export that waits. reference: of this export and this reason."""

    export_id: UUID
    source_id: str
    revision: int
    kind: str
    payee: str
    description: str
    total: Decimal | None
    currency: str
    reason: str
    reference: str


def post_reviews(
    connection: Connection, configuration: AccountingExport, *, now: datetime, base_url: str
) -> int:
    """Tell the owners of exports that came to wait for a person's word, each once for each reason, in one mail; returns how many
    it tells of. base_url: where people reach the API server; empty for nowhere."""
    if not configuration.owner_mail:
        return 0
    with translated(), connection.transaction():
        reviews = untold_reviews(connection, configuration.organisation)
        if reviews:
            waiting = waiting_for_a_person(connection, configuration.organisation)
            mail = review_mail(configuration, reviews, waiting=waiting, base_url=base_url)
            post(connection, mail, to=list(configuration.owner_mail), alert_ids=[], now=now)
    return len(reviews)


def untold_reviews(connection: Connection, organisation: str) -> list[Review]:
    """Those that wait, and that no mail tells of for the reason they have now; the oldest first."""
    with connection.cursor(row_factory=class_row(Review)) as cursor:
        return cursor.execute(
            read_sql(_SQL / "untold_reviews.sql").encode(),
            {"organisation": organisation, "most": _MOST},
        ).fetchall()


def waiting_for_a_person(connection: Connection, organisation: str) -> int:
    """How many exports of an organisation wait for a person's word."""
    row = connection.execute(
        "select count(*) from ops.export_job where organisation = %s and status = 'review'",
        [organisation],
    ).fetchone()
    return int(row[0]) if row else 0


def review_mail(
    configuration: AccountingExport, reviews: list[Review], *, waiting: int, base_url: str
) -> MailText:
    """What waits, why, and what to do. waiting: how many there are, those of earlier mails included."""
    count = len(reviews)
    title = f"{configuration.organisation}: {count} {'expense waits' if count == 1 else 'expenses wait'} for your word"
    values: dict[str, object] = {
        "title": title,
        "color": _COLOR,
        "organisation": configuration.organisation,
        "target": f"{kind_of(configuration).title}, {one_line(configuration.company)}",
        "reviews": [
            {
                "what": f"{one.kind.capitalize()} {one.source_id}" + (f", revision {one.revision}" if one.revision > 1 else ""),
                "payee": one_line(one.payee),
                "description": one_line(one.description),
                "amount": "" if one.total is None else f"{_amount(one.total)} {one.currency}",
                "reasons": [line.strip() for line in one.reason[:_REASON].splitlines() if line.strip()],
                "reference": one.reference,
            }
            for one in reviews
        ],
        "waiting": waiting,
        "url": f"{base_url}/dags/{REVIEW_DAG}/required_actions?response_received=false" if base_url else "",
    }  # fmt: skip
    text, html = (render(_TEMPLATES, f"review.{kind}", **values) for kind in ("txt", "html"))
    return MailText(one_line(f"Saldo: {title}"), text, html)


def _amount(amount: Decimal) -> str:
    """With spaces between thousands, which mean the same in all languages."""
    return f"{amount:,.2f}".replace(",", "\N{NO-BREAK SPACE}").replace("-", "−")
