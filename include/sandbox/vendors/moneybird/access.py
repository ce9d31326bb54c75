"""Who asks: tokens, the administrations they open, and how Moneybird treats a company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary
from zlib import crc32

from starlette.requests import Request

from sandbox.credentials import Credential
from sandbox.state import State, state_of

from .administration import Administration
from .edits import Edits

NAME = "moneybird"
#: Administrations that hold nothing: what a connection's Test is tried on.
EMPTY: dict[str, dict[str, Any]] = {
    "300000000000000001": {"name": "Taxibedrijf De Vries"},
    "300000000000000002": {"name": "De Vries Holding"},
    "300000000000000003": {"name": "Gesloten B.V.", "suspended": True},
}
#: Where a company's administration is kept, and what it was made of.
_MADE, _SAMENESS = "moneybird administration", "moneybird sameness"
_FIRST_ID = 300_000_000_000_000_000
#: Built-in companies with an administration of a known number, and tokens that need not wait.
_GIVEN: dict[str, dict[str, Any]] = {
    "tulpenburg": {"moneybird_key": 11, "moneybird_limit": 3_000, "moneybird_report_limit": 1_000},
}
CREDENTIALS = (
    Credential(NAME, "sandbox-moneybird-all", tuple(EMPTY)),
    Credential(NAME, "sandbox-moneybird-none"),
    Credential(NAME, "sandbox-moneybird-sales", tuple(EMPTY), scopes=frozenset({"sales_invoices"})),
)


@dataclass(frozen=True)
class Options:
    """How Moneybird treats a company; given with it."""

    #: The last six digits of its administration; None: made of the company's id.
    moneybird_key: int | None = None
    #: Requests of a token in a window of so many seconds, and of them for reports.
    moneybird_limit: int = 150
    moneybird_report_limit: int = 50
    moneybird_window_s: int = 300
    #: For how many seconds an access token of OAuth2 is good; None: for ever, and nothing is said of it.
    moneybird_expires_in: int | None = None
    #: Whether a refresh token is good once only.
    moneybird_refresh_rotates: bool = False
    moneybird_suspended: bool = False
    #: Where somebody has typed that its books begin; empty: in the first year of its books.
    moneybird_starts_on: str = ""

    def __post_init__(self) -> None:
        if not 1 <= (self.moneybird_key or 1) <= 999_999:
            raise ValueError("moneybird_key must be 1 to 999999")
        if self.moneybird_limit < 1 or self.moneybird_window_s < 1:
            raise ValueError("moneybird_limit and moneybird_window_s must be 1 or more")


@dataclass(frozen=True)
class _Directory:
    """Options and keys by company, companies by the id of their administration."""

    version: int
    options: dict[str, Options]
    keys: dict[str, int]
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
    keys = {c: one.moneybird_key for c, one in options.items() if one.moneybird_key is not None}
    taken = set(keys.values())
    for company in (c for c in options if c not in keys):
        key = 1_000 + crc32(company.encode()) % 900_000
        while key in taken:  # the later one of two companies makes room
            key += 1
        taken.add(key)
        keys[company] = key
    companies = {str(_FIRST_ID + key): company for company, key in keys.items()}
    return _Directory(state.version, options, keys, companies)


def options_of(state: State, company: str) -> Options:
    return _directory(state).options[company]


def administration_id(state: State, company: str) -> str:
    return str(_FIRST_ID + _directory(state).keys[company])


def company_at(state: State, administration: str) -> str | None:
    """The company of an administration; None for an empty one, and for none at all."""
    return _directory(state).companies.get(administration)


def token_of(state: State, company: str) -> Credential:
    """What opens a company's administration from the day it is made."""
    return Credential(
        NAME, f"sandbox-moneybird-token-{company}", (administration_id(state, company),)
    )


def edits_of(state: State, company: str) -> Edits:
    found: Edits = state.kept_of(company).setdefault(NAME, Edits())
    return found


def administration_of(state: State, company: str) -> Administration:
    """A company's administration as it stands today; the same object until a day or an edit changes it."""
    book, key, edits = (
        state.books[company],
        _directory(state).keys[company],
        edits_of(state, company),
    )
    kept, sameness = state.kept_of(company), (book.day, edits.serial, key)
    if kept.get(_SAMENESS) != sameness:
        kept[_SAMENESS] = sameness
        kept[_MADE] = Administration(book.company, book.day, str(_FIRST_ID + key), key, edits)
    found: Administration = kept[_MADE]
    return found


def given_token(request: Request) -> str | None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given if scheme.lower() == "bearer" else None


def credential_of(request: Request) -> Credential | None:
    """The token a request shows, good or not; None where it is unknown."""
    return state_of(request).credentials.of(NAME, given_token(request))


def path_of(request: Request) -> tuple[str, str]:
    """(administration, resource) of a request; the format is no part of it."""
    path = str(request.path_params.get("path", ""))
    administration, _, resource = path.removesuffix(".json").partition("/")
    return administration, resource


def company_of(request: Request) -> str | None:
    """The administration in the path: what a fault's `agreement` is compared with."""
    id, _ = path_of(request)
    return id if id in EMPTY or company_at(state_of(request), id) else None


def company_is_called(request: Request) -> str | None:
    return company_at(state_of(request), path_of(request)[0])
