"""The hooks of all vendors, and from an agreement to its vendor's client.

Airflow distinguishes connection types by the classes of their hooks: each vendor has one of its own
(EconomicHook, XledgerHook, …), made from its object.
"""

from __future__ import annotations

from typing import Any

from saldo.agreements.agreement import Agreement
from saldo.declarations.source import PacedSource, RenewingSource
from saldo.transport import Policy
from saldo.vendors import VENDORS
from saldo.vendors.vendor import Vendor

from .vendor import VendorHook


def _hook_of(vendor: Vendor) -> type[VendorHook]:
    says = {
        "__module__": __name__,
        "__doc__": f"The connection type `{vendor.name}`.",
        "vendor": vendor,
    }
    return type(vendor.hook.rpartition(".")[2], (VendorHook,), says)


HOOKS = {name: _hook_of(vendor) for name, vendor in VENDORS.items()}
#: By name too, as Airflow imports them.
globals().update({hook.__name__: hook for hook in HOOKS.values()})


def client_of(agreement: Agreement, *, policy: Policy | None = None) -> Any:
    """See Vendor.client_of. policy: in place of the agreement's own, where a person waits for the answer."""
    return HOOKS[agreement.vendor]().client(agreement, policy=policy)


def paced_client_of(agreement: Agreement, dsn: str) -> Any:
    """The same for a task, which keeps the vendor's limit and renewed tokens together with all others; dsn: the
    warehouse's."""
    client = client_of(agreement)
    if isinstance(client, PacedSource):
        client.share_pace(dsn)
    if isinstance(client, RenewingSource):
        client.keep_tokens(dsn)
    return client


def addresses_of(agreement: Agreement) -> list[str]:
    """The base addresses of its vendor's services, for a look from outside."""
    return HOOKS[agreement.vendor]().addresses(agreement)
