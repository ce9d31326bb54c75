"""The words the tests are written in: a sandbox company, a night, and what must be true after it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import requests

from saldo.config import Agreement
from saldo.entity import Entity
from saldo.errors import SaldoError
from saldo.facts import MART, Changes, refresh
from saldo.landing import Landing
from saldo.plan import Wish
from saldo.reading import Moved, Page, Read, Source, Usage
from saldo.sync_run import Counts, Run, recorded
from saldo.transport import Caller, Policy
from saldo.vendors import VENDORS
from saldo.vendors.economic.client import EconomicClient
from saldo.warehouse import Connection, connect

PROJECT = Path(__file__).resolve().parents[1]
FIXTURES = Path(__file__).parent / "fixtures"
ENTITIES = {entity.name: entity for entity in VENDORS["economic"]}
SECRET = "sandbox-app-secret"
#: Waits of milliseconds: what is tested is that there is a retry, not how long a second is.
QUICK = Policy(max_tries=3, first_wait_s=0.01, max_wait_s=2, connect_timeout_s=5, read_timeout_s=2)
_numbers = itertools.count(1)


@dataclass
class Sandbox:
    url: str

    def company(self, name: str, **more: Any) -> Company:
        """A company nobody else uses; more: the fields of sandbox.company.Company."""
        number = next(_numbers)
        id = f"{name}{number}"
        body = {
            "agreement_number": 5_000_000 + number,
            "name": f"{name} ApS",
            "seed": number,
            **more,
        }
        requests.put(f"{self.url}/sandbox/companies/{id}", json=body, timeout=10).raise_for_status()
        return Company(self, id, body["agreement_number"])

    def clear_faults(self) -> None:
        requests.delete(f"{self.url}/sandbox/faults", timeout=10).raise_for_status()


@dataclass
class Company:
    sandbox: Sandbox
    id: str
    agreement_number: int

    @property
    def agreement(self) -> Agreement:
        return agreement(self.id)

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

    def truth_entries(self) -> bytes:
        url = f"{self.sandbox.url}/sandbox/companies/{self.id}/truth/entries"
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
        )


def agreement(id: str, **more: Any) -> Agreement:
    values: dict[str, Any] = {
        "id": id, "name": id, "vendor": "economic", "connection": f"economic_{id}",
        "schedule": None, "timezone": "Europe/Copenhagen", "start_date": date(2024, 1, 1),
    }  # fmt: skip
    return Agreement(**{**values, **more})


@dataclass
class Night:
    """What a night did: counts and error per entity, changes per table of the mart."""

    counts: dict[str, Counts] = field(default_factory=dict)
    reads: dict[str, Read] = field(default_factory=dict)
    errors: dict[str, SaldoError] = field(default_factory=dict)
    facts: dict[str, Changes] = field(default_factory=dict)


def land(
    connection: Connection,
    dsn: str,
    source: Source,
    of: Agreement,
    entity: str,
    *,
    wish: Wish | None = None,
    run_id: str = "run",
    now: datetime | None = None,
) -> tuple[Read | None, Counts]:
    """Land one entity as its task does."""
    wish = wish or Wish()
    read = None
    with recorded(connection, dsn, of.id, entity, Run("dag", run_id, 1, wish.mode)) as sync_run:
        landing = Landing(connection, source, of, ENTITIES[entity], wish=wish, sync_run=sync_run)
        read = landing.run(now=now or datetime.now(UTC))
    return read, sync_run.counts


def night(
    dsn: str,
    company: Company,
    *,
    wish: Wish | None = None,
    entities: Sequence[str] = tuple(ENTITIES),
    of: Agreement | None = None,
    now: datetime | None = None,
    run_id: str = "run",
) -> Night:
    """A night as the DAG runs it: an entity that fails stops no other, facts come last."""
    done, wish, of = Night(), wish or Wish(), of or company.agreement
    with connect(dsn) as connection:
        for name in entities:
            try:
                read, counts = land(
                    connection, dsn, company.client(), of, name, wish=wish, now=now, run_id=run_id
                )
            except SaldoError as error:
                done.errors[name] = error
            else:
                done.counts[name] = counts
                if read:
                    done.reads[name] = read
        with recorded(connection, dsn, of.id, "facts", Run("dag", run_id, 1, wish.mode)):
            done.facts = refresh(connection, of, wish)
    return done


# --- comparing with the truth --------------------------------------------------------------------

_FACTS = """
select
    f.entry_number, f.voucher_number, f.entry_type, f.date, f.accounting_year, f.period,
    f.account_number, f.account_name, c.customer_number, s.supplier_number, f.vat_code, f.text,
    f.currency, f.amount, f.amount_base, f.due_date, f.remainder, f.remainder_base,
    f.invoice_number, f.is_opening
from mart.fact_journal_entries as f
inner join mart.dim_account as a
    on a.account_key = f.account_key
    and a.agreement_key = f.agreement_key
    and a.account_number = f.account_number
left join mart.dim_customer as c on c.customer_key = f.customer_key and f.customer_key > 0
left join mart.dim_supplier as s on s.supplier_key = f.supplier_key and f.supplier_key > 0
where f.agreement_id = %(id)s
"""


def assert_facts_are_true(dsn: str, company: Company) -> None:
    """Every fact is what the sandbox's ledger says, and nothing else is there."""
    csv = company.truth_entries()
    columns = csv[: csv.index(b"\n")].decode()
    with connect(dsn) as connection, connection.transaction(force_rollback=True):
        connection.execute(f"create temporary table shown as {_FACTS}", {"id": company.id})
        connection.execute("create temporary table truth (like shown)")
        with connection.cursor().copy(
            f"copy truth ({columns}) from stdin (format csv, header)"
        ) as copy:
            copy.write(csv)
        for ours, theirs, what in (("truth", "shown", "missing"), ("shown", "truth", "too much")):
            rows = connection.execute(
                f"select {columns} from {ours} except all select {columns} from {theirs} limit 3"
            ).fetchall()
            assert not rows, f"{what} in the facts of {company.id}: {rows}"


def assert_dimensions_are_true(dsn: str, company: Company) -> None:
    """Names and numbers of the living members, and the counts of everything staged."""
    truth = company.truth()
    with connect(dsn) as connection:
        for kind in ("customer", "account"):
            rows = connection.execute(
                f"select d.{kind}_number, d.name from mart.dim_{kind} as d "
                "inner join mart.dim_agreement as a on a.agreement_key = d.agreement_key "
                "where a.agreement_id = %s and not d.is_deleted",
                [company.id],
            ).fetchall()
            assert dict(rows) == truth[f"{kind}s"]
        for entity, count in truth["counts"].items():
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


# --- recorded pages ------------------------------------------------------------------------------


class Recorded:
    """A source of recorded records, `page_size` to a page: for shapes the sandbox does not make."""

    daily_calls: int | None = None

    def __init__(self, records: dict[str, list[Any]], *, page_size: int = 10) -> None:
        self.usage = Usage()
        self.records = records
        self._page_size = page_size

    @classmethod
    def golden(cls) -> Recorded:
        folder = FIXTURES / "economic"
        return cls({p.stem: json.loads(p.read_text()) for p in sorted(folder.glob("*.json"))})

    def check_identity(self, known: str | None) -> str:
        return "1234567"

    def pages(self, entity: Entity, read: Read, *, resume: str | None = None) -> Iterator[Page]:
        chosen = self._chosen(entity, read)
        first = int(resume or 0)
        while True:
            part = chosen[first : first + self._page_size]
            first += self._page_size
            raw = [msgspec.Raw(json.dumps(record).encode()) for record in part]
            yield Page(raw, str(first) if first < len(chosen) else None)
            if first >= len(chosen):
                return

    def count(self, entity: Entity, read: Read, *, upto: int | None = None) -> int | None:
        chosen = self._chosen(entity, read)
        if upto is not None:
            chosen = [r for r in chosen if r[entity.key_parts[0]] <= upto]
        return len({str([r.get(part) for part in entity.key_parts]) for r in chosen})

    def moved(self, entity: Entity, marker: str | None) -> Moved | None:
        return Moved((), marker)

    def _chosen(self, entity: Entity, read: Read) -> list[Any]:
        records = self.records.get(entity.name, [])
        if read.kind == "since" and read.marker:
            return [r for r in records if entity.changed and r[entity.changed] > read.marker]
        if read.kind == "keys":
            return [r for r in records if str(r[entity.key_parts[0]]) in read.keys]
        if read.kind == "range":
            key = entity.key_parts[0]
            return [r for r in records if int(read.marker or 0) < r[key] <= int(read.upto or 0)]
        if read.kind == "open":
            return [r for r in records if entity.settles and r.get(entity.settles)]
        if read.kind == "window":
            return [
                r for r in records
                if entity.window and str(read.start) <= r[entity.window][:10] <= str(read.end)
            ]  # fmt: skip
        return records
