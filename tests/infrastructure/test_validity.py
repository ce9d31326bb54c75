"""What Terraform itself says of the files, with azurerm's arguments before it; and that it says so of what is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.infrastructure.conftest import ENVIRONMENTS, TerraformError, terraform
from tests.support import PROJECT

INFRASTRUCTURE = PROJECT / "infrastructure"
MODULE = INFRASTRUCTURE / "modules" / "saldo"


def test_files_are_formatted(tmp_path: Path) -> None:
    assert terraform(INFRASTRUCTURE, "fmt", "-recursive", "-check", "-list=true") == ""
    (tmp_path / "crooked.tf").write_text("locals {\n a=1\n}\n")
    with pytest.raises(TerraformError, match=r"crooked\.tf"):
        terraform(tmp_path, "fmt", "-check", "-list=true")


SPOILT = {
    "an argument that azurerm does not know": ("lake.tf", "is_hns_enabled ", "is_hns_on "),
    "an argument that must be given": ("lake.tf", 'account_tier             = "Standard"', ""),
    "a block that must be given": ("host.tf", "os_disk {", "dynamic os_disk {\n for_each = []\n content {}\n }\n secret {"),
    "a number that is a word": ("lake.tf", "days = var.lake.deleted_days", 'days = "many"'),
    "a resource that is not there": ("outputs.tf", "azurerm_public_ip.outwards", "azurerm_public_ip.inwards"),
    "an attribute that is not there": ("outputs.tf", "outwards.ip_address", "outwards.address"),
    "a variable that is not there": ("main.tf", "location = var.location", "location = var.place"),
    "a local value that is not there": ("main.tf", "rg-${local.label}", "rg-${local.labels}"),
    "a brace that is not closed": ("main.tf", 'location = var.location\n  tags     = local.tags\n}', "location = var.location"),
    "a secret that would reach the state": ("vault.tf", "value_wo = (", "value = ("),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_wrong_is_found(what: str, initialised: Path, tmp_path: Path) -> None:
    everything = tmp_path / "infrastructure"
    shutil.copytree(initialised, everything)
    folder = everything / "environments" / "dev"
    name, right, wrong = SPOILT[what]
    file = everything / "modules" / "saldo" / name
    text = file.read_text()
    assert text.count(right) >= 1, "the file has changed: choose another place to spoil"
    file.write_text(text.replace(right, wrong, 1))
    with pytest.raises(TerraformError, match=r"Error: "):
        terraform(folder, "validate", "-no-color")


def test_every_variable_is_used_and_described() -> None:
    places = {path.parent for path in INFRASTRUCTURE.rglob("*.tf")}
    assert places == {MODULE, *(INFRASTRUCTURE / "environments" / name for name in ENVIRONMENTS)}
    for place in places:
        text = "".join(path.read_text() for path in sorted(place.glob("*.tf")))
        names = [line.split('"')[1] for line in text.splitlines() if line.startswith("variable ")]
        assert [name for name in names if f"var.{name}" not in text] == []
        for kind in ("variable", "output"):
            declared = [block for block in text.split("\n}\n") if f'\n{kind} "' in f"\n{block}"]
            assert [block for block in declared if "description" not in block] == []


def test_the_environments_differ_only_in_what_they_are_given() -> None:
    dev, prod = (INFRASTRUCTURE / "environments" / name for name in ENVIRONMENTS)
    assert {path.name for path in dev.iterdir()} == {path.name for path in prod.iterdir()}
    for name in ("versions.tf", "variables.tf", "outputs.tf"):
        assert (dev / name).read_text().replace("saldo-dev", "saldo-prod") == (
            prod / name
        ).read_text()


def test_the_schema_holds_what_is_used_and_no_more() -> None:
    tree = json.loads((PROJECT / "tests" / "infrastructure" / "schema.json").read_text())
    used = {
        tuple(line.split('"')[:2])
        for path in MODULE.glob("*.tf")
        for line in path.read_text().splitlines()
        if line.startswith(('resource "azurerm_', 'data "azurerm_'))
    }
    declared = {(f"{kind} ", name) for kind in ("resource", "data") for name in tree[kind]}
    assert used == declared


def test_the_first_apply_opens_two_doors_to_one_address(initialised: Path) -> None:
    """And where no network of one's own is named, nobody is let in at all."""
    folder = initialised / "environments" / "dev"
    given = ('-var=bootstrap_addresses=["203.0.113.7/32"]', "-var=operator_networks=[]")
    terraform(folder, "plan", "-no-color", "-out=first", *given)
    plan = json.loads(terraform(folder, "show", "-json", "first"))
    [module] = plan["planned_values"]["root_module"]["child_modules"]
    values = {
        one["address"].removeprefix("module.saldo."): one["values"] for one in module["resources"]
    }
    vault = values["azurerm_key_vault.this"]
    assert vault["public_network_access_enabled"] is True
    assert vault["network_acls"][0]["default_action"] == "Deny"
    assert vault["network_acls"][0]["ip_rules"] == ["203.0.113.7/32"]
    rules = values["azurerm_container_registry.this"]["network_rule_set"][0]
    assert (rules["default_action"], len(rules["ip_rule"])) == ("Deny", 1)
    assert values["azurerm_storage_account.lake"]["public_network_access_enabled"] is False
    host = values['azurerm_network_security_group.this["host"]']["security_rule"]
    assert [rule["name"] for rule in host] == ["nobody-else"]
