"""Moneybird's two kinds of tokens: one that a person made, which lasts, and one of an app, which may be renewed.

An app's access token presently has no expiry, although there is a refresh token: it is renewed when it is refused, or when
its time is over where it has one.
"""

from __future__ import annotations

from saldo.declarations.connection_form import Fields
from saldo.errors import ConfigError
from saldo.transport import Auth, Caller, Policy, Reply, TokenAuth
from saldo.transport.refresh_token import App, RefreshTokenAuth

from .limits import missing_scope

#: What the connection of an app must hold, all of it.
_OF_AN_APP = ("client_id", "client_secret", "refresh_token")


class AppToken(RefreshTokenAuth):
    """An app's. A 401 for a scope that is missing does not mean the token: a new one would lack it, too."""

    def is_refused(self, reply: Reply) -> bool:
        return super().is_refused(reply) and missing_scope(reply) is None


def app_of(fields: Fields, caller: Caller) -> App | None:
    """What renews the token; None for a token that lasts. Raises ConfigError where a part is missing."""
    missing = [name for name in _OF_AN_APP if not fields[name]]
    if len(missing) == len(_OF_AN_APP):
        return None
    if missing:
        raise ConfigError(
            f"the Airflow connection {caller.connection!r} holds a part of an app's credentials: fill in "
            f"{', '.join(missing)} too, or empty the others for a personal token"
        )
    return App(
        fields["client_id"],
        fields["token_url"],
        client_secret=fields["client_secret"],
        refresh_token=fields["refresh_token"],
    )


def auth_of(caller: Caller, token: str, app: App | None, policy: Policy | None) -> Auth:
    """What gives requests the token."""
    return AppToken(caller, token, app, policy=policy) if app else TokenAuth(token)
