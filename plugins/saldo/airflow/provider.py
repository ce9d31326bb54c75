"""What Airflow shows of Saldo's connection types: data only, made from the forms of the vendors.

Airflow finds this through the entry point in plugins/saldo-<version>.dist-info, which needs
plugins/ on PYTHONPATH in every process. Fields: provider.yaml.schema.json of airflow-core.
`msgraph` and `postgres` are types of Airflow's own providers.
"""

from __future__ import annotations

from typing import Any

from saldo import __version__
from saldo.declarations.connection_form import Field
from saldo.declarations.keys import ENVIRONMENTS
from saldo.vendors import VENDORS
from saldo.vendors.vendor import Vendor

#: Standard fields that a form may do without, in the order in which Airflow shows them.
_HIDDEN = ("login", "port", "schema", "extra")


def _connection_type(vendor: Vendor) -> dict[str, Any]:
    standard = vendor.form.standard
    return {
        "connection-type": vendor.name,
        "hook-name": vendor.title,
        "hook-class-name": vendor.hook,
        "ui-field-behaviour": {
            "hidden-fields": [name for name in _HIDDEN if name not in standard],
            "relabeling": {name: field.label for name, field in standard.items()},
            "placeholders": {name: field.hint or field.default for name, field in standard.items()},
        },
        "conn-fields": {
            **{name: _shown(field) for name, field in vendor.form.extra.items()},
            **_key_fields(vendor.key_field),
        },
    }


def _shown(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": ["string", "null"]}
    if field.is_secret:
        schema["format"] = "password"
    return {
        "label": field.label,
        "description": field.hint or f"Empty for {field.default}",
        "schema": schema,
    }


def _key_fields(environment: str) -> dict[str, Any]:
    """What every type asks of its key: saldo.declarations.keys."""
    return {
        environment: {
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


CONNECTION_TYPES = tuple(_connection_type(vendor) for vendor in VENDORS.values())


def get_provider_info() -> dict[str, Any]:
    """What Airflow's provider entry point returns: name, connection types, and their forms."""
    return {
        "package-name": "saldo",
        "name": "Saldo",
        "description": "The books of many companies in one Postgres warehouse.",
        "versions": [__version__],
        "connection-types": list(CONNECTION_TYPES),
    }
