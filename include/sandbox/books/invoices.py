"""The booked invoices of a played company: any one is found by arithmetic, as are its lines.

An ordinary slot of the ledger holds two invoices; the k-th pair of (slot, which) has the number 10,000 + k.
What the ledger's customer line says is the invoice's gross amount and remainder.

Line numbers are unique but do not follow the invoices: an invoice owns a block of eight, and in every
sixteen blocks one invoice was a draft long before it was booked, so that its lines have lower numbers
than those of invoices booked before it. Lines are listed in order of their number, as the vendor does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple, overload

from .invoice_lines import MOST_LINES, SalesLine, line_count, lines_of, rounding
from .line import Sale, mix, round_half_away
from .products import product_count
from .timeline import PAYMENT_LAG
from .vouchers import CREDIT_DAYS, FIRST_INVOICE, ODD_AMOUNT, Vouchers

FIRST_LINE = 1
#: So many blocks of line numbers change places among themselves.
_LANE = 16
_BLOCK = 1_000
#: How many lines a block of invoices has: the same on every day.
_line_counts: dict[tuple[int, int], int] = {}


class NumberedLine(NamedTuple):
    number: int
    invoice: int
    line: SalesLine


class Booked(Sequence[int]):
    """The places k of all booked invoices, in order, without a list of them."""

    def __init__(self, ledger: Vouchers) -> None:
        self._special = sorted(ledger.special)
        self._ordinary = ledger.slots - len(self._special)

    def __len__(self) -> int:
        return 2 * self._ordinary

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> list[int]: ...
    def __getitem__(self, place: int | slice) -> int | list[int]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        slot = place // 2
        for special in self._special:
            if special > slot:
                break
            slot += 1
        return slot * 2 + place % 2

    def __contains__(self, k: object) -> bool:
        if not isinstance(k, int):
            return False
        place = bisect_left(self, k)
        return place < len(self) and self[place] == k


class Invoices:
    """The invoices of one ledger; k = invoice number - 10,000."""

    def __init__(self, ledger: Vouchers) -> None:
        self.ledger = ledger
        self._seed = mix(ledger.company.seed * 49_979_687)
        self.booked = Booked(ledger)
        per_day = 2 * ledger.slots_per_day
        self._stride = max(1, per_day // 4)
        self._window = _LANE * self._stride
        #: What filters have found, so that the next page need not look again: a few of them.
        self.found: dict[str, list[int]] = {}
        #: The invoice that was asked for last: header, lines and rounding each ask for it.
        self._last: tuple[int, Sale] | None = None
        odd = ledger.first_ordinary_slot(ledger.company.odd_invoice)
        self._odd = None if odd is None else 2 * odd

    def sale(self, k: int) -> Sale:
        last = self._last
        if last is None or last[0] != k:
            last = self._last = (k, self.ledger.sale(k // 2, k % 2))
        return last[1]

    def date_of(self, k: int) -> date:
        return self.ledger.sale_date(k // 2, k % 2)

    def customer_of(self, k: int) -> int:
        return self.sale(k).customer

    # --- which are paid --------------------------------------------------------------------------

    @cached_property
    def unpaid(self) -> list[int]:
        """The newest ones, those of bad payers and those whose payment's slot holds an opening."""
        ledger, special = self.ledger, self.ledger.special
        found = []
        for slot in range(ledger.slots):
            late = slot + PAYMENT_LAG
            if (late >= ledger.slots or late in special or ledger.has_bad_payer(slot)) and (
                slot not in special
            ):
                found += [slot * 2, slot * 2 + 1]
        return found

    @cached_property
    def paid(self) -> list[int]:
        unpaid = set(self.unpaid)
        return [k for k in self.booked if k not in unpaid]

    @cached_property
    def overdue(self) -> list[int]:
        limit = self.ledger.today - timedelta(days=CREDIT_DAYS)
        return [k for k in self.unpaid if self.date_of(k) < limit]

    @cached_property
    def not_due(self) -> list[int]:
        late = set(self.overdue)
        return [k for k in self.unpaid if k not in late]

    # --- lines -----------------------------------------------------------------------------------

    def bits(self, k: int) -> int:
        return mix(self._seed + k)

    def lines(self, k: int, sale: Sale | None = None) -> list[SalesLine]:
        """The lines of an invoice as people numbered them."""
        sale, bits, company = sale or self.sale(k), self.bits(k), self.ledger.company
        net = sale.net - rounding(bits) - (ODD_AMOUNT if k == self._odd else 0)
        return lines_of(
            bits,
            net,
            products=product_count(company, self.ledger.day_of(k // 2)),
            departments=company.departments,
        )

    def rounding_base(self, k: int, sale: Sale) -> int:
        """What the header calls rounding: its net amount in base currency less the lines' ones."""
        if sale.rate == 10_000 or k == self._odd:
            return rounding(self.bits(k))
        lines = self.lines(k, sale)
        return sale.net_base - sum(in_base(line.net or 0, sale.rate) for line in lines)

    def numbered(self, k: int) -> list[NumberedLine]:
        """The lines of an invoice with their line numbers."""
        first = FIRST_LINE + self._block(k) * MOST_LINES
        lines = self.lines(k)
        return [NumberedLine(first + i, FIRST_INVOICE + k, x) for i, x in enumerate(lines)]

    def lines_by_number(
        self, *, at_least: int = 0, upto: int | None = None, ks: range | None = None
    ) -> Iterator[NumberedLine]:
        """Lines with at_least <= number <= upto of the invoices ks, in order of number."""
        everything = range(self.ledger.slots * 2)
        ks = everything if ks is None else range(max(0, ks.start), min(ks.stop, everything.stop))
        if not ks:
            return
        first = max(0, at_least - FIRST_LINE) // MOST_LINES
        start = max(first, ks[0] // self._window * self._window)
        stop = (ks[-1] // self._window + 1) * self._window
        if upto is not None:
            stop = min(stop, max(0, upto - FIRST_LINE) // MOST_LINES + 1)
        for block in range(start, stop):
            k = self._k_of(block)
            if k in ks and k // 2 not in self.ledger.special and k // 2 < self.ledger.slots:
                for line in self.numbered(k):
                    if line.number >= at_least and (upto is None or line.number <= upto):
                        yield line

    def line_count(self, ks: range) -> int:
        """How many lines the invoices ks have; whole blocks are counted once."""
        ks = range(max(0, ks.start), min(ks.stop, self.ledger.slots * 2))
        first, last = -(-ks.start // _BLOCK), ks.stop // _BLOCK
        if first >= last:
            return sum(line_count(self.bits(k)) for k in ks if k // 2 not in self.ledger.special)
        edges = (*range(ks.start, first * _BLOCK), *range(last * _BLOCK, ks.stop))
        count = sum(line_count(self.bits(k)) for k in edges)
        count += sum(self._lines_in(block) for block in range(first, last))
        special = (k for slot in self.ledger.special for k in (slot * 2, slot * 2 + 1) if k in ks)
        return count - sum(line_count(self.bits(k)) for k in special)

    def _lines_in(self, block: int) -> int:
        key = (self._seed, block)
        if key not in _line_counts:
            ks = range(block * _BLOCK, (block + 1) * _BLOCK)
            _line_counts[key] = sum(line_count(self.bits(k)) for k in ks)
        return _line_counts[key]

    # --- the order of line numbers ---------------------------------------------------------------

    def _lane(self, k: int) -> tuple[int, int, int, int]:
        """(where its lane begins, its place in it, the late draft's place, where that was made)."""
        window, rest = divmod(k, self._window)
        place, lane = divmod(rest, self._stride)
        start = window * self._window + lane
        bits = mix(self._seed ^ start)
        late = _LANE // 2 + bits % (_LANE // 2)
        return start, place, late, (bits >> 8) % (_LANE // 2)

    def _block(self, k: int) -> int:
        """Which block of line numbers an invoice owns: the late draft got its own before the others."""
        start, place, late, made = self._lane(k)
        if place == late:
            place = made
        elif made <= place < late:
            place += 1
        return start + place * self._stride

    def _k_of(self, block: int) -> int:
        """The inverse."""
        start, place, late, made = self._lane(block)
        if place == made:
            place = late
        elif made < place <= late:
            place -= 1
        return start + place * self._stride


def in_base(amount: int, rate: int) -> int:
    """Hundredths of base currency, rounded half away from zero."""
    return amount if rate == 10_000 else round_half_away(amount * rate, 10_000)


def cost_base(line: SalesLine, rate: int) -> int:
    """quantity x unit cost price x rate, rounded once."""
    if line.quantity is None or line.cost is None:
        return 0
    return round_half_away(line.quantity * line.cost * rate, 10_000_000)
