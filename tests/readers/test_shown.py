"""What data docs, findings and mails show of rows that break a rule: read by whoever sees the agreement's DAG."""

from __future__ import annotations

from psycopg import sql

from saldo.validation.checks import read_checks
from saldo.validation.suites import SUITES
from saldo.warehouse.connection import Connection


def personal(warehouse: Connection, table: str) -> set[str]:
    """Columns that a masked reader does not see, or not of every row."""
    rows = warehouse.execute(
        "select c.column_name::text from information_schema.columns as c "
        "left join ops.personal_column as o on o.table_name = c.table_name and o.column_name = c.column_name "
        "left join ops.personal_column as a on a.table_name = '*' and a.column_name = c.column_name "
        "where c.table_schema = 'mart' and c.table_name = %s and (coalesce(o.is_personal, a.is_personal, "
        "case when c.data_type = 'text' then 'always' else 'never' end) = 'always' "
        "or coalesce(o.is_personal, a.is_personal) = 'posting' "
        "and exists (select from ops.personal_row as r where r.table_name = c.table_name))",
        [table],
    )
    return {name for (name,) in rows}


def test_nothing_personal_is_shown_of_a_row_that_breaks_a_rule(warehouse: Connection) -> None:
    assert personal(warehouse, "dim_employee") >= {"name", "employee_number", "email"}
    for suite in SUITES:
        assert not personal(warehouse, suite.table).intersection(suite.shown), suite.table


def test_nothing_personal_is_shown_by_a_check(warehouse: Connection) -> None:
    checks = read_checks()
    assert len(checks) > 10
    for check in checks:
        query = sql.SQL("select * from ({}) as c limit 0").format(
            sql.SQL(check.query("none").rstrip().rstrip(";"))
        )
        shown = {column.name for column in warehouse.execute(query).description or ()}
        assert shown
        assert not personal(warehouse, check.table).intersection(shown), check.name
