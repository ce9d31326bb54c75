"""The Xledger client: one GraphQL endpoint, a token of the entity it was made in.

Docs: the page at the endpoint itself (https://www.xledger.net/graphql), the vendor's sample
https://github.com/xledger/graphql-samples. Quirks handled here: the scheme of `Authorization` is `token`,
not Bearer; errors come with status 200 (graphql_errors.py); an empty list is null; ids come as numbers or as
text; a token sees its entity and those below it, and each scope is refused apart from the others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from saldo.declarations.connection_form import Fields
from saldo.declarations.source import Usage
from saldo.errors import AuthError, BadResponse, ConfigError
from saldo.staging.records import tolerant
from saldo.transport import Caller, Dialect, Policy, TokenAuth, Transport

from .graphql_errors import is_of_graphql, is_unknown_field, refusal

T = TypeVar("T")

#: The most rows a query gives.
MAX_PAGE = 10_000
#: `company` is what integrations ask for; the rest is what rows of entities have (seen 2026-11).
_WHO = "query { viewer { entity { dbId ownerDbId code description } } }"
_WHO_AT_LEAST = "query { viewer { entity { ownerDbId company { dbId } } } }"
_NUMBER = re.compile("[0-9]+")


class OwnEntity(msgspec.Struct, rename={"db_id": "dbId", "owner_db_id": "ownerDbId"}):
    """A legal entity (company); rows of others name it by its dbId, as their ownerDbId."""

    db_id: int | str | None = None
    owner_db_id: int | str | None = None
    code: str | None = None
    description: str | None = None

    @property
    def id(self) -> str:
        """Where the schema knows no dbId here, ownerDbId is what integrations take for it."""
        found = self.owner_db_id if self.db_id is None else self.db_id
        return "" if found is None else str(found)

    @property
    def name(self) -> str:
        return self.description or self.code or f"entity {self.id}"


class _Viewer(msgspec.Struct):
    entity: OwnEntity | None = None


class _WhoData(msgspec.Struct):
    viewer: _Viewer | None


class _Who(msgspec.Struct):
    data: _WhoData


class _Edge(msgspec.Struct):
    cursor: str | int
    node: OwnEntity


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool


class _Entities(msgspec.Struct, rename="camel"):
    edges: list[_Edge] | None
    page_info: _PageInfo


class _EntitiesData(msgspec.Struct):
    entities: _Entities | None


class _EntitiesPage(msgspec.Struct):
    data: _EntitiesData


_who = tolerant(msgspec.json.Decoder(_Who).decode)
_entities = tolerant(msgspec.json.Decoder(_EntitiesPage).decode)
_anything = tolerant(msgspec.json.Decoder(dict[str, msgspec.Raw]).decode)


class XledgerClient:
    """Asks with one token. Safe to use from several threads."""

    def __init__(
        self,
        caller: Caller,
        *,
        token: str,
        url: str,
        owner_db_id: str | None = None,
        policy: Policy | None = None,
    ) -> None:
        """owner_db_id: the entity whose books these are; None for the one the token was made in.
        Raises ConfigError when it is no number."""
        if owner_db_id is not None and not _NUMBER.fullmatch(owner_db_id):
            raise ConfigError(
                f"the Airflow connection {caller.connection!r} has an owner dbId that is no number; "
                "correct it, or leave it empty for the entity the token was made in"
            )
        self._caller, self.url, self.owner_db_id = caller, url, owner_db_id
        self._transport = Transport(
            caller,
            # The endpoint is one address, with nothing below it.
            base_urls=(url.rpartition("/")[0],),
            auth=TokenAuth(token, scheme="token"),
            dialect=Dialect(refusal=refusal),
            policy=policy,
        )
        self.usage: Usage = self._transport.usage

    def query(self, text: str, *, decode: Callable[[bytes], T]) -> T:
        """Ask; a query may be sent twice. Values are written into the text: types of variables differ
        between entities and change. Raises as Transport.get does, AuthError for a missing scope too."""
        return self._transport.ask(self.url, json={"query": text}, decode=decode)

    def own_entity(self) -> OwnEntity:
        """The entity the token was made in. Raises AuthError when Xledger refuses the question in any
        words of its own: who has a token may ask it."""
        try:
            found = self._who(_WHO)
        except BadResponse as error:
            if not is_unknown_field(error):
                raise self._refused(error) from None
            found = self._who(_WHO_AT_LEAST)
        if found is None:
            raise AuthError(
                f"xledger agreement {self._caller.agreement!r}: Xledger names no entity for the token of the "
                f"Airflow connection {self._caller.connection!r}; enter one made for an integration"
            )
        return found

    def entities(self) -> Iterator[OwnEntity]:
        """The entities the token reaches, its own and those below it."""
        after = ""
        while True:
            page = self.query(
                f"query {{ entities(first: {MAX_PAGE}{after}) {{ edges {{ cursor node {{ dbId code description }} }} "
                "pageInfo { hasNextPage } } }",
                decode=_entities,
            ).data.entities
            edges = (page.edges if page else None) or []
            yield from (edge.node for edge in edges)
            if not edges or not page or not page.page_info.has_next_page:
                return
            after = f", after: {json.dumps(str(edges[-1].cursor))}"

    def is_readable(self, *fields: str) -> bool:
        """Whether the token's scopes reach these root fields (accounts, transactions, ...), all of them."""
        asked = " ".join(f"{name}(first: 1) {{ edges {{ node {{ dbId }} }} }}" for name in fields)
        try:
            self.query(f"query {{ {asked} }}", decode=_anything)
        except AuthError:
            return False
        except BadResponse as error:
            if is_of_graphql(error) and not is_unknown_field(error):
                return False  # a refusal in words nobody has documented
            raise
        return True

    def _who(self, text: str) -> OwnEntity | None:
        viewer = self.query(text, decode=_who).data.viewer
        return viewer.entity if viewer and viewer.entity and viewer.entity.id else None

    def _refused(self, error: BadResponse) -> BadResponse | AuthError:
        if not is_of_graphql(error):
            return error
        return AuthError(
            f"xledger agreement {self._caller.agreement!r}: Xledger refuses to say whose token this is; "
            f"correct the token of the Airflow connection {self._caller.connection!r}",
            error.evidence,
        )


def client_of(fields: Fields, caller: Caller, policy: Policy | None) -> XledgerClient:
    """The client of a connection."""
    return XledgerClient(
        caller,
        token=fields.password,
        url=fields.host,
        owner_db_id=fields["owner_db_id"] or None,
        policy=policy,
    )
