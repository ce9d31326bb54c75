"""Mails to the people who own a file: written in the caller's transaction, sent by saldo_watch."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from saldo.addresses import is_mail_address
from saldo.alerts.attachments import Attachment, safe_name
from saldo.alerts.message import MailText
from saldo.alerts.notifications import shared_recipients
from saldo.alerts.outbox import post
from saldo.warehouse.connection import Connection

from ..configuration import FileConfiguration
from .texts import (
    About,
    Acceptance,
    Rejection,
    Unmapped,
    Waiting,
    accepted_mail,
    copy_name,
    gone_mail,
    rejected_mail,
    unmapped_mail,
    waiting_mail,
)

log = logging.getLogger(__name__)


def post_rejected(
    connection: Connection,
    rejection: Rejection,
    *,
    copy: Path | None,
    now: datetime,
    environ: Mapping[str, str] = os.environ,
) -> list[str]:
    """Tell the owner what is wrong. copy: the file with its cells marked (workbooks.marked_copy), read here. Returns the
    recipients; where there are none, no mail is written, and the log says so."""
    file = rejection.about.file
    attachments = []
    if copy is not None:
        attachments = [Attachment(safe_name(copy_name(file)), copy.read_bytes())]
        rejection = replace(rejection, copy=attachments[0].name)
    to = recipients(rejection.about.configuration, file.modified_by, environ)
    _post(connection, rejected_mail(rejection), to, now, attachments)
    return to


def post_accepted(
    connection: Connection,
    acceptance: Acceptance,
    *,
    now: datetime,
    environ: Mapping[str, str] = os.environ,
) -> list[str]:
    """Tell the owner that a file counts. Returns the recipients, as post_rejected does."""
    about = acceptance.about
    to = recipients(about.configuration, about.file.modified_by, environ)
    _post(connection, accepted_mail(acceptance), to, now)
    return to


def post_gone(
    connection: Connection,
    about: About,
    *,
    now: datetime,
    environ: Mapping[str, str] = os.environ,
) -> list[str]:
    """Tell the owner that a file that counted is gone. Returns the recipients, as post_rejected does."""
    to = recipients(about.configuration, about.file.modified_by, environ)
    _post(connection, gone_mail(about), to, now)
    return to


def post_waiting(
    connection: Connection,
    waiting: Waiting,
    *,
    now: datetime,
    environ: Mapping[str, str] = os.environ,
) -> list[str]:
    """Tell the owner of files that their books do not come. Returns the recipients, as post_rejected does."""
    about, _ = waiting.files[0]
    to = recipients(about.configuration, about.file.modified_by, environ)
    _post(connection, waiting_mail(waiting), to, now)
    return to


def post_unmapped(
    connection: Connection,
    unmapped: Unmapped,
    *,
    modified_by: str = "",
    now: datetime,
    environ: Mapping[str, str] = os.environ,
) -> list[str]:
    """Tell the owner of the mapping which accounts it lacks. modified_by: who saved the mapping last. Returns the
    recipients, as post_rejected does."""
    to = recipients(unmapped.configuration, modified_by, environ)
    _post(connection, unmapped_mail(unmapped), to, now)
    return to


def recipients(
    configuration: FileConfiguration, modified_by: str, environ: Mapping[str, str] = os.environ
) -> list[str]:
    """Those the configuration names, else who saved the file last, else those of SALDO_ALERTS_TO."""
    found = list(dict.fromkeys(configuration.owner_mail))
    if not found and is_mail_address(modified_by):
        found = [modified_by]
    found = found or shared_recipients(environ)
    if not found:
        log.warning(
            "%s: nobody gets the mail about its files: name addresses under owner_mail, or in SALDO_ALERTS_TO",
            configuration.id,
        )
    return found


def _post(
    connection: Connection,
    content: MailText,
    to: Sequence[str],
    now: datetime,
    attachments: Sequence[Attachment] = (),
) -> None:
    if to:
        post(connection, content, to=to, alert_ids=[], now=now, attachments=attachments)
