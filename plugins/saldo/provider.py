"""What Airflow shows of Saldo's connection types: data only, one entry for each type.

Airflow finds this through the entry point in plugins/saldo-<version>.dist-info, which needs plugins/ on
PYTHONPATH in every process. Fields: provider.yaml.schema.json of airflow-core.
"""

from __future__ import annotations

from typing import Any

from . import __version__
from .keys import ENVIRONMENTS, environment_field

_TEXT = {"type": ["string", "null"]}
_SECRET = {"type": ["string", "null"], "format": "password"}


def _key_fields(conn_type: str) -> dict[str, Any]:
    """What every type asks of its key: saldo.keys."""
    return {
        environment_field(conn_type): {
            "label": "The key is for",
            "description": "production, test or development: a production key is refused where "
            "SALDO_ENVIRONMENT is not production. Empty: used everywhere.",
            "schema": {"type": ["string", "null"], "enum": list(ENVIRONMENTS)},
        },
        "expires_on": {
            "label": "The key expires on",
            "description": "The last day it works. Mails tell 14 and 3 days before. Empty: never.",
            "schema": {"type": ["string", "null"], "format": "date"},
        },
    }


ECONOMIC = {
    "connection-type": "economic",
    "hook-name": "e-conomic",
    "hook-class-name": "saldo.hooks.economic.EconomicHook",
    "ui-field-behaviour": {
        "hidden-fields": ["login", "port", "schema", "extra"],
        "relabeling": {
            "host": "Address of the REST API",
            "password": "Agreement grant token",
        },
        "placeholders": {
            "host": "https://restapi.e-conomic.com",
            "password": "of this agreement, made for your app",
        },
    },
    "conn-fields": {
        "app_secret_token": {
            "label": "App secret token",
            "description": "Of your app at e-conomic; the grant token must have been made for the same app.",
            "schema": _SECRET,
        },
        "agreement_number": {
            "label": "Agreement number",
            "description": "Optional. Nothing is landed when the tokens open another agreement.",
            "schema": _TEXT,
        },
        "openapi_host": {
            "label": "Address of the OpenAPI services",
            "description": "Empty for https://apis.e-conomic.com",
            "schema": _TEXT,
        },
        **_key_fields("economic"),
    },
}

XLEDGER = {
    "connection-type": "xledger",
    "hook-name": "Xledger",
    "hook-class-name": "saldo.hooks.xledger.XledgerHook",
    "ui-field-behaviour": {
        "hidden-fields": ["login", "port", "schema", "extra"],
        "relabeling": {"host": "Address of the GraphQL endpoint", "password": "Token"},
        "placeholders": {
            "host": "https://www.xledger.net/graphql",
            "password": "with the read scopes, of a service user",
        },
    },
    "conn-fields": {
        "owner_db_id": {
            "label": "Owner dbId",
            "description": "Of the entity whose books these are. Empty for the one the token was made in.",
            "schema": _TEXT,
        },
        **_key_fields("xledger"),
    },
}

MONEYBIRD = {
    "connection-type": "moneybird",
    "hook-name": "Moneybird",
    "hook-class-name": "saldo.hooks.moneybird.MoneybirdHook",
    "ui-field-behaviour": {
        "hidden-fields": ["login", "port", "schema", "extra"],
        "relabeling": {"host": "Address of the API", "password": "Token"},
        "placeholders": {
            "host": "https://moneybird.com/api/v2",
            "password": "a personal API token; read-only is enough",
        },
    },
    "conn-fields": {
        "administration_id": {
            "label": "Administration id",
            "description": "The number in Moneybird's address bar.",
            "schema": _TEXT,
        },
        **_key_fields("moneybird"),
    },
}

BUSINESS_CENTRAL = {
    "connection-type": "business_central",
    "hook-name": "Business Central",
    "hook-class-name": "saldo.hooks.business_central.BusinessCentralHook",
    "ui-field-behaviour": {
        "hidden-fields": ["port", "schema", "extra"],
        "relabeling": {
            "host": "Address of the API",
            "login": "Client id",
            "password": "Client secret",
        },
        "placeholders": {
            "host": "https://api.businesscentral.dynamics.com",
            "login": "of the app registration in Entra",
            "password": "the secret's value, not its id",
        },
    },
    "conn-fields": {
        "tenant": {
            "label": "Tenant",
            "description": "Its id, or a domain of it.",
            "schema": _TEXT,
        },
        "environment": {
            "label": "Environment",
            "description": "Its name in Business Central's admin center, such as Production.",
            "schema": _TEXT,
        },
        "company": {
            "label": "Company",
            "description": "Its name or id. The Test lists them when this is empty.",
            "schema": _TEXT,
        },
        "token_url": {
            "label": "Address of tokens",
            "description": "Empty for https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token",
            "schema": _TEXT,
        },
        **_key_fields("business_central"),
    },
}

#: Adding a type is one entry here, and its hook with a test_connection(). `msgraph` and `postgres` are
#: those of Airflow's own providers.
CONNECTION_TYPES = (ECONOMIC, XLEDGER, MONEYBIRD, BUSINESS_CENTRAL)


def get_provider_info() -> dict[str, Any]:
    return {
        "package-name": "saldo",
        "name": "Saldo",
        "description": "The books of many companies in one Postgres warehouse.",
        "versions": [__version__],
        "connection-types": list(CONNECTION_TYPES),
    }
