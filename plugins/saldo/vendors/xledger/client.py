"""The Xledger client: sets page by page, their streams of changes, and records by id or date.

Quirks handled here: an empty list is null; ids come as numbers or as text; the cursor of the last edge leads on; pages that
are too large time out (page_size.py); each scope is refused apart from the others; the token sees more entities than the
one whose books these are (owners.py).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import msgspec

from saldo.declarations.connection_form import Fields
from saldo.declarations.entity import Entity
from saldo.declarations.source import EVERYTHING, Days, Keys, Misfit, Page, Request
from saldo.errors import AuthError, BadResponse, ConfigError, Evidence, SaldoError, Unavailable
from saldo.transport import Caller, Policy
from saldo.transport.prefetch import prefetched
from saldo.ways.delta import Changes, Unreadable

from . import answers, schema
from .endpoint import BURST, Endpoint, Said
from .graphql_errors import QueryRefused, XledgerFailed
from .owners import LARGE, OF_ONE_OWNER, is_emptied, mark_of, others_of, owner_of
from .page_size import LARGEST, PageSize
from .queries import Query, query, text

T = TypeVar("T")
log = logging.getLogger(__name__)

#: Records of a first look; ids in one filter.
SAMPLE, MAX_KEYS = 20, 500


class XledgerClient(Endpoint):
    """Reads the books of one entity with one token. Safe to use from several threads."""

    daily_calls: int | None = None

    def __init__(
        self,
        caller: Caller,
        *,
        token: str,
        url: str,
        owner_db_id: str | None = None,
        burst: int = BURST,
        policy: Policy | None = None,
        page_size: int = LARGEST,
    ) -> None:
        super().__init__(
            caller, token=token, url=url, owner_db_id=owner_db_id, burst=burst, policy=policy
        )
        self.page_size = page_size
        self._own: str | None = None
        self._other_owners: frozenset[str] | None = None
        self._mark: re.Pattern[bytes] | None = None
        self._filters: schema.Filters = {}
        self._fits: dict[str, Query] = {}

    # --- whose books -----------------------------------------------------------------------------

    def check_identity(self, known: str | None) -> str:
        """See Source.check_identity: the dbId of the entity whose books these are."""
        token = self.own_entity().id
        found = self.owner_db_id or token
        if found != token and all(entity.id != found for entity in self.reached()):
            raise ConfigError(
                f"{self._caller.name}: the token of connection {self._caller.connection!r} opens Xledger entity "
                f"{token} and does not reach entity {found}, which the connection names as owner dbId; nothing was "
                "landed. Correct the number or the token"
            )
        if known not in (None, found):
            raise ConfigError(
                f"{self._caller.name}: the connection {self._caller.connection!r} opens Xledger entity {found}, but "
                f"earlier runs landed {known}; nothing was landed. Correct the token or the owner dbId"
            )
        self.opens(found)
        return found

    def opens(self, company: str) -> None:
        """See CheckedSource.opens."""
        self._own, self._mark = company, None

    @property
    def own(self) -> str:
        """The dbId of the entity whose books these are."""
        if self._own is None:
            self._own = self.owner_db_id or self.own_entity().id
        return self._own

    # --- sets ------------------------------------------------------------------------------------

    def pages(
        self, entity: Entity, request: Request, *, resume: str | None = None
    ) -> Iterator[Page]:
        """See Source.pages; ids are asked for in filters of at most 500."""
        if isinstance(request, Keys):
            for first in range(0, len(request.keys), MAX_KEYS):
                part = Keys(request.keys[first : first + MAX_KEYS])
                yield from self._follow(entity, part, None, PageSize(self.page_size))
        else:
            size = PageSize(self.page_size)
            yield from prefetched(self._follow(entity, request, resume, size), ahead=1)

    def sample(self, entity: Entity) -> Page:
        """See Source.sample. Where the first rows are all another owner's, more are looked at."""
        first = next(self._follow(entity, EVERYTHING, None, PageSize(SAMPLE)))
        if first.records or first.next is None:
            return first
        return next(self._follow(entity, EVERYTHING, first.next, PageSize(self.page_size)))

    def misfits(self, entity: Entity) -> list[Misfit]:
        """See SchemaSource.misfits."""
        return self._whole_schema().misfits(entity)

    def lacking(self, entity: Entity) -> tuple[str, ...]:
        """See SchemaSource.lacking."""
        return self._query(entity).lacking

    def _query(self, entity: Entity) -> Query:
        """Without what the schema does not have, as soon as that is known."""
        return self._fits.get(entity.name) or query(entity.name)

    def _is_fitted(self, entity: Entity) -> bool:
        """Whether something else can be asked than what was refused: once a client, by the schema as it is now."""
        if entity.name in self._fits:
            return False
        try:
            self._fits[entity.name] = fit = self._whole_schema().fit(entity)
        except (BadResponse, AuthError, XledgerFailed):
            return False  # who may not read the schema is told of the query that was refused
        if fit.lacking:
            log.warning(
                "%s: Xledger's schema has no %s; %s is read without",
                self._caller.name, ", ".join(fit.lacking), entity.name,
            )  # fmt: skip
        return bool(fit.lacking)

    def delta_cursor(self, entity: Entity) -> str:
        """See DeltaSource.delta_cursor."""
        found = self._set(entity, query(entity.name).changes, Query.last_change, {"last": "1"})
        return (found or answers.NOTHING).onward or ""

    def changes(self, entity: Entity, cursor: str) -> Iterator[answers.Edge]:
        """The edges of the stream of changes after a cursor, of rows that are ours and are there."""
        size = PageSize(self.page_size)
        for edges in self._made(entity, Changes(cursor), None, size, lambda _, edges, __: edges):
            for edge in edges:
                if not self._is_gone(entity, edge) and self._is_ours(entity, bytes(edge.node)):
                    yield edge

    def changed(self, entity: Entity, cursor: str) -> tuple[set[str], set[str]]:
        """Keys that the stream tells after a cursor: those that were made, ours, and those that were changed or deleted, of
        whoever they are. What was made and is gone again was never here."""
        made, changed, size = set[str](), set[str](), PageSize(self.page_size)
        for edges in self._made(entity, Changes(cursor), None, size, lambda _, edges, __: edges):
            for edge in edges:
                if edge.change is None or edge.change.db_id is None:
                    continue
                key = str(edge.change.db_id)
                if edge.change.mutation_type != answers.ADDED:
                    changed.add(key)
                elif not self._is_gone(entity, edge) and self._is_ours(entity, bytes(edge.node)):
                    made.add(key)
        return made, changed

    def is_still(self, entity: Entity, cursor: str) -> bool:
        """Whether the stream tells nothing after a cursor that is about our rows."""
        pages = self._follow(entity, Changes(cursor), None, PageSize(self.page_size))
        try:
            return not any(page.records or page.deleted for page in pages)
        except Unreadable:
            return False

    def _follow(
        self, entity: Entity, request: Request, after: str | None, size: PageSize
    ) -> Iterator[Page]:
        make = self._changed if isinstance(request, Changes) else self._whole
        return self._made(entity, request, after, size, make)

    def _made(
        self,
        entity: Entity,
        request: Request,
        after: str | None,
        size: PageSize,
        make: Callable[[Entity, list[answers.Edge], str | None], T],
    ) -> Iterator[T]:
        """What is made of the edges of page after page, and of how to go on: by the last edge's cursor. Raises
        BadResponse for pages that lead nowhere, Unavailable where a page that was announced is not there: a set never
        ends in that way."""
        asked, is_changes = query(entity.name), isinstance(request, Changes)
        is_announced = after is not None
        if isinstance(request, Changes) and after is None:
            after = request.cursor or None
        more, seen = self._filter(entity, asked, request), {after}
        while True:
            arguments = {**_from(after), **more}
            found = self._page(entity, asked, arguments, size, is_changes)
            if not (found and found.edges) and (is_announced or (found is None and not is_changes)):
                # What has no row may be null itself, and more may be announced where a page is full; so may be what failed without
                # a word: what is empty again is empty.
                found = self._page(entity, asked, arguments, size, is_changes)
            edges = (found.edges if found else None) or []
            if not edges and is_announced and not (found and found.is_end):
                raise Unavailable(
                    f"{self._caller.name}: Xledger answers without the page of {entity.name} that was to come; it is "
                    "asked for again"
                )
            found, is_announced = found or answers.NOTHING, True
            if not found.is_whole:
                raise Unavailable(
                    f"{self._caller.name}: Xledger answers with a page of {entity.name} that does not say whether there is "
                    "more; it is asked for again"
                )
            onward = self._onward(entity, found, seen)
            seen.add(onward)
            made = make(entity, edges, onward)
            # What was received is as large again: it is not held while the page is used.
            del found, edges
            yield made
            del made
            if onward is None:
                return
            after = onward

    def _onward(
        self, entity: Entity, found: answers.Connection, seen: set[str | None]
    ) -> str | None:
        """The cursor after which a set goes on; None at its end."""
        if not found.has_next:
            return None
        if found.onward is not None and found.onward not in seen:
            return found.onward
        raise BadResponse(
            f"{self._caller.name}: pages of {entity.name} lead nowhere (after {len(seen)} of them); nothing more was "
            "read. Tell the vendor"
        )

    def _page(
        self,
        entity: Entity,
        asked: Query,
        arguments: Mapping[str, str],
        size: PageSize,
        is_changes: bool,
    ) -> answers.Connection | None:
        """One page, as large as Xledger manages in time; None as `_set`."""
        root = asked.changes if is_changes else asked.root
        ask = Query.page_of_changes if is_changes else Query.page
        while True:
            try:
                found = self._set(entity, root, ask, {"first": str(size.rows), **arguments})
            except Unavailable as error:
                if not size.failed(error):
                    raise
            else:
                size.answered()
                return found

    def _set(
        self,
        entity: Entity,
        root: str,
        ask: Callable[[Query, Mapping[str, str]], str],
        arguments: Mapping[str, str],
    ) -> answers.Connection | None:
        """A page of a set; where there is nothing, the set itself may be null. What the schema refuses is asked without what it
        does not have, if records may be without it."""

        def asked(said: Said) -> str:
            return ask(self._query(entity), {**arguments, **said[root]})

        try:
            data = self.ask_all([root], asked, decode=answers.page).data
        except QueryRefused as error:
            if self._is_fitted(entity):
                return self._set(entity, root, ask, arguments)
            if not error.unknown:
                raise
            raise BadResponse(
                f"{self._caller.name}: Xledger's schema has no field {error.unknown}, which entity "
                f"{entity.name} asks for; `make check AGREEMENT={self._caller.agreement}` compares all fields with "
                "the schema",
                error.evidence,
            ) from None
        except AuthError as error:
            raise self._without_scope(error, query(entity.name).root) from None
        if root not in data:
            raise BadResponse(
                f"{self._caller.name}: Xledger's answer does not hold {root}, which {entity.name} asked for; tell the "
                "vendor"
            )
        return data[root]

    def _without_scope(self, error: AuthError, scope: str) -> AuthError:
        """A token that is good and lacks a scope can be told from one that is not: it says whose it is."""
        try:
            self.own_entity()
        except SaldoError:
            return error
        return AuthError(
            f"{self._caller.name}: the token of the Airflow connection {self._caller.connection!r} may not read "
            f"{scope}; make one at Xledger with the read scope of {scope} ticked, and enter it",
            error.evidence,
        )

    # --- what is asked for -----------------------------------------------------------------------

    def _filter(self, entity: Entity, asked: Query, request: Request) -> dict[str, str]:
        """The argument `filter` of a request; none where nothing is to be left out.

        Types of its values are read from the schema. A stream of changes is read without: whether it can be
        filtered is documented nowhere. Raises BadResponse for what the schema cannot filter by.
        """
        is_large = entity.name in LARGE
        if isinstance(request, Changes) or not (is_large or isinstance(request, Keys | Days)):
            return {}
        is_needed = isinstance(request, Keys | Days)
        known, found = self._told_filters(asked.root, is_needed=is_needed), dict[str, str]()
        if is_large and "ownerDbId" in known:
            found["ownerDbId"] = schema.literal(known["ownerDbId"], self.own)
        if isinstance(request, Keys):
            name = self._known(entity, known, "dbId_in")
            found[name] = schema.literal(known[name], request.keys)
        if isinstance(request, Days):
            field = str(entity.window).rpartition(".")[2]
            for sign, day in (("gte", request.first), ("lte", request.last)):
                name = self._known(entity, known, f"{field}_{sign}")
                found[name] = text(day.isoformat())
        return {"filter": schema.written(found)} if found else {}

    def _told_filters(self, root: str, *, is_needed: bool) -> Mapping[str, str]:
        """See filters_of; none where Xledger does not tell them and they only spare rows of others."""
        try:
            return self.filters_of(root)
        except (BadResponse, AuthError, XledgerFailed):
            if is_needed:
                raise
            return {}

    def _known(self, entity: Entity, known: Mapping[str, str], name: str) -> str:
        if name in known:
            return name
        raise BadResponse(
            f"{self._caller.name}: Xledger's schema cannot filter {entity.name} by {name}; start a run with mode=full "
            f"entities={entity.name} instead"
        )

    def filters_of(self, root: str, *others: str) -> Mapping[str, str]:
        """What a root field can be filtered by -> the type of its values; others are asked for at the same time."""
        if root not in self._filters:
            asked = schema.question([root, *others])
            self._filters |= schema.filters_of(self.query(asked, decode=schema.answer))
        return self._filters[root]

    # --- what came -------------------------------------------------------------------------------

    def _whole(self, entity: Entity, edges: list[answers.Edge], onward: str | None) -> Page:
        # Bytes of their own: what is received is as large again, and can go.
        nodes = [bytes(edge.node) for edge in edges]
        if entity.name == "entities":
            return Page([node for node in nodes if self._is_own(entity, node)], onward)
        is_marked = self._own_mark.search
        return Page(
            [node for node in nodes if is_marked(node) or self._is_ours(entity, node)], onward
        )

    def _changed(self, entity: Entity, edges: list[answers.Edge], onward: str | None) -> Page:
        """The last state of every record on the page; what is gone, by its key."""
        last: dict[str, bytes | None] = {}
        for edge in edges:
            change = edge.change or answers.Change()
            if change.problem:
                raise Unreadable(f"the stream of changes {change.problem}")
            key = str(change.db_id)
            last.pop(key, None)
            # What is another owner's now is gone from here; if it never was here, that changes nothing.
            node = bytes(edge.node)
            try:
                is_here = not self._is_gone(entity, edge) and self._is_ours(entity, node)
            except BadResponse:
                raise Unreadable(f"the stream of changes holds {key} in no readable way") from None
            last[key] = node if is_here else None
        return Page(
            [node for node in last.values() if node is not None],
            onward,
            deleted=tuple(key for key, node in last.items() if node is None),
            stands_at=None if not edges or edges[-1].cursor is None else str(edges[-1].cursor),
        )

    def _is_gone(self, entity: Entity, edge: answers.Edge) -> bool:
        """Whether a change says, or shows, that its row is deleted."""
        if edge.change is not None and edge.change.mutation_type == answers.DELETED:
            return True
        node = bytes(edge.node)
        return self._owner(entity, node) is None and is_emptied(node)

    def _is_ours(self, entity: Entity, node: bytes) -> bool:
        owner = self._owner(entity, node)
        if entity.name not in OF_ONE_OWNER:
            return owner not in self.others
        if owner is None:
            raise self._is_no_row(entity, node, "does not say whose it is (ownerDbId)")
        return owner == self.own

    def _is_own(self, entity: Entity, node: bytes) -> bool:
        """Whether a row of the list of entities is the one whose books these are."""
        try:
            found = answers.entity(node).id
        except msgspec.DecodeError:
            raise self._is_no_row(entity, node, "is no row") from None
        if not found:
            raise self._is_no_row(entity, node, "does not say which it is (dbId)")
        return found == self.own

    @property
    def _own_mark(self) -> re.Pattern[bytes]:
        if self._mark is None:
            self._mark = mark_of(self.own)
        return self._mark

    def _owner(self, entity: Entity, node: bytes) -> str | None:
        try:
            return owner_of(node)
        except msgspec.DecodeError:
            raise self._is_no_row(entity, node, "is no row") from None

    def _is_no_row(self, entity: Entity, node: bytes, why: str) -> BadResponse:
        return BadResponse(
            f"{self._caller.name}: a node of {entity.name} {why}; nothing of its page was stored. Tell the vendor",
            Evidence(body=node.decode("utf-8", "replace")),
        )

    @property
    def others(self) -> frozenset[str]:
        """The entities the token reaches whose rows are not these books'."""
        if self._other_owners is None:
            reached = self.reached()
            self._other_owners = others_of(self.own, self.token_entity, reached)
        return self._other_owners


def _from(after: str | None) -> dict[str, str]:
    return {} if after is None else {"after": text(after)}


def _burst(given: str, caller: Caller) -> int:
    if not given.isdecimal() or not int(given):
        raise ConfigError(
            f"the Airflow connection {caller.connection!r} says {given!r} for the requests in 5 seconds; write a "
            "number above 0"
        )
    return int(given)


def client_of(fields: Fields, caller: Caller, policy: Policy | None) -> XledgerClient:
    """The client of a connection."""
    return XledgerClient(
        caller,
        token=fields.password,
        url=fields.host,
        owner_db_id=fields["owner_db_id"] or None,
        burst=_burst(fields["burst"], caller),
        policy=policy,
    )
