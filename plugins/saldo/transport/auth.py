"""Credentials: an object that adds them to each request and sees the answer, so that it may try
once more."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping

from .limiter import WindowLimiter
from .messages import Reply, Request


class Auth:
    """Gives requests their credentials. Safe to use from several threads.

    limiter: what the vendor allows these credentials; transports that share the object share the
    limit.
    """

    def __init__(self) -> None:
        self.limiter = WindowLimiter()

    @property
    def secrets(self) -> Collection[str]:
        """What no message may show, as far as it has been given to a request."""
        return ()

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        """The request with credentials. It is sent, and the answer comes back as the value of `yield`; what
        is yielded then is sent in its place. Raises what getting credentials raises."""
        yield request


class HeaderAuth(Auth):
    """Headers that stay the same."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__()
        self._headers = dict(headers)

    @property
    def secrets(self) -> Collection[str]:
        """A scheme such as Bearer is no secret; what follows it is."""
        return {part for value in self._headers.values() for part in (value, value.split(" ")[-1])}

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        yield request.adding(headers=self._headers)


class TokenAuth(HeaderAuth):
    """A token that lasts, in `Authorization`."""

    def __init__(self, token: str, *, scheme: str = "Bearer") -> None:
        super().__init__({"Authorization": f"{scheme} {token}"})


class LimitedApart(Auth):
    """The credentials of another object, with a limit of their own: of services that are limited apart."""

    def __init__(self, auth: Auth) -> None:
        super().__init__()
        self._auth = auth

    @property
    def secrets(self) -> Collection[str]:
        return self._auth.secrets

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        yield from self._auth.flow(request)


class RenewableTokenAuth(Auth):
    """A bearer token that runs out; when the vendor refuses it (401), a new one is tried, once."""

    def __init__(self) -> None:
        super().__init__()
        self._given: list[str] = []

    def token(self) -> str:
        """One that is valid for a while yet; raises what any request raises."""
        raise NotImplementedError

    def drop(self, refused: str) -> None:
        """The next token() is a new one, unless another thread has fetched it already."""
        raise NotImplementedError

    def is_refused(self, reply: Reply) -> bool:
        """Whether an answer refuses the token, rather than what was asked for with it."""
        return reply.status == 401

    @property
    def secrets(self) -> Collection[str]:
        return self._given

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        token = self.token()
        reply = yield self._with_bearer(request, token)
        if self.is_refused(reply):
            self.drop(token)
            yield self._with_bearer(request, self.token())

    def _with_bearer(self, request: Request, token: str) -> Request:
        if token not in self._given:
            self._given.append(token)
        return request.adding(headers={"Authorization": f"Bearer {token}"})
