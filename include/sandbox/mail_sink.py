"""The sink's folder: what arrives is kept, and the oldest of more than enough goes, so that it never fills a disk.

aiosmtpd -n -l 127.0.0.1:8925 -c sandbox.mail_sink.Newest <folder>
"""

from __future__ import annotations

from email.message import Message
from typing import Any

from aiosmtpd.handlers import Mailbox

from .mails import arrived

#: Five times what the page lists.
KEPT = 1000


class Newest(Mailbox):
    """A Maildir of the newest mails."""

    def handle_message(self, message: Message[Any, Any]) -> None:
        super().handle_message(message)
        # Mails that somebody has just deleted by hand are gone already.
        for key in sorted(self.mailbox.iterkeys(), key=arrived)[:-KEPT]:
            self.mailbox.discard(key)
