"""The measures of the model."""

from __future__ import annotations

from .balance import BALANCE
from .budget import BUDGET
from .currency import CURRENCY
from .hours import HOURS
from .measure import Measure
from .open_items import OPEN_ITEMS
from .proof import PROOF
from .result import CHANGE, RESULT
from .sales import SALES

MEASURES = (*RESULT, *CHANGE, *BALANCE, *OPEN_ITEMS, *BUDGET, *SALES, *HOURS, *PROOF, *CURRENCY)

__all__ = ["MEASURES", "Measure"]
