"""Looking connections up, with an error that says what to do when one is missing or incomplete."""

from __future__ import annotations

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from saldo.errors import ConfigError


def get_connection(conn_id: str, *, needed_by: str) -> Connection:
    """Raises ConfigError when Airflow knows no connection of that name."""
    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise ConfigError(
            f"{needed_by} needs the Airflow connection {conn_id!r}, which does not exist; make it in "
            f"the UI (Admin, Connections) or as the variable AIRFLOW_CONN_{conn_id.upper()}"
        ) from None


def required(value: str | None, *, conn_id: str, field: str) -> str:
    """Raises ConfigError when a field of the connection is empty."""
    if not value:
        raise ConfigError(f"the Airflow connection {conn_id!r} has no {field}; fill it in")
    return value
