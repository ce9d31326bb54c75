"""What the Test of any connection says of trouble that is not the vendor's own: addresses,
networks, proxies.

Texts are for a person who has the form open: which field to change, and how. They hold no token and
no part of an answer's body.
"""

from __future__ import annotations

from dataclasses import dataclass

from saldo.declarations.connection_form import Field
from saldo.errors import AuthError, BadResponse, ConfigError, RateLimited, SaldoError, Unavailable


@dataclass(frozen=True)
class Place:
    """An address of a connection, as messages call it.

    field: its label in the form. what: what answers there; does: its verb. vendor: who is in trouble.
    example: a whole address of that kind.
    """

    field: str
    url: str
    what: str
    vendor: str
    example: str
    does: str = "does"

    @classmethod
    def of(cls, field: Field, url: str, what: str, vendor: str, *, does: str = "does") -> Place:
        """The address that a field of the vendor's form holds; its default is the example."""
        return cls(field.name, url, what, vendor, field.default, does)


def trouble(error: SaldoError, place: Place) -> str:
    """What is wrong when what was asked for is not the reason: no way there, no full address, something
    else that answers, a vendor in trouble. A refusal in the vendor's own words is left to the caller."""
    if isinstance(error, AuthError):
        return not_ours(place, f"refuses with {error.evidence.status}")
    if isinstance(error, Unavailable) and error.reason:
        return (
            f"{place.url} cannot be reached from Airflow's API server: {error.reason}. Correct the "
            f"{place.field}, or open the network's way to it"
        )
    if isinstance(error, RateLimited):
        return (
            f"{place.vendor} refuses for now, as it had too many requests: test again in a minute"
        )
    status = error.evidence.status if isinstance(error, Unavailable | BadResponse) else None
    if isinstance(error, Unavailable) and status and status >= 400:
        return f"{place.what} at {place.url} is in trouble ({status}): test again in some minutes"
    if isinstance(error, ConfigError) and "redirected" not in str(error):
        return (
            f"The request cannot be sent: the {place.field} must be a full URL such as "
            f"{place.example}, and tokens are plain text without line ends"
        )
    return not_ours(place, "answers", status if status and status >= 400 else None)


def not_ours(place: Place, answers: str, status: int | None = None) -> str:
    """Something else answers at the address."""
    suffix = f" ({status})" if status else ""
    return f"{place.url} {answers}, but not as {place.what} {place.does}{suffix}: correct the {place.field}"


def is_json(error: AuthError | BadResponse) -> bool:
    """Whether the body is an object of JSON; a proxy's page is none."""
    return error.evidence.body.lstrip().startswith("{")


def is_web_page(error: AuthError | BadResponse) -> bool:
    """Whether the body is a page for people, as proxies and other services send."""
    return error.evidence.body.lstrip()[:9].lower().startswith(("<!doctype", "<html"))
