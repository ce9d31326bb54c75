"""The mail about a maintenance that needs a person; `saldo_watch` sends it like any other."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from saldo.alerts.message import MailText
from saldo.alerts.notifications import shared_recipients
from saldo.alerts.outbox import post
from saldo.rendering import render
from saldo.warehouse.connection import Connection, translated

from .reports import Trouble

_TEMPLATES = Path(__file__).parent / "templates"
_LEAD = "The weekly maintenance found what needs a person. Nights are not held up by it."


def tell_people(
    connection: Connection,
    troubles: Sequence[Trouble],
    *,
    run_url: str,
    now: datetime,
    environ: Mapping[str, str] = os.environ,
) -> list[str]:
    """Write one mail to the addresses in SALDO_ALERTS_TO; returns them, or nothing where there are
    none."""
    to = shared_recipients(environ)
    if to and troubles:
        with translated():
            post(connection, compose(troubles, run_url=run_url), to=to, alert_ids=[], now=now)
    return to


def compose(troubles: Sequence[Trouble], *, run_url: str) -> MailText:
    """The text of the mail. troubles: at least one."""
    more = len(troubles) - 1
    subject = f"Saldo maintenance: {troubles[0].what.splitlines()[0]}"[:140]
    if more:
        subject += f", and {more} more"
    text, html = (
        render(_TEMPLATES, f"maintenance.{kind}", lead=_LEAD, troubles=troubles, run_url=run_url)
        for kind in ("txt", "html")
    )
    return MailText(subject, text, html)
