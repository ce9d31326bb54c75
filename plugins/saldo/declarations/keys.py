"""What a connection says of its key: for which environment it is, and until when it lasts.

`environment` (production, test, development) and `expires_on` (YYYY-MM-DD, the last day it works,
in UTC) are in the connection's extra; both may be left out. Nothing here holds or sees the key
itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from saldo.errors import ConfigError

PRODUCTION = "production"
ENVIRONMENTS = (PRODUCTION, "test", "development")
#: Other words for some of them.
_SHORT = {"prod": PRODUCTION, "dev": "development"}
#: What this installation is: one of ENVIRONMENTS.
INSTALLATION_VARIABLE = "SALDO_ENVIRONMENT"
#: Ids of connections, with commas, whose production keys may be used outside production.
ALLOWED_VARIABLE = "SALDO_ALLOW_PRODUCTION_KEYS"
#: Part of the error when a secrets backend does not answer; alerts recognise it by these words.
UNANSWERED = "cannot be asked for it now"
#: What the extra of a connection calls the environment its key is for. Where the vendor uses the word for
#: something of its own, its connections have another field for it.
ENVIRONMENT_FIELD = "environment"


@dataclass(frozen=True)
class Key:
    """environment: None where the connection does not say; expires_on: the last day it works."""

    conn_id: str
    environment: str | None = None
    expires_on: date | None = None

    def has_expired(self, now: datetime) -> bool:
        """Whether its last day is over. now: aware."""
        return self.expires_on is not None and now.date() > self.expires_on


def key_of(conn_id: str, extra: Mapping[str, Any], *, field: str = ENVIRONMENT_FIELD) -> Key:
    """What an extra says of the key.

    field: where it says what the key is for. Where a vendor has a field of its own for that and it
    is empty, an environment of the vendor that is called Production counts as a production key.
    Raises ConfigError for a word or a date that cannot be read.
    """
    value = _text(extra.get(field)).lower()
    if value and value not in ENVIRONMENTS:
        raise ConfigError(
            f"the Airflow connection {conn_id!r} has {field} {_quoted(value)} in its extra: write one of "
            f"{', '.join(ENVIRONMENTS)}, or leave it out"
        )
    if not value and field != ENVIRONMENT_FIELD:
        theirs = _text(extra.get(ENVIRONMENT_FIELD)).lower()
        value = PRODUCTION if theirs == PRODUCTION else ""
    return Key(conn_id, value or None, _date(conn_id, _text(extra.get("expires_on"))))


def check_usable(
    key: Key, *, now: datetime, environ: Mapping[str, str] = os.environ, alias: str | None = None
) -> None:
    """Raises ConfigError when the key's last day is over, or when it is a production key and this
    installation is not production. now: in UTC. alias: another id under which it may be allowed."""
    if key.has_expired(now):
        raise ConfigError(
            f"the key of the Airflow connection {key.conn_id!r} expired on {key.expires_on} (expires_on in its "
            "extra): enter a new one with its own date, or correct the date if this one still works"
        )
    here = installation(environ)
    if key.environment != PRODUCTION or here == PRODUCTION:
        return
    if not {key.conn_id, alias} & set(allowed_keys(environ)):
        raise ConfigError(
            f"the Airflow connection {key.conn_id!r} holds a production key, and this installation is for "
            f"{here} ({INSTALLATION_VARIABLE}): use the key of a test company, or allow this one by its "
            f"connection's id in {ALLOWED_VARIABLE}"
        )


def installation(environ: Mapping[str, str] = os.environ) -> str:
    """production, test or development; development where SALDO_ENVIRONMENT says nothing; prod and dev are taken,
    too. Raises ConfigError."""
    value = environ.get(INSTALLATION_VARIABLE, "").strip().lower() or "development"
    value = _SHORT.get(value, value)
    if value not in ENVIRONMENTS:
        raise ConfigError(
            f"{INSTALLATION_VARIABLE} is {_quoted(value)}: set it to one of {', '.join(ENVIRONMENTS)}"
        )
    return value


def allowed_keys(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Ids of connections named in SALDO_ALLOW_PRODUCTION_KEYS."""
    return tuple(id.strip() for id in environ.get(ALLOWED_VARIABLE, "").split(",") if id.strip())


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _quoted(value: str) -> str:
    """Short: a token that was pasted into the wrong field must not be found in a log."""
    return repr(value) if len(value) <= 16 else f"a text of {len(value)} characters"


def _date(conn_id: str, value: str) -> date | None:
    if not value:
        return None
    try:
        if len(value) == len("2026-12-31"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ConfigError(
        f"the Airflow connection {conn_id!r} has expires_on {_quoted(value)} in its extra: write a date such as "
        "2026-12-31, the last day its key works"
    )
