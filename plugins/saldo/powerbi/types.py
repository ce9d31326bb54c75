"""What a column of the mart is in Power BI.

Money is fixed decimal, whose sums are exact. Quantities, prices, rates and shares have ten decimals, and fixed decimal has four:
they are floating point, and no measure adds money from them. An unbounded numeric has no type here: Power BI reads it as a .NET
decimal, and a refresh fails at the first value of more than 28 digits.
"""

from __future__ import annotations

from dataclasses import dataclass

from saldo.errors import ConfigError

DATE = "yyyy-mm-dd"
INSTANT = "yyyy-mm-dd hh:nn"
WHOLE = "0"
MONEY = "#,##0.00"
COUNT = "#,##0"
DECIMAL = "#,##0.00##"
PERCENT = "0.0 %"


@dataclass(frozen=True)
class PowerType:
    """data_type as TMDL writes it; m: the type in Power Query; format: as people see it, empty for texts."""

    data_type: str
    m: str
    format: str = ""


INTEGER = PowerType("int64", "Int64.Type", WHOLE)
TEXT = PowerType("string", "type text")
BOOLEAN = PowerType("boolean", "type logical")
DAY = PowerType("dateTime", "type date", DATE)
AMOUNT = PowerType("decimal", "Currency.Type", MONEY)

_TYPES = {
    "bigint": INTEGER,
    "integer": INTEGER,
    "text": TEXT,
    "boolean": BOOLEAN,
    "date": DAY,
    "timestamp without time zone": PowerType("dateTime", "type datetime", INSTANT),
    "numeric(19,4)": AMOUNT,
    "numeric(24,10)": PowerType("double", "type number", DECIMAL),
}


def power_type(postgres: str, where: str) -> PowerType:
    """Raises ConfigError for a type that Power BI does not load well; where: names the column in it."""
    found = _TYPES.get(postgres)
    if found is None:
        raise ConfigError(
            f"{where} is {postgres}, which Power BI does not load well; cast it in the mart to one of "
            f"{', '.join(_TYPES)}, or leave it out in saldo/powerbi/tables.py"
        )
    return found
