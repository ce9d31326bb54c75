"""Connection type `moneybird` -> MoneybirdClient.

host: base URL of the API; password: the bearer token; extra: administration_id.
"""

from __future__ import annotations

from saldo.transport import Caller, Policy
from saldo.vendors import NAMES
from saldo.vendors.moneybird.client import PRODUCTION, MoneybirdClient

from .checked import CheckedHook
from .connections import required


class MoneybirdHook(CheckedHook[MoneybirdClient]):
    """Connection to client."""

    default_conn_name = "moneybird_default"
    conn_type = "moneybird"
    hook_name = NAMES["moneybird"]

    def client_by_id(
        self, conn_id: str, agreement_id: str, *, needed_by: str, policy: Policy
    ) -> MoneybirdClient:
        """See CheckedHook.client_by_id."""
        connection = self.connection(conn_id, needed_by=needed_by)
        administration_id = connection.extra_dejson.get("administration_id")
        return MoneybirdClient(
            Caller("moneybird", agreement_id, conn_id),
            token=required(connection.password, conn_id=conn_id, field="token (its password)"),
            administration_id=required(
                str(administration_id) if administration_id else None,
                conn_id=conn_id,
                field="administration id (administration_id in its extra)",
            ),
            url=connection.host or PRODUCTION,
            policy=policy,
        )
