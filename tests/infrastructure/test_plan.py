"""What a plan would make: closed by default, least rights, containers as the lake names them; and what the state holds."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from saldo.declarations.keys import ENVIRONMENTS as INSTALLATIONS
from tests.infrastructure import schema
from tests.infrastructure.conftest import Root, terraform
from tests.infrastructure.provider import PASSWORD
from tests.support import PROJECT
from tests.system.deploy.compose import load


def environment(root: Root) -> str:
    return root.folder.name


def test_both_environments_are_valid(root: Root) -> None:
    assert "Success" in terraform(root.folder, "validate", "-no-color")


def test_both_environments_give_all_variables(root: Root) -> None:
    """None is left to a default: what an environment is like can be read in one file."""
    call = root.plan["configuration"]["root_module"]["module_calls"]["saldo"]
    variables = call["module"]["variables"]
    assert set(call["expressions"]) == set(variables)
    assert not [name for name, of in variables.items() if "default" in of]


def test_nothing_is_open_to_the_internet(root: Root) -> None:
    for kind in (
        "azurerm_storage_account", "azurerm_key_vault", "azurerm_container_registry",
        "azurerm_postgresql_flexible_server",
    ):  # fmt: skip
        assert root.only(kind)["public_network_access_enabled"] is False, kind
    assert root.only("azurerm_storage_account")["network_rules"][0]["default_action"] == "Deny"
    assert root.only("azurerm_key_vault")["network_acls"][0]["ip_rules"] == []
    [address] = root.planned("azurerm_public_ip").values()
    assert address["name"].endswith("-outwards")
    card = root.only("azurerm_network_interface")["ip_configuration"][0]
    assert "public_ip_address_id" not in card or card["public_ip_address_id"] is None


def test_inside_everything_is_closed_but_what_is_named(root: Root) -> None:
    groups = root.planned("azurerm_network_security_group")
    assert len(groups) == len(root.planned("azurerm_subnet")) == 4
    for group in groups.values():
        rules = sorted(group["security_rule"], key=lambda rule: rule["priority"])
        assert (rules[-1]["access"], rules[-1]["source_address_prefix"]) == ("Deny", "*")
        for rule in rules[:-1]:
            assert set(rule["destination_port_ranges"]) <= {"22", "443", "5432", "6432"}
            assert rule["source_address_prefixes"]
            assert all(
                ipaddress.ip_network(one).is_private for one in rule["source_address_prefixes"]
            )


def test_every_service_is_reached_by_its_private_name(root: Root) -> None:
    zones = {one["name"] for one in root.planned("azurerm_private_dns_zone").values()}
    assert {
        "privatelink.blob.core.windows.net", "privatelink.dfs.core.windows.net",
        "privatelink.vaultcore.azure.net", "privatelink.azurecr.io",
    } < zones  # fmt: skip
    assert len(root.planned("azurerm_private_dns_zone_virtual_network_link")) == len(zones)
    endpoints = root.planned("azurerm_private_endpoint").values()
    assert {
        one["private_service_connection"][0]["subresource_names"][0] for one in endpoints
    } == {"blob", "dfs", "vault", "registry"}  # fmt: skip


def test_the_lake_has_a_container_for_each_vendor(root: Root) -> None:
    account = root.only("azurerm_storage_account")
    assert account["is_hns_enabled"] is True
    assert account["shared_access_key_enabled"] is False
    assert account["min_tls_version"] == "TLS1_2"
    containers = root.planned("azurerm_storage_container").values()
    vendors = ("economic", "moneybird", "xledger")
    names = (*vendors, "exports")
    assert {one["name"] for one in containers} == {f"{n}-{environment(root)}" for n in names}
    assert {one["container_access_type"] for one in containers} == {"private"}
    rules = root.only("azurerm_storage_management_policy")["rule"]
    assert all(
        value is None
        for rule in rules
        for name, value in rule["actions"][0]["base_blob"][0].items()
        if name.startswith("delete")
    )


def test_the_services_may_do_what_they_need_and_no_more(root: Root) -> None:
    of_host = {
        (name.split("[")[0], one["role_definition_name"])
        for name, one in root.planned("azurerm_role_assignment").items()
        if name.startswith("host_")
    }
    assert of_host == {
        ("host_writes_lake", "Storage Blob Data Contributor"),
        ("host_writes_exports", "Storage Blob Data Contributor"),
        ("host_reads_secrets", "Key Vault Secrets User"),
        ("host_pulls_image", "AcrPull"),
    }
    # Its rights on the lake are on containers, not on the account.
    expressions = {
        one["name"]: one["expressions"]["scope"]["references"]
        for one in root.plan["configuration"]["root_module"]["module_calls"]["saldo"]["module"][
            "resources"
        ]
        if one["type"] == "azurerm_role_assignment"
    }
    assert all("azurerm_storage_account" not in " ".join(refs) for refs in expressions.values())
    assert (
        len([n for n in root.planned("azurerm_role_assignment") if n.startswith("host_writes")])
        == 4
    )
    roles = {
        one["role_definition_name"] for one in root.planned("azurerm_role_assignment").values()
    }
    assert not roles & {"Owner", "Contributor", "User Access Administrator"}


def test_the_warehouse_speaks_tls_and_has_backups(root: Root) -> None:
    server = root.only("azurerm_postgresql_flexible_server")
    settings = {
        one["name"]: one["value"]
        for one in root.planned("azurerm_postgresql_flexible_server_configuration").values()
    }
    assert settings["require_secure_transport"] == "on"
    assert settings["ssl_min_protocol_version"] == "TLSv1.2"
    assert server["authentication"][0]["active_directory_auth_enabled"] is True
    is_prod = environment(root) == "prod"
    assert server["geo_redundant_backup_enabled"] is is_prod
    assert server["backup_retention_days"] == (35 if is_prod else 7)
    assert bool(server["high_availability"]) is is_prod


def test_it_is_the_version_that_compose_and_tests_have(root: Root) -> None:
    version = root.only("azurerm_postgresql_flexible_server")["version"]
    assert load()["services"]["databases"]["image"] == f"postgres:{version}"


def _written_out(node: Any, name: str = "") -> Iterator[str]:
    """Names of arguments that say a secret, and whose value stands in a file."""
    if isinstance(node, dict):
        says = re.search(r"password|secret(?!_versions|s?_User)|_key$|token|^value(_wo)?$", name)
        if says and isinstance(node.get("constant_value"), str):
            yield name
        for key, value in node.items():
            yield from _written_out(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from _written_out(value, name)


def test_no_secret_is_written_out(root: Root) -> None:
    assert list(_written_out(root.plan["configuration"])) == []
    spoilt = {"expressions": {"administrator_password": {"constant_value": "x"}}}
    assert list(_written_out(spoilt)) == ["administrator_password"]


def test_production_is_locked(root: Root) -> None:
    locks = root.planned("azurerm_management_lock")
    assert len(locks) == (3 if environment(root) == "prod" else 0)
    vault = root.only("azurerm_key_vault")
    assert vault["purge_protection_enabled"] is True
    assert vault["rbac_authorization_enabled"] is True


def test_no_password_is_in_the_plan_or_in_the_state(root: Root) -> None:
    secrets = root.planned("azurerm_key_vault_secret")
    assert len(secrets) == 8
    assert PASSWORD not in json.dumps(root.plan)
    assert PASSWORD not in root.state
    assert base64.b64encode(PASSWORD.encode()).decode() not in root.state


def _keys_azure_gives(state: dict[str, Any]) -> set[str]:
    """Attributes of the state that Azure fills with something that opens doors."""
    secret = re.compile(r"(access|shared)_key$|connection_string$|admin_password$")
    return {
        f"{one['type']}.{name}"
        for one in state["resources"]
        for instance in one["instances"]
        for name, value in instance["attributes"].items()
        if secret.search(name) and value
    }


def test_the_page_names_every_key_that_azure_puts_into_the_state(root: Root) -> None:
    found = _keys_azure_gives(json.loads(root.state))
    page = (PROJECT / "infrastructure" / "README.md").read_text()
    assert found
    assert [name for name in sorted(found) if f"`{name}`" not in page] == []


def test_the_secrets_are_those_that_services_read(root: Root) -> None:
    from deploy.environment import SECRET_FILES

    names = {one["name"] for one in root.planned("azurerm_key_vault_secret").values()}
    wanted = {*SECRET_FILES.values(), "postgres_password"}
    assert names == {f"saldo-{name.replace('_', '-')}" for name in wanted}


def test_a_fernet_key_can_be_made_of_what_is_generated() -> None:
    """32 letters and digits, in base64: what vault.tf writes."""
    from cryptography.fernet import Fernet

    key = base64.b64encode(b"aZ09" * 8)
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"x")) == b"x"
    assert re.search(
        r'"fernet_key" \? 32 : \d+', (PROJECT / "infrastructure/modules/saldo/vault.tf").read_text()
    )


def host_settings(root: Root) -> dict[str, str]:
    """Of the machine's first start; what Azure gives is made up."""
    [machine] = [
        instance["attributes"]
        for one in json.loads(root.state)["resources"]
        if one["type"] == "azurerm_linux_virtual_machine"
        for instance in one["instances"]
    ]
    text = base64.b64decode(machine["custom_data"]).decode()
    assert text.startswith("#cloud-config\n")
    files = {one["path"]: one["content"] for one in yaml.safe_load(text)["write_files"]}
    lines = files["/etc/saldo/azure.env"].splitlines()
    assert (
        files["/usr/local/bin/saldo-deploy"]
        == (PROJECT / "infrastructure/modules/saldo/saldo-deploy.sh").read_text()
    )
    return dict(line.split("=", 1) for line in lines)


def test_the_host_is_told_what_its_compose_file_asks(root: Root) -> None:
    settings = host_settings(root)
    text = (PROJECT / "deploy" / "azure_host" / "compose.yaml").read_text()
    assert set(re.findall(r"\$\{(\w+):\?\}", text)) <= set(settings)
    assert settings["SALDO_ENVIRONMENT"] in INSTALLATIONS
    assert (settings["SALDO_ENVIRONMENT"] == "production") is (environment(root) == "prod")
    assert PASSWORD not in str(settings)


def test_alerts_are_about_what_the_host_says(root: Root) -> None:
    """Tags of the journal, and how lines begin, are what deploy/azure_host writes."""
    rules = root.planned("azurerm_monitor_scheduled_query_rules_alert_v2")
    queries = " ".join(one["criteria"][0]["query"] for one in rules.values())
    spoken = (PROJECT / "deploy/azure_host/morning.sh").read_text() + (
        PROJECT / "deploy/azure_host/nights.py"
    ).read_text()
    machine = (PROJECT / "infrastructure/modules/saldo/host.yaml").read_text()
    for tag in set(re.findall(r'ProcessName == "([\w-]+)"', queries)):
        assert f"--tag {tag}" in spoken + machine, tag
    for beginning in ("not proven", "cannot look", "expires"):
        assert f'startswith "{beginning}"' in queries
        assert beginning in spoken
    assert all(one["action"] for one in rules.values())
    assert root.only("azurerm_monitor_action_group")["email_receiver"][0]["email_address"] == (
        "it@example.com"
    )


def test_outputs_are_what_the_guide_uses(root: Root) -> None:
    page = (PROJECT / "docs" / "azure.md").read_text()
    used = set(re.findall(r"(?:`|\$\()out (\w+)", page))
    assert used
    assert used <= set(root.outputs)
    assert root.outputs["lake_account"] == root.only("azurerm_storage_account")["name"]
    assert len(root.outputs["lake_containers"]) == 3


def test_names_fit_into_azure(root: Root) -> None:
    assert re.fullmatch(r"[a-z0-9]{3,24}", root.only("azurerm_storage_account")["name"])
    assert re.fullmatch(r"[a-z][a-z0-9-]{1,22}[a-z0-9]", root.only("azurerm_key_vault")["name"])
    assert re.fullmatch(r"[a-z0-9]{5,50}", root.only("azurerm_container_registry")["name"])


def test_the_provider_that_plans_is_of_the_version_that_is_asked_for(root: Root) -> None:
    known = re.search(r"azurerm (\d+)\.(\d+)", schema.SOURCE)
    asked = root.plan["configuration"]["provider_config"]["azurerm"]["version_constraint"]
    assert known
    assert f">= {known[1]}.{known[2]}" in asked


@pytest.mark.parametrize("name", ["bootstrap_addresses"])
def test_doors_for_the_first_apply_are_shut_by_default(root: Root, name: str) -> None:
    assert root.plan["configuration"]["root_module"]["variables"][name]["default"] == []


def test_the_guide_says_how_many_resources_there_are(root: Root) -> None:
    made = [one for one in root.plan["resource_changes"] if one["change"]["actions"] == ["create"]]
    page = (PROJECT / "docs" / "azure.md").read_text()
    wanted = {"dev": f"Plan: {len(made)} to add", "prod": f"({len(made)} in prod"}
    assert wanted[environment(root)] in page
