"""Two companies in every table of the mart, whichever tables there are, with texts that tell what they are.

Three rows a table and company: the first is posted on a personal account, the second is the other side of its voucher, the
third has nothing to do with either.
"""

from __future__ import annotations

from typing import Any

from psycopg import sql

from saldo.warehouse import catalogue
from saldo.warehouse.catalogue import Column, Table
from saldo.warehouse.connection import Connection

#: Id -> key of dim_agreement.
COMPANIES = {"nordlys": 101, "vestkyst": 102}
SALARIES, OTHER = "2210", "1000"
#: In a text that nobody may read who may not see what is personal.
PRIVATE = "PRIVATE"


def fill(owner: Connection) -> None:
    """Rows, statistics, and the personal account of each company."""
    rules = _rules(owner)
    for id, key in COMPANIES.items():
        owner.execute(
            "insert into ops.personal_account values (%s, '2200', '2299') on conflict do nothing",
            [id],
        )
        for table in catalogue.tables(owner, "mart").values():
            if not table.is_view and "agreement_key" in table.names and table.name not in (
                "dim_agreement", "bridge_user_agreement", "fact_exchange_rate",
            ):  # fmt: skip
                for number in (1, 2, 3):
                    _insert(owner, table, id, key, number, rules)
        owner.execute(
            "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) "
            "values (%s, %s, %s, 'economic', 'DKK')",
            [key, id, f"Company {id}"],
        )
    owner.execute("analyze")


def _rules(owner: Connection) -> dict[tuple[str, str], tuple[str, bool]]:
    """(table, column) -> what it is declared to be, and whether the table tells its personal rows."""
    return {
        (table, column): (what, told)
        for table, column, what, told in owner.execute(
            "select c.table_name, c.column_name, coalesce(o.is_personal, a.is_personal, 'always'), p.table_name is not null "
            "from information_schema.columns as c "
            "left join ops.personal_column as o on o.table_name = c.table_name and o.column_name = c.column_name "
            "left join ops.personal_column as a on a.table_name = '*' and a.column_name = c.column_name "
            "left join ops.personal_row as p on p.table_name = c.table_name where c.table_schema = 'mart'"
        )
    }


def _insert(
    owner: Connection, table: Table, id: str, key: int, number: int, rules: dict[Any, Any]
) -> None:
    values = {
        column.name: _value(table, column, id, key, number, rules.get((table.name, column.name)))
        for column in table.columns
    }
    owner.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            table.identifier,
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join([sql.Placeholder()] * len(values)),
        ),
        list(values.values()),
    )


def _value(table: Table, column: Column, id: str, key: int, number: int, rule: Any) -> object:
    name, own = column.name, key * 1000
    fixed = {
        "agreement_key": key, "agreement_id": id, "date_key": 20260101,
        # Lines 1 and 2 are of one voucher, of one document and of one draft.
        "voucher_key": own + (2 if number == 3 else 1), "voucher_number": str(2 if number == 3 else 1),
        "journal_number": "1", "draft_number": str(number),
        "contra_account_key": -3, "account_number": SALARIES if number == 1 else OTHER,
    }  # fmt: skip
    if name == "account_key" or name in fixed:
        return own + number if name == "account_key" else fixed[name]
    if name == "document_number" and table.name == "fact_purchase_documents":
        return str(2 if number == 3 else 1)
    if name == "document_key" and table.name != "dim_document":
        return own + (3 if number == 3 else 1)
    if column.type == "text":
        what, told = rule
        private = what == "always" or (what == "posting" and told and _is_personal(table, number))
        return f"{PRIVATE if private else 'open'} {id} {table.name}.{name} {number}"
    if column.type in ("bigint", "integer"):
        return own + number
    return {"date": "2026-01-31", "boolean": name == "has_pdf", "timestamp without time zone": "2026-01-01"}.get(
        column.type, number
    )  # fmt: skip


def _is_personal(table: Table, number: int) -> bool:
    """Documents and lines of a voucher are personal together; of documents, the one that it has."""
    return number == 1 if table.name in ("dim_document",) else number in (1, 2)
