"""A token by OAuth 2.0 client credentials (RFC 6749 §4.4), as Microsoft's identity platform gives them.

Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow. There is no
refresh token: a token that runs out is asked for again. What is refused comes as 400 or 401 with
{"error": "invalid_client", "error_description": "AADSTS7000215: ..."}; AADSTS… is the code that counts.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Generator
from dataclasses import replace

import msgspec

from saldo.errors import AuthError, BadResponse, Unavailable

from . import Auth, Caller, Policy, RenewableTokenAuth, Reply, Request, Transport

#: A token is not used in the last minutes of its life: requests take their time, and clocks differ.
MARGIN_S = 300
_CODE = re.compile(r"AADSTS(\d{4,8})")
#: What the platform says of itself and not of the app (RetryableError, ExternalServerRetryableError, RequestBudgetExceededError,
#: MsodsServiceUnavailable). Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
_PASSING = frozenset({"AADSTS50033", "AADSTS90006", "AADSTS90024", "AADSTS90033"})
#: What a proper refusal holds; other 400s come from something that is no identity provider.
_REFUSAL = re.compile(r'"error"\s*:\s*"')


class _Answer(msgspec.Struct):
    access_token: str
    expires_in: int = 3600


# Older endpoints write the seconds as text.
_answer = msgspec.json.Decoder(_Answer, strict=False).decode


class ClientSecret(Auth):
    """Id and secret in the form that asks for a token (RFC 6749 §2.3.1)."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        super().__init__()
        self._form = {"client_id": client_id, "client_secret": client_secret}

    @property
    def secrets(self) -> Collection[str]:
        return (self._form["client_secret"],)

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        yield request.adding(form=self._form)


class ClientCredentials(RenewableTokenAuth):
    """The token of an app; safe to use from several threads.

    One request a token, made without retries of its own: the transport that needs the token retries.
    These requests are the identity provider's, and no part of a vendor's daily budget.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        token_url: str,
        proof: Auth,
        scope: str,
        policy: Policy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """proof: what shows who the app is, a ClientSecret or a ClientCertificate."""
        super().__init__()
        self._caller = caller
        self._url = token_url
        self._form = {"grant_type": "client_credentials", "scope": scope}
        self._transport = Transport(
            caller,
            base_urls=(token_url.rpartition("/")[0],),
            auth=proof,
            policy=replace(policy or Policy(), max_tries=1),
        )
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._lasts_until = 0.0

    def token(self) -> str:
        """One that is valid for some minutes yet. Raises AuthError when id or secret are refused,
        whatever the status; else what any request raises."""
        with self._lock:
            if not self._token or self._clock() >= self._lasts_until:
                asked_at = self._clock()
                found = self._fetch()
                # A token of less than the margin is used for half its life.
                lasts_s = max(found.expires_in - MARGIN_S, found.expires_in / 2)
                self._token, self._lasts_until = found.access_token, asked_at + lasts_s
            return self._token

    def drop(self, refused: str) -> None:
        """See RenewableTokenAuth.drop."""
        with self._lock:
            if self._token == refused:
                self._token = ""

    def _fetch(self) -> _Answer:
        try:
            return self._transport.ask(self._url, form=self._form, decode=_answer)
        except (AuthError, BadResponse) as error:
            if not is_refusal(error):
                raise
            code = refusal_code(error)
            if code in _PASSING:
                raise Unavailable(
                    f"{self._caller.name}: the identity provider cannot give a token now ({code}); it is tried again by itself",
                    error.evidence,
                ) from None
            raise AuthError(
                f"{self._caller.name}: the identity provider refuses the client id or its secret"
                f"{f' ({code})' if code else ''}; correct them in the Airflow connection {self._caller.connection!r}",
                error.evidence,
            ) from None


def is_refusal(error: AuthError | BadResponse) -> bool:
    """Whether an identity provider refused, rather than something else that answers at its address."""
    is_status = error.evidence.status in (400, 401, 403)
    return is_status and bool(_REFUSAL.search(error.evidence.body))


def refusal_in(text: str) -> str | None:
    """The code of a refusal of Microsoft's identity platform in a text; None for none, and for one that passes by itself."""
    found = _CODE.search(text)
    return found[0] if found and found[0] not in _PASSING else None


def refusal_code(error: AuthError | BadResponse) -> str | None:
    """The identity provider's code, e.g. AADSTS7000215, if it gave one."""
    found = _CODE.search(error.evidence.body)
    return found[0] if found else None
