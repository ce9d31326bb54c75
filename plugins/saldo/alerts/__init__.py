"""Alerts: what keeps failing, is late, expires or is new, and the mails about it, for every kind of
subject.

    subject_of             an agreement -> the subject that the watch judges
    judge_failures, judge_nights, judge_keys, judge_words, judge_set_aside
                           what is wrong now -> ops.alert, with the news people must be notified of
    tell                   news -> mails in ops.alert_mail, one for each cause
    deliver                mails -> SMTP, until every recipient has it or is refused for good
    ping                   the outside heartbeat after a good night

Each step commits by itself and continues from what the warehouse holds, so a kill at any moment
loses nothing. At worst a mail that was being sent arrives twice, with the same Message-ID.
"""

from __future__ import annotations

from .expiry import judge_keys
from .failures import judge_failures
from .lateness import judge_nights
from .new_words import judge_words
from .notifications import tell
from .outbox import Mailer, MailUnavailable, SmtpMailer, deliver
from .ping import ping
from .set_aside import judge_set_aside
from .subjects import subject_of

__all__ = [
    "MailUnavailable",
    "Mailer",
    "SmtpMailer",
    "deliver",
    "judge_failures",
    "judge_keys",
    "judge_nights",
    "judge_set_aside",
    "judge_words",
    "ping",
    "subject_of",
    "tell",
]
