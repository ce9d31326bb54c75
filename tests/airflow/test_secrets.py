"""Connections from Azure Key Vault, a file, or the environment: Airflow's own backends and Microsoft's own library,
over TLS, against the hosts of Azure as the sandbox plays them. How they fail, and that no secret is in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from saldo.alerts.causes import cause_of, headline
from saldo.warehouse.connection import connect
from tests.airflow.running import airflow, home
from tests.azure import TENANT, VAULT, azure
from tests.conftest import free_port
from tests.support import PROJECT, Sandbox, whole_suite

KEY_VAULT = "airflow.providers.microsoft.azure.secrets.key_vault.AzureKeyVaultBackend"
FILES = "airflow.secrets.local_filesystem.LocalFilesystemBackend"
#: As docs/secrets.md has it; tests are less patient.
VAULT_KWARGS = {
    "vault_url": VAULT, "connections_prefix": "airflow-connections", "variables_prefix": None,
    "config_prefix": None, "connection_timeout": 5, "read_timeout": 10, "retry_total": 1,
}  # fmt: skip
IDENTITY = {
    "AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": "app-all",
    "AZURE_CLIENT_SECRET": "sandbox-secret-app-all",
}  # fmt: skip
#: A company of the sandbox, and a word that must be in no message.
GRANT, PLANTED = "sandbox-grant-nordlys", "planted-and-looked-for"

#: Sets secrets as an operator does, with Microsoft's library.
_FILL = """
import json, sys
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient
client = SecretClient(vault_url=sys.argv[1], credential=DefaultAzureCredential())
for name, value in json.loads(sys.stdin.read()).items():
    client.set_secret(name, value)
"""
#: Connection ids on stdin, each with the variables it is looked up with; what came of each on stdout.
_LOOK_UP = """
import json, os, sys
from airflow.sdk.configuration import clear_secrets_backends_cache
from saldo.hooks.vendors import HOOKS
from saldo.transport import Policy
found = {}
for case, (conn_id, environ) in json.loads(sys.stdin.read()).items():
    before = dict(os.environ)
    os.environ.update(environ)
    clear_secrets_backends_cache()
    try:
        hook = HOOKS["economic"]()
        client = hook.client_by_id(
            conn_id, "nord", needed_by="agreement 'nord'", policy=Policy(max_tries=1)
        )
        found[case] = ["", hook.vendor.check_connection(client)]
    except Exception as error:
        found[case] = [type(error).__name__, str(error)]
    os.environ.clear()
    os.environ.update(before)
print("\\n" + json.dumps(found))
"""


def python(code: str, *arguments: str, environ: dict[str, str], stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environ, input=stdin, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@dataclass
class Place:
    """What a process of Airflow sees, and the connections of the tests."""

    environ: dict[str, str]
    sandbox: Sandbox
    folder: Path

    def connection(self, company: str = "nordlys", **more: Any) -> str:
        base = f"{self.sandbox.url}/economic"
        extra = {
            "app_secret_token": "sandbox-app-secret", "openapi_host": f"{base}/openapi",
            "environment": "test",
        }  # fmt: skip
        values = {"conn_type": "economic", "host": f"{base}/rest", "extra": extra}
        return json.dumps({**values, "password": f"sandbox-grant-{company}", **more})

    def file(self, name: str, text: str) -> dict[str, str]:
        """Variables with which connections come from this file."""
        (self.folder / name).write_text(text)
        return from_backend(FILES, {"connections_file_path": str(self.folder / name)})


def from_backend(backend: str, kwargs: dict[str, Any]) -> dict[str, str]:
    return {
        "AIRFLOW__SECRETS__BACKEND": backend,
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(kwargs),
    }


@pytest.fixture(scope="module")
def place(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("secrets")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO", "AZURE"))}
    with azure(folder) as found:
        environ = {
            **kept, **found, **IDENTITY, "AIRFLOW_HOME": str(folder),
            "PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT}",
        }  # fmt: skip
        yield Place(environ, sandbox, folder)


@pytest.fixture(scope="module")
def told(place: Place) -> dict[str, tuple[str, str]]:
    """All look-ups in one process: importing Airflow takes seconds. Case -> (error's name, text)."""
    vault = from_backend(KEY_VAULT, VAULT_KWARGS)
    nobody = f"http://127.0.0.1:{free_port()}"
    secrets = {
        "airflow-connections-economic-nordlys": place.connection(),
        "airflow-connections-in-both": place.connection("nordlys"),
        "airflow-connections-broken": f'{{"conn_type": "economic", "password": "{PLANTED}',
        "airflow-connections-not-here": place.connection(extra={"environment": "production"}),
    }
    python(_FILL, VAULT, environ=place.environ, stdin=json.dumps(secrets))
    connection = json.loads(place.connection("vestkyst"))
    in_variable = {"AIRFLOW_CONN_IN_BOTH": place.connection("vestkyst")}
    whole = json.dumps({"in_both": json.loads(place.connection())})
    arguments = place.folder / "arguments.json"
    identity = {k.removeprefix("AZURE_").lower(): v for k, v in IDENTITY.items()}
    arguments.write_text(json.dumps({**VAULT_KWARGS, **identity}))
    cases: dict[str, tuple[str, dict[str, str]]] = {
        "vault": ("economic_nordlys", vault),
        "vault before variable": ("in_both", {**vault, **in_variable}),
        "not in the vault": ("elsewhere", {**vault, "AIRFLOW_CONN_ELSEWHERE": place.connection()}),
        "nowhere": ("economic_nowhere", vault),
        "production key": ("not_here", vault),
        "unreadable": ("broken", vault),
        "arguments by command": ("economic_nordlys", {
            "AIRFLOW__SECRETS__BACKEND": KEY_VAULT,
            "AIRFLOW__SECRETS__BACKEND_KWARGS_CMD": f"cat {arguments}",
            "AZURE_CLIENT_SECRET": PLANTED,
        }),
        "wrong secret": ("economic_nordlys", {**vault, "AZURE_CLIENT_SECRET": PLANTED}),
        "no right": (
            "economic_nordlys",
            {**vault, "AZURE_CLIENT_ID": "app-without-rights",
             "AZURE_CLIENT_SECRET": "sandbox-secret-app-without-rights"},
        ),
        "vault away": ("economic_nordlys", {**vault, "HTTPS_PROXY": nobody}),
        "not trusted": ("economic_nordlys", {**vault, "REQUESTS_CA_BUNDLE": ""}),
        "file": ("in_file", place.file("good.json", json.dumps({"in_file": connection}))),
        "file before variable": ("in_both", {**place.file("both.json", whole), **in_variable}),
        "file as yaml": (
            "in_file", place.file("good.yaml", f"in_file: {place.connection('vestkyst')}")
        ),
        "not in the file": ("in_variable", {
            **place.file("other.json", "{}" ), "AIRFLOW_CONN_IN_VARIABLE": place.connection(),
        }),
        "broken file": ("in_file", place.file("bad.yaml", f"in_file: {{password: {PLANTED}")),
        "no suffix": ("in_file", place.file("connections", json.dumps({"in_file": connection}))),
        "no file": (
            "in_file", from_backend(FILES, {"connections_file_path": "/nowhere/connections.json"})
        ),
        "variable": ("in_variable", {"AIRFLOW_CONN_IN_VARIABLE": place.connection()}),
        "broken variable": ("bad", {"AIRFLOW_CONN_BAD": f'{{"password": "{PLANTED}'}),
    }  # fmt: skip
    out = python(_LOOK_UP, environ=place.environ, stdin=json.dumps(cases))
    found: dict[str, tuple[str, str]] = json.loads(out.splitlines()[-1])
    assert found.keys() == cases.keys()
    return found


#: Case -> the error's name ("" for none), and what its text or the Test says.
EXPECTED = {
    "vault": ("", "Nordlys"),
    "vault before variable": ("", "Nordlys"),
    "not in the vault": ("", "Nordlys"),
    "nowhere": ("ConfigError", "connection 'economic_nowhere', which does not exist"),
    "production key": ("ConfigError", "connection 'not_here' holds a production key"),
    "unreadable": ("ConfigError", "what AzureKeyVaultBackend has cannot be read"),
    "arguments by command": ("", "Nordlys"),
    "wrong secret": ("ConfigError", "AzureKeyVaultBackend refuses to give it"),
    "no right": ("ConfigError", "refuses to give it (HttpResponseError, 403)"),
    "vault away": ("Unavailable", "AzureKeyVaultBackend cannot be asked for it now"),
    "not trusted": ("Unavailable", "AzureKeyVaultBackend cannot be asked for it now"),
    "file": ("", "Vestkyst"),
    "file before variable": ("", "Nordlys"),
    "file as yaml": ("", "Vestkyst"),
    "not in the file": ("", "Nordlys"),
    "broken file": ("ConfigError", "what LocalFilesystemBackend has cannot be read"),
    "no suffix": ("ConfigError", "one that this process may read and that ends in .json"),
    "no file": ("ConfigError", "what LocalFilesystemBackend has cannot be read (FileNotFoundError)"),
    "variable": ("", "Nordlys"),
    "broken variable": ("ConfigError", "what EnvironmentVariablesBackend has cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("case", EXPECTED)
def test_where_connections_come_from_and_how_that_fails(
    told: dict[str, tuple[str, str]], case: str
) -> None:
    name, text = told[case]
    expected, words = EXPECTED[case]
    assert name == expected, text
    assert words in text
    for secret in (PLANTED, GRANT, "sandbox-app-secret", "sandbox-secret-"):
        assert secret not in text


_AGREEMENT = """
id: vaulted
name: Vaulted
vendor: economic
connection: economic_nordlys
schedule: null
timezone: Europe/Copenhagen
start_date: 2024-01-01
entities: [self]
"""


@whole_suite
def test_a_task_takes_its_connection_from_the_vault(place: Place, dsn: str, tmp_path: Path) -> None:
    """The worker's own way: the task's process asks the vault, and neither its log nor XCom shows what it got."""
    python(_FILL, VAULT, environ=place.environ, stdin=json.dumps(
        {"airflow-connections-economic-nordlys": place.connection()}
    ))  # fmt: skip
    environ = {
        **place.environ,
        **from_backend(KEY_VAULT, VAULT_KWARGS),
        **home(place.folder, tmp_path, dsn),
    }
    (tmp_path / "vaulted.yaml").write_text(_AGREEMENT)
    airflow(environ, "db", "migrate")
    chosen = ("--mark-success-pattern", "facts|validate|prove|report")
    said = airflow(environ, "dags", "test", "saldo__vaulted", *chosen)
    with connect(dsn) as connection:
        assert connection.execute(
            "select entity, status, rows_read from ops.sync_run where agreement_id = 'vaulted'"
        ).fetchall() == [("self", "success", 1)]
    kept = [path for path in place.folder.rglob("*") if path.is_file() and "json" not in path.name]
    texts = [said.encode(), *(p.read_bytes() for p in kept if p.suffix not in (".yaml", ".pem"))]
    assert len(texts) > 1
    for text in texts:
        assert GRANT.encode() not in text
        assert b"sandbox-secret-" not in text


def test_a_vault_that_is_away_is_told_as_what_it_is(told: dict[str, tuple[str, str]]) -> None:
    """Not as an outage of the vendor, which it looks like to the task."""
    name, text = told["vault away"]
    said = headline("economic", "accounts", name, text)
    assert said == "the place that keeps the connections does not answer"
    assert cause_of(name, text) != cause_of("Unavailable", "economic: GET /accounts answered 503")
