"""From a connection of the type msgraph, or of a store, to a source of files."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from deploy.sandbox import vendor_connections
from saldo.errors import ConfigError
from saldo.files.configuration import FileConfiguration
from saldo.files.loading import load_file_configurations
from saldo.files.places.source import Seen
from tests.support import QUICK, Sandbox


def of_sandbox(id: str) -> FileConfiguration:
    [found] = load_file_configurations(only=id).good
    return found


def connect(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, **other: object) -> None:
    name = "AIRFLOW_CONN_MSGRAPH_SANDBOX"
    connection = json.loads(vendor_connections(sandbox.url)[name])
    connection["extra"].update(other.pop("extra", {}))
    monkeypatch.setenv(name, json.dumps({**connection, **other}))


@pytest.mark.parametrize("id", ["budget_nordlys", "mapping_nordlys"])
def test_the_sandboxs_own_files(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, sandbox: Sandbox, id: str
) -> None:
    from saldo.hooks.files import source_of

    caplog.set_level("DEBUG")

    connect(monkeypatch, sandbox)
    source, into = source_of(of_sandbox(id), policy=QUICK), io.BytesIO()
    found = source.changes(Seen())
    assert found.changed
    source.fetch(found.changed[-1], into, max_bytes=1 << 20)
    assert into.read(2) == b"PK"
    assert "tempauth" not in caplog.text


def test_what_a_connection_cannot_be(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    from saldo.hooks.graph import graph_client

    with pytest.raises(
        ConfigError, match="file 'x' needs the Airflow connection 'msgraph_nowhere'"
    ):
        graph_client("msgraph_nowhere", file_id="x")
    for other, words in (
        ({"conn_type": "http"}, "is of the type 'http'; files in SharePoint need"),
        ({"extra": {"expires_on": "2020-01-01"}}, "expired on 2020-01-01"),
        ({"extra": {"environment": "production"}}, "holds a production key"),
        ({"login": ""}, "has no Client ID"),
    ):
        connect(monkeypatch, sandbox, **other)
        with pytest.raises(ConfigError, match=words) as raised:
            graph_client("msgraph_sandbox", file_id="x")
        assert "sandbox-secret" not in str(raised.value)


def test_a_folder(tmp_path: Path) -> None:
    from saldo.hooks.files import source_of

    (tmp_path / "a.csv").write_text("1")
    values = {"id": "x", "kind": "budget", "agreement": "x", "match": "*.csv"}
    here = {"folder": f"file://{tmp_path}"}
    found = FileConfiguration.model_validate({**values, "source": here})
    assert [file.name for file in source_of(found).changes(Seen()).changed] == ["a.csv"]
    there = {"folder": "abfs://nowhere@container/x"}
    says = r"file 'x': `source.folder` names the Airflow connection 'nowhere', which does not exist"
    with pytest.raises(ConfigError, match=says):
        source_of(FileConfiguration.model_validate({**values, "source": there}))


def test_a_folder_is_opened_with_what_its_connection_says_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker lives longer than a key."""
    from saldo.hooks.files import source_of

    values = {"id": "x", "kind": "budget", "agreement": "x", "match": "*.csv"}
    found = FileConfiguration.model_validate(
        {**values, "source": {"folder": "abfs://drop@container/x"}}
    )
    for account in ("before", "after"):
        connection = {"conn_type": "wasb", "login": account, "password": "a2V5"}
        monkeypatch.setenv("AIRFLOW_CONN_DROP", json.dumps(connection))
        source = source_of(found)
        assert source._fs.account_name == account
        assert source._root == "container/x"
