"""The outside heartbeat: a service such as healthchecks.io reports when a good night stays away.

It is the one watch that still works when Airflow, the warehouse or the whole machine is gone. Its
address is as good as a password and is never shown whole.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

import requests
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
)

from saldo.addresses import is_web_address, origin_of
from saldo.agreements.agreement import Agreement

_TIMEOUT_S = (3, 5)

log = logging.getLogger(__name__)


class _NotTaken(Exception):
    """The service did not take the ping; the text holds no address."""


def heartbeat_url(of: Agreement, environ: Mapping[str, str] = os.environ) -> str | None:
    """The agreement's own address, else SALDO_HEARTBEAT_URL, in which {agreement} stands for the id."""
    shared = environ.get("SALDO_HEARTBEAT_URL", "").strip()
    return of.heartbeat_url or shared.replace("{agreement}", of.id) or None


def ping(
    of: Agreement, environ: Mapping[str, str] = os.environ, *, first_wait_s: float = 1
) -> bool:
    """Report a good night to the outside service; False, and a line in the log, where that failed.
    Never raises: the night does not fail for it."""
    url = heartbeat_url(of, environ)
    if url is None:
        return False
    if not is_web_address(url):
        log.warning(
            "SALDO_HEARTBEAT_URL is no web address: set it to one that begins with https://"
        )
        return False
    try:
        for attempt in Retrying(
            stop=stop_after_attempt(3),
            wait=wait_exponential(first_wait_s, max=10),
            retry=retry_if_exception_type(_NotTaken),
        ):
            with attempt:
                _send(url)
    except RetryError as error:
        log.warning(
            "%s: the outside heartbeat at %s could not be reached: %s",
            of.id, origin_of(url), error.last_attempt.exception(),
        )  # fmt: skip
        return False
    log.info("%s: sent the outside heartbeat to %s", of.id, origin_of(url))
    return True


def _send(url: str) -> None:
    try:
        status = requests.get(url, timeout=_TIMEOUT_S).status_code
    except requests.RequestException as error:
        # Its text repeats the address.
        raise _NotTaken(type(error).__name__) from None
    if status >= 400:
        raise _NotTaken(f"it answered {status}")
