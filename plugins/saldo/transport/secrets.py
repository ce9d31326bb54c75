"""Secrets are masked in every message and every record."""

from __future__ import annotations

from .auth import Auth

#: Shorter ones may be words of the books; tokens are longer.
_SURELY_SECRET = 16
#: Bytes of a refused body that are searched for secrets; far more than is shown.
_LOOKED_AT = 64_000


class Secrets:
    """Removes from answers the secrets that an auth object has used."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    def hidden(self, body: bytes) -> bytes:
        """A proper answer without the tokens it repeats: a record is stored, and quoted when it is wrong."""
        for secret in self._longest_first():
            token = secret.encode()
            if len(secret) >= _SURELY_SECRET and token in body:
                body = body.replace(token, b"***")
        return body

    def beginning(self, body: bytes) -> str:
        """The first part of any answer as text without secrets, longer than what is shown: half a token is
        still a secret."""
        text = body[:_LOOKED_AT].decode("utf-8", "replace")
        for secret in self._longest_first():
            text = text.replace(secret, "***")
        return text

    def _longest_first(self) -> list[str]:
        """A secret that is part of another is masked after it."""
        return sorted(filter(None, self._auth.secrets), key=len, reverse=True)
