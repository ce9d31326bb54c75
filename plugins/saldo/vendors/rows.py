"""What SQL must know of a vendor (ops.vendor), and what the warehouse knows of whose books an agreement holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from saldo.agreements.agreement import Agreement
from saldo.errors import Busy, ConfigError
from saldo.warehouse.connection import Connection, exclusive

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


def check_no_twin(connection: Connection, agreement: Agreement, company: str) -> None:
    """Raise ConfigError where another agreement held the books of the company before this one: every amount counts twice."""
    refuse_twin(
        agreement,
        company,
        opened_before(connection, agreement),
        is_landed=company_of(connection, agreement.id) is not None,
    )


def refuse_twin(
    agreement: Agreement,
    company: str,
    opened: Mapping[str, Sequence[str]],
    *,
    is_landed: bool,
) -> None:
    """See check_no_twin. opened: see opened_before; is_landed: whether the books of this one are there, too.

    One that is replaced had itself taken over from those before it.
    """
    holders = opened.get(company, ())
    if not holders or agreement.replaces in holders:
        return
    twin, this = holders[0], f"{agreement.vendor} agreement {agreement.id!r}"
    takeover = (
        f"Where this one takes over from {twin!r}, write `replaces: {twin}` in its file and `enabled: false` in that of "
        f"{twin!r}"
    )
    if is_landed:
        raise ConfigError(
            f"{this} holds the books of the company {company}, and so does agreement {twin!r}: every amount counts twice "
            f"in reports over both; nothing more is landed, and nothing of it is proven. {takeover}. Otherwise remove "
            "this file, and then its rows by the SQL in docs/moving-an-agreement.md (The same books twice)"
        )
    raise ConfigError(
        f"{this} opens the company {company}, whose books agreement {twin!r} holds: every amount would count twice; "
        f"nothing is landed. Correct the connection of one of them, or remove this file. {takeover}"
    )


@contextmanager
def landing_company(connection: Connection, agreement: Agreement, company: str) -> Iterator[None]:
    """Until a company's own record is in core, no other agreement may find that nobody holds its books. Raises Busy.

    Who holds this holds the lock of the agreement's identity entity already, and waits for no other one of the kind:
    two agreements never wait for each other.
    """
    with ExitStack() as held:
        try:
            held.enter_context(exclusive(connection, f"{agreement.vendor} {company}", "its books"))
        except Busy:
            raise Busy(
                f"{agreement.vendor} agreement {agreement.id!r} opens the company {company}, which another agreement is "
                "landing at this moment; this one tries again later. One company is held by one agreement: if this one "
                "was to open another company, correct its connection"
            ) from None
        yield
