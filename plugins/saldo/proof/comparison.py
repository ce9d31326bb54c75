"""One comparison of the facts with a control total, and the report of those that differ."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from saldo.warehouse.connection import Connection

#: The table of core whose entity fills a fact; of the others, the ledger's.
_FILLED_FROM = {
    "fact_invoice_lines": "invoice",
    "fact_receivables": "receivable",
    "fact_payables": "payable",
}
#: What a value is that the vendor does not tell itself.
SAID_BY = {
    "month_balances": "the month's postings say",
    "subledger_accounts": "the ledger's postings say",
}
#: How many comparisons an error lists; all of them are in ops.proof.
TOLD = 20
Days = tuple[date, date]
#: The largest value that is written: several of them fit a column of the warehouse.
_MOST = Decimal(10) ** 14


@dataclass(frozen=True)
class Comparison:
    """A row of ops.proof. Amounts in base currency, debit positive; counts are numbers of records.

    days: the dates a window run must read again to repair a difference, both included.
    is_money: an amount, not a count. is_binding: a difference fails the task.
    """

    control: str
    entity: str
    vendor: Decimal
    warehouse: Decimal
    account: str | None = None
    period: str | None = None
    days: Days | None = field(default=None, compare=False)
    is_money: bool = True
    is_binding: bool = True

    @property
    def difference(self) -> Decimal:
        """The warehouse's value less the vendor's."""
        return self.warehouse - self.vendor

    @property
    def ok(self) -> bool:
        return self.warehouse == self.vendor

    @property
    def is_bad(self) -> bool:
        """Whether it fails the task."""
        return self.is_binding and not self.ok


def store(
    connection: Connection,
    agreement_id: str,
    run_id: str,
    comparisons: Iterable[Comparison],
    *,
    checked_at: datetime,
) -> None:
    """Write rows of ops.proof, as part of the transaction that is open, if one is. Values beyond _MOST are
    written as that: the report has them as they are."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy ops.proof (agreement_id, run_id, checked_at, control, entity, account_number, "
            "period, vendor_value, warehouse_value, difference, ok) from stdin"
        ) as copy,
    ):
        for c in comparisons:
            copy.write_row(
                (
                    agreement_id, run_id, checked_at, c.control, c.entity, c.account, c.period,
                    *map(_limited, (c.vendor, c.warehouse, c.difference)), c.ok,
                )
            )  # fmt: skip


def _limited(value: Decimal) -> Decimal:
    return max(min(value, _MOST), -_MOST)


def amount(value: Decimal) -> str:
    """All its digits, two at least: 1,204,330.50."""
    digits = max(2, -int(value.normalize().as_tuple().exponent))
    return f"{value:,.{digits}f}"


def merged(days: Iterable[Days]) -> list[Days]:
    """The same dates in as few windows as there are gaps between them."""
    found: list[Days] = []
    for first, last in sorted(days):
        if found and (first - found[-1][1]).days <= 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def month_days(first: date) -> Days:
    """First and last day of a month."""
    return first, first.replace(day=monthrange(first.year, first.month)[1])


@dataclass(frozen=True)
class DifferenceReport:
    """The text about differences.

    It needs the agreement's id, its first date for a window, its currency, names of accounts by
    number, which entities to land again (Vendor.fills, Vendor.ledger_entities), and of what something is set aside
    behind a comparison: no run repairs that.
    """

    agreement_id: str
    start_date: date
    currency: str
    accounts: dict[str, str]
    fills: Mapping[str, str]
    ledger: Sequence[str] = ()
    aside: Callable[[Comparison], Sequence[str]] = lambda _: ()

    def tell(self, comparisons: Sequence[Comparison]) -> str:
        """The comparisons that differ, by account and period, and which runs repair them."""
        bad = [c for c in comparisons if c.is_bad]
        lines = [
            f"{self.agreement_id}: {len(bad)} of {len(comparisons)} totals differ from the vendor's own. "
            "What is published stays as it is; all comparisons are in ops.proof"
        ]
        # Where a year is narrowed to its periods, the periods say more.
        bad.sort(key=lambda c: (c.days is None, _length(c.days), c.control, c.account or ""))
        lines += [self._line(c) for c in bad[:TOLD]]
        if len(bad) > TOLD:
            lines.append(f"... and {len(bad) - TOLD} more")
        lines += self._repairs(bad)
        return "\n".join(lines)

    def _line(self, c: Comparison) -> str:
        what = (
            f"account {c.account} {self.accounts.get(c.account, '(unknown)')}" if c.account else ""
        )
        when = f"{c.period or 'all'}" + (f" ({c.days[0]} to {c.days[1]})" if c.days else "")
        where = ", ".join(part for part in (c.control, what, when) if part)
        if c.is_money:
            values = (f"{amount(v)}" for v in (c.vendor, c.warehouse, c.difference))
            unit = f" {self.currency}"
        else:
            values, unit = (f"{v:,}" for v in (c.vendor, c.warehouse, c.difference)), ""
        vendor, warehouse, difference = values
        control = SAID_BY.get(c.control, "vendor")
        return (
            f"- {where}: {control} {vendor}, {c.entity} {warehouse}, difference {difference}{unit}"
        )

    def _repairs(self, bad: Sequence[Comparison]) -> list[str]:
        aside = dict.fromkeys(name for c in bad for name in self.aside(c))
        lines = (
            [
                f"Repair: correct at the vendor what is set aside of {', '.join(aside)} (its note names them); no run repairs it. What "
                "differs after that is told by the next proof"
            ]
            if aside
            else []
        )
        return lines + self._runs([c for c in bad if not self.aside(c)])

    def _runs(self, bad: Sequence[Comparison]) -> list[str]:
        windows = merged(c.days for c in narrowest(bad) if c.days)
        dag = f"saldo__{self.agreement_id}"
        lines = [
            f"Repair: trigger {dag} with mode=window from={first} to={last}"
            for first, last in windows
            if first >= self.start_date
        ]
        early = [days for days in windows if days[0] < self.start_date]
        whole = [c for c in bad if c.days is None]
        if early or whole:
            entities = sorted(
                {one for c in (bad if early else whole) for one in self._landed(c.entity)}
            )
            lines.append(
                f"Repair: trigger {dag} with mode=full entities={','.join(entities)}"
                + (
                    f" (a window may not begin before the agreement's start_date {self.start_date})"
                    if early
                    else ""
                )
            )
        return lines

    def _landed(self, fact: str) -> Sequence[str]:
        """The entities to land again for a fact."""
        entity = filled_by(fact, self.fills)
        return self.ledger if entity in self.ledger else [entity]


def filled_by(fact: str, fills: Mapping[str, str]) -> str:
    """The entity whose records a fact shows; fills: Vendor.fills."""
    return fills.get(_FILLED_FROM.get(fact, ""), fills["ledger_entry"])


def narrowest(bad: Sequence[Comparison]) -> list[Comparison]:
    """Without those that others narrow down: the same account (or count) in a part of their days."""

    def is_within(inner: Comparison, outer: Comparison) -> bool:
        if inner.days is None or outer.days is None or inner is outer:
            return False
        return (
            outer.days[0] <= inner.days[0]
            and inner.days[1] <= outer.days[1]
            and _length(inner.days) < _length(outer.days)
            and (outer.account is None or inner.account == outer.account)
        )

    return [c for c in bad if not any(is_within(other, c) for other in bad)]


def _length(days: Days | None) -> int:
    return (days[1] - days[0]).days if days else 0
