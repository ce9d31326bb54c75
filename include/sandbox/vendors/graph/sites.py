"""The sites of the companies: one each, with its libraries, which follow the company's days.

A site is /sites/<company> of the group's host. Its first library is called in the company's language, as SharePoint does;
its address is called otherwise. Whoever has the right Sites.Read.All reads all, others the sites they were granted: the companies
that their credential at `entra` opens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from zlib import crc32

from sandbox.books.company import Company
from sandbox.credentials import Credential
from sandbox.state import State

from . import people
from .library import Library

HOST = "fjordgruppen.sharepoint.com"
READ_ALL = "Sites.Read.All"
_KEPT = "graph"
#: One of e-conomic, one of Xledger.
_HAVE_STYLES = ("nordlys", "lofoten")
#: Base currency -> the first library's name; address of it.
_FIRST = {
    "DKK": ("Dokumenter", "Delte dokumenter"),
    "NOK": ("Dokumenter", "Delte dokumenter"),
    "SEK": ("Dokument", "Delade dokument"),
}


@dataclass(frozen=True)
class Options:
    """How Graph treats a company's site. graph_page: items on a page of any list. budget_styles: a folder for each way of writing a
    budget; None: where there are two companies of different vendors that have them."""

    graph_page: int = 20
    budget_styles: bool | None = None


@dataclass
class Site:
    """A company's site on a working day. The first library is the one people work in."""

    books: Company
    libraries: list[Library] = field(default_factory=list)
    day: int = 0

    @property
    def company(self) -> str:
        return self.books.id

    @property
    def name(self) -> str:
        return self.books.name

    @property
    def id(self) -> str:
        return _id_of(self.company)

    @property
    def url(self) -> str:
        return f"https://{HOST}/sites/{self.company}"

    def live_until(self, day: int) -> None:
        while self.day < day:
            self.day += 1
            people.live(self.libraries[0], self.books, self.day)


def site_of(state: State, company: str) -> Site:
    """The site as it is on the company's day. Raises KeyError for a company there is not."""
    book = state.books[company]
    site = state.kept_of(company).get(_KEPT)
    if not isinstance(site, Site):
        wanted = Options(**state.options_of(company, Options)).budget_styles
        has_styles = company in _HAVE_STYLES if wanted is None else wanted
        site = _made(book.company, with_styles=has_styles)
        state.kept_of(company)[_KEPT] = site
    site.live_until(book.day)
    return site


def company_of_site(state: State, asked: str) -> str | None:
    """The company whose site has this id, or this host and path."""
    return next((c for c in state.books if asked in (_id_of(c), f"{HOST}:/sites/{c}")), None)


def company_of_drive(state: State, drive: str) -> str | None:
    """The company that has a library of this id, perhaps."""
    return next((c for c in state.books if drive[:-1] == _drives_of(c)), None)


def page_of(state: State, company: str) -> int:
    return Options(**state.options_of(company, Options)).graph_page


def may_read(app: Credential, company: str) -> bool:
    return app.may(READ_ALL) or company in app.opens


def _made(company: Company, *, with_styles: bool) -> Site:
    name, url_name = _FIRST.get(company.base_currency, ("Documents", "Shared Documents"))
    key = _drives_of(company.id)
    first = Library(f"{key}1", name, url_name)
    people.begin(first, company, with_styles=with_styles)
    old = Library(f"{key}2", "Økonomi & budget", "konomi  budget")
    old.put("Budget 2024.xlsx", b"")
    return Site(company, [first, old])


def _id_of(company: str) -> str:
    guid = f"{_number(company)}-0000-4000-8000-000000000000"
    return f"{HOST},{guid},{guid[::-1]}"


def _drives_of(company: str) -> str:
    """How the ids of its libraries begin; a digit follows."""
    return f"b!{_number(company)}"


def _number(company: str) -> str:
    return f"{crc32(company.encode()):08x}"
