"""What SQL must know of a vendor (ops.vendor), and what the warehouse knows of whose books an agreement holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from saldo.agreements.agreement import Agreement
from saldo.errors import ConfigError
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


def opened_before(connection: Connection, agreement: Agreement) -> dict[str, list[str]]:
    """Companies of the agreement's vendor whose books other agreements hold, and held first: the vendor's own id of
    the company -> those agreements, the latest first."""
    rows = connection.execute(
        "select c.agreement_number, c.agreement_id from core.agreement as c "
        "left join core.agreement as own on own.agreement_id = %(id)s "
        "left join core.key_map as k on k.agreement_id = c.agreement_id "
        "and k.kind = 'agreement' and k.source_key = c.agreement_id "
        "left join core.key_map as m on m.agreement_id = own.agreement_id "
        "and m.kind = 'agreement' and m.source_key = own.agreement_id "
        "where c.vendor = %(vendor)s and c.agreement_id <> %(id)s and (own.agreement_id is null "
        "or (coalesce(k.key, 'infinity'::float8), c.agreement_id) "
        "< (coalesce(m.key, 'infinity'::float8), own.agreement_id)) "
        "order by k.key desc nulls first, c.agreement_id desc",
        {"id": agreement.id, "vendor": agreement.vendor},
    ).fetchall()
    found: dict[str, list[str]] = defaultdict(list)
    for company, holder in rows:
        found[company].append(holder)
    return dict(found)


def check_no_twin(agreement: Agreement, company: str, opened: Mapping[str, Sequence[str]]) -> None:
    """Raise ConfigError where another agreement holds the books of the company: every amount would count twice.

    opened: see opened_before. One that is replaced had itself taken over from those before it.
    """
    holders = opened.get(company, ())
    if holders and agreement.replaces not in holders:
        twin = holders[0]
        raise ConfigError(
            f"{agreement.vendor} agreement {agreement.id!r} opens the company {company}, whose books agreement "
            f"{twin!r} holds: every amount would count twice; nothing was landed. Correct the connection of one "
            f"of them, or remove this file. Where this one takes over from {twin!r}, write `replaces: {twin}` in its "
            f"file and `enabled: false` in that of {twin!r}"
        )
