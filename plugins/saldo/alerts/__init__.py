"""Alerts: what keeps failing, is late or expires, and the mails about it; of whatever subject.

subject_of                     an agreement -> the subject the watch judges
judge_failures, judge_nights,
judge_keys                     what is wrong now -> ops.alert, with what people are still to be told
tell                           what waits to be told -> mails in ops.alert_mail, a digest per cause
deliver                        mails -> SMTP, until every recipient has it or is refused for good
ping                           the outside heartbeat after a good night

Each step commits by itself and goes on from what is in the warehouse, so a kill at any instant loses
nothing; at worst a mail that was being sent comes twice, with the same Message-ID.
"""

from __future__ import annotations

from .expiry import judge_keys
from .failures import judge_failures
from .lateness import judge_nights
from .notifications import tell
from .outbox import Mailer, MailUnavailable, SmtpMailer, deliver
from .ping import ping
from .subjects import subject_of

__all__ = [
    "MailUnavailable",
    "Mailer",
    "SmtpMailer",
    "deliver",
    "judge_failures",
    "judge_keys",
    "judge_nights",
    "ping",
    "subject_of",
    "tell",
]
