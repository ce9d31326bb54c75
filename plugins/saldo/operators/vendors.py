"""The operators that talk to a vendor: each vendor's own, by whose name the UI shows what a task talks to.

EconomicLandOperator, EconomicProveOperator, …: made from the vendor's object over one base each.
"""

from __future__ import annotations

from types import new_class
from typing import Any

from saldo.vendors import SOURCES
from saldo.vendors.vendor import Vendor

from .land import LandOperator
from .prove import ProveOperator


def _operator_of(vendor: Vendor, base: type[Any]) -> type[Any]:
    says = {"__module__": __name__, "__doc__": f"{vendor.title}: {base.__doc__}"}
    name = f"{vendor.class_prefix}{base.__name__}"
    return new_class(name, (base,), exec_body=lambda body: body.update(says))


LAND_OPERATORS = {name: _operator_of(vendor, LandOperator) for name, vendor in SOURCES.items()}
PROVE_OPERATORS = {name: _operator_of(vendor, ProveOperator) for name, vendor in SOURCES.items()}
#: By name too: they are looked for where they say they are.
globals().update(
    {made.__name__: made for made in (*LAND_OPERATORS.values(), *PROVE_OPERATORS.values())}
)
