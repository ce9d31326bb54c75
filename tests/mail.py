"""A real SMTP server for tests: it keeps what it gets, refuses whom it is told to, and can be away."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from saldo.alerts import MailUnavailable, SmtpMailer


@dataclass
class Received:
    """A message as it came over the wire, and to whom it was handed."""

    message: EmailMessage
    to: list[str]

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def files(self) -> dict[str, bytes]:
        """Name -> content of what is attached."""
        return {
            part.get_filename() or "": part.get_content()
            for part in self.message.iter_attachments()
        }


@dataclass
class MailServer:
    port: int
    refuses: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    #: Bytes of a message it takes; what it says to one with files, if it would have none, and whether it then hangs up.
    size_limit: int = 33_554_432
    refuses_files: str | None = None
    hangs_up: bool = False
    _controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, data_size_limit=self.size_limit
        )
        self._controller.start()

    def stop(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        if self.refuses_files and list(message.iter_attachments()):
            if self.hangs_up:
                server.transport.abort()
            return self.refuses_files
        self.received.append(Received(message, list(envelope.rcpt_tos)))
        return "250 OK"

    def take(self) -> list[Received]:
        """What has come since the last time."""
        found, self.received = self.received, []
        return found

    def mailer(self) -> Iterator[SmtpMailer]:
        try:
            client = smtplib.SMTP("127.0.0.1", self.port, timeout=5)
        except OSError as error:
            raise MailUnavailable(str(error)) from None
        with client:
            yield SmtpMailer(client, sender="Saldo <saldo@example.com>")
