"""Central banks' exchange rates, over HTTP. No Airflow and no database: an address goes in, rates come out."""

from __future__ import annotations

from types import MappingProxyType

from .bank import Bank
from .ecb import ECB
from .nationalbanken import NATIONALBANKEN
from .norges_bank import NORGES_BANK
from .riksbank import RIKSBANK

#: Every bank that can be asked, by its name.
BANKS = MappingProxyType({bank.name: bank for bank in (ECB, NATIONALBANKEN, NORGES_BANK, RIKSBANK)})

__all__ = ["BANKS", "Bank"]
