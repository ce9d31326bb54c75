"""Who asks: tokens, the entities they reach, and how Xledger treats a company."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary
from zlib import crc32

from starlette.requests import Request

from sandbox.credentials import Credential
from sandbox.state import State, state_of

from .entity import Entity, entity_at
from .parts import Files
from .written import Kept

NAME = "xledger"
#: Tokens of built-in companies are anybody's: who tries something out is not to wait for others.
_PATIENT = {"xledger_burst": 500, "xledger_concurrency": 50}
#: How the built-in companies lie to each other.
_GIVEN: dict[str, dict[str, Any]] = {
    "fjordgruppen": {"xledger_db_id": 4700, **_PATIENT},
    "fjordbygg": {"xledger_db_id": 4711, "xledger_above": "fjordgruppen", **_PATIENT},
    "fjorddrift": {"xledger_db_id": 4712, "xledger_above": "fjordgruppen", **_PATIENT},
    "lofoten": {"xledger_db_id": 4800, **_PATIENT},
}
_FORMAT = re.compile(r"[A-Za-z0-9_-]{20,}")
#: Ids of rows are made of the entity's and must fit 32 bits.
_LARGEST = 14_999
#: A token is made in an entity, named by its dbId, and reaches those below it.
CREDENTIALS = (
    Credential(NAME, "sandbox-xledger-fjordgruppen", ("4700",)),
    Credential(NAME, "sandbox-xledger-lofoten-fisk", ("4800",)),
    Credential(
        NAME, "sandbox-xledger-only-projects", ("4700",),
        scopes=frozenset({"projects", "timesheets"}),
    ),
    Credential(NAME, "sandbox-xledger-expired-token", ("4700",), standing="expired"),
)  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How Xledger treats a company; given with it."""

    #: None: made of the company's id.
    xledger_db_id: int | None = None
    #: The company whose entity is above this one.
    xledger_above: str = ""
    #: Queries for more rows than this time out.
    xledger_page: int | None = None
    #: Requests of a token: in five seconds, and at once.
    xledger_burst: int = 20
    xledger_concurrency: int = 4
    #: For how many calendar days changes are told.
    xledger_retention_days: int = 3
    #: What its schema does not have: fields (Period.periodStatus) and arguments of root fields (Query.periods.objectStatus).
    xledger_lacks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "xledger_lacks", tuple(self.xledger_lacks))
        if not 1_000 <= (self.xledger_db_id or 1_000) <= _LARGEST:
            raise ValueError(f"xledger_db_id must be 1000 to {_LARGEST}: ids fit 32 bits")


@dataclass(frozen=True)
class _Directory:
    """The entities of a sandbox: their options and dbIds by company, and companies by dbId as text."""

    version: int
    options: dict[str, Options]
    db_ids: dict[str, int]
    companies: dict[str, str]


_directories: WeakKeyDictionary[State, _Directory] = WeakKeyDictionary()


def _directory(state: State) -> _Directory:
    found = _directories.get(state)
    if found is None or found.version != state.version:
        found = _directories[state] = _made(state)
    return found


def _made(state: State) -> _Directory:
    options = {
        company: Options(**{**_GIVEN.get(company, {}), **state.options_of(company, Options)})
        for company in state.books
    }
    given = {company: one.xledger_db_id for company, one in options.items()}
    db_ids = {company: db_id for company, db_id in given.items() if db_id is not None}
    taken = set(db_ids.values())
    for company in (company for company, db_id in given.items() if db_id is None):
        db_id = 5_000 + crc32(company.encode()) % 9_000
        while db_id in taken:  # the later one of two companies makes room
            db_id += 1
        taken.add(db_id)
        db_ids[company] = db_id
    companies = {str(db_id): company for company, db_id in db_ids.items()}
    return _Directory(state.version, options, db_ids, companies)


def options_of(state: State, company: str) -> Options:
    return _directory(state).options[company]


def db_id_of(state: State, company: str) -> int:
    """The dbId of a company's entity."""
    return _directory(state).db_ids[company]


def token_of(state: State, company: str) -> Credential:
    """What opens a company's entity, and those below it, from the day it is made."""
    return Credential(NAME, f"sandbox-xledger-token-{company}", (str(db_id_of(state, company)),))


def entity_of(state: State, company: str) -> Entity:
    """A company's entity as it stands today. Raises ValueError where it is above itself."""
    return _entity(state, company, ())


def _entity(state: State, company: str, below: tuple[str, ...]) -> Entity:
    if company in below:
        raise ValueError(f"{company} lies above itself")
    above = options_of(state, company).xledger_above
    higher = _entity(state, above, (*below, company)) if above in state.books else None
    book = state.books[company]
    return entity_at(book.company, book.day, db_id_of(state, company), higher)


@dataclass(frozen=True)
class Asker:
    """A token and what it reaches: its own entity, those below, and what those above share."""

    credential: Credential
    options: Options
    own: Entity
    below: tuple[Entity, ...]
    kept: Callable[[Entity], Kept]
    files: Files = field(default_factory=dict)
    #: Errors beside an answer that is good in part.
    told: list[dict[str, Any]] = field(default_factory=list)

    def may(self, scope: str) -> bool:
        return self.credential.may(scope)

    def owners(self, owner_set: str, *, is_shared: bool) -> list[Entity]:
        """The entities whose rows a query shows, in order of dbId. is_shared: entities below use the rows
        of those above, too."""
        found = {"CURRENT": [self.own], "UPPER": [self.own], "MINE": [self.own]}.get(
            owner_set, [self.own, *self.below]
        )
        if is_shared and owner_set in ("UPPER", "MINE", "ALL"):
            found = [*found, *_above(self.own)]
        return sorted(found, key=lambda entity: entity.db_id)


def _above(entity: Entity) -> list[Entity]:
    return [entity.above, *_above(entity.above)] if entity.above else []


def given_token(request: Request) -> str | None:
    """The token of a request; None where it has another format."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given if scheme.lower() == "token" and _FORMAT.fullmatch(given) else None


def credential_of(request: Request) -> Credential | None:
    """The token a request shows, good or not; None where it is unknown or opens nothing."""
    found = state_of(request).credentials.of(NAME, given_token(request))
    return found if found and found.opens else None


def company_of(request: Request) -> str | None:
    """What a fault's `agreement` is compared with: the dbId of the token's entity."""
    found = credential_of(request)
    return found.opens[0] if found else None


def company_of_token(request: Request) -> str | None:
    """The company whose entity a request's token was made in; None where there is none."""
    found = credential_of(request)
    return _directory(state_of(request)).companies.get(found.opens[0]) if found else None


def options_of_token(request: Request) -> Options | None:
    company = company_of_token(request)
    return options_of(state_of(request), company) if company else None


def asker_of(request: Request, credential: Credential) -> Asker | None:
    """None where the token's entity is not there."""
    state = state_of(request)
    company = _directory(state).companies.get(credential.opens[0])
    if company is None:
        return None
    own = entity_of(state, company)
    others = (one for one in state.books if one != company and _is_below(state, one, company))
    below = tuple(entity_of(state, one) for one in others)
    return Asker(
        credential, options_of(state, company), own, below, lambda entity: kept_of(state, entity)
    )


def kept_of(state: State, entity: Entity) -> Kept:
    """What was written in an entity's company."""
    found: Kept = state.kept_of(entity.company.id).setdefault(NAME, Kept())
    return found


def _is_below(state: State, company: str, other: str) -> bool:
    seen: set[str] = set()
    while company not in seen and company in state.books:
        seen.add(company)
        company = options_of(state, company).xledger_above
        if company == other:
            return True
    return False
