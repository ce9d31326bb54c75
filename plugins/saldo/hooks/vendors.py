"""From an agreement to its vendor's client, whichever vendor that is."""

from __future__ import annotations

from saldo.agreement import Agreement
from saldo.transport import Policy
from saldo.vendors.economic.client import EconomicClient

from .economic import EconomicHook

#: The hook of every vendor in VENDORS.
HOOKS = {"economic": EconomicHook}


def client_of(agreement: Agreement, *, policy: Policy | None = None) -> EconomicClient:
    """policy: in place of the agreement's own, where a person waits for the answer."""
    return HOOKS[agreement.vendor]().client(agreement, policy=policy)


def addresses_of(agreement: Agreement) -> list[str]:
    """The base addresses of its vendor's services, for a look from outside."""
    return HOOKS[agreement.vendor]().addresses(agreement)
