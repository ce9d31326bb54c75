"""Which companies there are: two of the environment Production, and every company of the sandbox in the environment
Sandbox. A company keeps what was done in it until it begins anew."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5
from weakref import WeakKeyDictionary

from starlette.requests import Request

from sandbox.books.calendar import working_day
from sandbox.books.company import HISTORY_ENDS
from sandbox.state import State

from .ledger import Ledger
from .setup import set_up

NAME = "business_central"
#: What a path asks a company for.
PATH = re.compile(r"companies\(([^()]*)\)(?:/(.*))?")
_SPACE = UUID("a1c5f1de-0000-4000-8000-000000000000")
PRODUCTION, SANDBOX, EMPTY = "Production", "Sandbox", "Empty"
#: Id of those in Production -> name, display name, the sandbox's own company.
_GIVEN = {
    f"{_SPACE}"[:-1] + "1": ("FJORD BYGG", "Fjordgruppen Bygg AS", "fjordbygg"),
    f"{_SPACE}"[:-1] + "2": ("FJORD DRIFT", "Fjordgruppen Drift AS", "fjorddrift"),
}
_directories: WeakKeyDictionary[State, tuple[int, dict[str, str]]] = WeakKeyDictionary()


@lru_cache(maxsize=100_000)
def id_of(company: str) -> str:
    """The id of one of the sandbox's companies in the environment Sandbox."""
    return str(uuid5(_SPACE, company))


def companies_in(state: State, environment: str) -> list[tuple[str, str, str]] | None:
    """Id, name and display name; None for an environment nobody has. A renamed company has another name."""
    if environment == EMPTY:
        return []
    ids = {PRODUCTION: list(_GIVEN), SANDBOX: [id_of(company) for company in state.books]}
    found = ids.get(environment)
    return None if found is None else [_called(state, id) for id in found]


def _called(state: State, id: str) -> tuple[str, str, str]:
    own = own_company(state, id) or NAME
    ledger = _kept(state, own).get(id)
    if ledger:
        return id, ledger.name, ledger.display_name
    if id in _GIVEN:
        return id, *_GIVEN[id][:2]
    return id, own.upper()[:30], state.books[own].company.name


def company_in(request: Request) -> str | None:
    """The id of the company a request names in its address."""
    found = PATH.match(str(request.path_params.get("path", "")))
    return (found[1] if found else request.query_params.get("company", "")).lower() or None


def own_company(state: State, id: str) -> str | None:
    """What the sandbox calls a company."""
    return _GIVEN[id][2] if id in _GIVEN else _directory(state).get(id)


def _directory(state: State) -> dict[str, str]:
    """Id in the environment Sandbox -> the sandbox's own company."""
    version, found = _directories.get(state, (-1, {}))
    if version != state.version:
        found = {id_of(company): company for company in state.books}
        _directories[state] = (state.version, found)
    return found


def ledger_of(state: State, environment: str, id: str) -> Ledger | None:
    """A company's ledger, made when it is first asked for; None for a company that is not there."""
    is_there = {PRODUCTION: id in _GIVEN, SANDBOX: id in _directory(state)}
    if not is_there.get(environment):
        return None
    own = own_company(state, id) or NAME
    kept = _kept(state, own)
    book = state.books.get(own)
    day = working_day(book.day) if book else HISTORY_ENDS
    if id not in kept:
        currency = book.company.base_currency if book else "NOK"
        kept[id] = set_up(Ledger(*_called(state, id), currency, day.isoformat()))
    ledger: Ledger = kept[id]
    ledger.today = day.isoformat()
    return ledger


def _kept(state: State, own: str) -> dict[str, Any]:
    """The ledgers of one of the sandbox's companies by id; gone when it begins anew."""
    found: dict[str, Any] = state.kept_of(own).setdefault(NAME, {})
    return found


def ledgers_of(state: State, company: str) -> list[tuple[str, Ledger]]:
    """(environment, ledger) of one of the sandbox's companies, that of Production first."""
    production = next((id for id, (*_, own) in _GIVEN.items() if own == company), None)
    places = [(PRODUCTION, production), (SANDBOX, id_of(company))]
    found = [(where, ledger_of(state, where, id)) for where, id in places if id]
    return [(where, ledger) for where, ledger in found if ledger is not None]
