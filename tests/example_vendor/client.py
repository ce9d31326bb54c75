"""The client: a bearer token, pages that lead to the next, and a stream of changes from an opaque cursor on.

It counts nothing. What was deleted is named in the stream, by the fields of its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from saldo.declarations.connection_form import Fields
from saldo.declarations.entity import Entity
from saldo.declarations.source import EVERYTHING, Page, Request, Usage
from saldo.errors import ConfigError
from saldo.staging.records import tolerant
from saldo.transport import Caller, Policy, TokenAuth, Transport
from saldo.transport.prefetch import prefetched
from saldo.ways.delta import Changes


class _Answer(msgspec.Struct):
    data: list[msgspec.Raw]
    next_page: str | None
    removed: list[dict[str, str]] = []


class _Cursor(msgspec.Struct):
    cursor: str


class _Companies(msgspec.Struct):
    data: list[dict[str, Any]]


_answer = tolerant(msgspec.json.Decoder(_Answer).decode)
_cursor = msgspec.json.Decoder(_Cursor).decode
_companies = tolerant(msgspec.json.Decoder(_Companies).decode)


class ExampleClient:
    """Reads one company. Safe to use from several threads."""

    daily_calls: int | None = None

    def __init__(
        self, caller: Caller, *, token: str, url: str, policy: Policy | None = None
    ) -> None:
        self._caller, self.url = caller, url.rstrip("/")
        self._transport = Transport(
            caller, base_urls=(self.url,), auth=TokenAuth(token), policy=policy
        )
        self.usage: Usage = self._transport.usage

    def company(self) -> dict[str, Any]:
        """The company the token opens. Raises as Transport.get does."""
        return self._transport.get(f"{self.url}/company", decode=_companies).data[0]

    def check_identity(self, known: str | None) -> str:
        """See Source.check_identity."""
        found = str(self.company()["company_id"])
        if known not in (None, found):
            raise ConfigError(
                f"example_vendor agreement {self._caller.agreement!r}: the token of connection "
                f"{self._caller.connection!r} opens company {found}, but earlier runs landed {known}; "
                "nothing was landed. Correct the token"
            )
        return found

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        """See Source.pages."""
        yield from prefetched(self._follow(entity, request, resume))

    def sample(self, entity: Entity) -> Page:
        """See Source.sample."""
        return next(self._follow(entity, EVERYTHING, None))

    def delta_cursor(self, entity: Entity) -> str:
        """See DeltaSource.delta_cursor."""
        return self._transport.get(f"{self.url}/{entity.path}/cursor", decode=_cursor).cursor

    def _follow(self, entity: Entity, request: Request, resume: str | None) -> Iterator[Page]:
        path, params = entity.path, {"page": resume} if resume else {}
        if isinstance(request, Changes):
            path, params = f"{path}/changes", {**params, "cursor": request.cursor}
        while True:
            found = self._transport.get(f"{self.url}/{path}", params=params, decode=_answer)
            deleted = ("|".join(one[part] for part in entity.key_parts) for one in found.removed)
            yield Page(found.data, found.next_page, deleted=tuple(deleted))
            if found.next_page is None:
                return
            params = {**params, "page": found.next_page}


def client_of(fields: Fields, caller: Caller, policy: Policy | None) -> ExampleClient:
    """The client of a connection."""
    return ExampleClient(caller, token=fields.password, url=fields.host, policy=policy)
