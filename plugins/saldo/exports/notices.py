"""The mail about a file that was made: written to ops.alert_mail, sent by saldo_watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from saldo.agreements.agreement import Agreement
from saldo.alerts.message import MailText, one_line
from saldo.alerts.outbox import post
from saldo.rendering import render
from saldo.warehouse.connection import Connection, read_sql, translated

from .choice import SQL
from .configuration import XlsxExport
from .wanted import Wanted

_TEMPLATES = Path(__file__).parent / "templates"
_COLOR = "#1a7f4b"
#: choose -> what a mail says was chosen.
_CHOSEN = {
    "new": "new ones, in no file before",
    "mutated": "those that changed since they were exported",
    "new_and_mutated": "new ones, and those that changed since they were exported",
    "all": "all that the form let through",
}
_LEFT = {
    "mutated": ("changed since it was exported, and is not in this file", "changed since they were exported, and are not in this file"),
    "unexported": ("is in no file, and the export's choice, dates or states leave it out", "are in no file, and the export's choice, dates or states leave them out"),
    "unprocessed": ("is in no file, and nobody has processed it at the vendor yet", "are in no file, and nobody has processed them at the vendor yet"),
    "deleted": ("was exported and is deleted at the vendor since: take it out of the other system", "were exported and are deleted at the vendor since: take them out of the other system"),
}  # fmt: skip


class Made(Protocol):
    """What a mail needs to know of a file."""

    @property
    def name(self) -> str: ...
    @property
    def documents(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def is_logged(self) -> bool: ...
    @property
    def note(self) -> str | None: ...


@dataclass(frozen=True)
class Total:
    """The documents of one currency."""

    currency: str
    documents: int
    net: Decimal
    gross: Decimal


def post_exported(
    connection: Connection,
    configuration: XlsxExport,
    agreement: Agreement,
    wanted: Wanted,
    made: Made,
    *,
    now: datetime,
    base_url: str,
) -> tuple[str, ...]:
    """Tell the owners of an export what is in its file. base_url: where people reach the API server; empty for nowhere.
    Returns the recipients; none where the configuration names none."""
    to = configuration.owner_mail
    if to:
        with translated():
            mail = exported_mail(
                configuration, agreement, wanted, made, totals=totals_of(connection, made.name),
                left_out=left_out_of(connection, agreement.id), base_url=base_url,
            )  # fmt: skip
            post(connection, mail, to=list(to), alert_ids=[], now=now)
    return to


def totals_of(connection: Connection, name: str) -> list[Total]:
    """The sums of a file, by currency."""
    rows = connection.execute(read_sql(SQL / "sums.sql").encode(), {"name": name}).fetchall()
    return [Total(*row) for row in rows]


def left_out_of(connection: Connection, agreement_id: str) -> list[str]:
    """Sentences without a full stop about documents that are in no logged file as they are now."""
    row = connection.execute(
        read_sql(SQL / "left_out.sql").encode(), {"agreement_id": agreement_id}
    ).fetchone()
    counts = dict(zip(_LEFT, row or (0,) * len(_LEFT), strict=True))
    return [
        f"{_counted(count, 'document')} {_LEFT[what][count != 1]}"
        for what, count in counts.items()
        if count
    ]


def exported_mail(
    configuration: XlsxExport,
    agreement: Agreement,
    wanted: Wanted,
    made: Made,
    *,
    totals: Sequence[Total],
    left_out: Sequence[str],
    base_url: str,
) -> MailText:
    """What is in the file, where it is, and what is not in it."""
    route = f"/saldo/api/v1/purchases/{quote(agreement.id)}/files/{quote(made.name)}"
    zone = configuration.zone
    title = f"{one_line(agreement.name)}: {_counted(made.documents, 'purchase document')} exported"
    values: dict[str, object] = {
        "title": title,
        "color": _COLOR,
        "export": configuration.name,
        "file_url": f"{base_url}{route}" if base_url else "",
        "facts": [
            ("File", made.name),
            ("Company", one_line(agreement.name)),
            ("Made", f"{made.created_at.astimezone(zone):%Y-%m-%d %H:%M} ({configuration.timezone})"),
            ("Chosen", _CHOSEN.get(wanted.choose, "those that were asked for")),
            ("Documents", f"{made.documents:,}"),
            ("Rows", f"{made.rows:,}"),
        ],
        "is_logged": made.is_logged,
        "totals": [
            (one_line(one.currency or ""), f"{one.documents:,}", _amount(one.net), _amount(one.gross))
            for one in totals
        ],
        "note": one_line(made.note or ""),
        "left_out": list(left_out),
    }  # fmt: skip
    text, html = (render(_TEMPLATES, f"exported.{kind}", **values) for kind in ("txt", "html"))
    return MailText(one_line(f"Saldo: {title}"), text, html)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _amount(amount: Decimal) -> str:
    """With spaces between thousands, which mean the same in all languages."""
    return f"{amount:,.2f}".replace(",", "\N{NO-BREAK SPACE}").replace("-", "−")
