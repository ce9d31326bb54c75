"""The books of one agreement with years of postings, as the facts hold them: made in the warehouse itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg

POSTINGS, YEARS, ACCOUNTS = 1_000_000, 4, 200
#: A quarter of all postings are on it.
BANK = "5820"
#: The first and the last of those on which salaries are posted: a twentieth of all postings, on a fifth of the vouchers.
SALARIES = ("1000", "1012")
#: The last of the years, which is over.
YEAR = datetime.now(UTC).year - 1
_PLACES = """
create temporary table bench_posting on commit drop as
select
    n,
    w,
    y,
    make_date(%(year)s - %(years)s + 1 + y, 1, 1) + (w::bigint * 365 / %(each)s)::integer as day,
    case when w %% 4 = 0 then %(bank)s else (1000 + (w / 2 * 7 + w) %% %(accounts)s)::text end as account,
    (w / 2 %% 9973 + 0.25) * case when w %% 2 = 0 then -1 else 1 end as amount
from (
    select n, n %% %(each)s as w, n / %(each)s as y
    from generate_series(0, %(postings)s - 1) as n
) as n
"""
_BOOKS = (
    "insert into ops.personal_account (agreement_id, first_number, last_number) values (%(id)s, %(first_salary)s, %(last_salary)s)",
    """
    insert into mart.dim_account (
        account_key, agreement_key, account_number, name, account_type, is_balance_sheet, section, sort_order, is_deleted
    )
    select %(key)s * 1000 + a, %(key)s, a::text, 'Account ' || a, 'profit_and_loss', a = %(bank)s::integer, 'Section ' || a / 10, a, false
    from (select generate_series(1000, 999 + %(accounts)s) union all select %(bank)s::integer) as a (a)
    """,
    """
    insert into mart.dim_period (period_key, agreement_key, accounting_year, period, start_date, end_date, is_closed, is_adjustment)
    select
        %(key)s * 1000 + nth, %(key)s, extract(year from m)::text, extract(month from m)::integer, m::date,
        (m + interval '1 month - 1 day')::date, false, false
    from generate_series(
        make_date(%(year)s - %(years)s + 1, 1, 1)::timestamp, make_date(%(year)s, 12, 1)::timestamp, interval '1 month'
    ) with ordinality as m (m, nth)
    """,
    _PLACES,
    """
    insert into mart.fact_journal_entries (
        journal_entry_key, agreement_key, agreement_id, entry_number, voucher_key, voucher_number, entry_type, event_type, date, date_key,
        accounting_year, period, period_key, account_key, account_number, account_name, department_key, project_key, customer_key,
        supplier_key, vat_key, text, currency, amount, base_currency, amount_base, is_opening, document_key, has_pdf
    )
    select
        p.n, %(key)s, %(id)s, p.n::text, p.y * 1000000 + p.w / 4, (p.w / 4)::text, 'finance_voucher', 'journal_entry', p.day,
        to_char(p.day, 'yyyymmdd')::integer, d.accounting_year, d.period, d.period_key, a.account_key, p.account, a.name, -3, -3, -3, -3, -3,
        (array['Rent', 'Wages', 'Invoice', 'Telephone', 'Kørsel', 'Fragt', 'Kontor', 'Gebyr'])[1 + p.n %% 8] || ' ' || p.n,
        'DKK', p.amount, 'DKK', p.amount, false, -3, false
    from bench_posting as p
    inner join mart.dim_account as a on a.agreement_key = %(key)s and a.account_number = p.account
    inner join mart.dim_period as d on d.agreement_key = %(key)s and p.day between d.start_date and d.end_date
    order by p.n
    """,
    """
    insert into mart.fact_account_balance_month (
        agreement_key, agreement_id, account_key, account_number, account_name, department_key, month, accounting_year, base_currency,
        opening_base, movement_base, closing_base, first_day, last_day
    )
    select
        %(key)s, %(id)s, b.account_key, b.account_number, b.name, -3, b.start_date, b.accounting_year, 'DKK',
        b.closing - b.movement, b.movement, b.closing, b.start_date, b.end_date
    from (
        select
            a.account_key, a.account_number, a.name, d.start_date, d.end_date, d.accounting_year, coalesce(m.movement, 0) as movement,
            sum(coalesce(m.movement, 0)) over (
                partition by a.account_key, case when not a.is_balance_sheet then d.accounting_year end order by d.start_date
            ) as closing
        from mart.dim_account as a
        inner join mart.dim_period as d on d.agreement_key = a.agreement_key
        left join (
            select f.account_key, f.period_key, sum(f.amount_base) as movement
            from mart.fact_journal_entries as f
            where f.agreement_key = %(key)s
            group by f.account_key, f.period_key
        ) as m on m.account_key = a.account_key and m.period_key = d.period_key
        where a.agreement_key = %(key)s
    ) as b
    """,
)


def make(connection: psycopg.Connection, *, id: str, key: int, postings: int = POSTINGS) -> None:
    """Postings of whole years, two of them 0 together, four a voucher; and the balances of their months."""
    values: dict[str, Any] = {
        "id": id, "key": key, "postings": postings, "each": postings // YEARS, "years": YEARS, "year": YEAR, "accounts": ACCOUNTS,
        "bank": BANK, "first_salary": SALARIES[0], "last_salary": SALARIES[1],
    }  # fmt: skip
    with connection.transaction():
        for query in _BOOKS:
            connection.execute(query.encode(), values)
