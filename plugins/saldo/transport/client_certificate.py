"""Who an app is, shown by a certificate: it signs an assertion in place of a secret (RFC 7523).

Source: https://learn.microsoft.com/entra/identity-platform/certificate-credentials (PS256, thumbprint `x5t#S256`).
"""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable, Collection, Generator

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from saldo.errors import ConfigError

from . import Auth, Reply, Request

_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: An assertion is for one request; clocks differ.
_LASTS_S = 600


class ClientCertificate(Auth):
    """Id and signed assertion in the form that asks for a token.

    pem: an RSA private key and its certificate, one after the other; password: of the key, empty for none. where: names
    them in messages. Raises ConfigError for what cannot be used.
    """

    def __init__(
        self,
        client_id: str,
        pem: bytes,
        *,
        password: str = "",
        where: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._client_id, self._password, self._clock = client_id, password, clock
        self._key = _key(pem, password, where)
        certificate = _certificate(pem, where)
        if certificate.public_key() != self._key.public_key():
            raise ConfigError(
                f"{where}: key and certificate do not belong together; export both anew"
            )
        self._thumbprint = _base64(certificate.fingerprint(hashes.SHA256()))
        self._given = ""

    @property
    def secrets(self) -> Collection[str]:
        return (self._password, self._given)

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        now = int(self._clock())
        claims = {
            "aud": request.url,
            "iss": self._client_id,
            "sub": self._client_id,
            "jti": str(uuid.uuid4()),
            "nbf": now - 60,
            "iat": now,
            "exp": now + _LASTS_S,
        }
        headers = {"x5t#S256": self._thumbprint}
        self._given = jwt.encode(claims, self._key, algorithm="PS256", headers=headers)
        yield request.adding(
            form={
                "client_id": self._client_id,
                "client_assertion_type": _TYPE,
                "client_assertion": self._given,
            }
        )


def _key(pem: bytes, password: str, where: str) -> RSAPrivateKey:
    try:
        found = serialization.load_pem_private_key(pem, password.encode() or None)
    except TypeError:
        remedy = "wants no password" if password else "is locked: enter its password"
        raise ConfigError(f"{where}: the key of the certificate {remedy}") from None
    except ValueError:
        raise ConfigError(
            f"{where}: no key can be read; it must be PEM text with a private key and the "
            "certificate, and the password that of the key"
        ) from None
    if not isinstance(found, RSAPrivateKey):
        raise ConfigError(f"{where}: the key of the certificate is no RSA key; make one with RSA")
    return found


def _certificate(pem: bytes, where: str) -> x509.Certificate:
    start = pem.find(b"-----BEGIN CERTIFICATE-----")
    try:
        if start >= 0:
            return x509.load_pem_x509_certificate(pem[start:])
    except ValueError:
        pass
    raise ConfigError(
        f"{where}: has no certificate beside its key; add the text that begins with "
        "`-----BEGIN CERTIFICATE-----`"
    )


def _base64(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
