"""From an agreement to its vendor's client, whichever vendor that is."""

from __future__ import annotations

from saldo.config import Agreement
from saldo.transport import Policy
from saldo.vendors.economic.client import EconomicClient

from .economic import EconomicHook

#: The hook of every vendor in VENDORS.
HOOKS = {"economic": EconomicHook}


def client_of(agreement: Agreement, *, policy: Policy | None = None) -> EconomicClient:
    """policy: in place of the agreement's own, where a person waits for the answer."""
    return HOOKS[agreement.vendor]().client(agreement, policy=policy)


def vendor_name(agreement: Agreement) -> str:
    """The vendor as people call it."""
    return HOOKS[agreement.vendor].hook_name
