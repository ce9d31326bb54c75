"""Connection type `economic` -> EconomicClient.

host: base URL of the classic REST API; password: the agreement's grant token; extra:
app_secret_token, openapi_host (base URL of the OpenAPI services), agreement_number (optional, checked).
"""

from __future__ import annotations

from saldo.agreement import Agreement
from saldo.transport import Caller, Policy
from saldo.vendors import NAMES
from saldo.vendors.economic.client import PRODUCTION_OPENAPI, PRODUCTION_REST, EconomicClient

from .checked import CheckedHook
from .connections import get_connection, required


class EconomicHook(CheckedHook[EconomicClient]):
    """Reads the connection an agreement names."""

    default_conn_name = "economic_default"
    conn_type = "economic"
    hook_name = NAMES["economic"]

    def addresses(self, agreement: Agreement) -> list[str]:
        """The base addresses of an agreement's services, for a look from outside."""
        connection = get_connection(agreement.connection, needed_by=f"agreement {agreement.id!r}")
        openapi = connection.extra_dejson.get("openapi_host") or PRODUCTION_OPENAPI
        return [connection.host or PRODUCTION_REST, openapi]

    def client(self, agreement: Agreement, *, policy: Policy | None = None) -> EconomicClient:
        """policy: in place of the agreement's own, where a person waits for the answer."""
        own = Policy(max_tries=agreement.http.max_tries, max_wait_s=agreement.http.max_wait_s)
        return self.client_by_id(
            agreement.connection,
            agreement.id,
            needed_by=f"agreement {agreement.id!r}",
            policy=policy or own,
        )

    def client_by_id(
        self, conn_id: str, agreement_id: str, *, needed_by: str, policy: Policy
    ) -> EconomicClient:
        """See CheckedHook.client_by_id."""
        connection = self.connection(conn_id, needed_by=needed_by)
        extra = connection.extra_dejson
        number = extra.get("agreement_number")
        return EconomicClient(
            Caller("economic", agreement_id, conn_id),
            grant_token=required(
                connection.password, conn_id=conn_id, field="agreement grant token (its password)"
            ),
            app_secret_token=required(
                extra.get("app_secret_token"),
                conn_id=conn_id,
                field="app secret token (app_secret_token in its extra)",
            ),
            rest_url=connection.host or PRODUCTION_REST,
            openapi_url=extra.get("openapi_host") or PRODUCTION_OPENAPI,
            agreement_number=str(number) if number else None,
            policy=policy,
        )
