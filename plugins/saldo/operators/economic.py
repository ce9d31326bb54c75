"""Landing from e-conomic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .land import LandOperator

if TYPE_CHECKING:
    from saldo.vendors.economic.client import EconomicClient


class EconomicLandOperator(LandOperator):
    """Land entities of an e-conomic agreement."""

    def source(self) -> EconomicClient:
        from saldo.hooks.economic import EconomicHook

        return EconomicHook().client(self.agreement)
