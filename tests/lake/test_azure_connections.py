"""Every kind of connection that opens a lake in Azure, by what Airflow's provider and Microsoft's libraries make of it:
over TLS, against Azurite and against those who give tokens."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.certificates import write_certificate
from tests.support import PROJECT

from .azurite import ACCOUNT, Azurite, connection
from .identities import APP, APP_SECRET, LOGIN, MACHINE, TENANT, identities

#: Connections on stdin by name; what came of writing and listing by each, on stdout.
_TRY = """
import hashlib, json, logging, os, sys
logging.basicConfig(level=logging.INFO)
from saldo.hooks.lake import lake_store
found = {}
for name, conn in json.loads(sys.stdin.read()).items():
    os.environ["AIRFLOW_CONN_LAKE"] = conn
    try:
        store, path = lake_store(), f"economic-dev/{name}/a.parquet"
        with store.spill(path) as spilled:
            spilled.write_bytes(b"rows")
            store.publish(spilled, path, hashlib.sha256(b"rows").hexdigest())
        found[name] = store.sizes(f"economic-dev/{name}")
    except Exception as error:
        found[name] = f"{type(error).__name__}: {error}"
print("\\n" + json.dumps(found))
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of each connection, what was logged, and what was asked of those who give tokens."""
    certificate = write_certificate(tmp_path_factory.mktemp("tls"), LOGIN)
    with Azurite(certificate) as azurite, identities(certificate) as found:
        azurite.container("lake")
        conns = connections(azurite)
        done = subprocess.run(
            [sys.executable, "-c", _TRY],
            env={
                **os.environ, **found.environ, "SALDO_LAKE_URL": "abfs://lake@lake/books",
                "PYTHONPATH": f"{PROJECT / 'plugins'}",
            },
            input=json.dumps(conns), capture_output=True, text=True, check=False, timeout=200,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return {
            "came": json.loads(done.stdout.splitlines()[-1]), "asked": found.asked,
            "told": done.stdout + done.stderr, "sas": azurite.sas("lake"), "key": azurite.key,
        }  # fmt: skip


def connections(azurite: Azurite) -> dict[str, str]:
    """As docs/lake-stores.md has them; account_host is Azurite's, where Azure itself needs none."""
    here = {"account_host": azurite.host}
    named = {"account_name": ACCOUNT, **here}
    app: dict[str, Any] = {"login": APP, "password": APP_SECRET}
    return {
        "connection-string": connection(extra={"connection_string": azurite.connection_string()}),
        "account-key": connection(login=ACCOUNT, password=azurite.key, extra=here),
        "account-key-adls": connection("adls", host=ACCOUNT, password=azurite.key, extra=named),
        "key-of-a-host": connection(
            host=f"https://{ACCOUNT}.blob.core.windows.net", password=azurite.key, extra=here
        ),
        "sas": connection(login=ACCOUNT, extra={"sas_token": azurite.sas("lake"), **here}),
        "service-principal": connection("adls", **app, extra={"tenant_id": TENANT, **named}),
        "managed-identity": connection("adls", extra=named),
        "managed-identity-named": connection(
            "adls", extra={"managed_identity_client_id": MACHINE, **named}
        ),
        "wrong-secret": connection(
            "adls", login=APP, password="spilt-secret", extra={"tenant_id": TENANT, **named}
        ),
        "wrong-identity": connection(
            "adls", extra={"managed_identity_client_id": "nobody", **named}
        ),
        "no-account": connection("adls", password=azurite.key),
        "broken": connection(extra={"connection_string": f"AccountKey={azurite.key}"}),
    }


@pytest.mark.parametrize(
    "kind",
    ["connection-string", "account-key", "account-key-adls", "key-of-a-host", "sas", "service-principal",
     "managed-identity", "managed-identity-named"],
)  # fmt: skip
def test_it_opens_the_lake(tried: dict[str, Any], kind: str) -> None:
    assert tried["came"][kind] == {f"economic-dev/{kind}/a.parquet": 4}


def test_tokens_are_asked_for_as_the_connection_says(tried: dict[str, Any]) -> None:
    of_machine = [one.get("client_id") for one in tried["asked"] if "resource" in one]
    assert {None, MACHINE} <= set(of_machine)
    of_app = [one for one in tried["asked"] if one.get("client_id") == APP]
    assert {one["scope"].split()[0] for one in of_app} == {"https://storage.azure.com/.default"}


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("wrong-secret", "AADSTS7000215: Invalid client secret provided."),
        ("wrong-identity", "failed to retrieve a token from the included credentials. ManagedIdentityCredential:"),
        ("no-account", "the Airflow connection 'lake' cannot be used for Azure Data Lake ("),
        ("broken", "the Airflow connection 'lake' cannot be used for Azure Data Lake ("),
    ],
)  # fmt: skip
def test_what_cannot_open_it_says_so(tried: dict[str, Any], kind: str, sentence: str) -> None:
    assert tried["came"][kind].startswith("ConfigError: ")
    assert sentence in tried["came"][kind]


def test_no_secret_is_told(tried: dict[str, Any]) -> None:
    for secret in (tried["key"], APP_SECRET, "spilt-secret", tried["sas"].partition("sig=")[2]):
        assert secret not in tried["told"]
    assert "Request headers" not in tried["told"]


def test_the_page_shows_connections_that_were_tried() -> None:
    page = (PROJECT / "docs/lake-stores.md").read_text().partition("## S3")[0]
    shown = [json.loads(one) for one in re.findall(r"^```json\n(.*)\n```$", page, re.MULTILINE)]
    tried = [json.loads(one) for one in connections(Azurite()).values()]
    assert len(shown) == 5
    assert [one for one in shown if fields(one) not in [fields(other) for other in tried]] == []


def fields(conn: dict[str, Any]) -> set[str]:
    """The host of Azurite aside, which has another form than Azure's."""
    extra = {f"extra.{name}" for name in conn.get("extra", {}) if name != "account_host"}
    return {conn["conn_type"], *extra, *conn} - {"extra"}
