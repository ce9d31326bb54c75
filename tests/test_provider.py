"""Airflow's view of Saldo as a provider: the data is well-formed, and is found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from email import message_from_string
from importlib import import_module
from importlib.metadata import distribution

from saldo import __version__
from saldo.provider import CONNECTION_TYPES, get_provider_info
from saldo.vendors import VENDORS
from tests.support import PROJECT

PLUGINS = PROJECT / "plugins"


def test_one_version_everywhere() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    (info,) = PLUGINS.glob("*.dist-info")
    metadata = message_from_string((info / "METADATA").read_text())
    assert {project["version"], __version__, metadata["Version"]} == {project["version"]}
    assert info.name == f"saldo-{__version__}.dist-info"
    assert metadata["Requires-Python"] == project["requires-python"]


def test_the_entry_point_leads_to_the_data() -> None:
    (entry,) = distribution("saldo").entry_points
    assert entry.group == "apache_airflow_provider"
    assert entry.load()() == get_provider_info()


def test_every_vendor_has_a_connection_type_whose_hook_can_be_tested() -> None:
    types = {one["connection-type"]: one for one in CONNECTION_TYPES}
    assert set(VENDORS) <= set(types)
    for name, one in types.items():
        module, _, hook = str(one["hook-class-name"]).rpartition(".")
        found = getattr(import_module(module), hook)
        assert found.conn_type == name
        assert found.hook_name == one["hook-name"]
        assert callable(found.test_connection)


def test_airflow_finds_it_with_nothing_but_the_path() -> None:
    """As any process of Airflow does: PYTHONPATH=plugins, and no more."""
    code = (
        "import json; from airflow.providers_manager import ProvidersManager as M; m = M(); "
        "print(json.dumps([m.providers['saldo'].version, m.hooks['economic'].hook_class_name]))"
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environ, "PYTHONPATH": str(PLUGINS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == [
        __version__,
        "saldo.hooks.economic.EconomicHook",
    ]


def test_secrets_are_masked_fields() -> None:
    for one in CONNECTION_TYPES:
        for name, field in one["conn-fields"].items():  # type: ignore[attr-defined]
            is_secret = any(word in name for word in ("token", "secret", "password"))
            assert is_secret == (field["schema"].get("format") == "password"), name
