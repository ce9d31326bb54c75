"""A sandbox company on Xledger, for the same words as those of tests.support."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from saldo.agreements.agreement import Agreement
from saldo.transport import Caller, Policy
from saldo.vendors import VENDORS
from saldo.vendors.xledger.client import XledgerClient
from tests.support import QUICK, Company, Sandbox, agreement, assert_same

ENTITIES = {entity.name: entity for entity in VENDORS["xledger"].entities}


@dataclass
class XledgerCompany(Company):
    """token: of the company's own entity unless said; owner: named in its connection."""

    token: str = ""
    owner: str | None = None
    rows: int = 10_000
    without: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def entities(self) -> tuple[str, ...]:
        return tuple(name for name in ENTITIES if name not in self.without)

    @property
    def agreement(self) -> Agreement:
        return agreement(
            self.id,
            vendor="xledger",
            connection=f"xledger_{self.id}",
            timezone="Europe/Oslo",
            **self.more,
        )

    def client(self, *, policy: Policy = QUICK, **more: Any) -> XledgerClient:
        return XledgerClient(
            Caller("xledger", self.id, f"xledger_{self.id}"),
            token=more.get("token") or self.token or f"sandbox-xledger-token-{self.id}",
            url=f"{self.sandbox.url}/xledger/graphql",
            owner_db_id=self.owner,
            burst=100_000,
            policy=policy,
            page_size=self.rows,
        )

    def fault(self, kind: str, **more: Any) -> None:
        """match: name of the operation, which is the root field, or a part of it."""
        super().fault(kind, **{"agreement": self.client().own_entity().id, **more})

    def truth_of_xledger(self) -> dict[str, Any]:
        url = f"{self.sandbox.url}/sandbox/companies/{self.id}/truth/xledger"
        found: dict[str, Any] = requests.get(url, timeout=120).json()
        return found


def xledger_company(
    sandbox: Sandbox, name: str, *, rows: int = 10_000, **more: Any
) -> XledgerCompany:
    """A company nobody else uses, on Xledger; more: the fields of Company in include/sandbox, and how Xledger treats
    it. rows: of a page."""
    made = sandbox.company(name, base_currency="NOK", xledger_burst=100_000, **more)
    return XledgerCompany(sandbox, made.id, made.agreement_number, rows=rows)


# --- comparing with the truth --------------------------------------------------------------------

_KEY = "(select k.source_key from core.key_map as k where k.key = {key} and {key} > 0)"
_TRANSACTIONS = f"""
select
    f.entry_number as db_id, f.date, f.account_number as account_code, f.amount_base, f.amount, f.currency,
    f.department_number as department_code, p.project_number as project_code,
    case f.entry_type
        when 'opening_entry' then 'OB'
        when 'customer_invoice' then 'AR'
        when 'supplier_invoice' then 'AP'
        when 'payment' then 'BANK'
        when 'finance_voucher' then 'GL'
    end as source,
    f.voucher_number as voucher, m.dimension_member_number as cost_object_code, f.vat_code as tax_code,
    {_KEY.format(key="f.period_key")} as period_db_id, f.text
from mart.fact_journal_entries as f
inner join mart.dim_account as a
    on a.account_key = f.account_key
    and a.agreement_key = f.agreement_key
    and a.account_number = f.account_number
inner join mart.dim_department as d
    on d.department_key = f.department_key
    and (d.department_number = f.department_number or f.department_key < 0)
left join mart.dim_project as p on p.project_key = f.project_key and f.project_key > 0
left join mart.bridge_entry_dimension as e
    on e.journal_entry_key = f.journal_entry_key
    and e.date = f.date
    and e.dimension_number = 2
left join mart.dim_dimension_member as m
    on m.dimension_member_key = e.dimension_member_key
    and m.dimension_name = 'Kostnadsbærer'
    and m.name is not null
where f.agreement_id = %(id)s
"""
_SUBLEDGER = f"""
select
    f.entry_number as db_id, f.date, f.due_date, {_KEY.format(key="f.{party}_key")} as subledger_db_id,
    f.invoice_number, upper(f.entry_type) as kind, f.currency, f.amount_base, f.amount, f.remainder as remaining,
    f.voucher_number as voucher
from mart.{{table}} as f
inner join mart.dim_{{party}} as d
    on d.{{party}}_key = f.{{party}}_key
    and d.{{party}}_number = f.{{party}}_number
    and d.name = f.{{party}}_name
where f.agreement_id = %(id)s
"""
_TIMESHEETS = f"""
select
    f.timesheet_number as db_id, f.date, {_KEY.format(key="f.employee_key")} as employee_db_id,
    {_KEY.format(key="f.project_key")} as project_db_id, f.hours, f.invoice_hours, t.hourly_revenue, t.hourly_cost,
    f.is_approved
from mart.fact_timesheets as f
inner join core.timesheet as t
    on t.agreement_id = f.agreement_id
    and t.timesheet_number = f.timesheet_number
where f.agreement_id = %(id)s
"""


def assert_facts_are_true(dsn: str, company: Company) -> None:
    """Every fact is what the sandbox's books say, and nothing else is there."""
    assert_same(dsn, company, "xledger-transactions", _TRANSACTIONS)
    for table, party in (("receivables", "customer"), ("payables", "supplier")):
        query = _SUBLEDGER.format(table=f"fact_{table}", party=party)
        assert_same(dsn, company, f"xledger-{table}", query)
    assert_same(dsn, company, "xledger-timesheets", _TIMESHEETS)
