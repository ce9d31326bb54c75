"""The words the tests are written in: a sandbox company, a night, and what must be true after it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from csv import DictReader
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import requests
import yaml

from saldo.agreements.agreement import Agreement
from saldo.declarations.controls import Controls
from saldo.declarations.source import Source
from saldo.errors import SaldoError
from saldo.landing import Landing
from saldo.landing.together import land_together
from saldo.proof import Proof, prove
from saldo.run_request import RunRequest
from saldo.runs.sync_run import Counts, Run, recorded
from saldo.transform.facts import MART, Changes, refresh
from saldo.transport import Caller, Policy
from saldo.vendors import VENDORS, entity_of
from saldo.vendors.economic.client import PAGE_SIZE, EconomicClient
from saldo.warehouse.connection import Connection, connect
from saldo.ways.change_log import ChangeLog
from saldo.ways.plan import Decision

PROJECT = Path(__file__).resolve().parents[1]
FIXTURES = Path(__file__).parent / "fixtures"
ENTITIES = {entity.name: entity for entity in VENDORS["economic"].entities}
#: The entities before it are the ledger's.
FIRST_OF_SALES = "products"
#: The suite has twelve minutes; with SALDO_TEST_EVERYTHING=1 it takes all shapes, seeds and faults.
IS_WHOLE_SUITE = os.environ.get("SALDO_TEST_EVERYTHING") == "1"
#: For what takes minutes.
whole_suite = pytest.mark.skipif(not IS_WHOLE_SUITE, reason="SALDO_TEST_EVERYTHING=1 runs it")
SECRET = "sandbox-app-secret"
#: Waits of milliseconds: what is tested is that there is a retry, not how long a second is.
QUICK = Policy(max_tries=3, first_wait_s=0.01, max_wait_s=2, connect_timeout_s=5, read_timeout_s=2)
_numbers, _runs = itertools.count(1), itertools.count(1)


@dataclass
class Sandbox:
    url: str

    def company(
        self,
        name: str,
        *,
        is_ledger_only: bool = False,
        page_size: int = PAGE_SIZE,
        **more: Any,
    ) -> Company:
        """A company nobody else uses; more: the fields of Company in include/sandbox, and how vendors treat
        it. is_ledger_only: of what it sells nothing is landed, since the test is about the ledger. page_size: of
        its clients."""
        number = next(_numbers)
        id = f"{name}{number}"
        body = {
            "agreement_number": 5_000_000 + number,
            "name": f"{name} ApS",
            # Of the name: what a company holds must not depend on which tests ran before.
            "seed": crc32(name.encode()) % 10_000,
            **more,
        }
        requests.put(f"{self.url}/sandbox/companies/{id}", json=body, timeout=10).raise_for_status()
        return Company(self, id, body["agreement_number"], is_ledger_only, page_size)

    def clear_faults(self) -> None:
        requests.delete(f"{self.url}/sandbox/faults", timeout=10).raise_for_status()


@dataclass
class Company:
    sandbox: Sandbox
    id: str
    agreement_number: int
    is_ledger_only: bool = False
    page_size: int = PAGE_SIZE
    replaces: str | None = None
    #: The run of its last night.
    run_id: str = "run"

    @property
    def entities(self) -> tuple[str, ...]:
        names = tuple(ENTITIES)
        return names[: names.index(FIRST_OF_SALES)] if self.is_ledger_only else names

    @property
    def agreement(self) -> Agreement:
        return agreement(self.id, replaces=self.replaces)

    def next_day(self, days: int = 1) -> None:
        url = f"{self.sandbox.url}/sandbox/companies/{self.id}/next-day?days={days}"
        requests.post(url, timeout=60).raise_for_status()

    def fault(self, kind: str, **more: Any) -> None:
        body = {"kind": kind, "agreement": self.id, **more}
        requests.post(
            f"{self.sandbox.url}/sandbox/faults", json=body, timeout=10
        ).raise_for_status()

    def truth(self) -> dict[str, Any]:
        url = f"{self.sandbox.url}/sandbox/companies/{self.id}/truth"
        found: dict[str, Any] = requests.get(url, timeout=120).json()
        return found

    def truth_of(self, what: str) -> bytes:
        """CSV of entries, balances, drafts, invoice-lines, order-lines or documents."""
        url = f"{self.sandbox.url}/sandbox/companies/{self.id}/truth/{what}"
        return requests.get(url, timeout=120).content

    def client(
        self, *, grant: str | None = None, secret: str = SECRET, number: str | None = None,
        policy: Policy = QUICK,
    ) -> EconomicClient:  # fmt: skip
        return EconomicClient(
            Caller("economic", self.id, f"economic_{self.id}"),
            grant_token=grant or f"sandbox-grant-{self.id}",
            app_secret_token=secret,
            rest_url=f"{self.sandbox.url}/economic/rest",
            openapi_url=f"{self.sandbox.url}/economic/openapi",
            agreement_number=number,
            policy=policy,
            page_size=self.page_size,
        )


def _new_run_id() -> str:
    return f"run-{os.getpid()}-{next(_runs)}"


def random_text(letters: int) -> str:
    """What Postgres cannot pack: of an "x" repeated, an index takes any number."""
    parts = (sha256(bytes([number])).hexdigest() for number in range(letters // 64 + 1))
    return "".join(parts)[:letters]


def change_log(entity: str) -> ChangeLog:
    """The change log an entity declares."""
    return next(c for c in ENTITIES[entity].silent_changes if isinstance(c, ChangeLog))


def agreement(id: str, **more: Any) -> Agreement:
    return Agreement(**_agreement(id, **{"name": id, **more}))


def write_agreement(folder: Path, id: str, **more: Any) -> None:
    """The file of an agreement; more: further keys, or other values."""
    text = yaml.safe_dump(_agreement(id, **more), sort_keys=False)
    (folder / f"{id}.yaml").write_text(text)


def _agreement(id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "name": f"{id} ApS", "vendor": "economic", "connection": f"economic_{id}",
        "schedule": None, "timezone": "Europe/Copenhagen", "start_date": date(2024, 1, 1), **more,
    }  # fmt: skip


@dataclass
class Night:
    """What a night did: counts and error per entity, changes per table of the mart."""

    counts: dict[str, Counts] = field(default_factory=dict)
    reads: dict[str, Decision] = field(default_factory=dict)
    errors: dict[str, SaldoError] = field(default_factory=dict)
    facts: dict[str, Changes] = field(default_factory=dict)


def land(
    connection: Connection,
    dsn: str,
    source: Source,
    of: Agreement,
    entity: str,
    *,
    run_request: RunRequest | None = None,
    run_id: str = "run",
    now: datetime | None = None,
) -> tuple[Decision | None, Counts]:
    """Land one entity as its task does."""
    run_request = run_request or RunRequest()
    decision = None
    with recorded(
        connection, dsn, of.key, entity, Run("dag", run_id, 1, run_request.mode)
    ) as sync_run:
        landing = Landing(
            connection,
            source,
            of,
            entity_of(of.vendor, entity),
            run_request=run_request,
            sync_run=sync_run,
        )
        decision = landing.run(now=now or datetime.now(UTC))
    return decision, sync_run.counts


def night(
    dsn: str,
    company: Company,
    *,
    run_request: RunRequest | None = None,
    entities: Sequence[str] | None = None,
    of: Agreement | None = None,
    now: datetime | None = None,
    run_id: str | None = None,
    before: Callable[[str], object] = lambda step: None,
) -> Night:
    """A night as the DAG runs it, a run of its own: an entity that fails stops no other, facts come last.
    before: called before each entity, and before "facts"."""
    done, run_request, of = Night(), run_request or RunRequest(), of or company.agreement
    run_id = company.run_id = run_id or _new_run_id()
    shared = company.client()
    with connect(dsn) as connection:
        for name in company.entities if entities is None else entities:
            entity = entity_of(of.vendor, name)
            client = shared if entity.is_small else company.client()

            def land_one(entity: str, client: Any = client) -> Counts:
                before(entity)
                decision, done.counts[entity] = land(
                    connection,
                    dsn,
                    client,
                    of,
                    entity,
                    run_request=run_request,
                    now=now,
                    run_id=run_id,
                )
                if decision:
                    done.reads[entity] = decision
                return done.counts[entity]

            try:
                land_together(entity, land_one, wanted=company.entities)
            except SaldoError as error:
                done.errors[name] = error
        before("facts")
        with recorded(connection, dsn, of.key, "facts", Run("dag", run_id, 1, run_request.mode)):
            done.facts = refresh(connection, of, run_request)
    return done


def proven(
    dsn: str,
    company: Company,
    *,
    run_request: RunRequest | None = None,
    run_id: str | None = None,
    now: datetime | None = None,
    controls: Controls | None = None,
) -> Proof:
    """Prove as the task does, in the run of the company's last night; raises NotProven."""
    run_request, run_id = run_request or RunRequest(), run_id or company.run_id
    with (
        connect(dsn) as connection,
        recorded(
            connection, dsn, company.agreement.key, "prove", Run("dag", run_id, 1, run_request.mode)
        ) as sync_run,
    ):
        return prove(
            connection,
            controls or VENDORS[company.agreement.vendor].controls_of(company.client()),
            company.agreement,
            run_request=run_request,
            sync_run=sync_run,
            now=now or datetime.now(UTC),
        )


# --- comparing with the truth --------------------------------------------------------------------

_FACTS = """
select
    f.entry_number, f.voucher_number, f.entry_type, f.date, f.accounting_year, f.period,
    f.account_number, f.account_name, c.customer_number, s.supplier_number, f.vat_code, f.text,
    f.currency, f.amount, f.amount_base, f.due_date, f.remainder, f.remainder_base,
    f.invoice_number, f.is_opening, f.department_number
from mart.fact_journal_entries as f
inner join mart.dim_account as a
    on a.account_key = f.account_key
    and a.agreement_key = f.agreement_key
    and a.account_number = f.account_number
inner join mart.dim_department as d
    on d.department_key = f.department_key
    and (d.department_number = f.department_number or f.department_key < 0)
left join mart.dim_customer as c on c.customer_key = f.customer_key and f.customer_key > 0
left join mart.dim_supplier as s on s.supplier_key = f.supplier_key and f.supplier_key > 0
where f.agreement_id = %(id)s
"""


_DRAFTS = """
select
    f.draft_number as entry_number, f.journal_number, f.voucher_number, f.date, f.account_number,
    f.amount, f.currency, f.text, c.customer_number, s.supplier_number
from mart.fact_draft_entries as f
left join mart.dim_customer as c on c.customer_key = f.customer_key and f.customer_key > 0
left join mart.dim_supplier as s on s.supplier_key = f.supplier_key and f.supplier_key > 0
where f.agreement_id = %(id)s
"""


_LINE = """
    f.line_number, f.customer_number, f.customer_name, f.product_number, f.department_number,
    f.description, f.quantity, f.unit, f.unit_net_price, f.discount_percent, f.currency,
    f.exchange_rate, f.net_amount, f.net_amount_base, f.cost_base, f.margin_base,
    f.line_kind = 'rounding' as is_rounding
"""
_MEMBERS_OF_LINE = """
inner join mart.dim_customer as c
    on c.customer_key = f.customer_key
    and (c.customer_number = f.customer_number or c.customer_key = -3)
inner join mart.dim_product as p
    on p.product_key = f.product_key
    and (
        (p.product_number, p.name) is not distinct from (f.product_number, f.product_name)
        or p.product_key = -3
        -- Deleted before its number was ever read: lines name it for ever.
        or (p.product_key = -1 and f.product_name is null)
    )
inner join mart.dim_department as d
    on d.department_key = f.department_key
    and (
        (d.department_number, d.name) is not distinct from (f.department_number, f.department_name)
        or d.department_key = -3
    )
where f.agreement_id = %(id)s
"""
_INVOICE_LINES = f"""
select
    f.invoice_number, f.is_draft, f.is_credit_note, f.invoice_date, f.due_date, {_LINE},
    f.payment_status, f.invoice_remainder_base
from mart.fact_invoice_lines as f
{_MEMBERS_OF_LINE}
"""
_ORDER_LINES = f"""
select
    f.kind, f.order_number, case f.status when 'draft' then 'drafts' else f.status end as status,
    f.order_date, f.due_date, {_LINE}
from mart.fact_order_lines as f
{_MEMBERS_OF_LINE}
"""
_DOCUMENTS = """
select
    m.kind, m.accounting_year, m.document_number, m.attached_document_number as number, m.has_pdf,
    m.page_count, m.note
from mart.dim_document as m
inner join mart.dim_agreement as a on a.agreement_key = m.agreement_key
where a.agreement_id = %(id)s and not m.is_deleted
"""


def assert_facts_are_true(dsn: str, company: Company) -> None:
    """Every fact is what the sandbox's ledger says, and nothing else is there."""
    assert_same(dsn, company, "entries", _FACTS)
    assert_same(dsn, company, "drafts", _DRAFTS)
    if not company.is_ledger_only:
        assert_same(dsn, company, "invoice-lines", _INVOICE_LINES)
        assert_same(dsn, company, "order-lines", _ORDER_LINES)
        # What is merged into a document is seen when everything is read again.
        assert_same(dsn, company, "documents", _DOCUMENTS, without=("page_count", "note"))
        assert_lines_have_their_documents(dsn, company)
    assert_party_lines_are_true(dsn, company)
    assert_balances_are_true(dsn, company)


def assert_documents_are_true(dsn: str, company: Company) -> None:
    """All that is told of documents: after everything was read."""
    assert_same(dsn, company, "documents", _DOCUMENTS)


def assert_same(
    dsn: str, company: Company, what: str, query: str, *, without: tuple[str, ...] = ()
) -> None:
    """The rows of a query are those of the sandbox's CSV."""
    csv = company.truth_of(what)
    header = csv[: csv.index(b"\n")].decode()
    columns = ",".join(name for name in header.split(",") if name not in without)
    with connect(dsn) as connection, connection.transaction(force_rollback=True):
        if "core.key_map" in query:
            # Names are looked up by their keys, as nothing in the warehouse does: row by row it took most of a night's time.
            connection.execute("create unique index on core.key_map (key)")
        connection.execute(f"create temporary table shown as {query}", {"id": company.id})
        connection.execute("create temporary table truth (like shown)")
        with connection.cursor().copy(
            f"copy truth ({header}) from stdin (format csv, header)"
        ) as copy:
            copy.write(csv)
        for ours, theirs, what in (("truth", "shown", "missing"), ("shown", "truth", "too much")):
            rows = connection.execute(
                f"select {columns} from {ours} except all select {columns} from {theirs} limit 3"
            ).fetchall()
            assert not rows, f"{what} in the facts of {company.id}: {rows}"


def assert_party_lines_are_true(dsn: str, company: Company) -> None:
    """Receivables and payables are the lines of the ledger that name a customer or supplier."""
    csv = list(DictReader(company.truth_of("entries").decode().splitlines()))
    with connect(dsn) as connection:
        for party, table in (("customer", "fact_receivables"), ("supplier", "fact_payables")):
            rows = connection.execute(
                f"select t.entry_number, t.{party}_number, t.amount_base, t.remainder_base, "
                f"d.name is not distinct from t.{party}_name from mart.{table} as t "
                f"inner join mart.dim_{party} as d on d.{party}_key = t.{party}_key "
                "where t.agreement_id = %s",
                [company.id],
            ).fetchall()
            assert sorted(rows) == sorted(
                (
                    line["entry_number"], line[f"{party}_number"], Decimal(line["amount_base"]),
                    Decimal(line["remainder_base"]) if line["remainder_base"] else None, True,
                )
                for line in csv
                if line[f"{party}_number"]
            )  # fmt: skip


def assert_lines_have_their_documents(dsn: str, company: Company) -> None:
    """That of the voucher, else that of the booked invoice: both as the sandbox lists them."""
    documents = list(DictReader(company.truth_of("documents").decode().splitlines()))
    vouchers = {
        (d["accounting_year"], d["document_number"]) for d in documents if d["kind"] == "voucher"
    }
    invoices = {d["document_number"] for d in documents if d["kind"] == "invoice"}
    expected = {}
    for line in DictReader(company.truth_of("entries").decode().splitlines()):
        if (line["accounting_year"], line["voucher_number"]) in vouchers:
            expected[line["entry_number"]] = ("voucher", line["voucher_number"])
        elif line["entry_type"] == "customer_invoice" and line["invoice_number"] in invoices:
            expected[line["entry_number"]] = ("invoice", line["invoice_number"])
    with connect(dsn) as connection:
        rows = connection.execute(
            "select f.entry_number, m.kind, m.document_number from mart.fact_accounting as g "
            "inner join mart.fact_journal_entries as f on f.journal_entry_key = g.accounting_key "
            "inner join mart.dim_document as m on m.document_key = g.document_key "
            "and m.agreement_key = f.agreement_key and m.has_pdf = g.has_pdf "
            "where g.agreement_id = %s and g.has_pdf",
            [company.id],
        ).fetchall()
    assert {number: (kind, document) for number, kind, document in rows} == expected


def assert_balances_are_true(dsn: str, company: Company) -> None:
    """Balances carried forward here, from month to month, from the sums of the sandbox's own ledger."""
    sums: dict[tuple[str, str], dict[str, tuple[Decimal, Decimal]]] = {}
    for row in DictReader(company.truth_of("balances").decode().splitlines()):
        key = row["account_number"], row["department_number"]
        amounts = Decimal(row["opening_base"]), Decimal(row["movement_base"])
        sums.setdefault(key, {})[row["first_day"]] = amounts
    with connect(dsn) as connection:
        years = connection.execute(
            "select min(p.start_date)::text, max(p.end_date)::text from mart.dim_period as p "
            "inner join mart.dim_agreement as a on a.agreement_key = p.agreement_key "
            "where a.agreement_id = %s group by p.accounting_year order by 1",
            [company.id],
        ).fetchall()
        rows = connection.execute(
            "select account_number, coalesce(department_number, ''), first_day::text, opening_base, "
            "movement_base, closing_base from mart.fact_account_balance_month "
            "where agreement_id = %s",
            [company.id],
        ).fetchall()
    shown = {(account, department, day): tuple(rest) for account, department, day, *rest in rows}
    assert shown == dict(_carried_forward(sums, years))


def _carried_forward(
    sums: dict[tuple[str, str], dict[str, tuple[Decimal, Decimal]]], years: list[Any]
) -> Iterator[tuple[tuple[str, str, str], tuple[Decimal, Decimal, Decimal]]]:
    def year_of(day: str) -> str:
        return str(next(start for start, end in years if start <= day <= end))

    opened: dict[tuple[str, str], Decimal] = {}
    for (account, _), days in sums.items():
        for day, (opening, _) in days.items():
            place = year_of(day), account
            opened[place] = opened.get(place, Decimal(0)) + opening
    restated = {year for (year, _), opening in opened.items() if opening}
    last = max(day for days in sums.values() for day in days)
    for (account, department), days in sums.items():
        day, year, balance = min(days), "", Decimal(0)
        while day <= last or day[:7] == last[:7]:
            if year_of(day) != year:
                year = year_of(day)
                is_result = int(account) < 5000
                balance = Decimal(0) if is_result or year in restated else balance
            opening, movement = days.get(day, (Decimal(0), Decimal(0)))
            balance += opening + movement
            yield (account, department, day), (balance - movement, movement, balance)
            month = f"{date.fromisoformat(day).replace(day=1) + timedelta(days=32):%Y-%m}-01"
            day = min([month, *(start for start, _ in years if start > day)])


_MEMBERS = {
    "customer": "customers", "account": "accounts", "supplier": "suppliers",
    "department": "departments", "employee": "employees", "vat": "vat_accounts",
    "payment_terms": "payment_terms", "product": "products",
}  # fmt: skip


def assert_dimensions_are_true(dsn: str, company: Company) -> None:
    """Names and numbers of the living members, and the counts of everything staged."""
    truth = company.truth()
    with connect(dsn) as connection:
        for table, names in _MEMBERS.items():
            if table == "product" and company.is_ledger_only:
                continue
            rows = connection.execute(
                f"select d.{table}_number, d.name from mart.dim_{table} as d "
                "inner join mart.dim_agreement as a on a.agreement_key = d.agreement_key "
                "where a.agreement_id = %s and not d.is_deleted",
                [company.id],
            ).fetchall()
            assert dict(rows) == truth[names], table
        for entity, count in truth["counts"].items():
            if entity not in company.entities:
                continue
            if not connection.execute(
                "select to_regclass(%s)", [f"staging.economic_{entity}"]
            ).fetchone()[0]:  # type: ignore[index]
                assert count == 0
                continue
            row = connection.execute(
                f"select count(*) from staging.economic_{entity} "
                "where agreement_id = %s and deleted_at is null",
                [company.id],
            ).fetchone()
            assert row == (count,), f"staging.economic_{entity}"


def assert_true(dsn: str, company: Company) -> None:
    assert_facts_are_true(dsn, company)
    assert_dimensions_are_true(dsn, company)


def snapshot_of_mart(connection: Connection, id: str) -> dict[str, list[str]]:
    """The agreement's slice of every table of the mart, row by row as text, to compare bit for bit."""
    found = {}
    for table in (*(name for name in MART if name != "dim_agreement"),):
        rows = connection.execute(
            f"select t::text from mart.{table} as t where t.agreement_key = "
            "(select agreement_key from mart.dim_agreement where agreement_id = %s) order by 1",
            [id],
        )
        found[table] = [row[0] for row in rows]
    return found
