"""From files to rights: what ops.reader and ops.personal_account say is what Postgres goes by.

Whoever reads sees the rights before or after. The watch does it every few minutes, `make readers` at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg.types.json import Jsonb

from saldo.agreements.agreement import Agreement
from saldo.paths import SQL_DIR
from saldo.warehouse.connection import Connection, exclusive, read_sql, translated

from .loading import Readers
from .reader import Reader


def apply_readers(connection: Connection, readers: Readers) -> bool:
    """Give the rights that these files say, and take all others; returns whether any changed.

    Who has a broken file keeps what it had: nobody gains, and nobody is locked out by a typing error. Raises Busy.
    """
    parameters = {
        "readers": Jsonb([_said(reader) for reader in readers.good]),
        "broken": [*readers.held],
    }
    alone = exclusive(connection, "readers", "rights", said="readers")
    with translated(), alone, connection.transaction():
        changed = connection.execute(_sql("forget"), parameters).rowcount
        changed += connection.execute(_sql("remember"), parameters).rowcount
        row = connection.execute(_sql("agreements"), parameters).fetchone()
        changed += row[0] if row else 0
        # Agreements that are new bring their own; this mends what somebody has put there by hand.
        connection.execute("select ops.spread_readers()")
    return changed > 0


def note_personal_accounts(connection: Connection, agreements: Iterable[Agreement]) -> bool:
    """Remember which accounts of these are personal; returns whether any changed. Part of the open transaction, if
    there is one."""
    said = [
        {"agreement_id": agreement.id, "ranges": agreement.personal_ranges}
        for agreement in agreements
    ]
    row = connection.execute(_sql("personal_accounts"), {"agreements": Jsonb(said)}).fetchone()
    return bool(row and row[0])


def _said(reader: Reader) -> dict[str, object]:
    return {
        "reader_id": reader.id,
        "user_name": reader.user,
        "login": reader.login,
        "all_agreements": reader.agreements == "all",
        "personal": reader.personal,
        "agreements": [] if reader.agreements == "all" else list(reader.agreements),
    }


def _sql(name: str) -> bytes:
    return read_sql(SQL_DIR / "readers" / f"{name}.sql").encode()
