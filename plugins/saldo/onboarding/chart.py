"""What templates are filled with, out of the warehouse: an agreement's accounts, departments, and last year's figures."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from saldo.errors import ConfigError
from saldo.warehouse.connection import Connection
from saldo.workbooks.periods import Month, after
from saldo.workbooks.templates import Account, Template

#: On headings and sums nothing is posted; a type that the vendor adds may be posted on.
_ACCOUNTS = """
select a.account_number, a.name, a.group_account_number, a.group_account_name, a.report_line
from mart.dim_account as a
join mart.dim_agreement as g on g.agreement_key = a.agreement_key
where g.agreement_id = %(agreement_id)s and not a.is_deleted and a.account_type not in (
    'heading', 'heading_start', 'sum_interval', 'sum_alpha', 'total_from', 'budget_only'
)
order by a.sort_order
"""
_DEPARTMENTS = """
select d.department_number, d.name
from mart.dim_department as d
join mart.dim_agreement as g on g.agreement_key = d.agreement_key
where g.agreement_id = %(agreement_id)s and not (d.is_deleted or d.is_barred or d.is_distribution)
order by length(d.department_number), d.department_number
"""
_ACTUAL = """
select f.account_number, extract(year from f.date)::int, extract(month from f.date)::int, sum(f.amount_base)
from mart.fact_accounting as f
where f.agreement_id = %(agreement_id)s and f.date >= %(first)s and f.date < %(end)s and not f.is_opening
group by 1, 2, 3
"""


def accounts(connection: Connection, agreement_id: str, first: Month) -> list[Account]:
    """Those that can be posted on, as the statement has them, with what was posted in the twelve months before `first`.

    Raises ConfigError where the warehouse has none of this agreement.
    """
    before = after(first, -12)
    asked = {"agreement_id": agreement_id, "first": date(*before, 1), "end": date(*first, 1)}
    rows = connection.execute(_ACCOUNTS, asked).fetchall()
    if not rows:
        raise ConfigError(
            f"the warehouse has no accounts of the agreement {agreement_id!r}; let its first night run, or correct the id"
        )
    actual: dict[str, dict[Month, Decimal]] = defaultdict(dict)
    for number, year, month, amount in connection.execute(_ACTUAL, asked):
        actual[number][year, month] = amount
    return [
        Account(number, name, group or "", group_name or "", line or "", actual.get(number, {}))
        for number, name, group, group_name, line in rows
    ]


def departments(connection: Connection, agreement_id: str) -> list[tuple[str, str]]:
    """Number and name of those that can be posted on."""
    return connection.execute(_DEPARTMENTS, {"agreement_id": agreement_id}).fetchall()


def filled(connection: Connection, template: Template, agreement_id: str) -> Template:
    """The template with an agreement's accounts and departments. Raises ConfigError as `accounts` does."""
    found = accounts(connection, agreement_id, template.first)
    return Template(
        template.kind,
        template.language,
        template.first,
        found,
        departments(connection, agreement_id),
    )
