"""What the measures in SQL are compared with: sandbox companies after a proven night, and their books as the sandbox knows them."""

from __future__ import annotations

from collections import defaultdict
from csv import DictReader
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from saldo.declarations.controls import Offer
from saldo.powerbi.measures.measure import Rows
from saldo.powerbi.twins import Choice, values
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection, connect
from tests.support import Company, night, proven

EVER = (date(1990, 1, 1), date(2069, 12, 31))
ZERO = Decimal(0)


def tied(dsn: str, company: Company) -> Company:
    """Its night, and the proof of it. Its books are known to the end of EVER: the tests say which day they look at."""
    assert not night(dsn, company).errors
    proven(dsn, company)
    with connect(dsn) as connection:
        read_on(connection, company, EVER[1])
    return company


def read_on(connection: Connection, company: Company, day: date) -> None:
    """As if its facts were refreshed on this day."""
    done = connection.execute(
        "update ops.sync_run set started_at = at.done, finished_at = at.done "
        "from (select %s::date + time '21:30' as done) as at where agreement_id = %s",
        [day, company.id],
    )
    assert done.rowcount


def asked(
    connection: Connection, company: Company, rows: Rows, first: date, last: date, *, by: str = "", **more: Any
) -> dict[Any, dict[str, Any]]:  # fmt: skip
    row = connection.execute(
        "select agreement_key from mart.dim_agreement where agreement_id = %s", [company.id]
    ).fetchone()
    assert row
    return values(connection, rows, Choice(row[0], first, last, **more), by)


def one(connection: Connection, company: Company, rows: Rows, first: date, last: date, **more: Any) -> dict[str, Any]:  # fmt: skip
    return asked(connection, company, rows, first, last, **more)[None]


def of_measure(found: dict[Any, dict[str, Any]], name: str) -> dict[Any, Decimal]:
    """Without the zeros, which vendors may leave out."""
    return {key: shown[name] for key, shown in found.items() if shown[name]}


def offer(company: Company) -> Offer:
    return Offer.of(VENDORS[company.agreement.vendor].controls_of(company.client()))


def balance_sheet(connection: Connection, company: Company) -> dict[str, bool | None]:
    return dict(
        connection.execute(
            "select a.account_number, a.is_balance_sheet from mart.dim_account as a "
            "inner join mart.dim_agreement as g on g.agreement_key = a.agreement_key "
            "where g.agreement_id = %s",
            [company.id],
        ).fetchall()
    )


def truth(company: Company, what: str) -> list[dict[str, str]]:
    return list(DictReader(company.truth_of(what).decode().splitlines()))


def near(share: Decimal) -> Decimal:
    """Postgres and Python divide to different lengths."""
    return share.quantize(Decimal("1e-9"))


# --- open items ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A posting on the account of a customer or a supplier, debit positive in base currency; remainder: what is open of it now."""

    number: int
    party: str
    invoice: str
    date: date
    due: date | None
    amount: Decimal
    remainder: Decimal

    @property
    def falls_due(self) -> date:
        return self.due or self.date


def lines_of(company: Company, side: str) -> list[Line]:
    """side: receivables or payables. Of a company on e-conomic or Xledger."""
    if company.agreement.vendor == "xledger":
        found = [{**row, "entry_number": row["db_id"]} for row in truth(company, f"xledger-{side}")]
        party = "subledger_db_id"
    else:
        party = "customer_number" if side == "receivables" else "supplier_number"
        found = [row for row in truth(company, "entries") if row[party]]
    return [_line(row, row[party]) for row in found]


def _line(row: dict[str, str], party: str) -> Line:
    amount = Decimal(row["amount_base"])
    if "remaining" in row:
        exact = Decimal(row["remaining"]) * amount / (Decimal(row["amount"]) or 1)
        remainder = exact.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    else:
        remainder = Decimal(row["remainder_base"] or 0)
    due = date.fromisoformat(row["due_date"]) if row["due_date"] else None
    return Line(
        int(row["entry_number"]), party, row["invoice_number"], date.fromisoformat(row["date"]), due, amount, remainder
    )  # fmt: skip


def open_on(lines: list[Line], day: date) -> list[tuple[Decimal, date]]:
    """(amount, when it falls due) of what was open, by the invoices that postings name: in the sandbox payments name theirs.

    What names none is a fee, which is open until the last one of its customer.
    """
    together: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        together[line.party, line.invoice].append(line)
    found = []
    for (_, invoice), group in together.items():
        is_over = max(line.date for line in group) <= day
        so_far = [line for line in group if line.date <= day]
        amounts = [line.remainder if is_over else line.amount for line in so_far]
        if not so_far:
            continue
        if invoice:
            [due] = {line.due for line in group if line.due}
            found.append((sum(amounts, ZERO), due))
        else:
            found += [
                (amount, line.falls_due) for amount, line in zip(amounts, so_far, strict=True)
            ]
    return [(amount, due) for amount, due in found if amount]


def bucket(due: date, day: date) -> str:
    """How late it was, as reports say it."""
    late = (day - due).days
    last = (("not due", 0), ("1-30", 30), ("31-60", 60), ("61-90", 90), ("over 90", 10**6))
    return next(name for name, until in last if late <= until)
