"""Rows of ops.expense, of its lines and its receipts: written once, and read again as the expense they are."""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from msgspec import structs
from psycopg.types.json import Jsonb

from saldo.errors import DataRejected
from saldo.warehouse.connection import Connection

from .expense import Expense, Receipt, parse_expense
from .jobs import Job

Source = Literal["rest", "file", "sql"]

_COLUMNS = (
    "organisation, expense_id, revision, kind, status, approved_at, employee, supplier, description, date, currency, payload, "
    "payload_hash, source, received_by"
)
_OF = "where {0}.organisation = %s and {0}.expense_id = %s"


@dataclass(frozen=True)
class Kept:
    """A revision that is stored. sent_as: the highest number that whoever sent this content gave it. sent_hash: of one that people made
    by correcting what was sent, the hash of that."""

    revision: int
    sent_as: int
    payload: dict[str, Any]
    payload_hash: str
    sent_hash: str | None = None


class UnknownExpense(DataRejected):
    """No such expense came in, or not with that revision."""

    @property
    def family(self) -> str:
        """That of data which must not pass without a person's word."""
        return "DataRejected"


def find(
    connection: Connection, organisation: str, expense_id: str, revision: int | None = None
) -> Kept | None:
    """A revision, the newest unless told; None where there is none."""
    row = connection.execute(
        "select e.revision, e.sent_as, e.payload, e.payload_hash, e.sent_hash from ops.expense as e "
        + _OF.format("e")
        + " and (%s::integer is null or e.revision = %s) order by e.revision desc limit 1",
        [organisation, expense_id, revision, revision],
    ).fetchone()
    return None if row is None else Kept(*row)


def is_newest(connection: Connection, job: Job) -> bool:
    """Whether what an export is of has no later revision."""
    found = find(connection, job.organisation, job.source_id)
    return found is not None and found.revision == job.revision


def load_expense(
    connection: Connection, organisation: str, expense_id: str, revision: int | None = None
) -> Expense:
    """A revision as it came in, the newest unless told, with its receipts and its number. Raises UnknownExpense."""
    found = find(connection, organisation, expense_id, revision)
    if found is None:
        which = "" if revision is None else f" revision {revision} of"
        raise UnknownExpense(
            f"there is no{which} expense {expense_id!r} of {organisation!r}; send it, or look for its id in ops.expense"
        )
    receipts = _receipts(connection, organisation, expense_id, found.revision)
    lines = [{**line, "receipts": receipts[line["line"]]} for line in found.payload["lines"]]
    return parse_expense({**found.payload, "revision": found.revision, "lines": lines})


class ReceiptOnFile(Receipt, frozen=True):
    """A receipt without its content, which is mebibytes: `content` is empty, all else is as it is."""

    bytes: int = 0
    digest: str = ""

    @property
    def size(self) -> int:
        return self.bytes

    @property
    def sha256(self) -> str:
        return self.digest


def load_many(
    connection: Connection, organisation: str, revisions: Collection[tuple[str, int]]
) -> dict[tuple[str, int], Expense]:
    """Revisions (id, revision) as they came in, in one question, with receipts that have no content; those that are not there are
    left out."""
    ids, numbers = zip(*revisions, strict=True) if revisions else ((), ())
    rows = connection.execute(
        "select e.payload, e.revision from unnest(%s::text[], %s::integer[]) as w (id, revision) "
        "inner join ops.expense as e on e.organisation = %s and e.expense_id = w.id and e.revision = w.revision",
        [list(ids), list(numbers), organisation],
    ).fetchall()
    found = (_without_contents(payload, revision) for payload, revision in rows)
    return {(expense.id, expense.revision or 1): expense for expense in found}


def _without_contents(payload: dict[str, Any], revision: int) -> Expense:
    lines = [
        {name: value for name, value in line.items() if name != "receipts"}
        for line in payload["lines"]
    ]
    expense = parse_expense({**payload, "revision": revision, "lines": lines})
    with_receipts = tuple(
        structs.replace(line, receipts=tuple(map(_on_file, raw.get("receipts", ()))))
        for line, raw in zip(expense.lines, payload["lines"], strict=True)
    )
    return structs.replace(expense, lines=with_receipts)


def _on_file(raw: dict[str, Any]) -> ReceiptOnFile:
    return ReceiptOnFile(raw["name"], raw["content_type"], b"", raw["bytes"], raw["sha256"])


def receipt_content(
    connection: Connection,
    organisation: str,
    expense_id: str,
    revision: int,
    line: int,
    digest: str,
) -> bytes:
    """A receipt's file, by its SHA-256. Raises UnknownExpense where it was erased."""
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(
            "select r.content from ops.expense_receipt as r "
            + _OF.format("r")
            + " and r.revision = %s and r.line = %s and r.sha256 = %s limit 1",
            [organisation, expense_id, revision, line, digest],
        ).fetchone()
    if row is None:
        raise UnknownExpense(
            f"a receipt of line {line} of expense {expense_id!r} of {organisation!r} (revision {revision}) is not kept any more; "
            "attach it by hand"
        )
    content: bytes = row[0]
    return content


def keep(
    connection: Connection,
    expense: Expense,
    found: Kept,
    *,
    actor: str,
    source: Source,
) -> None:
    """Write a revision, in the transaction that is open. found: what it is in the one way of writing, and its number."""
    keep_all(connection, [(expense, found)], actor=actor, source=source)
    for line in expense.lines:
        for place, receipt in enumerate(line.receipts, 1):
            # One by one: they are large.
            connection.execute(
                "insert into ops.expense_receipt (organisation, expense_id, revision, line, receipt, name, content_type, "
                "sha256, content) values (%s, %s, %s, %s, %s, %s, %s, %s, %b)",
                [
                    expense.organisation, expense.id, found.revision, line.line, place, receipt.name, receipt.content_type,
                    sha256(receipt.content).hexdigest(), receipt.content,
                ],
            )  # fmt: skip


def keep_all(
    connection: Connection,
    revisions: Sequence[tuple[Expense, Kept]],
    *,
    actor: str,
    source: Source,
) -> None:
    """Write many, as `keep` does; without receipts."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into ops.expense ({_COLUMNS}, sent_as, sent_hash, received_at) "
            f"values ({', '.join(['%s'] * 17)}, clock_timestamp())".encode(),
            [
                [
                    one.organisation, one.id, found.revision, one.kind, one.status, one.approved_at, one.employee, one.supplier,
                    one.description, one.date, one.currency, Jsonb(found.payload), found.payload_hash, source, actor,
                    found.sent_as, found.sent_hash,
                ]
                for one, found in revisions
            ],
        )  # fmt: skip
        cursor.executemany(
            "insert into ops.expense_line (organisation, expense_id, revision, line, category, date, text, quantity, rate, amount, "
            "vat_code, vat_amount, dimensions) "
            "select %s, %s, %s, l.line, l.category, l.date, l.text, l.quantity, l.rate, l.amount, l.vat_code, l.vat_amount, "
            "coalesce(l.dimensions, '{}') from jsonb_to_recordset(%s) as l (line integer, category text, date date, text text, "
            "quantity numeric, rate numeric, amount numeric, vat_code text, vat_amount numeric, dimensions jsonb)",
            [
                [one.organisation, one.id, found.revision, Jsonb(found.payload["lines"])]
                for one, found in revisions
            ],
        )


def sent_as(connection: Connection, expense: Expense, found: Kept) -> None:
    """The same content came with a higher number."""
    connection.execute(
        "update ops.expense as e set sent_as = %s " + _OF.format("e") + " and e.revision = %s",
        [expense.revision, expense.organisation, expense.id, found.revision],
    )


def _receipts(
    connection: Connection, organisation: str, expense_id: str, revision: int
) -> dict[int, list[dict[str, str]]]:
    """Line -> its receipts as JSON has them."""
    found = defaultdict(list)
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(
            "select r.line, r.name, r.content_type, r.content from ops.expense_receipt as r "
            + _OF.format("r")
            + " and r.revision = %s order by r.line, r.receipt",
            [organisation, expense_id, revision],
        )
        for line, name, content_type, content in rows:
            encoded = b64encode(content).decode()
            found[line].append(
                {"name": name, "content_type": content_type, "content_base64": encoded}
            )
    return found
