"""Exchange rates in the warehouse: what banks publish and people give by file, and what it comes to per month."""

from __future__ import annotations

from .landing import Landed, land
from .months import rebuild
from .own import OwnRate, land_own_rates

__all__ = ["Landed", "OwnRate", "land", "land_own_rates", "rebuild"]
