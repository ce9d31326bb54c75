"""How fresh the facts are, and whether they agree with the vendor's own totals."""

from __future__ import annotations

from saldo.powerbi.types import COUNT, INSTANT, TEXT

from .measure import Measure

_OF_PROVEN = "last_proven >= last_checked and difference = 0"
_NOT_PROVEN = """\
COUNTROWS (
    FILTER (
        'Data status',
        NOT (
            NOT ( ISBLANK ( 'Data status'[Last proven] ) )
                && 'Data status'[Last proven] >= 'Data status'[Last checked]
                && 'Data status'[Difference] = 0
        )
    )
) + 0"""
#: Nothing is nothing in any currency, and the first thing to look for.
_DIFFERENCE = """\
VAR TheDifference = SUM ( 'Data status'[Difference] )
RETURN
    IF ( [Currencies] <= 1 || TheDifference = 0, TheDifference )"""

PROOF = (
    Measure(
        "Agreements",
        "Proof",
        "Agreements with facts.",
        "status",
        "count(*)",
        "COUNTROWS ( 'Data status' )",
        COUNT,
    ),
    Measure(
        "Agreements not proven",
        "Proof",
        "Agreements whose last comparison with the vendor's own totals found a difference, or that were never compared.",
        "status",
        f"count(*) filter (where ({_OF_PROVEN}) is not true)",
        _NOT_PROVEN,
        COUNT,
    ),
    Measure(
        "Proven",
        "Proof",
        "Yes when every agreement chosen agreed with the vendor's own totals at its last comparison.",
        "status",
        f"case when count(*) = 0 then null when bool_and(coalesce({_OF_PROVEN}, false)) then 'Yes' else 'No' end",
        'IF ( [Agreements] > 0, IF ( [Agreements not proven] = 0, "Yes", "No" ) )',
        TEXT.format,
    ),
    Measure(
        "Proof difference",
        "Proof",
        "Absolute differences to the vendor's totals at the last comparison, in base currency; 0 is 0 in every one.",
        "status",
        "coalesce(sum(difference), 0)",
        _DIFFERENCE,
    ),
    Measure(
        "Data as of",
        "Proof",
        "UTC; when the oldest facts among the agreements chosen were refreshed.",
        "status",
        "min(data_as_of)",
        "MIN ( 'Data status'[Data as of] )",
        INSTANT,
    ),
    Measure(
        "Last proven",
        "Proof",
        "UTC; when the agreement that waits longest was last proven.",
        "status",
        "min(last_proven)",
        "MIN ( 'Data status'[Last proven] )",
        INSTANT,
    ),
)
