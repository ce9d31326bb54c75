"""Which token opens what at which vendor: a registry apart from the companies.

One company may be opened at several vendors and by several tokens. A token opens companies, some or all of
their scopes, and does so until it is expired or revoked. What is not in the registry is a wrong token.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

Standing = Literal["good", "expired", "revoked"]


@dataclass(frozen=True)
class Credential:
    """A token of one vendor.

    token: the token itself, or the client id where `secret` proves it. secret: what must be shown beside the
    token; empty where the vendor asks for none. opens: what the vendor calls a company by its id (e-conomic: the company's
    id, Xledger: an entity, Moneybird: an administration). scopes: rights or modules; None is all of them.
    """

    vendor: str
    token: str
    opens: tuple[str, ...] = ()
    secret: str = ""
    scopes: frozenset[str] | None = None
    standing: Standing = "good"

    @property
    def is_good(self) -> bool:
        return self.standing == "good"

    def may(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes

    @classmethod
    def from_json(cls, vendor: str, token: str, values: dict[str, Any]) -> Credential:
        """Raises ValueError for a field or a standing nobody knows."""
        known = {f.name for f in fields(cls)} - {"vendor", "token"}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown credential field(s) {unknown}; known are {sorted(known)}")
        standing = values.get("standing", "good")
        if standing not in get_args(Standing):
            raise ValueError(f"standing is one of {get_args(Standing)}, not {standing!r}")
        scopes = values.get("scopes")
        return cls(
            vendor,
            token,
            tuple(values.get("opens", ())),
            values.get("secret", ""),
            None if scopes is None else frozenset(scopes),
            standing,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "vendor": self.vendor,
            "token": self.token,
            "opens": list(self.opens),
            "scopes": None if self.scopes is None else sorted(self.scopes),
            "standing": self.standing,
        }


class Credentials:
    """Every credential there is, by vendor and token."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Credential] = {}

    def __iter__(self) -> Iterator[Credential]:
        return iter(self._found.values())

    def add(self, *credentials: Credential) -> None:
        """A token that is there already is replaced."""
        self._found.update({(one.vendor, one.token): one for one in credentials})

    def of(self, vendor: str, token: str | None) -> Credential | None:
        """None: the vendor does not know the token."""
        return self._found.get((vendor, token or ""))
