"""What SQL must know of a vendor (ops.vendor), and what the warehouse knows of whose books an agreement holds."""

from __future__ import annotations

from saldo.warehouse.connection import Connection

from .vendor import Vendor


def remember(connection: Connection, vendor: Vendor) -> None:
    """Write what the vendor's object says; nothing where it is there already, or has no ledger."""
    if "ledger_entry" not in vendor.fills:
        return
    connection.execute(
        "insert into ops.vendor (vendor, ledger_entity) select %(name)s, %(entity)s where not exists "
        "(select from ops.vendor where vendor = %(name)s and ledger_entity = %(entity)s) "
        "on conflict (vendor) do update set ledger_entity = excluded.ledger_entity",
        {"name": vendor.name, "entity": vendor.fills["ledger_entry"]},
    )


def company_of(connection: Connection, agreement_id: str) -> str | None:
    """The vendor's own id of the company whose books were landed; None before they are."""
    row = connection.execute(
        "select agreement_number from core.agreement where agreement_id = %s", [agreement_id]
    ).fetchone()
    return row[0] if row else None
