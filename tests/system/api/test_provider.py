"""Saldo as one of Airflow's providers: what the running API server has found with nothing but PYTHONPATH=plugins."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from saldo import __version__
from saldo.airflow.provider import CONNECTION_TYPES
from tests.example_vendor.vendor import EXAMPLE_VENDOR

from .conftest import Server

pytestmark = pytest.mark.timeout(600)
#: Those of the product: the server knows nothing of the tests' own vendor.
_TYPES = [one for one in CONNECTION_TYPES if one["connection-type"] != EXAMPLE_VENDOR.name]
_STANDARD_FIELDS = ("description", "schema", "host", "port", "login", "password")


@pytest.fixture(scope="module")
def shown(server: Server) -> dict[str, dict[str, Any]]:
    """Connection type -> its form, as the UI gets it."""
    return {one["connection_type"]: one for one in server.ask("/ui/connections/hook_meta")}


def test_airflow_finds_it_with_nothing_but_the_path(
    server: Server, shown: dict[str, dict[str, Any]]
) -> None:
    versions = {
        one["package_name"]: one["version"]
        for one in server.ask("/api/v2/providers?limit=1000")["providers"]
    }
    assert versions["saldo"] == __version__
    for one in _TYPES:
        form = shown[str(one["connection-type"])]
        assert form["hook_class_name"] == one["hook-class-name"]
        assert form["hook_name"] == one["hook-name"]
        module, _, hook = form["hook_class_name"].rpartition(".")
        assert getattr(import_module(module), hook).conn_name_attr == "conn_id"


def test_airflow_shows_every_form_with_its_fields(shown: dict[str, dict[str, Any]]) -> None:
    for one in _TYPES:
        form = shown[str(one["connection-type"])]
        fields: dict[str, Any] = one["conn-fields"]  # type: ignore[assignment]
        labels = {name: field["schema"]["title"] for name, field in form["extra_fields"].items()}
        assert labels == {name: field["label"] for name, field in fields.items()}
        behaviour: dict[str, Any] = one["ui-field-behaviour"]  # type: ignore[assignment]
        for name in _STANDARD_FIELDS:
            found = form["standard_fields"]["url_schema" if name == "schema" else name] or {}
            assert found.get("hidden", False) == (name in behaviour["hidden-fields"])
            assert found.get("title") == behaviour["relabeling"].get(name)
            assert found.get("placeholder") == behaviour["placeholders"].get(name)


def test_secrets_are_masked_fields_of_the_form(shown: dict[str, dict[str, Any]]) -> None:
    assert shown["economic"]["extra_fields"]["app_secret_token"]["schema"]["format"] == "password"


def test_microsoft_graph_is_the_providers_own(shown: dict[str, dict[str, Any]]) -> None:
    """Saldo's docs name these fields; what its Test says is in test_msgraph.py."""
    form = shown["msgraph"]
    assert form["hook_class_name"].startswith("airflow.providers.microsoft.azure.")
    assert {"tenant_id", "authority", "base_url", "allowed_hosts", "verify"} <= {
        *form["extra_fields"]
    }
    titles = {k: v["title"] for k, v in form["standard_fields"].items() if v and v["title"]}
    assert titles == {"login": "Client ID", "password": "Client Secret"}
