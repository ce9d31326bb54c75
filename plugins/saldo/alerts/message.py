"""A mail as it goes over the wire: plain text, HTML and attached files; headers hold nothing they should not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from html import escape

from .attachments import Attachment, safe_name


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


class _Policy(EmailPolicy):
    """Folds long subjects so that they come out as they went in: EmailPolicy adds spaces to them."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() != "subject":
            return super().fold_binary(name, value)
        charset = "us-ascii" if value.isascii() else "utf-8"
        text = Header(str(value), charset, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {text}{self.linesep}".encode("ascii")


_POLICY = _Policy(linesep="\r\n")
_BODY = re.compile(r"<body[^>]*>|^(?!.*<body)", re.DOTALL)
_WITHOUT = "The mail server would not take the attached file ({}), so this mail comes without it."


def message_of(
    mail: Mail, sender: str, *, files: Sequence[Attachment] = (), without: str | None = None
) -> EmailMessage:
    """Plain text and HTML of a mail, and its files; headers are made by the library, which refuses line breaks.

    without: why a mail server would not have its files; the mail then begins with that.
    """
    message = EmailMessage(policy=_POLICY)
    name, address = parseaddr(sender)
    message["From"] = Address(name or "Saldo", addr_spec=in_ascii(address))
    message["To"] = tuple(Address(addr_spec=in_ascii(to)) for to in mail.recipients)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(mail.written_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    text, html = mail.body_text, mail.body_html
    if without is not None:
        note = _WITHOUT.format(one_line(without))
        text = f"{note}\n\n{text}"
        html = _BODY.sub(lambda found: f"{found[0]}<p>{escape(note)}</p>", html, count=1)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    for file in files:
        main, _, sub = file.content_type.partition("/")
        message.add_attachment(
            file.content, maintype=main, subtype=sub, filename=safe_name(file.name)
        )
    return message


def one_line(text: str) -> str:
    """Without anything that could end a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def in_ascii(address: str) -> str:
    """An address whose host is written as mail servers understand it."""
    local, _, host = address.rpartition("@")
    try:
        return f"{local}@{host.encode('idna').decode()}"
    except UnicodeError:
        return address
