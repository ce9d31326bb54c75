"""Tokens that were renewed, kept for the next task: ops.renewed_token.

They are sealed with the app's secret, which only the connection holds: who reads the warehouse cannot use them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from hashlib import blake2b, sha256

import msgspec
import psycopg
from cryptography.fernet import Fernet, InvalidToken

from saldo.transport.refresh_token import App, Tokens

_decode = msgspec.json.Decoder(Tokens).decode
_NEWEST = "select t.sealed from ops.renewed_token as t where t.credentials = %s"
_KEEP = """
insert into ops.renewed_token as t (credentials, sealed, renewed_at)
values (%s, %s, clock_timestamp())
on conflict (credentials) do update set
    sealed = excluded.sealed,
    renewed_at = excluded.renewed_at"""


class RenewedTokens:
    """A TokenStore in the warehouse. Its rows belong to the tokens the connection holds: who enters others begins anew."""

    def __init__(self, dsn: str, vendor: str, app: App) -> None:
        self._dsn = dsn
        entered = f"{vendor} {app.client_id} {app.refresh_token}"
        self._credentials = f"{vendor} {blake2b(entered.encode(), digest_size=12).hexdigest()}"
        key = sha256(f"saldo {app.client_secret} {app.refresh_token}".encode()).digest()
        self._seal = Fernet(base64.urlsafe_b64encode(key))

    def newest(self) -> Tokens | None:
        """See TokenStore.newest. What was sealed with another secret counts as none."""
        with psycopg.connect(self._dsn) as connection:
            return self._found(connection)

    def renewed(self, known: Tokens, renew: Callable[[Tokens], Tokens]) -> Tokens:
        """See TokenStore.renewed. Who waits for the vendor may lose the connection; the old refresh token has ended then,
        so the new one is kept over another."""
        connection = psycopg.connect(self._dsn)
        try:
            connection.execute(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [self._credentials]
            )
            found = self._found(connection)
            if found is not None and found.access_token != known.access_token:
                return found
            made = renew(found or known)
            try:
                self._keep(connection, made)
            except psycopg.OperationalError:
                with psycopg.connect(self._dsn) as another:
                    self._keep(another, made)
            return made
        finally:
            connection.close()

    def _keep(self, connection: psycopg.Connection[tuple[bytes]], made: Tokens) -> None:
        sealed = self._seal.encrypt(msgspec.json.encode(made))
        connection.execute(_KEEP, [self._credentials, sealed])
        connection.commit()

    def _found(self, connection: psycopg.Connection[tuple[bytes]]) -> Tokens | None:
        row = connection.execute(_NEWEST, [self._credentials]).fetchone()
        try:
            return _decode(self._seal.decrypt(bytes(row[0]))) if row else None
        except InvalidToken:
            return None
