"""Mails that wait in ops.alert_mail until every recipient has them or is refused for good.

A mail is claimed (its next attempt moves into the future, and commits), sent, then marked. A kill
before the mark sends it again later, with the same Message-ID; a kill earlier loses nothing.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from typing import Protocol

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from saldo.errors import SaldoError
from saldo.warehouse.connection import Connection

from .attachments import Attachment, keep, kept, leave_out, left_out
from .message import Mail, MailText, in_ascii, message_of

#: Waits after an attempt that failed double from one minute up to this.
_LONGEST_WAIT_MINUTES = 15
#: Mails of one look of the watch: the rest goes out with the next.
_AT_ONCE = 100
#: A connection that breaks while files are sent may be the server's way to refuse them: from this attempt on it is taken for it.
_FILES_TRIED = 3

log = logging.getLogger(__name__)


class MailUnavailable(SaldoError):
    """The mail server cannot be used now; the mail is kept and tried again. is_gone: other mails
    cannot be sent either. is_refused: it is this message that the server would not take."""

    def __init__(self, message: str, *, is_gone: bool = True, is_refused: bool = False) -> None:
        super().__init__(message)
        self.is_gone = is_gone
        self.is_refused = is_refused


class Mailer(Protocol):
    """What `deliver` needs: a sender's address, and a way to hand a message over."""

    @property
    def sender(self) -> str:
        """The address mails come from."""

    def send(self, message: EmailMessage, recipients: Sequence[str]) -> Mapping[str, str]:
        """Returns what the server said of each recipient it refused, by address. Raises MailUnavailable
        when nobody got it."""
        ...


class SmtpMailer:
    """A Mailer over one SMTP connection."""

    def __init__(self, client: smtplib.SMTP, *, sender: str) -> None:
        self.sender = sender
        self._client = client

    def send(self, message: EmailMessage, recipients: Sequence[str]) -> Mapping[str, str]:
        """See Mailer.send."""
        envelope = in_ascii(parseaddr(self.sender)[1])
        wanted = {in_ascii(address): address for address in recipients}
        try:
            refused = self._client.send_message(message, envelope, list(wanted))
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except (smtplib.SMTPException, OSError) as error:
            has_answered = isinstance(error, smtplib.SMTPResponseException)
            is_gone = not has_answered or not self._starts_over()
            raise MailUnavailable(
                said_by(error), is_gone=is_gone, is_refused=_is_of_the_message(error)
            ) from None
        return {
            wanted[address]: f"{code} {text.decode(errors='replace')}"
            for address, (code, text) in refused.items()
        }

    def _starts_over(self) -> bool:
        """Whether the server takes another mail after it would not have this one."""
        try:
            return self._client.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False


def _is_of_the_message(error: Exception) -> bool:
    """Whether a server refuses for good what is in a message, or its size (RFC 1870 and 3463: 552, 5.3.4)."""
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    if isinstance(error, smtplib.SMTPSenderRefused):
        return error.smtp_code == 552 or "5.3.4" in said_by(error)
    return False


def said_by(error: Exception) -> str:
    """A mail server's error in one line."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        shown = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
        return f"{error.smtp_code} {' '.join(shown.split())}"
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def post(
    connection: Connection,
    content: MailText,
    *,
    to: Sequence[str],
    alert_ids: Sequence[int],
    now: datetime,
    attachments: Sequence[Attachment] = (),
) -> None:
    """Write a mail, in the caller's transaction; `deliver` sends it. attachments: a mail server that would not have
    them gets the mail without."""
    row = connection.execute(
        "insert into ops.alert_mail (message_id, alert_ids, recipients, subject, body_text, body_html, "
        "written_at, next_attempt_at) values (%s, %s, %s, %s, %s, %s, %s, %s) returning mail_id",
        [
            make_msgid(domain="saldo.invalid"), list(alert_ids), list(to), content.subject,
            content.text, content.html, now, now,
        ],
    ).fetchone()  # fmt: skip
    if row:
        keep(connection, row[0], attachments, now=now)


def deliver(
    connection: Connection, open_mailer: Callable[[], Iterator[Mailer]], *, now: datetime
) -> int:
    """Send what is due; returns how many mails are done. Never raises for a mail server: a mail
    that cannot be sent is kept, and its row and the log say why.

    open_mailer: a generator function that yields a Mailer and closes it; opened only when mail is
    due.
    """
    mails = _due(connection, now)
    if not mails:
        return 0
    done = 0
    try:
        with contextmanager(open_mailer)() as mailer:
            while mails:
                if _claim(connection, mails[0], now):
                    done += _send(connection, mailer, mails[0], now)
                mails.pop(0)
    except MailUnavailable as error:
        # The mail that met the error is claimed already; the others wait as long.
        for mail in mails:
            _claim(connection, mail, now)
            _keep(connection, mail, str(error))
    return done


def _due(connection: Connection, now: datetime) -> list[Mail]:
    with connection.cursor(row_factory=class_row(Mail)) as cursor:
        return cursor.execute(
            "select mail_id, message_id, alert_ids, recipients, subject, body_text, body_html, "
            "written_at, attempts, delivered, refused from ops.alert_mail "
            "where done_at is null and next_attempt_at <= %s order by mail_id limit %s",
            [now, _AT_ONCE],
        ).fetchall()


def _claim(connection: Connection, mail: Mail, now: datetime) -> bool:
    """Whether this watch may send it: another one, or this one a moment ago, may have taken it."""
    minutes = min(2**mail.attempts, _LONGEST_WAIT_MINUTES)
    return bool(
        connection.execute(
            "update ops.alert_mail set attempts = attempts + 1, next_attempt_at = %s "
            "where mail_id = %s and done_at is null and attempts = %s",
            [now + timedelta(minutes=minutes), mail.mail_id, mail.attempts],
        ).rowcount
    )


def _send(connection: Connection, mailer: Mailer, mail: Mail, now: datetime) -> bool:
    try:
        said = _hand_over(connection, mailer, mail)
    except MailUnavailable as error:
        if error.is_gone:
            raise
        _keep(connection, mail, str(error))
        return False
    # 4xx: the server may take it later, e.g. greylisting. Everything else is an answer for good.
    later = [address for address, text in said.items() if text.startswith("4")]
    refused = {address: text for address, text in said.items() if address not in later}
    got = [address for address in mail.waiting if address not in said]
    for address, text in refused.items():
        log.error(
            "mail %s: the address %s is refused (%s); correct alerts.to or owner_mail in the files that name it",
            mail.mail_id, address, text,
        )  # fmt: skip
    _mark(connection, mail, got, refused, is_done=not later, error=said, now=now)
    if got:
        log.info("mail %s to %s: %s", mail.mail_id, ", ".join(got), mail.subject)
    return not later


def _hand_over(connection: Connection, mailer: Mailer, mail: Mail) -> Mapping[str, str]:
    """Send it with its files, or without where the server would not have those. See Mailer.send."""
    files = kept(connection, mail.mail_id)
    without = left_out(connection, mail.mail_id)
    try:
        message = message_of(mail, mailer.sender, files=files, without=without)
        return mailer.send(message, mail.waiting)
    except MailUnavailable as error:
        breaks = error.is_gone and mail.attempts + 1 >= _FILES_TRIED
        if not files or not (error.is_refused or breaks):
            raise
        without = str(error)
        log.warning("mail %s goes without its files: %s", mail.mail_id, without)
        if error.is_gone:
            leave_out(connection, mail.mail_id, without)
            raise
    said = mailer.send(message_of(mail, mailer.sender, without=without), mail.waiting)
    leave_out(connection, mail.mail_id, without)
    return said


def _mark(
    connection: Connection,
    mail: Mail,
    got: Sequence[str],
    refused: Mapping[str, str],
    *,
    is_done: bool,
    error: Mapping[str, str],
    now: datetime,
) -> None:
    with connection.transaction():
        connection.execute(
            "update ops.alert_mail set delivered = delivered || %s, refused = refused || %s, "
            "done_at = case when %s then %s::timestamptz end, last_error = %s where mail_id = %s",
            [
                list(got), Jsonb(dict(refused)), is_done, now,
                "; ".join(f"{a}: {t}" for a, t in error.items()) or None, mail.mail_id,
            ],
        )  # fmt: skip
        if got:
            connection.execute(
                "update ops.alert set sent_at = %s where alert_id = any(%s)", [now, mail.alert_ids]
            )


def _keep(connection: Connection, mail: Mail, error: str) -> None:
    connection.execute(
        "update ops.alert_mail set last_error = %s where mail_id = %s", [error[:1000], mail.mail_id]
    )
    log.warning("mail %s is kept and sent later: %s", mail.mail_id, error)
