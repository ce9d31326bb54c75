"""The model as Microsoft's own library loads it: the server of npm's @microsoft/powerbi-modeling-mcp, where one is installed.

    npm install @microsoft/powerbi-modeling-mcp
    SALDO_POWERBI_MODELING=node_modules/@microsoft/powerbi-modeling-mcp-linux-x64/dist/powerbi-modeling-mcp make test PART=powerbi

Its preview licence allows it for developing and testing only, so that nothing installs it here.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from saldo.powerbi.columns import Loaded
from saldo.powerbi.measures import MEASURES
from saldo.powerbi.project import write
from saldo.powerbi.relationships import relationships

PROGRAM = os.environ.get("SALDO_POWERBI_MODELING", "")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="SALDO_POWERBI_MODELING names no program")


def connect_folder(folder: Path) -> dict[str, Any]:
    """What the server answers, asked over JSON-RPC by stdio."""
    hello = {
        "protocolVersion": "2024-11-05",
        "capabilities": {},
        "clientInfo": {"name": "saldo", "version": "1"},
    }
    asked = {"request": {"operation": "ConnectFolder", "folderPath": str(folder)}}
    calls = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {
            "id": 2,
            "method": "tools/call",
            "params": {"name": "connection_operations", "arguments": asked},
        },
    ]
    server = subprocess.Popen(
        [PROGRAM, "--start"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin
    assert server.stdout
    try:
        for call in calls:
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **call}) + "\n")
            server.stdin.flush()
        for line in server.stdout:
            answer: dict[str, Any] = json.loads(line)
            if answer.get("id") == 2:
                found: dict[str, Any] = json.loads(answer["result"]["content"][0]["text"])
                return found
    finally:
        server.kill()
        server.wait(10)
    raise AssertionError("no answer")


def test_the_model_loads(files: dict[str, str], model: tuple[Loaded, ...], tmp_path: Path) -> None:
    write(tmp_path, files)
    data = connect_folder(tmp_path / "Saldo.SemanticModel" / "definition")["data"]
    assert data["tablesLoaded"] == len(model) + 2
    assert data["measuresLoaded"] == len(MEASURES)
    assert data["relationshipsLoaded"] == len(relationships(model))


def test_a_broken_model_does_not(files: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, files)
    definition = tmp_path / "Saldo.SemanticModel" / "definition"
    path = definition / "relationships.tmdl"
    path.write_text(path.read_text().replace("'Journal entries'.'Account key'", "'Journal entries'.Nothing"))  # fmt: skip
    found = connect_folder(definition)
    assert "tablesLoaded" not in (found.get("data") or {})
    assert "Cannot resolve all the paths" in found["message"]
