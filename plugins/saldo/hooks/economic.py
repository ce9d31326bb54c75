"""Connection type `economic` -> EconomicClient.

host: base URL of the classic REST API; password: the agreement's grant token; extra:
app_secret_token, openapi_host (base URL of the OpenAPI services), agreement_number (optional, checked).
"""

from __future__ import annotations

from airflow.sdk import BaseHook

from saldo.config import Agreement
from saldo.transport import Caller, Policy
from saldo.vendors.economic.client import PRODUCTION_OPENAPI, PRODUCTION_REST, EconomicClient

from .connections import get_connection, required


class EconomicHook(BaseHook):
    """Reads the connection an agreement names."""

    conn_name_attr = "economic_conn_id"
    conn_type = "economic"
    hook_name = "e-conomic"

    def client(self, agreement: Agreement) -> EconomicClient:
        conn_id = agreement.connection
        connection = get_connection(conn_id, needed_by=f"agreement {agreement.id!r}")
        extra = connection.extra_dejson
        number = extra.get("agreement_number")
        return EconomicClient(
            Caller("economic", agreement.id, conn_id),
            grant_token=required(
                connection.password, conn_id=conn_id, field="password (the agreement grant token)"
            ),
            app_secret_token=required(
                extra.get("app_secret_token"),
                conn_id=conn_id,
                field="app_secret_token in its extra",
            ),
            rest_url=connection.host or PRODUCTION_REST,
            openapi_url=extra.get("openapi_host") or PRODUCTION_OPENAPI,
            agreement_number=str(number) if number else None,
            policy=Policy(max_tries=agreement.http.max_tries, max_wait_s=agreement.http.max_wait_s),
        )
