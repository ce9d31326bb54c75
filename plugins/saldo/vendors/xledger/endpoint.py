"""Xledger's one endpoint, asked with one token: whose it is, what it reaches, and any other query.

Docs: the page at the endpoint itself (https://www.xledger.net/graphql), the vendor's sample
https://github.com/xledger/graphql-samples. The scheme of `Authorization` is `token`, not Bearer; errors come with
status 200 (graphql_errors.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec
from urllib3.filepost import encode_multipart_formdata

from saldo.declarations.source import Usage
from saldo.errors import AuthError, BadResponse, ConfigError
from saldo.runs.pace import SharedPace
from saldo.transport import Caller, Dialect, Policy, TokenAuth, Transport
from saldo.transport.limiter import BurstLimiter, Together, WindowLimiter

from . import answers
from .answers import OwnEntity
from .graphql_errors import QueryRefused, XledgerFailed, refusal
from .mutations import File, NoRight, Refusal, outcome, refusal_of_write, refused
from .page_size import LARGEST
from .queries import OF_ALL, set_of, text

if TYPE_CHECKING:
    from .introspection import Schema

T = TypeVar("T")
#: Root field -> the arguments that every query of it has.
Said = Mapping[str, Mapping[str, str]]

#: `company` is what integrations ask for; the rest is what rows of entities have (seen 2026-11).
_WHO = "query viewer { viewer { entity { dbId ownerDbId code description } } }"
_WHO_AT_LEAST = "query viewer { viewer { entity { ownerDbId company { dbId } } } }"
_NUMBER = re.compile("[0-9]+")
#: Requests in five seconds (https://github.com/xledger/graphql-samples says how to wait after more), and a little: what
#: counts there is when a request arrives, not when it is sent.
BURST, BURST_S = 20, 5.25


def _reaching(more: Mapping[str, str], said: Said) -> str:
    """Asks whose token it is, and for a page of the entities it reaches."""
    entities = set_of(
        "entities",
        {"first": str(LARGEST), **said["entities"], **more},
        "edges { cursor node { dbId ownerDbId code description } }",
    )
    return entities.replace("{", "{ viewer { entity { dbId ownerDbId } }", 1)


class Endpoint:
    """Asks with one token. Safe to use from several threads."""

    def __init__(
        self,
        caller: Caller,
        *,
        token: str,
        url: str,
        owner_db_id: str | None = None,
        burst: int = BURST,
        policy: Policy | None = None,
    ) -> None:
        """owner_db_id: the entity whose books these are; None for the one the token was made in. burst: requests in
        five seconds. Raises ConfigError when owner_db_id is no number."""
        if owner_db_id is not None and not _NUMBER.fullmatch(owner_db_id):
            raise ConfigError(
                f"the Airflow connection {caller.connection!r} has an owner dbId that is no number; "
                "correct it, or leave it empty for the entity the token was made in"
            )
        self._caller, self.url, self.owner_db_id = caller, url, owner_db_id
        self._reached: tuple[OwnEntity, ...] | None = None
        self._schema: Schema | None = None
        self._refused_of: dict[str, frozenset[str]] = {}
        #: The dbId of the entity the token was made in, once `reached` was asked.
        self.token_entity = ""
        self._auth, self._token, self._burst = TokenAuth(token, scheme="token"), token, burst
        self._auth.limiter = BurstLimiter(burst, BURST_S)
        self._transport = Transport(
            caller,
            # The endpoint is one address, with nothing below it.
            base_urls=(url.rpartition("/")[0],),
            auth=self._auth,
            dialect=Dialect(refusal=refusal),
            policy=policy,
        )
        self.usage: Usage = self._transport.usage
        #: The same, for what must not be sent twice.
        self._writes = Transport(
            caller,
            base_urls=(url.rpartition("/")[0],),
            auth=self._auth,
            dialect=Dialect(refusal=refusal_of_write),
            policy=policy,
            usage=self.usage,
        )

    def share_pace(self, dsn: str) -> None:
        """See PacedSource.share_pace."""
        pace = SharedPace(dsn, self._caller.vendor, self._token, self._burst, BURST_S)
        self._auth.limiter = pace

    def limit(self, limiter: WindowLimiter) -> None:
        """See LimitedClient.limit."""
        self._auth.limiter = Together(self._auth.limiter, limiter)

    def query(self, asked: str, *, decode: Callable[[bytes], T]) -> T:
        """Ask `query <name> { … }`; it may be sent twice. Raises as Transport.get does, AuthError for a missing scope
        too."""
        # The name tells requests apart wherever they are logged.
        name = asked.split(" ", 2)[1]
        return self._transport.ask(
            self.url, json={"query": asked, "operationName": name}, decode=decode
        )

    def ask_all(
        self, roots: Collection[str], asked: Callable[[Said], str], *, decode: Callable[[bytes], T]
    ) -> T:
        """See query. asked: the query of these root fields, by what is said of each; what the schema does not take of that is
        not said again."""
        said = self._said(roots)
        try:
            return self.query(asked(said), decode=decode)
        except QueryRefused:
            self._learn(roots)
            less = self._said(roots)
            if less == said:
                raise
            return self.query(asked(less), decode=decode)

    def _said(self, roots: Collection[str]) -> Said:
        refused = {root: self._refused_of.get(root, frozenset()) for root in roots}
        return {
            root: {name: value for name, value in OF_ALL.items() if name not in refused[root]}
            for root in roots
        }

    def _learn(self, roots: Collection[str]) -> None:
        """What root fields do not take, by the schema; it is asked once."""
        new = [root for root in roots if root not in self._refused_of]
        try:
            self._refused_of |= {root: self._whole_schema().refused(root) for root in new}
        except (BadResponse, AuthError, XledgerFailed):
            return  # who may not read the schema is told of the query that was refused

    def _whole_schema(self) -> Schema:
        # Imported here: few nights read the schema.
        from .introspection import Schema

        if self._schema is None:
            self._schema = Schema(lambda asked: self.query(asked, decode=bytes))
        return self._schema

    def mutate(
        self,
        asked: str,
        variables: msgspec.Raw,
        *,
        files: Sequence[File] = (),
        key: str,
        decode: Callable[[bytes], T],
    ) -> T:
        """Carry out `mutation <name> …` once. key: what it can be found by at Xledger. Files are parts of the request, the rest is its
        part `content`. Raises OutcomeUnknown where it may have been carried out; MutationRefused, AuthError, RateLimited and
        Unavailable where it was not."""
        name = asked.split("(", 1)[0].split()[1]
        body = msgspec.json.encode({"query": asked, "operationName": name, "variables": variables})
        kind = "application/json"
        if files:
            parts = [(file.part, (file.name, file.content, file.content_type)) for file in files]
            content = ("content", body.decode())
            body, kind = encode_multipart_formdata([content, *parts])

        def decoded(answer: bytes) -> T | Refusal | NoRight:
            found = outcome(answer)
            return decode(found) if isinstance(found, bytes) else found

        found = self._writes.send(
            "POST",
            self.url,
            content=body,
            headers={"Content-Type": kind},
            decode=decoded,
            idempotency_key=key,
        )
        if isinstance(found, NoRight):
            raise AuthError(
                f"{self._caller.name}: the token of the Airflow connection {self._caller.connection!r} may not call {name}; make "
                f"one at Xledger with its write scope ticked, and enter it ({found.message})"
            )
        if isinstance(found, tuple):
            raise refused(self._caller, found)
        return found

    def own_entity(self) -> OwnEntity:
        """The entity the token was made in. Raises AuthError when Xledger refuses the question: who has a token may
        ask it."""
        try:
            found = self._who(_WHO)
        except QueryRefused as error:
            if not error.unknown:
                raise self._refused(error) from None
            found = self._who(_WHO_AT_LEAST)
        if found is None:
            raise AuthError(
                f"{self._caller.name}: Xledger names no entity for the token of the Airflow connection "
                f"{self._caller.connection!r}; enter one made for an integration"
            )
        return found

    def reached(self) -> tuple[OwnEntity, ...]:
        """The entities the token reaches, the one it was made in and those below it; asked for once. Raises BadResponse
        for an answer that names none."""
        if self._reached is None:
            self._reached = tuple(self._entities())
        return self._reached

    def is_readable(self, *roots: str) -> bool:
        """Whether the token's scopes reach these root fields (accounts, transactions, ...), all of them."""
        asked = " ".join(f"{root}(first: 1) {{ edges {{ node {{ dbId }} }} }}" for root in roots)
        try:
            self.query(f"query scopes {{ {asked} }}", decode=answers.anything)
        except (AuthError, XledgerFailed):
            return False  # in words of rights, or in words nobody has documented
        except QueryRefused as error:
            if error.unknown:
                raise
            return False
        return True

    def _entities(self) -> list[OwnEntity]:
        all_of_them: list[OwnEntity] = []
        after, seen = "", {""}
        while True:
            more = {"after": text(after)} if after else {}
            found = self.ask_all(["entities"], partial(_reaching, more), decode=answers.reach).data
            page = found.entities or answers.NOTHING
            all_of_them += self._named(found)
            self.token_entity = found.own or self.token_entity
            is_last = page.is_whole and not page.has_next
            if is_last and all_of_them and self.token_entity:
                return all_of_them
            after = page.onward or ""
            if not page.has_next or after in seen:
                raise BadResponse(
                    f"{self._caller.name}: Xledger's list of the entities this token reaches is not whole; whose rows "
                    "are whose cannot be told without it. Tell the vendor"
                )
            seen.add(after)

    def _named(self, found: answers.Reach) -> list[OwnEntity]:
        try:
            return found.named
        except msgspec.DecodeError:
            raise BadResponse(
                f"{self._caller.name}: Xledger's list of the entities this token reaches holds one that is no row; whose "
                "rows are whose cannot be told without it. Tell the vendor"
            ) from None

    def _who(self, asked: str) -> OwnEntity | None:
        viewer = self.query(asked, decode=answers.who).data.viewer
        return viewer.entity if viewer and viewer.entity and viewer.entity.id else None

    def _refused(self, error: QueryRefused) -> AuthError:
        return AuthError(
            f"{self._caller.name}: Xledger refuses to say whose token this is; correct the token of the Airflow "
            f"connection {self._caller.connection!r}",
            error.evidence,
        )
