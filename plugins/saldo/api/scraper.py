"""Who may scrape the metrics: whoever has the token of the Airflow connection `saldo_metrics`.

It opens nothing else, and no user's token opens the metrics: what scrapes needs no user of Airflow. Nothing is looked up for
whoever sends no token.
"""

from __future__ import annotations

import hmac
import logging
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from saldo.errors import SaldoError
from saldo.hooks.connections import find_connection

from .answers import Problem

log = logging.getLogger(__name__)
_bearer = HTTPBearer(auto_error=False)
CONNECTION = "saldo_metrics"
#: What could be guessed is no secret.
SHORTEST = 20


def scraper(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> None:
    """Raises Problem 401 for a wrong token, and for every token while there is none; 503 where the token cannot be looked up."""
    if credentials is None or not _is_token(credentials.credentials):
        raise Problem(
            401,
            "The metrics need a token of their own",
            f"Send the password of the Airflow connection {CONNECTION!r} as Authorization: Bearer. Without that connection, or with "
            f"a password of less than {SHORTEST} characters, the metrics are off.",
            {"WWW-Authenticate": "Bearer"},
        )


def _is_token(given: str) -> bool:
    try:
        found = find_connection(CONNECTION, needed_by="the metrics")
    except SaldoError as error:
        log.warning("%s", error)
        raise Problem(
            503,
            "The token of the metrics cannot be looked up",
            "The log of Airflow's API server tells why. Try again in a minute.",
            {"Retry-After": "60"},
        ) from None
    wanted = str((found and found.password) or "")
    if len(wanted) < SHORTEST:
        log.warning(
            "the metrics are off: the Airflow connection %r, with a password of at least %s characters, is not there",
            CONNECTION,
            SHORTEST,
        )
        return False
    return hmac.compare_digest(given.encode(), wanted.encode())
