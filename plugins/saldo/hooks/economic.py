"""Connection type `economic` -> EconomicClient.

host: base URL of the classic REST API; password: the agreement's grant token; extra:
app_secret_token, openapi_host (base URL of the OpenAPI services), agreement_number (optional, checked).
"""

from __future__ import annotations

from airflow.sdk import BaseHook

from saldo.config import Agreement
from saldo.errors import ConfigError
from saldo.transport import Caller, Policy
from saldo.vendors import NAMES
from saldo.vendors.economic.client import PRODUCTION_OPENAPI, PRODUCTION_REST, EconomicClient

from .connections import get_connection, required

#: For somebody who waits: one try, and short.
_TEST = Policy(max_tries=1, connect_timeout_s=5, read_timeout_s=15, answer_timeout_s=20)


class EconomicHook(BaseHook):
    """Reads the connection an agreement names."""

    conn_name_attr = "economic_conn_id"
    default_conn_name = "economic_default"
    conn_type = "economic"
    hook_name = NAMES["economic"]

    def __init__(self, economic_conn_id: str = default_conn_name) -> None:
        """economic_conn_id: the connection that is tested; a client takes its agreement's own."""
        super().__init__()
        self.economic_conn_id = economic_conn_id

    def addresses(self, agreement: Agreement) -> list[str]:
        """The base addresses of an agreement's services, for a look from outside."""
        connection = get_connection(agreement.connection, needed_by=f"agreement {agreement.id!r}")
        openapi = connection.extra_dejson.get("openapi_host") or PRODUCTION_OPENAPI
        return [connection.host or PRODUCTION_REST, openapi]

    def client(self, agreement: Agreement, *, policy: Policy | None = None) -> EconomicClient:
        """policy: in place of the agreement's own, where a person waits for the answer."""
        own = Policy(max_tries=agreement.http.max_tries, max_wait_s=agreement.http.max_wait_s)
        return self._client(
            agreement.connection,
            agreement.id,
            needed_by=f"agreement {agreement.id!r}",
            policy=policy or own,
        )

    def test_connection(self) -> tuple[bool, str]:
        """What Airflow's Test button shows: what the tokens open, or in words what is wrong."""
        conn_id = self.economic_conn_id
        try:
            client = self._client(conn_id, conn_id, needed_by="this test", policy=_TEST)
            return True, client.check_connection()
        except ConfigError as error:
            # Airflow tests under a name of the moment, which means nothing to anybody.
            return False, str(error).replace(
                f"the Airflow connection {conn_id!r}", "this connection"
            )

    def _client(
        self, conn_id: str, agreement_id: str, *, needed_by: str, policy: Policy
    ) -> EconomicClient:
        connection = get_connection(conn_id, needed_by=needed_by)
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
