"""What becomes of a stream of changes whose facts do not come to what they must: it has told less than all, so
everything is read next. Other ways of reading look for themselves what they may have missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from saldo.runs import watermark
from saldo.vendors.vendor import Vendor
from saldo.warehouse.connection import Connection
from saldo.ways.state import Json

from .comparison import Comparison, filled_by
from .ledger import FACT
from .subledgers import CONTROL

_LEDGER = "the ledger did not come to the vendor's own totals"
_SUBLEDGER = "its postings did not come to those of the ledger on the same accounts"


def distrust(
    connection: Connection,
    agreement_id: str,
    vendor: Vendor,
    comparisons: Sequence[Comparison],
    known: Json,
    *,
    day: str,
) -> tuple[Json, list[str]]:
    """Mark the entities that are doubted; in the caller's transaction. Returns the doubts, entity -> {of, at}, and the
    entities of which everything is read next.

    known: the doubts so far; they stay where nothing was compared. Where everything has been read since the same
    accounts and periods were doubted, it has not mended them, and would not the next time either. (A landing under way
    may have lost the mark: then it is set again.)
    """
    doubts = {
        name: doubt for name, doubt in known.items() if not _is_compared(name, comparisons, vendor)
    }
    marked: list[str] = []
    doubted = _doubted([c for c in comparisons if c.is_bad], vendor)
    why = _LEDGER if vendor.fills["ledger_entry"] in doubted else _SUBLEDGER
    for name, places in doubted.items():
        reads = vendor.entity(name).reads
        mark = reads.distrusted(f"{why} on {day}")
        cursor, resume = watermark.load(connection, agreement_id, name)
        if not mark or not cursor:
            continue
        doubt = known.get(name)
        full_at = reads.state(cursor, resume).cursor.full_at
        if (
            doubt
            and places <= set(doubt["of"])
            and full_at is not None
            and full_at > datetime.fromisoformat(doubt["at"])
        ):
            doubts[name] = doubt
            continue
        watermark.mark(connection, agreement_id, name, mark)
        doubts[name] = {"of": sorted(places), "at": datetime.now(UTC).isoformat()}
        marked.append(name)
    return doubts, marked


def _is_compared(name: str, comparisons: Sequence[Comparison], vendor: Vendor) -> bool:
    """Whether tonight says anything of an entity: of one that has no comparison of its own, the ledger does."""
    compared = {filled_by(c.entity, vendor.fills) for c in comparisons}
    has_its_own = name in (vendor.fills.get("receivable"), vendor.fills.get("payable"))
    return name in compared or (not has_its_own and vendor.fills["ledger_entry"] in compared)


def _doubted(bad: Sequence[Comparison], vendor: Vendor) -> dict[str, set[str]]:
    """Entity -> accounts and periods. What made the ledger's stream lose something (nobody read it for too long) has
    hardly spared the others."""
    found: dict[str, set[str]] = {}
    for c in bad:
        if c.control == CONTROL or c.entity == FACT:
            place = f"{c.account} {c.period}"
            found.setdefault(filled_by(c.entity, vendor.fills), set()).add(place)
    of_ledger = found.get(vendor.fills["ledger_entry"])
    if of_ledger:
        for entity in vendor.entities:
            found[entity.name] = found.get(entity.name, set()) | of_ledger
    return found
