"""A connection of the Microsoft provider's type: its fields, secret or certificate, and what they cannot be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from saldo.declarations.connection_form import Fields
from saldo.errors import AuthError, ConfigError, Unavailable
from saldo.graph.address import SiteAddress
from saldo.graph.client import GraphClient
from saldo.graph.connection import client_of
from tests.graph.site import CALLER, HOST
from tests.support import QUICK, Sandbox
from tests.vendors.test_checks import fault

PASSWORD = "the password of the key"
NORDLYS = SiteAddress.of(f"{HOST}:/sites/nordlys")


def pem_of(key: PrivateKeyTypes, *, password: str = "") -> bytes:
    lock = (
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


def certificate_of(key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "saldo")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def made(sandbox: Sandbox, **other: Any) -> GraphClient:
    """A connection; other: fields that differ, of whichever part."""
    extra = {
        "tenant_id": "fjordgruppen.example", "authority": f"{sandbox.url}/entra",
        "base_url": f"{sandbox.url}/graph/v1.0", "verify": True, "trust_env": True,
    }  # fmt: skip
    parts = {"host": None, "login": "app-all", "password": "sandbox-secret-app-all"}
    for name, value in other.items():
        (parts if name in parts else extra)[name] = value
    return client_of(Fields.of(**parts, extra=extra), CALLER, QUICK)


def test_a_secret(sandbox: Sandbox) -> None:
    assert made(sandbox).site(NORDLYS).display_name == "Nordlys ApS"


@pytest.mark.parametrize("is_locked", [False, True])
@pytest.mark.parametrize("is_file", [False, True])
def test_a_certificate(
    sandbox: Sandbox, key: rsa.RSAPrivateKey, tmp_path: Path, is_file: bool, is_locked: bool
) -> None:
    app, password = f"app-certificate-{is_file}-{is_locked}", PASSWORD if is_locked else None
    url = f"{sandbox.url}/sandbox/credentials/entra/{app}"
    requests.put(url, json={"secret": certificate_of(key).decode()}, timeout=10).raise_for_status()
    pem = pem_of(key, password=password or "") + certificate_of(key)
    file = tmp_path / "app.pem"
    file.write_bytes(pem)
    fields = {"certificate_path": str(file)} if is_file else {"certificate_data": pem.decode()}
    assert made(sandbox, login=app, password=password, **fields).site(NORDLYS)


def test_a_certificate_the_app_does_not_have(sandbox: Sandbox, key: rsa.RSAPrivateKey) -> None:
    data = (pem_of(key) + certificate_of(key)).decode()
    of = made(sandbox, password=None, certificate_data=data)
    with pytest.raises(AuthError, match="AADSTS700027") as raised:
        of.site(NORDLYS)
    assert "eyJ" not in str(raised.value)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"password": "wrong"}, "AADSTS7000215"),
        ({"login": "nobody"}, "AADSTS700016"),
        ({"tenant_id": "elsewhere.example"}, "AADSTS90002"),
        ({"login": "app-old-secret", "password": "sandbox-secret-app-old-secret"}, "AADSTS7000222"),
        ({"scopes": "https://graph.microsoft.com/Files.Read"}, "AADSTS1002012"),
    ],
)
def test_a_refusal_is_told_with_its_code_and_never_tried_again(
    sandbox: Sandbox, other: dict[str, str], code: str
) -> None:
    of = made(sandbox, **other)
    with pytest.raises(AuthError, match=code) as raised:
        of.site(NORDLYS)
    assert "'msgraph_x'" in str(raised.value)
    assert "sandbox-secret" not in str(raised.value)
    assert of.usage.retries == 0


def test_an_identity_provider_in_trouble_is_waited_out(sandbox: Sandbox) -> None:
    fault(sandbox, "entra", "503")
    assert made(sandbox).site(NORDLYS)
    fault(sandbox, "entra", "503", times=9)
    with pytest.raises(Unavailable):
        made(sandbox).site(NORDLYS)


def test_the_fields_the_provider_puts_an_address_together_from(sandbox: Sandbox) -> None:
    """host with its scheme or with schema, and api_version."""
    host = sandbox.url.removeprefix("http://")
    for values in ({"host": f"{sandbox.url}/graph"}, {"host": f"{host}/graph", "schema": "http"}):
        fields = Fields.of(
            host=values["host"], login="app-all", password="sandbox-secret-app-all",
            extra={"tenant_id": "fjordgruppen.example", "authority": f"{sandbox.url}/entra"},
        )  # fmt: skip
        of = client_of(fields, CALLER, QUICK, schema=values.get("schema", ""))
        assert of.site(NORDLYS)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"login": None}, "has no Client ID"),
        ({"password": None}, "has no Client Secret"),
        ({"tenant_id": None}, "has no Tenant ID"),
        ({"tenant_id": "a/b"}, "Tenant ID that cannot be one"),
        ({"base_url": "http://graph.example.com/v1.0"}, "its Base URL begins with http://"),
        ({"authority": "http://login.example.com"}, "its Authority begins with http://"),
        ({"certificate_path": "/nowhere.pem"}, "certificate /nowhere.pem cannot be read"),
        ({"certificate_data": "no certificate"}, "no key can be read"),
    ],
)
def test_what_a_field_cannot_be(sandbox: Sandbox, other: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as raised:
        made(sandbox, **other)
    assert str(raised.value).startswith("the Airflow connection 'msgraph_x'")


def test_what_a_certificate_cannot_be(sandbox: Sandbox, key: rsa.RSAPrivateKey) -> None:
    other, curve = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    cases = {
        "has no certificate beside its key": (pem_of(key), ""),
        "do not belong together": (pem_of(key) + certificate_of(other), ""),
        "is no RSA key": (pem_of(curve) + certificate_of(curve), ""),
        "is locked: enter its password": (pem_of(key, password=PASSWORD) + certificate_of(key), ""),
        "wants no password": (pem_of(key) + certificate_of(key), PASSWORD),
    }
    for words, (pem, password) in cases.items():
        with pytest.raises(ConfigError, match=words) as raised:
            made(sandbox, password=password or None, certificate_data=pem.decode())
        assert "PRIVATE" not in str(raised.value)
        assert PASSWORD not in str(raised.value)
