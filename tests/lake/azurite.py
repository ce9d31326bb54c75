"""A real storage of Azure on this machine: Azurite, Microsoft's own, from npm (tests/azurite.sh)."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.storage.blob import (
    AccountSasPermissions,
    BlobServiceClient,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_container_sas,
)

from tests.conftest import free_port
from tests.support import PROJECT

ACCOUNT = "saldotests"
_PROGRAM = PROJECT / ".venv/azurite/node_modules/azurite/dist/src/blob/main.js"
_ARGUMENTS = ("--silent", "--skipApiVersionCheck", "--disableTelemetry", "--blobHost", "127.0.0.1")


class Azurite:
    """certificate: its key and itself, where it speaks TLS; it then also takes tokens of Entra."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        self._folder, self.port = "", free_port()
        self._certificate = certificate
        #: What opens the whole account.
        self.key = base64.b64encode(os.urandom(64)).decode()
        scheme = "https" if certificate else "http"
        self.host = f"127.0.0.1:{self.port}/{ACCOUNT}"
        self.url = f"{scheme}://{self.host}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Azurite:
        self._folder = tempfile.mkdtemp(prefix="saldo-azurite-")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        node = shutil.which("node")
        if not node or not _PROGRAM.exists():
            raise FileNotFoundError("Azurite is not installed: tests/azurite.sh does it")
        tls = []
        if self._certificate:
            key, certificate = self._certificate
            tls = ["--key", str(key), "--cert", str(certificate), "--oauth", "basic"]
        self._process = subprocess.Popen(
            [node, str(_PROGRAM), *_ARGUMENTS, "--blobPort", str(self.port), "--location", self._folder, *tls],
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{self.key}"}, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), 1),
            ):
                return
            assert self._process.poll() is None, "Azurite ended"
            time.sleep(0.1)
        raise TimeoutError("Azurite did not start")

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    # --- what an administrator of the account does ------------------------------------------------

    @property
    def client(self) -> BlobServiceClient:
        verify: Any = str(self._certificate[1]) if self._certificate else True
        return BlobServiceClient.from_connection_string(
            self.connection_string(), connection_verify=verify
        )

    def container(self, name: str) -> str:
        """Make an empty one."""
        self.client.create_container(name)
        return name

    def names(self, container: str) -> list[str]:
        """What anybody sees in it."""
        return sorted(
            blob.name for blob in self.client.get_container_client(container).list_blobs()
        )

    # --- what opens it ----------------------------------------------------------------------------

    def connection_string(self, *, key: str | None = None, sas: str | None = None) -> str:
        opens = (
            f"SharedAccessSignature={sas}"
            if sas
            else f"AccountName={ACCOUNT};AccountKey={key or self.key}"
        )
        return f"{opens};BlobEndpoint={self.url}"

    def sas(
        self, container: str, permissions: str = "racwdl", *, hours: float = 1, policy: str | None = None
    ) -> str:  # fmt: skip
        """A signature for one container: `permissions` until some hours from now, or as a policy of it says."""
        terms: dict[str, Any] = {"policy_id": policy} if policy else {
            "permission": ContainerSasPermissions.from_string(permissions), **_for(hours),
        }  # fmt: skip
        return generate_container_sas(ACCOUNT, container, self.key, **terms)

    def account_sas(self, permissions: str) -> str:
        """A signature for files of all containers, and for nothing else of them."""
        return generate_account_sas(
            ACCOUNT, self.key, ResourceTypes(object=True), AccountSasPermissions.from_string(permissions),
            **_for(1),
        )  # fmt: skip


def _for(hours: float) -> dict[str, datetime]:
    now = datetime.now(UTC)
    return {"start": now - timedelta(days=1), "expiry": now + timedelta(hours=hours)}


def connection(conn_type: str = "wasb", **fields: Any) -> str:
    """The value of AIRFLOW_CONN_…"""
    return json.dumps({"conn_type": conn_type, **fields})
