"""The made-up vendor, from an agreement's file to its facts: what is shared knows nothing of any one vendor.

Balances were computed by hand from the fifteen lines of fixtures/example_vendor/postings.json.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import uvicorn
from psycopg.conninfo import conninfo_to_dict

from saldo.agreements.loading import load_agreements
from saldo.vendors import entity_names
from saldo.warehouse.connection import connect
from sandbox.app import create_app
from sandbox.state import State
from tests.conftest import free_port
from tests.example_vendor.sandbox import TOKEN, Books, played
from tests.support import FIXTURES, snapshot_of_mart, write_agreement

BALANCES = {
    "A-1000": "5409.95",  # 5000 + 1210 - 800 - 0.05
    "A-1100": "460.75",  # 1210 - 1210 + 460.75
    "L-2000": "0",
    "L-2100": "-210",
    "E-3000": "-5000",
    "I-4000": "-1460.75",  # -1000 - 460.75
    "X-5000": "800",
    "X-5900": "0.05",
}
RECORDS = {
    path.stem.replace("_", "-"): json.loads(path.read_text())
    for path in sorted((FIXTURES / "example_vendor").glob("*.json"))
}


@contextmanager
def serving(books: Books) -> Iterator[str]:
    """The vendor on a socket; yields the address of its API."""
    port = free_port()
    app = create_app(State(companies=()), (played(books),))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/example_vendor/v1"
    server.should_exit = True
    thread.join(10)


@dataclass
class Company:
    """Books at the vendor, and the DAG of the agreement that reads them."""

    books: Books
    dsn: str
    dag: Any
    url: str
    runs: int = 0
    errors: dict[str, Exception] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.dag.dag_id).removeprefix("saldo__")

    def night(self, *, is_validated: bool = False, **params: Any) -> None:
        """Every task but the report, in the DAG's order; the validation, which takes seconds, where it is asked."""
        left_out = {"report"} if is_validated else {"report", "validate"}
        self.runs += 1
        self.errors = {}
        for task in self.dag.topological_sort():
            if task.task_id in left_out:
                continue
            try:
                task.execute(self._context(params))
            except Exception as error:
                self.errors[task.task_id] = error

    def _context(self, params: dict[str, Any]) -> Any:
        ti = SimpleNamespace(dag_id=self.dag.dag_id, run_id=f"run{self.runs}", try_number=1)
        sink = SimpleNamespace(add=lambda *args, **kwargs: None)
        return {
            "ti": ti,
            "params": params,
            "dag_run": SimpleNamespace(run_type="scheduled"),
            "outlet_events": defaultdict(lambda: sink),
        }

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.dsn) as connection:
            return connection.execute(query.encode(), {"id": self.id}).fetchall()

    def modes(self) -> dict[str, tuple[str, str | None]]:
        """Entity -> (status, note) in the last run."""
        found = self.rows(
            "select entity, status, note from ops.sync_run "
            f"where agreement_id = %(id)s and run_id = 'run{self.runs}'"
        )
        return {entity: (status, note) for entity, status, note in found}

    def mart(self) -> dict[str, list[str]]:
        with connect(self.dsn) as connection:
            return snapshot_of_mart(connection, self.id)


@pytest.fixture
def company(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Company]:
    from saldo.airflow.dag_builder import build_agreement_dag

    parts = conninfo_to_dict(dsn)
    warehouse = {
        "conn_type": "postgres", "host": parts["host"], "port": int(str(parts["port"])),
        "login": parts["user"], "password": parts["password"], "schema": parts["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", json.dumps(warehouse))
    monkeypatch.setenv("SALDO_DATA_DOCS_DIR", str(tmp_path / "docs"))
    folder = tmp_path / "agreements"
    folder.mkdir()
    id = f"m{abs(hash(request.node.name)) % 10**8}"
    write_agreement(folder, id, vendor="example_vendor", timezone="Europe/Amsterdam")
    found = load_agreements(vendors=entity_names(), directories=[folder])
    assert found.broken == ()
    books = Books(RECORDS)
    # A company of the test's own: the books of one are held by one agreement.
    own = {**RECORDS["company"][0], "company_id": f"5d0c3a52-{id}"}
    books["company"].delete(RECORDS["company"][0]["company_id"])
    books["company"].put(own)
    with serving(books) as url:
        connection = {"conn_type": "example_vendor", "host": url, "password": TOKEN}
        monkeypatch.setenv(f"AIRFLOW_CONN_ECONOMIC_{id.upper()}", json.dumps(connection))
        yield Company(books, dsn, build_agreement_dag(found.good[0]), url)


def balances(company: Company) -> dict[str, Decimal]:
    return dict(
        company.rows(
            "select account_number, sum(amount_base) from mart.fact_accounting "
            "where agreement_id = %(id)s group by 1"
        )
    )


@pytest.fixture
def landed(company: Company) -> Company:
    """After its first night."""
    company.night()
    assert company.errors == {}
    return company


def test_the_dag_is_made_of_the_declarations(company: Company) -> None:
    assert {task.task_id for task in company.dag.tasks} == {
        "land.company", "land.accounts", "land.small", "land.contacts", "land.postings",
        "facts", "validate", "prove", "report",
    }  # fmt: skip
    assert {task.pool for task in company.dag.tasks} == {"saldo_example_vendor"}
    assert company.dag.get_task("land.postings").upstream_task_ids == {"land.company"}


def test_from_the_file_to_the_facts(landed: Company) -> None:
    assert balances(landed) == {account: Decimal(value) for account, value in BALANCES.items()}
    assert landed.rows(
        "select entry_number, voucher_number, journal_number, entry_type, event_type, "
        "accounting_year, period, account_name, department_number, currency, amount, base_currency, "
        "remainder, remainder_base, is_opening from mart.fact_journal_entries "
        "where agreement_id = %(id)s and (amount <> amount_base or is_opening) order by 1"
    ) == [
        ("MEMO|0001-1", "M-0001", "MEMO", "opening", "opening_balance", "2025/26", None, "Bank", None,
         "EUR", Decimal(5000), "EUR", None, None, True),
        ("MEMO|0001-2", "M-0001", "MEMO", "opening", "opening_balance", "2025/26", None,
         "Eigen vermogen", None, "EUR", Decimal(-5000), "EUR", None, None, True),
        # A key part may hold what joins them. 500 x 460.75 / 500
        ("V|K|0002-1", "V-0002", "V|K", "sale", "sales_invoice", "2025/26", None, "Debiteuren", None,
         "USD", Decimal(500), "EUR", Decimal(500), Decimal("460.75"), False),
        ("V|K|0002-2", "V-0002", "V|K", "sale", "sales_invoice", "2025/26", None, "Omzet", None,
         "USD", Decimal(-500), "EUR", None, None, False),
    ]  # fmt: skip
    assert landed.rows(
        "select c.customer_number, c.name, c.city, c.is_barred from mart.dim_customer as c "
        "inner join mart.dim_agreement as a on a.agreement_key = c.agreement_key "
        "where a.agreement_id = %(id)s order by 1"
    ) == [
        ("C-0001", "Bakkerij Jansen", "Amsterdam", False),
        ("C-0002", "Zeilmakerij Ö", None, True),
        ("US|0003", "Smith & Co.", None, False),
    ]


def test_months_are_those_of_its_own_year(landed: Company) -> None:
    """The year begins in July; what it begins with is no movement."""
    assert landed.rows(
        "select to_char(month, 'yyyy-mm'), opening_base, movement_base, closing_base "
        "from mart.fact_account_balance_month where agreement_id = %(id)s "
        "and account_number = 'A-1000' and (movement_base <> 0 or opening_base <> 0) "
        "and month in ('2025-07-01', '2025-09-01', '2026-03-01') order by 1"
    ) == [
        ("2025-07", Decimal(5000), Decimal(0), Decimal(5000)),
        ("2025-09", Decimal(5000), Decimal(410), Decimal(5410)),
        ("2026-03", Decimal(5410), Decimal("-0.05"), Decimal("5409.95")),
    ]


def test_what_it_does_not_tell_is_neither_proven_nor_a_finding(landed: Company) -> None:
    landed.night(is_validated=True)
    assert landed.errors == {}
    status, note = landed.modes()["prove"]
    assert status == "skipped"
    assert str(note).startswith("not provable, because Example Vendor does not tell what its books")
    assert landed.rows("select count(*) from ops.proof where agreement_id = %(id)s") == [(0,)]
    [(found, last_proven)] = landed.rows(
        "select data_as_of is not null, last_proven from mart.sync_status where agreement_id = %(id)s"
    )
    assert (found, last_proven) == (True, None)
    # It has no periods, no currencies and no departments: nobody waits for them.
    assert landed.rows(
        "select table_name, rule from ops.validation_result where agreement_id = %(id)s and not ok"
    ) == []  # fmt: skip


def change(books: Books) -> None:
    """A day of work: paid, corrected, renamed, deleted."""
    postings, key = books["postings"], ("V|K", "0002-1")
    sale = postings.records[key]
    postings.put({**sale, "open_amount": "0.0"})
    paid = {**sale, "journal_code": "BANK", "voucher": "B-0003", "kind": "receipt", "due_on": None,
            "posted_on": "2026-03-02", "open_amount": "0.0", "description": "paid"}  # fmt: skip
    postings.put(
        {**paid, "line_id": "0003-1", "amount": "-500.0", "base_amount": "-460.75"},
        {**paid, "line_id": "0003-2", "amount": "500.0", "base_amount": "455.70",
         "account_code": "A-1000", "contact_id": None, "open_amount": None},
        {**paid, "line_id": "0003-3", "amount": "0.00", "base_amount": "5.05",
         "account_code": "X-5900", "contact_id": None, "open_amount": None},
    )  # fmt: skip
    postings.delete("MEMO", "0002-1")
    postings.delete("MEMO", "0002-2")
    contacts = books["contacts"]
    contacts.put({**contacts.records["C-0001",], "display_name": "Bakkerij Jansen & Zn"})
    contacts.delete("C-0002")
    books["accounts"].put({"account_code": "X-5100", "title": "Energie", "kind": "expense"})


AFTER = {
    **BALANCES,
    "A-1000": "5865.70",  # 5409.95 + 0.05 + 455.70
    "A-1100": "0",
    "X-5900": "5.05",  # 0.05 - 0.05 + 5.05
}


def test_a_night_of_changes_ends_as_a_full_rebuild_does(landed: Company) -> None:
    change(landed.books)
    landed.night()
    assert landed.errors == {}
    assert balances(landed) == {account: Decimal(value) for account, value in AFTER.items()}
    assert landed.rows(
        "select entity, rows_read, rows_inserted, rows_updated, rows_deleted from ops.sync_run "
        "where agreement_id = %(id)s and run_id = 'run2' and entity in ('contacts', 'postings') "
        "order by 1"
    ) == [("contacts", 1, 0, 1, 1), ("postings", 4, 3, 1, 2)]
    assert landed.rows(
        "select c.customer_number, c.is_deleted from mart.dim_customer as c "
        "inner join mart.dim_agreement as a on a.agreement_key = c.agreement_key "
        "where a.agreement_id = %(id)s and (c.is_deleted or c.name like '%%Zn') order by 1"
    ) == [("C-0001", False), ("C-0002", True)]
    night = landed.mart()
    landed.night(mode="full")
    assert landed.errors == {}
    assert landed.mart() == night


def test_a_cursor_that_is_too_old_is_not_used(landed: Company) -> None:
    change(landed.books)
    with connect(landed.dsn) as connection:
        connection.execute(
            "update ops.watermark set cursor = jsonb_set(cursor, '{since}', '\"2026-01-01T00:00:00Z\"') "
            "where agreement_id = %s and entity = 'postings'",
            [landed.id],
        )
    landed.night()
    assert landed.errors == {}
    status, note = landed.modes()["postings"]
    assert status == "success"
    assert "older than 72 hours" in str(note)
    assert balances(landed) == {account: Decimal(value) for account, value in AFTER.items()}


def test_a_quiet_night_changes_nothing(landed: Company) -> None:
    before = landed.mart()
    landed.night()
    assert landed.errors == {}
    assert landed.mart() == before
    assert landed.rows(
        "select sum(rows_inserted + rows_updated + rows_deleted) from ops.sync_run "
        "where agreement_id = %(id)s and run_id = 'run2'"
    ) == [(0,)]


def test_a_number_that_is_none_is_named(landed: Company) -> None:
    postings = landed.books["postings"]
    postings.put({**postings.records["MEMO", "0001-1"], "amount": "NaN"})
    landed.night()
    assert "record journal_code|line_id=MEMO|0001-1 is not as declared" in str(
        landed.errors["land.postings"]
    )
    assert balances(landed) == {account: Decimal(value) for account, value in BALANCES.items()}


def test_faults_of_the_sandbox_are_its_faults_too(company: Company) -> None:
    faults = company.url.replace("/example_vendor/v1", "/sandbox/faults")
    for kind in ("500", "401"):
        requests.post(faults, json={"kind": kind, "times": 1}, timeout=5).raise_for_status()
    company.night()
    # One try was repeated; the token that was refused is told at once, and the next task has it again.
    assert [type(error).__name__ for error in company.errors.values()] == ["AuthError"]


def test_another_company_s_token_lands_nothing(landed: Company) -> None:
    company = landed.books["company"]
    [key] = company.records
    company.delete(*key)
    company.put({**RECORDS["company"][0], "company_id": "another"})
    before = landed.mart()
    landed.night()
    assert "opens company another, but earlier runs landed 5d0c3a52" in str(
        landed.errors["land.company"]
    )
    assert landed.mart() == before


def test_the_test_button_says_what_the_connection_opens(company: Company) -> None:
    from saldo.hooks.vendors import HOOKS

    hook = HOOKS["example_vendor"](f"economic_{company.id}")
    assert hook.test_connection() == (
        True,
        f"De Molen B.V.: company 5d0c3a52-{company.id}, EUR",
    )
