"""The rows of a file of purchase documents, as the warehouse has them now: one a line, streamed.

What a row holds is in include/sql/exports/purchase_rows.sql; `FIELDS` names it for layouts.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from psycopg.rows import dict_row

from saldo.paths import SQL_DIR
from saldo.warehouse.connection import Connection, read_sql, translated

Kind = Literal["text", "number", "date", "flag"]
Row = Mapping[str, Any]

_SQL = SQL_DIR / "exports"
#: Rows that are fetched together.
_AT_ONCE = 2_000


def _of(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


#: What a row has, and of what kind it is: Decimal or int, date, text, bool; None where there is nothing.
FIELDS: Mapping[str, Kind] = MappingProxyType(
    {
        **_of(
            "text",
            "vendor agreement_number document_number kind reference entry_number state supplier_name supplier_code "
            "supplier_number currency base_currency origin line_id description quantity_text account_name account_code account_shown "
            "account_number vat_code vat_name project_number project_name product_number",
        ),
        **_of(
            "number",
            "year month exchange_rate document_net_amount document_gross_amount document_net_amount_base "
            "document_gross_amount_base line_number quantity unit_price vat_percent net_amount tax_amount gross_amount "
            "net_amount_base tax_amount_base gross_amount_base",
        ),
        **_of("date", "date due_date paid_on created_on updated_on period_start period_end"),
        **_of("flag", "has_no_lines has_unknown_tax_rate has_other_tax"),
    }
)


def purchase_rows(
    connection: Connection, agreement_id: str, document_numbers: Sequence[str]
) -> Generator[Row, None, None]:
    """In the order of date, document and line; a document without lines has one row. Numbers that are not there, or are of
    deleted documents, have none: who asked must count.

    All rows are of one moment, that of the first; in a transaction of the caller's they are of the caller's snapshot.
    Raises WarehouseUnavailable.
    """
    text = read_sql(_SQL / "purchase_rows.sql").encode()
    # Kept beyond its statement, so that it needs no transaction of its own around a generator.
    with (
        translated(),
        connection.cursor("purchase_rows", row_factory=dict_row, withhold=True) as cursor,
    ):
        cursor.itersize = _AT_ONCE
        cursor.execute(text, _parameters(agreement_id, document_numbers))
        yield from cursor


def count_rows(connection: Connection, agreement_id: str, document_numbers: Sequence[str]) -> int:
    """How many `purchase_rows` would give. Raises WarehouseUnavailable."""
    text = read_sql(_SQL / "purchase_row_count.sql").encode()
    with translated():
        row = connection.execute(text, _parameters(agreement_id, document_numbers)).fetchone()
    return int(row[0]) if row else 0


def _parameters(agreement_id: str, document_numbers: Sequence[str]) -> dict[str, object]:
    return {"agreement_id": agreement_id, "document_numbers": list(document_numbers)}
