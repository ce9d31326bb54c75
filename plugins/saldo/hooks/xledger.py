"""Connection type `xledger` -> XledgerClient.

host: the GraphQL endpoint; password: the token; extra: owner_db_id (optional: the entity whose books these
are, where it is not the one the token was made in).
"""

from __future__ import annotations

from saldo.transport import Caller, Policy
from saldo.vendors import NAMES
from saldo.vendors.xledger.client import PRODUCTION, XledgerClient

from .checked import CheckedHook
from .connections import required


class XledgerHook(CheckedHook[XledgerClient]):
    """Connection to client."""

    default_conn_name = "xledger_default"
    conn_type = "xledger"
    hook_name = NAMES["xledger"]

    def client_by_id(
        self, conn_id: str, agreement_id: str, *, needed_by: str, policy: Policy
    ) -> XledgerClient:
        """See CheckedHook.client_by_id."""
        connection = self.connection(conn_id, needed_by=needed_by)
        owner_db_id = connection.extra_dejson.get("owner_db_id")
        return XledgerClient(
            Caller("xledger", agreement_id, conn_id),
            token=required(connection.password, conn_id=conn_id, field="token (its password)"),
            url=connection.host or PRODUCTION,
            owner_db_id=str(owner_db_id) if owner_db_id else None,
            policy=policy,
        )
