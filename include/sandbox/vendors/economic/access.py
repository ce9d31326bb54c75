"""What a request to e-conomic opens: the grant it shows, the books behind it, and how the vendor treats them."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from sandbox.books.book import Book
from sandbox.credentials import Credential
from sandbox.state import State, state_of

NAME = "economic"
#: The application's own token; the grant is a company's.
APP_SECRET = "sandbox-app-secret"


@dataclass(frozen=True)
class Options:
    """How e-conomic treats a company; given with it."""

    tokens_per_minute: int = 10_000
    #: How many items a page of an OpenAPI cursor holds; the vendor's holds 1,000.
    cursor_page: int = 1_000
    #: Totals of balance accounts run on over years without opening entries (totals.py).
    cumulative_totals: bool = False
    #: By how many hundredths of base currency its totals of the bank and of invoices miss the books.
    totals_off: int = 0
    #: Answers are in the vendor's own order, whatever `sort` says.
    ignores_sort: bool = False

    def __post_init__(self) -> None:
        if self.cursor_page < 1:
            raise ValueError("cursor_page must be 1 or more")


def grant_of(state: State, company: str) -> Credential:
    """What opens a company's books from the day it is made."""
    return Credential(NAME, f"sandbox-grant-{company}", (company,), APP_SECRET)


def credential_of(request: Request) -> Credential | None:
    """The grant a request shows, good or not; None where it is unknown or opens no books."""
    state = state_of(request)
    found = state.credentials.of(NAME, request.headers.get("X-AgreementGrantToken"))
    return found if found and found.opens and found.opens[0] in state.books else None


def company_of(request: Request) -> str | None:
    found = credential_of(request)
    return found.opens[0] if found else None


def book_of(request: Request) -> Book:
    """The books that a request behind the gate opens."""
    company = company_of(request)
    if company is None:
        raise KeyError("the grant token opens no company")
    return state_of(request).books[company]


def options_of(request: Request) -> Options:
    """Those of the company whose books a request behind the gate opens."""
    return Options(**state_of(request).options_of(book_of(request).company.id, Options))
