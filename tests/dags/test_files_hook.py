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
from saldo.files.source import Seen
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
    with pytest.raises(ConfigError, match=r"before the @ in `source.folder` does not exist"):
        source_of(FileConfiguration.model_validate({**values, "source": there}))
