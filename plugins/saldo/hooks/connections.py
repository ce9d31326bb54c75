"""Looking connections up, with an error that says what to do when one is missing, incomplete or out of date."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from saldo.declarations.keys import ENVIRONMENT_FIELD, UNANSWERED, Key, check_usable, key_of
from saldo.errors import ConfigError, Unavailable
from saldo.transport.client_credentials import refusal_in
from saldo.vendors import VENDORS


def get_connection(conn_id: str, *, needed_by: str) -> Connection:
    """The connection of that id.

    Raises ConfigError when Airflow knows none or cannot read it (Airflow 3.3.2 says of one it
    cannot decrypt that it does not exist: Connection.get_connection_from_secrets), and Unavailable
    when a secrets backend does not answer.
    """
    found = find_connection(conn_id, needed_by=needed_by)
    if found is None:
        raise ConfigError(
            f"{needed_by} needs the Airflow connection {conn_id!r}, which does not exist; make it in "
            f"the UI (Admin, Connections), as the variable AIRFLOW_CONN_{conn_id.upper()}, or where this "
            "installation keeps its secrets. If the UI lists it, the API server's fernet key is not the one "
            "it was stored with: put the old key back"
        )
    return found


def find_connection(conn_id: str, *, needed_by: str) -> Connection | None:
    """The connection of that id; None where there is none, and where Airflow cannot decrypt it.

    Raises ConfigError when it cannot be read, Unavailable when a secrets backend does not answer.
    """
    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        # Airflow says the same of what is not there and of a vault that is down.
        for backend in _backends():
            _ask(backend, conn_id, needed_by)
        return None


def key_of_connection(conn_id: str, *, needed_by: str) -> Key:
    """What the connection says of its key. Raises as get_connection, and ConfigError for what cannot be read."""
    return _key(get_connection(conn_id, needed_by=needed_by))


def vendor_connection(conn_id: str, *, needed_by: str, alias: str | None = None) -> Connection:
    """A connection whose key may be used here and now. Raises ConfigError otherwise, before any
    request: saldo.declarations.keys.

    alias: another id under which it may be allowed.
    """
    connection = get_connection(conn_id, needed_by=needed_by)
    check_key(connection, alias=alias)
    return connection


def check_key(connection: Connection, *, alias: str | None = None) -> None:
    """Raises ConfigError for a key that may not be used here and now: see vendor_connection."""
    check_usable(_key(connection), now=datetime.now(UTC), alias=alias)


def required(value: str | None, *, conn_id: str, field: str) -> str:
    """Raises ConfigError when a field of the connection is empty."""
    if not value:
        raise ConfigError(f"the Airflow connection {conn_id!r} has no {field}; fill it in")
    return value


def _key(connection: Connection) -> Key:
    vendor = VENDORS.get(connection.conn_type)
    field = vendor.key_field if vendor else ENVIRONMENT_FIELD
    return key_of(connection.conn_id, connection.extra_dejson, field=field)


# --- secrets backends ---------------------------------------------------------------------------


def _backends() -> list[Any]:
    """Where Airflow looked, in its order."""
    from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded

    return list(ensure_secrets_backend_loaded())


def _ask(backend: Any, conn_id: str, needed_by: str) -> None:
    """Ask a secrets backend again, to learn why it had nothing. Raises ConfigError or Unavailable;
    returns where it simply has none.

    Only the error's name and the platform's code are shown: the text may repeat what is in a file.
    """
    try:
        backend.get_connection(conn_id=conn_id)
    except Exception as error:
        name = type(backend).__name__
        who = f"{needed_by} needs the Airflow connection {conn_id!r}"
        code = refusal_in(str(error))
        said = f"{type(error).__name__}{f', {code}' if code else ''}"
        status = getattr(error, "status_code", None)
        if code or status in (401, 403):
            raise ConfigError(
                f"{who}, and {name} refuses to give it ({said}{f', {status}' if status else ''}): correct the "
                "identity this installation has there, or its right to read secrets"
            ) from None
        if _is_unreadable(error):
            raise ConfigError(
                f"{who}, and what {name} has cannot be read ({said}): a connection is JSON or a URI, and a file "
                "of connections one that this process may read and that ends in .json, .yaml or .env"
            ) from None
        raise Unavailable(
            f"{who}, and {name} {UNANSWERED} ({said})", reason=f"{name}: {said}"
        ) from None


def _is_unreadable(error: Exception) -> bool:
    """Whether a person must correct what is kept, rather than wait."""
    from airflow.exceptions import AirflowException

    is_file = isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError)
    return is_file or isinstance(error, AirflowException | ValueError | TypeError | KeyError)
