"""The words of the tests of exports: documents as core holds them, a folder that files go to, a plain writer."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from saldo.exports.claims import one_at_a_time
from saldo.exports.register import (
    Choice,
    ExportedFile,
    Filters,
    Summary,
    delete_file,
    export_purchases,
    settle,
    summaries,
)
from saldo.exports.store import FileGone
from saldo.warehouse.connection import Connection, connect

_agreements = itertools.count(1)
LAYOUT = SimpleNamespace(id="plain")
FIRST_DAY = date(2026, 1, 1)
#: Lines are (account, net amount); the rest of a line follows.
Lines = Sequence[tuple[str, str]]


class Killed(BaseException):
    """The process is gone: nothing that catches errors sees it."""


@dataclass
class Folder:
    """A store. before and after: called with the verb and the name."""

    path: Path
    before: Callable[[str, str], None] = lambda verb, name: None
    after: Callable[[str, str], None] = lambda verb, name: None

    def put(self, path: str, local: Path) -> str:
        name = path.rpartition("/")[2]
        self.before("put", name)
        (self.path / name).write_bytes(local.read_bytes())
        self.after("put", name)
        return sha256((self.path / name).read_bytes()).hexdigest()

    def chunks(self, name: str) -> Iterator[bytes]:
        if not self.exists(name):
            raise FileGone(name)
        yield (self.path / name).read_bytes()

    def listing(self) -> dict[str, int]:
        self.before("list", "")
        return {path.name: path.stat().st_size for path in self.path.iterdir()}

    def exists(self, name: str) -> bool:
        return (self.path / name).exists()

    def delete(self, name: str) -> None:
        self.before("delete", name)
        (self.path / name).unlink(missing_ok=True)
        self.after("delete", name)

    @property
    def names(self) -> set[str]:
        return {path.name for path in self.path.iterdir()}


def plain_file(
    connection: Connection, agreement_id: str, documents: Sequence[str], layout: Any, name: str, store: Any
) -> Any:  # fmt: skip
    """Every line of the documents as JSON, read where the register reads: the content is told of by its rows."""
    rows = connection.execute(
        "select d.document_number, d.version, d.state, l.account_number, l.net_amount::text "
        "from core.purchase_document as d inner join core.purchase_document_line as l "
        "using (agreement_id, document_number) where d.agreement_id = %s and d.document_number = any(%s) "
        "and not l.is_deleted order by 1, l.line_number",
        [agreement_id, list(documents)],
    ).fetchall()
    written = store.path / f".{name}.part"
    written.write_text("\n".join(map(json.dumps, rows)))
    try:
        assert store.put(f"{agreement_id}/{name}", written)
    finally:
        written.unlink()
    return SimpleNamespace(rows=len(rows), notes=())


def plain_name(at: datetime, number: int, *, extension: str | None, is_logged: bool) -> str:
    return f"{'' if is_logged else 'nolog-'}{number:04d}{'-' + extension if extension else ''}.xlsx"


@dataclass
class Books:
    """The purchase documents of an agreement of a test's own."""

    dsn: str
    store: Folder
    agreement_id: str = field(default_factory=lambda: f"books{next(_agreements)}")
    version: int = 0

    # --- what the vendor does -----------------------------------------------------------------

    def write(
        self,
        id: str,
        lines: Lines = (("4000", "100"),),
        *,
        kind: str = "receipt",
        state: str = "open",
        day: int = 0,
        supplier: str | None = "s1",
        currency: str = "EUR",
        is_deleted: bool = False,
    ) -> None:
        """The document is this from now on, in one transaction as an entity lands."""
        with connect(self.dsn) as connection, connection.transaction():
            self.write_in(
                connection, id, lines, kind=kind, state=state, day=day, supplier=supplier, currency=currency,
                is_deleted=is_deleted,
            )  # fmt: skip

    def write_in(
        self, connection: Connection, id: str, lines: Lines = (("4000", "100"),), *, kind: str = "receipt",
        state: str = "open", day: int = 0, supplier: str | None = "s1", currency: str = "EUR", is_deleted: bool = False,
    ) -> None:  # fmt: skip
        self.version += 1
        net = sum(Decimal(amount) for _, amount in lines)
        connection.execute(
            "insert into core.purchase_document (agreement_id, document_number, kind, date, state, supplier_number, "
            "currency, net_amount, net_amount_base, gross_amount, gross_amount_base, created_at, updated_at, version, "
            "is_deleted, change_seq) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, "
            "nextval('core.change_seq')) on conflict (agreement_id, document_number) do update set kind = excluded.kind, "
            "date = excluded.date, state = excluded.state, supplier_number = excluded.supplier_number, "
            "currency = excluded.currency, net_amount = excluded.net_amount, gross_amount = excluded.gross_amount, "
            "net_amount_base = excluded.net_amount_base, gross_amount_base = excluded.gross_amount_base, "
            "version = excluded.version, is_deleted = excluded.is_deleted, change_seq = excluded.change_seq",
            [
                self.agreement_id, id, kind, FIRST_DAY + timedelta(days=day), state, supplier, currency, net, net, net, net,
                created(id), created(id), self.version, is_deleted,
            ],
        )  # fmt: skip
        connection.execute(
            "update core.purchase_document_line set is_deleted = true "
            "where agreement_id = %s and document_number = %s and line_number > %s",
            [self.agreement_id, id, len(lines)],
        )
        for number, (account, amount) in enumerate(lines, start=1):
            connection.execute(
                "insert into core.purchase_document_line (agreement_id, document_number, line_id, line_number, "
                "account_number, net_amount, net_amount_base, is_deleted, change_seq) values "
                "(%s, %s, %s, %s, %s, %s, %s, false, nextval('core.change_seq')) on conflict "
                "(agreement_id, document_number, line_id) do update set account_number = excluded.account_number, "
                "net_amount = excluded.net_amount, net_amount_base = excluded.net_amount_base, is_deleted = false, "
                "change_seq = excluded.change_seq",
                [self.agreement_id, id, f"{id}/{number}", number, account, amount, amount],
            )

    # --- what people do ---------------------------------------------------------------------------

    def export(self, *ids: str, filters: Filters | None = None, **how: Any) -> ExportedFile:
        """Of these documents, or of those that filters let through."""
        choice = Choice(filters=filters) if filters else Choice(ids)
        given: dict[str, Any] = {
            "layout": LAYOUT, "actor": "ann", "store": self.store, "make": plain_file, "name_of": plain_name, **how,
        }  # fmt: skip
        return export_purchases(self.dsn, self.agreement_id, choice, **given)

    def delete(self, name: str, actor: str = "ann") -> None:
        delete_file(self.dsn, self.agreement_id, name, actor=actor, store=self.store)

    def settle(self) -> list[str]:
        """As the next export does first."""
        with connect(self.dsn) as connection, one_at_a_time(connection, self.agreement_id, 5):
            return settle(connection, self.agreement_id, self.store)

    # --- what there is ----------------------------------------------------------------------------

    def list(self, filters: Filters | None = None) -> dict[str, Summary]:
        with connect(self.dsn) as connection:
            page = summaries(connection, self.agreement_id, filters or Filters(), most=None)
        return {summary.id: summary for summary in page.documents}

    def rows(self, statement: str, *more: object) -> list[tuple[Any, ...]]:
        """Of a statement whose first parameter is the agreement."""
        with connect(self.dsn) as connection:
            return connection.execute(statement.encode(), [self.agreement_id, *more]).fetchall()

    def statuses(self) -> list[str]:
        """Of all files that were ever begun."""
        return [
            status
            for (status,) in self.rows(
                "select status from ops.export_file where agreement_id = %s order by file_id"
            )
        ]


def created(id: str) -> datetime:
    """Documents are made a day apart, in the order of their numbers."""
    return datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=int(id.strip("d") or 0))
