"""Webhooks of Moneybird: whom they are taken from, and that nobody else learns anything."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from saldo.vendors.moneybird.webhooks import is_path, is_signed
from saldo.warehouse.connection import Connection
from saldo.yaml_files import YamlFiles
from sandbox.vendors.moneybird.webhooks import signature
from tests.support import write_agreement

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
SECRET, OTHER = "s" * 64, "o" * 64
PATH = "a-long-text-that-nobody-guesses"
HOOK = "/api/v1/webhooks/moneybird"


# --- signatures ----------------------------------------------------------------------------------


def signed(body: bytes = b"{}", secret: str = SECRET, at: int = AT) -> str:
    return signature(secret, body, at)


@pytest.mark.parametrize(
    ("header", "body", "late_s"),
    [
        (signed(), b"{}", 0),
        (signed(), b"{}", 299),
        (signed(), b"{}", -299),
        (f"t={AT},v1={'0' * 64},{signed().rpartition(',')[2]}", b"{}", 0),  # while secrets are changed
        (signed().replace(",", ", "), b"{}", 0),
        (signed("é".encode()), "é".encode(), 0),
    ],
)  # fmt: skip
def test_what_moneybird_signed_is_taken(header: str, body: bytes, late_s: int) -> None:
    assert is_signed(header, body, SECRET, now=NOW + timedelta(seconds=late_s))


@pytest.mark.parametrize(
    ("header", "body", "late_s"),
    [
        (signed(), b"{} ", 0),
        (signed(secret=OTHER), b"{}", 0),
        (signed(), b"{}", 301),
        (signed(), b"{}", -301),
        (signed().replace(str(AT), str(AT + 60)), b"{}", 60),  # the time is signed, too
        (f"t={AT}," + signed(), b"{}", 0),
        (signed().partition(",")[2], b"{}", 0),
        (signed().replace("v1=", "v2="), b"{}", 0),  # an older or newer scheme is not looked at
        (f"t={AT}", b"{}", 0),
        (f"t={AT},v1=", b"{}", 0),
        ("t=now,v1=x", b"{}", 0),
        (f"t={'9' * 400},v1=x", b"{}", 0),
        ("t=١٢٣,v1=é", b"{}", 0),
        ("", b"{}", 0),
    ],
)
def test_what_anybody_else_sends_is_not(header: str, body: bytes, late_s: int) -> None:
    assert not is_signed(header, body, SECRET, now=NOW + timedelta(seconds=late_s))


def test_what_could_be_guessed_is_no_secret() -> None:
    assert is_path(PATH, PATH)
    assert not is_path("short", "short")
    assert not is_path("", "")
    assert not is_path(f"{PATH}é", PATH)


# --- the route -----------------------------------------------------------------------------------


@pytest.fixture
def connected(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """With agreements on Moneybird: `open` by the address alone, `sealed` signed, too, `off` with no secret."""
    extras = {
        "open": {"webhook_secret": PATH},
        "sealed": {"webhook_secret": PATH, "webhook_signing_secret": SECRET},
        "off": {},
    }
    for id, extra in extras.items():
        write_agreement(
            tmp_path / "SALDO_AGREEMENTS_DIR", id, vendor="moneybird", connection=f"moneybird_{id}"
        )
        found = {
            "conn_type": "moneybird",
            "password": "x",
            "extra": {"administration_id": "1", **extra},
        }
        monkeypatch.setenv(f"AIRFLOW_CONN_MONEYBIRD_{id.upper()}", json.dumps(found))
    return client


@pytest.mark.parametrize(
    "path",
    [
        f"open/{PATH}x", "open/", f"sealed/{PATH}", f"off/{PATH}", "off/", "off/x", f"shop/{PATH}", f"nobody/{PATH}", f"%00/{PATH}",
        f"..%2Fopen/{PATH}", "open/%C3%A9",
    ],
)  # fmt: skip
def test_nobody_learns_what_is_wrong(connected: TestClient, path: str) -> None:
    answer = connected.post(f"{HOOK}/{path}", content=b"{}")
    assert (answer.status_code, answer.json()["title"]) == (404, "There is nothing here")


def test_what_anybody_sends_has_no_file_read(
    connected: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes milliseconds, and there may be hundreds."""
    connected.post(f"{HOOK}/nobody/{PATH}", content=b"{}")
    read: list[Path] = []

    def counted(files: YamlFiles[Any], path: Path) -> Any:
        read.append(path)
        return once(files, path)

    once = YamlFiles.read
    monkeypatch.setattr(YamlFiles, "read", counted)
    for id in ("nobody", "nobody_else", "open"):
        assert connected.post(f"{HOOK}/{id}/{PATH}x", content=b"{}").status_code == 404
    assert not read


def test_a_call_is_no_longer_than_a_document(connected: TestClient) -> None:
    answer = connected.post(f"{HOOK}/open/{PATH}", content=b" " * (1 << 20) + b"x")
    assert answer.status_code == 413


def test_a_sync_that_cannot_be_started_is_asked_for_again(
    connected: TestClient, warehouse: Connection
) -> None:
    for id, header in (
        ("open", ""),
        ("sealed", signed(b"[", at=int(datetime.now(UTC).timestamp()))),
    ):
        answer = connected.post(
            f"{HOOK}/{id}/{PATH}", content=b"[", headers={"Moneybird-Signature": header}
        )
        assert answer.status_code == 404
        assert answer.json()["title"] == "Airflow does not know this DAG", "the content is not read"
    assert warehouse.execute("select count(*) from ops.webhook_event").fetchone() == (0,)
