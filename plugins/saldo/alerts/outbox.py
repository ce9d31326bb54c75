"""Mails that wait in ops.alert_mail until every recipient has them or is refused for good.

A mail is claimed (its next attempt moves into the future, and commits), sent, then marked. A kill
before the mark sends it again later, with the same Message-ID; a kill earlier loses nothing.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Protocol

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from saldo.errors import SaldoError
from saldo.warehouse.connection import Connection

#: Waits after an attempt that failed double from one minute up to this.
_LONGEST_WAIT_MINUTES = 15
#: Mails of one look of the watch: the rest goes out with the next.
_AT_ONCE = 100

log = logging.getLogger(__name__)


class _Policy(EmailPolicy):
    """Folds long subjects so that they come out as they went in: EmailPolicy adds spaces to them."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() != "subject":
            return super().fold_binary(name, value)
        charset = "us-ascii" if value.isascii() else "utf-8"
        text = Header(str(value), charset, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {text}{self.linesep}".encode("ascii")


_POLICY = _Policy(linesep="\r\n")


class MailUnavailable(SaldoError):
    """The mail server cannot be used now; the mail is kept and tried again. is_gone: other mails
    cannot be sent either."""

    def __init__(self, message: str, *, is_gone: bool = True) -> None:
        super().__init__(message)
        self.is_gone = is_gone


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
        envelope = _ascii(parseaddr(self.sender)[1])
        wanted = {_ascii(address): address for address in recipients}
        try:
            refused = self._client.send_message(message, envelope, list(wanted))
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except (smtplib.SMTPException, OSError) as error:
            has_answered = isinstance(error, smtplib.SMTPResponseException)
            is_gone = not has_answered or not self._starts_over()
            raise MailUnavailable(said_by(error), is_gone=is_gone) from None
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


def said_by(error: Exception) -> str:
    """A mail server's error in one line."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        shown = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
        return f"{error.smtp_code} {' '.join(shown.split())}"
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


@dataclass(frozen=True)
class MailText:
    """What a person reads of a mail."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Mail:
    """A row of ops.alert_mail."""

    mail_id: int
    message_id: str
    alert_ids: list[int]
    recipients: list[str]
    subject: str
    body_text: str
    body_html: str
    written_at: datetime
    attempts: int
    delivered: list[str]
    refused: dict[str, str]

    @property
    def waiting(self) -> list[str]:
        """The recipients who do not have it yet and were not refused."""
        done = {*self.delivered, *self.refused}
        return [address for address in self.recipients if address not in done]


def post(
    connection: Connection,
    content: MailText,
    *,
    to: Sequence[str],
    alert_ids: Sequence[int],
    now: datetime,
) -> None:
    """Write a mail, in the caller's transaction; `deliver` sends it."""
    connection.execute(
        "insert into ops.alert_mail (message_id, alert_ids, recipients, subject, body_text, body_html, "
        "written_at, next_attempt_at) values (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            make_msgid(domain="saldo.invalid"), list(alert_ids), list(to), content.subject,
            content.text, content.html, now, now,
        ],
    )  # fmt: skip


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
        said = mailer.send(message_of(mail, mailer.sender), mail.waiting)
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
            "mail %s: the address %s is refused (%s); correct alerts.to in the files that name it",
            mail.mail_id, address, text,
        )  # fmt: skip
    _mark(connection, mail, got, refused, is_done=not later, error=said, now=now)
    if got:
        log.info("mail %s to %s: %s", mail.mail_id, ", ".join(got), mail.subject)
    return not later


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


def message_of(mail: Mail, sender: str) -> EmailMessage:
    """Plain text and HTML of a mail; headers are made by the library, which refuses line breaks."""
    message = EmailMessage(policy=_POLICY)
    name, address = parseaddr(sender)
    message["From"] = Address(name or "Saldo", addr_spec=_ascii(address))
    message["To"] = tuple(Address(addr_spec=_ascii(to)) for to in mail.recipients)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(mail.written_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body_text)
    message.add_alternative(mail.body_html, subtype="html")
    return message


def one_line(text: str) -> str:
    """Without anything that could end a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _ascii(address: str) -> str:
    """An address whose host is written as mail servers understand it."""
    local, _, host = address.rpartition("@")
    try:
        return f"{local}@{host.encode('idna').decode()}"
    except UnicodeError:
        return address
