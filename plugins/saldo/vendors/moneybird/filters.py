"""What is asked for, in Moneybird's words. Its lists leave out what no filter names: all years but this one, archived
contacts and projects. So every request says what it wants."""

from __future__ import annotations

from saldo.declarations.entity import Entity
from saldo.declarations.source import Days

#: The most records a page or a slice holds.
MOST = 100
#: Path -> what all of it is asked for with. Of bank transactions a period must be named: all days that eight digits can
#: write, so that one whose year was typed wrong is in it, too.
_ALL: dict[str, dict[str, str | int]] = {
    "tax_rates": {"filter": "tax_rate_type:all", "per_page": MOST},
    "projects": {"filter": "state:all", "per_page": MOST},
    "contacts": {"include_archived": "true"},
    "documents/purchase_invoices": {"filter": "state:all"},
    "documents/receipts": {"filter": "state:all"},
    "documents/general_journal_documents": {"filter": "state:all"},
    "sales_invoices": {"filter": "state:all"},
    "financial_mutations": {"filter": "period:00010101..99991231,state:all"},
}


def everything(entity: Entity) -> dict[str, str | int]:
    """The parameters with which all of an entity is asked for; ledger accounts and financial accounts take none."""
    return dict(_ALL.get(entity.path, {}))


def has_pages(entity: Entity) -> bool:
    """Whether it is sent in pages; other lists come whole."""
    return "per_page" in everything(entity)


def dated(days: Days) -> dict[str, str | int]:
    """Those of the records of some days, both included."""
    first, last = (day.isoformat().replace("-", "") for day in (days.first, days.last))
    return {"filter": f"period:{first}..{last},state:all"}


def year(number: int) -> dict[str, str | int]:
    """Those of a report about a calendar year."""
    return {"period": f"{number}01..{number}12"}
