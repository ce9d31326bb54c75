"""From a connection of the type `msgraph` to a client of Saldo's own.

The type, its form and its Test are the Microsoft provider's: plugins/saldo/graph/connection.py says why its hook reads no files.
"""

from __future__ import annotations

import logging

from saldo.declarations.connection_form import Fields
from saldo.errors import ConfigError
from saldo.graph.client import GraphClient
from saldo.graph.connection import client_of
from saldo.transport import Caller, Policy

from .connections import vendor_connection

CONN_TYPE = "msgraph"
#: Tells whole addresses when everything is logged, and those of files are keys.
_TALKATIVE = "urllib3.connectionpool"


def graph_client(conn_id: str, *, file_id: str, policy: Policy | None = None) -> GraphClient:
    """file_id: of the configuration, for messages.

    Raises ConfigError when the connection is missing, is of another type, lacks a field, or its key may not be used here
    and now; Unavailable when a secrets backend does not answer.
    """
    connection = vendor_connection(conn_id, needed_by=f"file {file_id!r}")
    if connection.conn_type != CONN_TYPE:
        raise ConfigError(
            f"the Airflow connection {conn_id!r} is of the type {connection.conn_type!r}; files in SharePoint need one "
            f"of the type Microsoft Graph API ({CONN_TYPE})"
        )
    fields = Fields.of(
        host=connection.host,
        login=connection.login,
        password=connection.password,
        extra=connection.extra_dejson,
    )
    logging.getLogger(_TALKATIVE).setLevel(logging.INFO)
    caller = Caller("Microsoft Graph,", file_id, conn_id, kind="file")
    return client_of(fields, caller, policy, schema=connection.schema or "")
