"""Connection type `business_central` -> BusinessCentralClient.

host: base URL of the API; login: client id; password: client secret; extra: tenant, environment, company
(name or id), token_url (empty for Microsoft's own).
"""

from __future__ import annotations

from saldo.transport import Caller, Policy
from saldo.vendors import NAMES
from saldo.vendors.business_central.client import PRODUCTION, BusinessCentralClient

from .checked import CheckedHook
from .connections import required


class BusinessCentralHook(CheckedHook[BusinessCentralClient]):
    """Connection to client."""

    default_conn_name = "business_central_default"
    conn_type = "business_central"
    hook_name = NAMES["business_central"]

    def client_by_id(
        self, conn_id: str, agreement_id: str, *, needed_by: str, policy: Policy
    ) -> BusinessCentralClient:
        """See CheckedHook.client_by_id."""
        connection = self.connection(conn_id, needed_by=needed_by)
        extra = connection.extra_dejson
        return BusinessCentralClient(
            Caller("business_central", agreement_id, conn_id),
            client_id=required(connection.login, conn_id=conn_id, field="client id (its login)"),
            client_secret=required(
                connection.password, conn_id=conn_id, field="client secret (its password)"
            ),
            tenant=required(
                extra.get("tenant"), conn_id=conn_id, field="tenant (tenant in its extra)"
            ),
            environment=required(
                extra.get("environment"),
                conn_id=conn_id,
                field="environment (environment in its extra)",
            ),
            company=extra.get("company") or None,
            url=connection.host or PRODUCTION,
            token_url=extra.get("token_url") or None,
            policy=policy,
        )
