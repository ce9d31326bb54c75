"""Airflow's connection `smtp_default` as a Mailer."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

from airflow.exceptions import AirflowException
from airflow.providers.smtp.hooks.smtp import SmtpHook

from saldo.alerts import MailUnavailable, SmtpMailer
from saldo.alerts.outbox import said_by

_REMEDY = "correct the Airflow connection smtp_default"
#: A server that hangs must not hold the watch: the mail is tried again with the next look anyway.
_LONGEST_WAIT_S = 15


class MailHook(SmtpHook):
    """SmtpHook for connecting and logging in. Messages are Saldo's own: text beside HTML, a
    Message-ID that stays, and the server's answer for each recipient."""

    @property
    def timeout(self) -> int:
        return min(super().timeout, _LONGEST_WAIT_S)

    @property
    def smtp_retry_limit(self) -> int:
        return 0

    def mailer(self) -> Iterator[SmtpMailer]:
        """Yields a Mailer and closes its connection. Raises MailUnavailable."""
        try:
            self.get_conn()
        except (AirflowException, smtplib.SMTPException, OSError, ValueError) as error:
            raise MailUnavailable(
                f"{said_by(error)}; {_REMEDY}, if that is what it takes"
            ) from None
        client = self._smtp_client
        try:
            if not self.from_email:
                raise MailUnavailable(f"it names no sender; {_REMEDY}: from_email in its extra")
            yield SmtpMailer(client, sender=self.from_email)
        finally:
            client.close()
