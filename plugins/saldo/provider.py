"""What Airflow shows of Saldo's connection types: data only, one entry for each type.

Airflow finds this through the entry point in plugins/saldo-<version>.dist-info, which needs plugins/ on
PYTHONPATH in every process. Fields: provider.yaml.schema.json of airflow-core.
"""

from __future__ import annotations

from typing import Any

from . import __version__

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
            "schema": {"type": ["string", "null"], "format": "password"},
        },
        "agreement_number": {
            "label": "Agreement number",
            "description": "Optional. Nothing is landed when the tokens open another agreement.",
            "schema": {"type": ["string", "null"]},
        },
        "openapi_host": {
            "label": "Address of the OpenAPI services",
            "description": "Empty for https://apis.e-conomic.com",
            "schema": {"type": ["string", "null"]},
        },
    },
}

#: Adding a type is one entry here, and its hook with a test_connection().
CONNECTION_TYPES = (ECONOMIC,)


def get_provider_info() -> dict[str, Any]:
    return {
        "package-name": "saldo",
        "name": "Saldo",
        "description": "The books of many companies in one Postgres warehouse.",
        "versions": [__version__],
        "connection-types": list(CONNECTION_TYPES),
    }
