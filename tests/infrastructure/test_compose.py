"""deploy/azure_host/compose.yaml over docker-compose.yaml, as Compose puts one over the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import PROJECT
from tests.system.deploy.compose import interpolated, load
from tests.system.deploy.test_compose import against_the_specification

FILE = PROJECT / "deploy" / "azure_host" / "compose.yaml"
GIVEN = {
    "SALDO_POSTGRES_HOST": "psql.example", "SALDO_LAKE_URL": "abfs://azure_lake@/",
    "SALDO_EXPORTS_URL": "abfs://azure_lake@exports-dev",
    "SALDO_LAKE_ACCOUNT": "stsaldodevab12", "AZURE_CLIENT_ID": "an-identity", "SALDO_VAULT": "kv-saldodevab12",
}  # fmt: skip


class Instead:
    """`!override` and `!reset`: takes the place of what is below."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Overlay(yaml.SafeLoader):
    """Knows Compose's two tags."""


def _value(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_object(node) if not isinstance(node, yaml.ScalarNode) else None


Overlay.add_constructor("!override", lambda loader, node: Instead(_value(loader, node)))
Overlay.add_constructor("!reset", lambda _, __: Instead(None))


def merged(below: Any, above: Any) -> Any:
    """As the specification says of mappings; lists do not occur in this file."""
    if isinstance(above, Instead):
        return above.value
    if isinstance(below, dict) and isinstance(above, dict):
        found = {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}
        return {key: value for key, value in found.items() if not _is_reset(above.get(key))}
    assert not isinstance(above, list)
    return above


def _is_reset(value: Any) -> bool:
    return isinstance(value, Instead) and value.value is None


def filled(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: filled(value) for key, value in node.items()}
    if isinstance(node, Instead):
        return Instead(filled(node.value))
    return interpolated(node, GIVEN) if isinstance(node, str) else node


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    overlay = filled(yaml.load(FILE.read_text(), Overlay))
    above = {key: value for key, value in overlay.items() if not key.startswith("x-")}
    found: dict[str, Any] = merged(load(), above)
    return found


def test_together_they_are_what_the_specification_asks(
    whole: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "whole.yaml").write_text(json.dumps(whole))
    done = against_the_specification(tmp_path / "whole.yaml")
    assert done.returncode == 0, done.stdout


def test_azure_has_the_server_and_its_backups(whole: dict[str, Any]) -> None:
    services = whole["services"]
    assert set(load()["services"]) - set(services) == {"postgres", "backup"}
    assert services["databases"]["environment"]["PGHOST"] == "psql.example"
    assert services["databases"]["environment"]["PGSSLMODE"] == "require"


def test_nobody_waits_for_what_is_not_there(whole: dict[str, Any]) -> None:
    services = whole["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
    assert set(services["worker"]["depends_on"]) == {"init", "broker"}
    assert set(services["init"]["depends_on"]) == {"databases"}


@pytest.mark.parametrize(
    "name", ["init", "api-server", "scheduler", "dag-processor", "triggerer", "worker", "cli"]
)
def test_every_process_of_airflow_knows_warehouse_vault_and_lake(
    whole: dict[str, Any], name: str
) -> None:
    environment = whole["services"][name]["environment"]
    assert environment["SALDO_POSTGRES"] == "psql.example:5432"
    assert environment["SALDO_PG_SSLMODE"] == "require"
    assert environment["SALDO_LAKE_URL"] == "abfs://azure_lake@/"
    assert environment["SALDO_EXPORTS_URL"] == "abfs://azure_lake@exports-dev"
    assert json.loads(environment["AIRFLOW__SECRETS__BACKEND_KWARGS"])["vault_url"] == (
        "https://kv-saldodevab12.vault.azure.net"
    )
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"


def test_the_connection_of_the_lake_leads_to_the_account_by_identity(
    whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.providers.microsoft.azure.fs.adls import get_fs
    from azure.identity import DefaultAzureCredential

    environment = whole["services"]["worker"]["environment"]
    monkeypatch.setenv("AIRFLOW_CONN_AZURE_LAKE", environment["AIRFLOW_CONN_AZURE_LAKE"])
    found = get_fs("azure_lake")
    assert found.account_name == "stsaldodevab12"
    assert isinstance(found.sync_credential, DefaultAzureCredential)
    assert not any((found.account_key, found.sas_token, found.connection_string))


def test_the_first_folder_of_the_lake_is_the_container() -> None:
    from airflow.sdk import ObjectStoragePath

    path = ObjectStoragePath(GIVEN["SALDO_LAKE_URL"]) / "economic-dev" / "nordlys" / "x.parquet"
    assert (path.conn_id, path.bucket, path.key) == (
        "azure_lake", "economic-dev", "nordlys/x.parquet",
    )  # fmt: skip
