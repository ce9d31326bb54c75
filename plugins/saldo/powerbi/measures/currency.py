"""In which currency amounts are: what a measure adds up is of one, or it shows nothing.

Companies of a group keep their books in several, and a sum over them would look like a number.
"""

from __future__ import annotations

from saldo.powerbi.types import COUNT, TEXT

from .measure import Measure

#: Not true of nothing: where the filters leave no agreement there is nothing to work out.
_ONE = "[Currencies] = 1"
_CURRENCY = """\
IF ( [Currencies] > 1, "Choose one: " )
    & CONCATENATEX (
        DISTINCT ( 'Agreement'[Base currency] ),
        'Agreement'[Base currency],
        ", ",
        'Agreement'[Base currency], ASC
    )"""


def in_one_currency(dax: str, only_if: str = _ONE) -> str:
    """DAX that has no value where it would add amounts of several currencies; only_if: when it has one.

    To be around whatever goes from agreement to agreement: within, each has one currency of its own.
    """
    return f"IF (\n    {only_if},\n{indented(dax)}\n)"


def indented(dax: str, steps: int = 1) -> str:
    """Deeper by as many steps."""
    lead = "    " * steps
    return "\n".join(lead + line for line in dax.split("\n"))


CURRENCY = (
    Measure(
        "Currency",
        "Currency",
        "Base currency of the agreements chosen, in which all amounts are; where they have several, from which to choose: no amount is "
        "added up over more than one.",
        "agreement",
        "case when count(distinct base_currency) > 1 then 'Choose one: ' else '' end "
        "|| string_agg(distinct base_currency, ', ' order by base_currency)",
        _CURRENCY,
        TEXT.format,
    ),
    Measure(
        "Currencies",
        "Currency",
        "How many base currencies the agreements chosen have; amounts are shown where it is one.",
        "agreement",
        "count(distinct base_currency)",
        "COUNTROWS ( DISTINCT ( 'Agreement'[Base currency] ) )",
        COUNT,
    ),
)
