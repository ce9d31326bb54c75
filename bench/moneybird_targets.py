"""What is promised of a company on Moneybird: its limit of requests is what a night takes."""

from __future__ import annotations

from saldo.vendors import VENDORS

from . import moneybird
from .targets import Laps, Target


def of_moneybird(laps: Laps) -> list[Target]:
    """Those of its nights."""
    first, least, quiet, proof = (
        laps.get(moneybird.SECTION, what)
        for what in (moneybird.FIRST, moneybird.LEAST, moneybird.QUIET, moneybird.PROOF)
    )
    if not first or not least or not quiet or not proof:
        return []
    asked, fewest = first.requests or 0, least.requests or 1
    entities = len(VENDORS["moneybird"].entities)
    night = (quiet.requests or 0) + (proof.requests or 0)
    return [
        Target(
            f"First load of {least.rows:,} purchase documents and all else at Moneybird: requests beside the fewest possible",
            "at most 1.05 x",
            f"{asked} of {fewest}, {asked / fewest:.2f} x",
            asked <= 1.05 * fewest,
        ),
        Target(
            f"Quiet night of {entities} entities of Moneybird, proof included: requests",
            "one for each list",
            str(night),
            None,
        ),
    ]
