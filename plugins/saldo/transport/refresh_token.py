"""OAuth 2.0 tokens that are renewed by a refresh token (RFC 6749 §6).

A vendor may give a new refresh token with every access token, and the old one ends then: what it gave last is kept by a
store that all tasks share. Without a store nothing is renewed: what was renewed would be lost, and with it the way in.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Protocol

import msgspec

from saldo.errors import AuthError, BadResponse

from . import Auth, Caller, Dialect, Policy, RenewableTokenAuth, Transport

#: A token is not used in the last minutes of its life.
_MARGIN_S = 300.0
#: What an answer calls them.
_TOKEN = re.compile(r'"(?:access|refresh)_token"\s*:\s*"[^"]*"?')


class Tokens(msgspec.Struct, frozen=True):
    """An access token and what renews it. used_until: seconds since 1970, some minutes before it runs out; None where
    nobody says when that is."""

    access_token: str
    refresh_token: str
    used_until: float | None = None

    def has_run_out(self, now: float) -> bool:
        """Whether it is not to be used any more."""
        return self.used_until is not None and now >= self.used_until


class TokenStore(Protocol):
    """Where the tokens renewed last are kept."""

    def newest(self) -> Tokens | None:
        """None where none has been renewed yet."""

    def renewed(self, known: Tokens, renew: Callable[[Tokens], Tokens]) -> Tokens:
        """Those that somebody else has renewed since `known`; else renew(known), which are kept. Nobody else
        renews meanwhile."""


@dataclass(frozen=True)
class App:
    """What an app shows to have tokens renewed, as a connection holds it."""

    client_id: str
    token_url: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


class _Answer(msgspec.Struct):
    access_token: str
    refresh_token: str | None = None
    expires_in: float | None = None


# Some write the seconds as text.
_answer = msgspec.json.Decoder(_Answer, strict=False).decode


class RefreshTokenAuth(RenewableTokenAuth):
    """The access token of an app, renewed when it has run out or is refused. Safe to use from several threads."""

    def __init__(
        self, caller: Caller, token: str, app: App, *, policy: Policy | None = None
    ) -> None:
        """token: the access token that the connection holds."""
        super().__init__()
        self._caller, self._app = caller, app
        self._transport = Transport(
            caller,
            base_urls=(app.token_url.rpartition("/")[0],),
            auth=_NoMessageShows((app.client_secret,), self),
            dialect=Dialect(gives_secrets=True, private=_TOKEN),
            # It may be carried out although no answer comes; twice, the second time with a token that has ended.
            policy=replace(policy or Policy(), max_tries=1),
        )
        self._lock = threading.Lock()
        self._tokens = Tokens(token, app.refresh_token)
        self._is_looked_up, self._refused = False, ""
        self.store: TokenStore | None = None

    @property
    def secrets(self) -> Collection[str]:
        return (*super().secrets, self._app.client_secret, self._tokens.refresh_token)

    def token(self) -> str:
        """One that is valid for some minutes yet. Raises AuthError when the refresh token is refused, or there is
        nowhere to keep a new one; else what any request raises."""
        with self._lock:
            if self.store is not None and not self._is_looked_up:
                self._tokens, self._is_looked_up = self.store.newest() or self._tokens, True
            is_refused = self._tokens.access_token == self._refused
            if is_refused or self._tokens.has_run_out(time.time()):
                self._tokens = self._renewed()
            return self._tokens.access_token

    def drop(self, refused: str) -> None:
        """See RenewableTokenAuth.drop."""
        with self._lock:
            self._refused = refused

    def _renewed(self) -> Tokens:
        if self.store is None:
            raise AuthError(
                f"{self._caller.name}: the access token of the Airflow connection {self._caller.connection!r} has run "
                "out or is refused. A run of the agreement renews it; here nothing could keep the new one"
            )
        return self.store.renewed(self._tokens, self._renew)

    def _renew(self, known: Tokens) -> Tokens:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": known.refresh_token,
            "client_id": self._app.client_id,
            "client_secret": self._app.client_secret,
        }
        asked_at = time.time()
        try:
            found = self._transport.ask(self._app.token_url, form=form, decode=_answer)
        except (AuthError, BadResponse) as error:
            if error.evidence.status not in (400, 401, 403):
                raise
            raise AuthError(
                f"{self._caller.name}: the refresh token of the Airflow connection {self._caller.connection!r} is "
                "refused, or the client id or its secret are: authorise the app at the vendor once more, and enter the "
                "tokens it gives",
                error.evidence,
            ) from None
        refresh_token = found.refresh_token or known.refresh_token
        if found.expires_in is None:
            return Tokens(found.access_token, refresh_token)
        # A token of less than the margin is used for half its life.
        lasts_s = max(found.expires_in - _MARGIN_S, found.expires_in / 2)
        return Tokens(found.access_token, refresh_token, asked_at + lasts_s)


class _NoMessageShows(Auth):
    """No credentials in a header; what no message about the request for a token may show."""

    def __init__(self, secrets: Collection[str], of: Auth) -> None:
        super().__init__()
        self._secrets, self._of = secrets, of

    @property
    def secrets(self) -> Collection[str]:
        return (*self._secrets, *self._of.secrets)
