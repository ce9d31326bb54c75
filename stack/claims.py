"""The end of `make up`: a night of expense claims and honoraria of the sandbox's organisations, sent in as other systems send
them, and exported into their accounting systems."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from textwrap import shorten
from typing import Any

import psycopg
import requests
from rich.console import Console
from rich.table import Table

from .airflow_api import AirflowApi, DagRun
from .settings import StackError

_PATIENCE_S = 600
#: Its days are in periods that both systems have open.
_FIRST = date(2026, 10, 1)
_PDF = (
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\n% {0}\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
_STATES = """
select organisation, status, count(*), sum(total), min(last_error) from ops.export_job
where organisation = any(%s) group by organisation, status order by organisation, status
"""


@dataclass(frozen=True)
class Organisation:
    """What the claims of one name. low: percent of its lower VAT code. blocked: a supplier that may not be booked on, or is unknown.
    asked: what somebody does in its accounting system beforehand (include/sandbox/README.md), by the vendor's name."""

    supplier: Callable[[int], str]
    blocked: str
    low: int
    asked: tuple[str, Mapping[str, Any]]


#: Those of include/sandbox/exports with an accounting system.
ORGANISATIONS: dict[str, Organisation] = {
    "fjorddrift": Organisation(
        supplier=lambda n: f"V{n:05}",
        blocked="V00040",
        low=12,
        # The journal batch that nobody else writes in.
        asked=(
            "business_central",
            {
                "do": "ask",
                "environment": "Production",
                "path": "journals",
                "body": {"code": "SALDO"},
            },
        ),
    ),
    "fjordgruppen": Organisation(
        supplier=lambda n: str(4 + n % 10),
        blocked="99",
        low=25,
        asked=("xledger", {"do": "set", "runs_after_s": 0.2}),
    ),
}
#: What a night has that goes through, and that needs a person: an unknown category, a blocked supplier, a closed period.
GOOD, ODD = 20, 3


def night(name: str) -> list[dict[str, Any]]:
    """The expenses of an organisation, always the same."""
    of = ORGANISATIONS[name]
    return [_expense(name, of, n) for n in range(1, GOOD + 1)] + list(_odd(name, of))


def send(api: AirflowApi, expenses: list[dict[str, Any]]) -> None:
    """As another system does: one request each. What is there already stays."""
    for expense in expenses:
        answer = api.session.post(f"{api.url}/saldo/api/v1/expenses", json=expense, timeout=60)
        if answer.status_code not in (200, 201):
            raise StackError(f"expense {expense['id']}: {answer.status_code} {answer.text[:500]}")


def _prepare(sandbox_url: str) -> None:
    """What people set up once in their accounting systems."""
    for id, of in ORGANISATIONS.items():
        vendor, asked = of.asked
        # It may be so already.
        requests.post(f"{sandbox_url}/sandbox/companies/{id}/{vendor}", json=asked, timeout=30)


def start_claims(api: AirflowApi, sandbox_url: str, *, is_due: bool) -> list[str]:
    """Send a night of claims and start its export, where that is due or was never done. The organisations there are DAGs for."""
    known = api.dag_ids()
    found = [id for id in ORGANISATIONS if _dag_id(id) in known]
    if found:
        _prepare(sandbox_url)
    for id in found:
        if is_due or api.last_run(_dag_id(id)) is None:
            send(api, night(id))
            api.trigger(_dag_id(id))
    return found


def see_claims_through(
    api: AirflowApi, organisations: list[str], *, look: Callable[[], None]
) -> dict[str, DagRun]:
    """Wait for the ends of their last exports. Organisation -> its run. look: called every second."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        runs = {id: api.last_run(_dag_id(id)) for id in organisations}
        ended = {id: run for id, run in runs.items() if run and run.is_over}
        if len(ended) == len(organisations):
            return ended
        look()
        time.sleep(1)
    raise StackError(
        f"the accounting exports did not end within {_PATIENCE_S // 60} minutes; look at them in the UI"
    )


def _dag_id(organisation: str) -> str:
    return f"saldo_export__{organisation}"


def show_exports(dsn: str, console: Console) -> None:
    """What became of the claims; nothing without any."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(_STATES, [list(ORGANISATIONS)]).fetchall()
    if not rows:
        return
    table = Table(title="\nExpenses in accounting systems")
    for place, name in enumerate(("organisation", "status", "expenses", "total", "such as")):
        table.add_column(name, justify="right" if place in (2, 3) else "left")
    for organisation, status, count, total, error in rows:
        first = (error or "").partition("\n")[0] if status == "review" else ""
        why = shorten(first.partition(" cannot be booked: ")[2] or first, 80, placeholder=" …")
        table.add_row(organisation, status, str(count), f"{total or 0:,.2f}", why)
    console.print(table)


# --- the expenses --------------------------------------------------------------------------------


def _expense(name: str, of: Organisation, n: int) -> dict[str, Any]:
    """The n-th of a night: every fourth is an honorarium, the others are claims of one to three lines."""
    is_fee = n % 4 == 0
    lines = [_fee(of, n)] if is_fee else [_LINES[(n + k) % len(_LINES)](of, n) for k in range(1 + n % 3)]  # fmt: skip
    return _whole(name, of, n, lines, is_fee=is_fee)


def _whole(
    name: str, of: Organisation, n: int, lines: list[dict[str, Any]], *, is_fee: bool, day: date | None = None
) -> dict[str, Any]:  # fmt: skip
    day = day or _FIRST + timedelta(days=n)
    dimensions = {"department": ("OPS", "ADM", "SALG")[n % 3]}
    if n % 5 == 0:
        dimensions["project"] = "P1"
    return {
        "id": f"{'HON' if is_fee else 'EXP'}-2026-{n:04}",
        "organisation": name,
        "kind": "honorarium" if is_fee else "expense",
        "status": "approved",
        "approved_at": f"{_FIRST + timedelta(days=n + 3)}T09:00:00Z",
        "employee": None if is_fee else f"E{1 + n % 8}",
        "supplier": of.supplier(n) if is_fee else None,
        "description": f"Driving in week {day:%V}" if is_fee else f"Visit to customers, {day:%d %B}",
        "date": day.isoformat(),
        "currency": "NOK",
        "lines": [
            {"line": number, "date": day.isoformat(), "dimensions": dimensions, **line}
            for number, line in enumerate(lines, 1)
        ],
    }  # fmt: skip


def _odd(name: str, of: Organisation) -> Iterator[dict[str, Any]]:
    """What a person must look at."""
    unknown = {"category": "conference", "text": "Conference fee", "amount": "4200.00"}
    yield _whole(name, of, GOOD + 1, [unknown], is_fee=False)
    blocked = _whole(name, of, GOOD + 2, [_fee(of, GOOD + 2)], is_fee=True)
    yield {**blocked, "supplier": of.blocked}
    yield _whole(name, of, GOOD + 3, [_travel(of, GOOD + 3)], is_fee=False, day=date(2023, 12, 28))


def _travel(of: Organisation, n: int) -> dict[str, Any]:
    return {
        "category": "travel", "text": f"Train Oslo–Bergen, journey {n}", "amount": f"{349 + 10 * n}.00",
        "receipts": [_receipt(f"ticket-{n}")],
    }  # fmt: skip


def _hotel(of: Organisation, n: int) -> dict[str, Any]:
    return {
        "category": "hotel", "text": "Hotell Bryggen, one night", "receipts": [_receipt(f"hotel-{n}")],
        **_with_vat(of.low, Decimal(1190 + 7 * n)),
    }  # fmt: skip


def _representation(of: Organisation, n: int) -> dict[str, Any]:
    return {
        "category": "representation", "text": "Dinner for four, Ålesund", "receipts": [_receipt(f"dinner-{n}")],
        **_with_vat(25, Decimal(1480 + 5 * n)),
    }  # fmt: skip


def _mileage(of: Organisation, n: int) -> dict[str, Any]:
    rate, kilometres = Decimal("5.30"), Decimal(20 + n)
    return {
        "category": "mileage", "text": "To the airport and back", "quantity": str(kilometres), "rate": str(rate),
        "amount": str(rate * kilometres),
    }  # fmt: skip


def _per_diem(of: Organisation, n: int) -> dict[str, Any]:
    days = 1 + n % 3
    return {
        "category": "per_diem", "text": "Overnight stay", "quantity": str(days), "rate": "977.00", "amount": f"{977 * days}.00",
    }  # fmt: skip


def _fee(of: Organisation, n: int) -> dict[str, Any]:
    amount, receipts = Decimal(2400 + 50 * n), [_receipt(f"invoice-{n}")]
    if n % 8 == 0:
        return {"category": "fee_with_vat", "text": "Transport", "receipts": receipts, **_with_vat(25, amount)}  # fmt: skip
    return {"category": "fee", "text": "Driving", "amount": f"{amount}.00", "receipts": receipts}


_LINES = (_travel, _hotel, _mileage, _per_diem, _representation)


def _with_vat(rate: int, amount: Decimal) -> Mapping[str, str]:
    """The VAT within an amount, to the cent."""
    vat = (amount * rate / (100 + rate)).quantize(Decimal("0.01"))
    return {"amount": f"{amount}.00", "vat_code": str(rate), "vat_amount": str(vat)}


def _receipt(name: str) -> dict[str, str]:
    content = _PDF.replace("{0}", name).encode()
    return {
        "name": f"{name}.pdf",
        "content_type": "application/pdf",
        "content_base64": b64encode(content).decode(),
    }
