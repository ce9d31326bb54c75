"""Rows that add up the rows above them: told by their sums, so that nothing is imported twice."""

from __future__ import annotations

from decimal import Decimal

#: Written sums may be rounded.
_TOLERANCE = Decimal("0.01")
#: Sections are remembered so far back.
_SECTIONS = 200


class Sums:
    """What the rows since the last total, and those before, add up to, column by column."""

    def __init__(self, width: int) -> None:
        self._zero = [Decimal(0)] * width
        self._sections: list[list[Decimal]] = [list(self._zero)]
        self._all = list(self._zero)

    def add(self, amounts: list[Decimal | None]) -> None:
        """A row that is imported."""
        section, everything = self._sections[-1], self._all
        for index, amount in enumerate(amounts):
            if amount:
                section[index] += amount
                everything[index] += amount

    def are(self, amounts: list[Decimal | None]) -> bool:
        """Whether a row has the sums of the rows above: of the last sections, however many, or of all."""
        if _same(amounts, self._all):
            return True
        summed = list(self._zero)
        for section in reversed(self._sections):
            summed = [a + b for a, b in zip(summed, section, strict=True)]
            if _same(amounts, summed):
                return True
        return False

    def end_section(self) -> None:
        """After a row of sums."""
        if any(self._sections[-1]):
            self._sections.append(list(self._zero))
            del self._sections[:-_SECTIONS]


def _same(amounts: list[Decimal | None], sums: list[Decimal]) -> bool:
    return all(
        abs((amount or 0) - summed) <= _TOLERANCE
        for amount, summed in zip(amounts, sums, strict=True)
    )
