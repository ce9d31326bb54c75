"""Connections to the played vendor and to the mail sink. Their tokens open nothing else: they are no secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable

AGREEMENTS = ("nordlys", "vestkyst", "oresund", "havblik", "solbakken")


def vendor_connections(url: str, ids: Iterable[str] = AGREEMENTS) -> dict[str, str]:
    """Variable -> JSON, a connection economic_<id> for each of these companies of the sandbox at url."""
    base = f"{url}/economic"
    return {
        f"AIRFLOW_CONN_ECONOMIC_{id.upper()}": json.dumps(
            {
                "conn_type": "economic",
                "host": f"{base}/rest",
                "password": f"sandbox-grant-{id}",
                "extra": {
                    "app_secret_token": "sandbox-app-secret",
                    "openapi_host": f"{base}/openapi",
                    "environment": "test",
                },
            }
        )
        for id in ids
    }


def mail_connection(host: str, port: int) -> dict[str, str]:
    """Variable -> JSON of the mail sink, which knows neither TLS nor log-in."""
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "saldo@localhost"}
    value = {"conn_type": "smtp", "host": host, "port": port, "extra": extra}
    return {"AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(value)}
