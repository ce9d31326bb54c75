"""e-conomic: landing, and the control totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .land import LandOperator
from .prove import ProveOperator

if TYPE_CHECKING:
    from saldo.controls import Controls
    from saldo.vendors.economic.client import EconomicClient


class EconomicLandOperator(LandOperator):
    """Land entities of an e-conomic agreement."""

    def source(self) -> EconomicClient:
        from saldo.hooks.economic import EconomicHook

        return EconomicHook().client(self.agreement)


class EconomicProveOperator(ProveOperator):
    """Prove the facts of an e-conomic agreement."""

    def controls(self) -> Controls:
        from saldo.hooks.economic import EconomicHook
        from saldo.vendors.economic.controls import EconomicControls

        return EconomicControls(EconomicHook().client(self.agreement))
