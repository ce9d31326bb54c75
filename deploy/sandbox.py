"""Connections to the played vendors and to the mail sink. Their tokens open nothing else: they are no secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable

#: Companies on e-conomic.
ECONOMIC = ("nordlys", "vestkyst", "oresund", "havblik", "solbakken")
#: Companies on Xledger -> token, and the dbId of the entity whose books they are, where the token is of one above it.
XLEDGER = {
    "lofoten": ("sandbox-xledger-lofoten-fisk", ""),
    "fjordbygg": ("sandbox-xledger-fjordgruppen", "4711"),
}
#: Organisations that export to Xledger, and are synced from nowhere -> token.
XLEDGER_EXPORTS = {"fjordgruppen": "sandbox-xledger-fjordgruppen"}
#: Companies on Moneybird -> their administration.
MONEYBIRD = {"tulpenburg": "300000000000000011"}
#: Organisations on Business Central -> their company in the environment Production.
BUSINESS_CENTRAL = {"fjorddrift": "FJORD DRIFT"}
#: Central banks -> where the sandbox plays them.
BANKS = {
    "ecb": "ecb/service",
    "nationalbanken": "nationalbanken/statbank/v1",
    "norges_bank": "norges_bank/api",
    "riksbank": "riksbank/swea/v1",
}


def vendor_connections(url: str) -> dict[str, str]:
    """Variable -> JSON, a connection <vendor>_<id> for each company of the sandbox at url that has an agreement,
    or an accounting export, msgraph_sandbox for its files, and saldo_rates_<bank> for each bank."""
    return {
        **economic_connections(url, ECONOMIC),
        **_xledger_connections(url),
        **_moneybird_connections(url),
        **_business_central_connections(url),
        **_graph_connection(url),
        **rates_connections(url),
    }


def economic_connections(url: str, ids: Iterable[str]) -> dict[str, str]:
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


def _xledger_connections(url: str) -> dict[str, str]:
    return {
        f"AIRFLOW_CONN_XLEDGER_{id.upper()}": json.dumps(
            {
                "conn_type": "xledger",
                "host": f"{url}/xledger/graphql",
                "password": token,
                "extra": {
                    "environment": "test",
                    **({"owner_db_id": owner} if owner else {}),
                },
            }
        )
        for id, (token, owner) in [
            *XLEDGER.items(),
            *((id, (token, "")) for id, token in XLEDGER_EXPORTS.items()),
        ]
    }


def _moneybird_connections(url: str) -> dict[str, str]:
    return {
        f"AIRFLOW_CONN_MONEYBIRD_{id.upper()}": json.dumps(
            {
                "conn_type": "moneybird",
                "host": f"{url}/moneybird/api/v2",
                "password": f"sandbox-moneybird-token-{id}",
                # The sandbox lets this token ask more often than Moneybird does.
                "extra": {
                    "administration_id": administration,
                    "requests": "3000",
                    "environment": "test",
                },
            }
        )
        for id, administration in MONEYBIRD.items()
    }


def _business_central_connections(url: str) -> dict[str, str]:
    return {
        f"AIRFLOW_CONN_BUSINESS_CENTRAL_{id.upper()}": json.dumps(
            {
                "conn_type": "business_central",
                "host": f"{url}/business_central",
                "login": "app-all",
                "password": "sandbox-secret-app-all",
                "extra": {
                    "tenant": "fjordgruppen.example",
                    "environment": "Production",
                    "company": company,
                    "token_url": f"{url}/entra/fjordgruppen.example/oauth2/v2.0/token",
                    "key_environment": "test",
                },
            }
        )
        for id, company in BUSINESS_CENTRAL.items()
    }


def _graph_connection(url: str) -> dict[str, str]:
    """In the layout of the Microsoft provider. Saldo takes http for it on this machine only (127.0.0.1)."""
    value = {
        "conn_type": "msgraph",
        "login": "app-two-sites",
        "password": "sandbox-secret-app-two-sites",
        "extra": {
            "tenant_id": "fjordgruppen.example",
            "base_url": f"{url}/graph/v1.0",
            "authority": f"{url}/entra",
            "environment": "test",
        },
    }
    return {"AIRFLOW_CONN_MSGRAPH_SANDBOX": json.dumps(value)}


def rates_connections(url: str) -> dict[str, str]:
    """Variable -> JSON, a connection saldo_rates_<bank> for each bank of the sandbox at url."""
    return {
        f"AIRFLOW_CONN_SALDO_RATES_{bank.upper()}": json.dumps(
            {
                "conn_type": "generic",
                "host": f"{url}/{place}",
                "extra": {"environment": "test", "recent_url": f"{url}/nationalbanken/api"},
            }
        )
        for bank, place in BANKS.items()
    }


def mail_connection(host: str, port: int) -> dict[str, str]:
    """Variable -> JSON of the mail sink, which knows neither TLS nor log-in."""
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "saldo@localhost"}
    value = {"conn_type": "smtp", "host": host, "port": port, "extra": extra}
    return {"AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(value)}
