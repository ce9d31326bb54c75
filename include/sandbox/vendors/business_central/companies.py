"""Which companies there are: two of the environment Production, and every company of the sandbox in the environment
Sandbox. A company keeps what was done in it until it begins anew."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

from sandbox.books.calendar import working_day
from sandbox.books.company import HISTORY_ENDS
from sandbox.state import State

from .ledger import Ledger
from .setup import set_up

NAME = "business_central"
_SPACE = UUID("a1c5f1de-0000-4000-8000-000000000000")
PRODUCTION, SANDBOX, EMPTY = "Production", "Sandbox", "Empty"
#: Id, name, display name and the sandbox's own company of those in Production.
_PRODUCTION = (
    ("a1c5f1de-0000-4000-8000-000000000001", "FJORD BYGG", "Fjordgruppen Bygg AS", "fjordbygg"),
    ("a1c5f1de-0000-4000-8000-000000000002", "FJORD DRIFT", "Fjordgruppen Drift AS", "fjorddrift"),
)
_OWN = {id: own for id, _, _, own in _PRODUCTION}


@lru_cache(maxsize=100_000)
def id_of(company: str) -> str:
    """The id of one of the sandbox's companies in the environment Sandbox."""
    return str(uuid5(_SPACE, company))


def companies_in(state: State, environment: str) -> list[tuple[str, str, str]] | None:
    """Id, name and display name; None for an environment nobody has. A renamed company has another name."""
    if environment == PRODUCTION:
        found = [(id, name, shown) for id, name, shown, _ in _PRODUCTION]
    elif environment == SANDBOX:
        found = [(id_of(c), c.upper()[:30], book.company.name) for c, book in state.books.items()]
    else:
        return [] if environment == EMPTY else None
    return [_renamed(state, *one) for one in found]


def _renamed(state: State, id: str, name: str, shown: str) -> tuple[str, str, str]:
    ledger = _kept(state, id).get(id)
    return (id, ledger.name, ledger.display_name) if ledger else (id, name, shown)


def own_company(state: State, id: str) -> str | None:
    """What the sandbox calls a company."""
    if id in _OWN:
        return _OWN[id]
    return next((company for company in state.books if id_of(company) == id), None)


def ledger_of(state: State, environment: str, id: str) -> Ledger | None:
    """A company's ledger, made when it is first asked for; None for a company that is not there."""
    found = next((c for c in companies_in(state, environment) or () if c[0] == id), None)
    if found is None:
        return None
    kept = _kept(state, id)
    if id not in kept:
        book = state.books.get(own_company(state, id) or "")
        day = working_day(book.day) if book else HISTORY_ENDS
        currency = book.company.base_currency if book else "NOK"
        kept[id] = set_up(Ledger(*found, currency, day.isoformat()))
    ledger: Ledger = kept[id]
    return ledger


def _kept(state: State, id: str) -> dict[str, Any]:
    company = own_company(state, id) or NAME
    found: dict[str, Any] = state.kept_of(company).setdefault(NAME, {})
    return found


def ledgers_of(state: State, company: str) -> list[tuple[str, Ledger]]:
    """(environment, ledger) of one of the sandbox's companies, that of Production first."""
    production = next((id for id, own in _OWN.items() if own == company), None)
    places = [(PRODUCTION, production), (SANDBOX, id_of(company))]
    found = [(where, ledger_of(state, where, id)) for where, id in places if id]
    return [(where, ledger) for where, ledger in found if ledger is not None]
