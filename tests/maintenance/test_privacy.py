"""docs/privacy.md followed to the letter, with psql: a person is found, erased, and found nowhere any more."""

from __future__ import annotations

import re
import subprocess
from decimal import Decimal

import pytest

from saldo.exports.accounting.intake import store_expense
from saldo.exports.accounting.kept import load_expense
from saldo.run_request import RunRequest
from saldo.warehouse.connection import Connection
from tests.conftest import Cluster
from tests.exports.claims import expense, line
from tests.support import PROJECT, Company, Sandbox, assert_true, night

PERSON = "Jens O'Søby 100%"
CLAIMANT = "Åse O'Nil 50%"
TEXT = (PROJECT / "docs" / "privacy.md").read_text()


def block(name: str) -> str:
    """The SQL of the page that begins with this comment."""
    (found,) = re.findall(rf"```sql\n(-- {name}\n.*?)```", TEXT, re.DOTALL)
    return str(found)


class Psql:
    def __init__(self, cluster: Cluster, dsn: str) -> None:
        self._program = [
            str(cluster.settings.run_dir / "bin" / "psql"),
            dsn,
            "-XAt",
            "-v",
            "ON_ERROR_STOP=1",
        ]

    def run(self, name: str, **variables: str) -> list[str]:
        return self.do(block(name), **variables)

    def do(self, script: str, **variables: str) -> list[str]:
        words = [word for item in variables.items() for word in ("-v", "=".join(item))]
        done = subprocess.run(
            [*self._program, *words], input=script, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture
def psql(cluster: Cluster, dsn: str) -> Psql:
    return Psql(cluster, dsn)


def test_a_person_deleted_at_the_vendor_is_found_and_erased(
    warehouse: Connection, dsn: str, sandbox: Sandbox, psql: Psql
) -> None:
    company = sandbox.company("erased", is_ledger_only=True, entries=2_000)
    assert night(dsn, company).errors == {}
    (key,) = one(
        warehouse,
        "select min(supplier_number) from mart.fact_payables where agreement_id = %s",
        company,
    )
    company.fault(
        "replace", match="rest/suppliers", times=9,
        find=rf'("supplierNumber": {key}\b.*?"name": )"[^"]*"', put=rf'\1"{PERSON}"',
    )  # fmt: skip
    assert (
        night(dsn, company, run_request=RunRequest(mode="full"), entities=["suppliers"]).errors
        == {}
    )
    sandbox.clear_faults()
    company.fault("empty", match="rest/suppliers", times=9)
    everything = RunRequest(mode="full", confirm_deletes=True)
    assert night(dsn, company, run_request=everything, entities=["suppliers"]).errors == {}
    total = one(
        warehouse,
        "select sum(amount_base), count(*) from mart.fact_payables where agreement_id = %s",
        company,
    )

    places = {line.partition("|")[0] for line in psql.run("find", person=PERSON)}
    assert places >= {
        "staging.economic_suppliers", "staging.history", "core.supplier", "mart.dim_supplier",
        "mart.fact_payables",
    }  # fmt: skip
    psql.run(
        "erase", agreement=company.id, entity="suppliers", table="economic_suppliers", key=str(key)
    )
    assert night(dsn, company, run_request=everything, entities=["suppliers"]).errors == {}
    assert psql.run("find", person=PERSON) == []

    assert one(
        warehouse,
        "select d.name, d.is_deleted, d.registration_number is null from mart.dim_supplier as d "
        "inner join mart.dim_agreement as a using (agreement_key) "
        f"where a.agreement_id = %s and d.supplier_number = '{key}'",
        company,
    ) == ("Erased", True, True)
    assert total == one(
        warehouse,
        "select sum(amount_base), count(*) from mart.fact_payables where agreement_id = %s",
        company,
    )
    assert one(
        warehouse,
        "select action, detail ->> 'key' from ops.audit where agreement_id = %s "
        "and action like 'personal%%'",
        company,
    ) == ("personal data erased", key)


def test_a_company_that_leaves_takes_its_own_rows_and_nobody_elses(
    warehouse: Connection, dsn: str, sandbox: Sandbox, psql: Psql
) -> None:
    leaving, staying = (
        sandbox.company(name, is_ledger_only=True, entries=300) for name in ("leaving", "staying")
    )
    for company in (leaving, staying):
        assert night(dsn, company).errors == {}
    warehouse.execute(
        "insert into ops.audit (at, actor, action, agreement_id) values (now(), 'x', 'exported', %s)",
        [leaving.id],
    )
    for company in (leaving, staying):
        exported(warehouse, company.id)
    assert psql.run("exports", agreement=leaving.id, key="s1") == ["UPDATE 1"]
    assert warehouse.execute(
        "select agreement_id, snapshot #>> '{supplier,name}' from ops.export_file_document order by agreement_id"
    ).fetchall() == [(leaving.id, "Erased"), (staying.id, PERSON)]
    assert len(psql.run("find", person=leaving.id)) > 20
    psql.run("leave", agreement=leaving.id)
    assert psql.run("find", person=leaving.id) == ["ops.audit|1"]
    assert_true(dsn, staying)
    assert warehouse.execute("select agreement_id from ops.export_file").fetchall() == [
        (staying.id,)
    ]


def test_expenses_of_a_person_and_of_an_organisation_are_erased(
    warehouse: Connection, psql: Psql
) -> None:
    for organisation in ("closed", "open"):
        sent = {"organisation": organisation, "employee": "E1", "lines": [line(text=CLAIMANT)]}
        store_expense(warehouse, expense(**sent, description=CLAIMANT), actor="ann", source="rest")
        warehouse.execute(
            "insert into ops.export_job (export_id, organisation, target, kind, source_id, revision, payload, payload_hash, "
            "idempotency_key, status, created_by, created_at, updated_at, last_error, differences) select gen_random_uuid(), "
            "e.organisation, 'xledger', e.kind, e.expense_id, e.revision, e.payload, '', e.organisation, 'posted', 'x', now(), "
            "now(), e.payload::text, e.payload from ops.expense as e "
            "where e.organisation = %s",
            [organisation],
        )
        warehouse.execute(
            "insert into ops.export_attempt (export_id, call_number, started_at, request, outcome) "
            "select j.export_id, 7, now(), jsonb_build_object('path', '/x', 'body', j.payload), 'done' from ops.export_job as j where j.organisation = %s",
            [organisation],
        )
        warehouse.execute(
            "insert into ops.export_event (organisation, event_id, export_id, occurred_at, received_at, status, message, outcome) "
            "select j.organisation, '1', j.export_id, now(), now(), 'failed', %s, 'noted' from ops.export_job as j "
            "where j.organisation = %s",
            [CLAIMANT, organisation],
        )
    found = [
        "ops.expense|2", "ops.expense_line|2", "ops.export_attempt|2", "ops.export_event|2", "ops.export_job|2",
    ]  # fmt: skip
    assert psql.run("find", person=CLAIMANT) == found
    psql.run("expenses", organisation="closed", payee="E1")
    # They were sent in one call, the body of which is in the row of one of them.
    left = warehouse.execute("select request from ops.export_attempt").fetchall()
    assert left == [({"path": "/x"},)]
    psql.run("expenses", organisation="open", payee="E1")
    assert psql.run("find", person=CLAIMANT) == []
    erased = load_expense(warehouse, "open", "EXP-2026-0001")
    assert (erased.employee, erased.total, erased.lines[0].receipts) == ("E1", Decimal(125), ())
    # Sent again it is still the one that was exported.
    again = expense(
        organisation="open", employee="E1", lines=[line(text=CLAIMANT)], description=CLAIMANT
    )
    assert store_expense(warehouse, again, actor="ann", source="rest").outcome == "same"

    psql.run("leave expenses", organisation="closed")
    for table in ("expense", "expense_line", "export_job"):
        rows = warehouse.execute(
            f"select distinct organisation from ops.{table}".encode()
        ).fetchall()
        assert rows == [("open",)]


def exported(warehouse: Connection, agreement_id: str) -> None:
    """A purchase document of the person's, in a file."""
    for statement in (
        "insert into core.purchase_document (agreement_id, document_number, kind, state, currency, version, is_deleted, "
        "change_seq) values (%(id)s, '1', 'receipt', 'open', 'EUR', 1, false, 1)",
        "insert into core.purchase_document_line (agreement_id, document_number, line_id, is_deleted, change_seq) "
        "values (%(id)s, '1', '1', false, 1)",
        "insert into ops.export_file (file_id, agreement_id, name, layout, is_logged, is_again, status, documents, rows, "
        "sha256, created_by, created_at) values (nextval('ops.export_file_number'), %(id)s, %(id)s, 'l', true, false, "
        "'registered', 1, 1, '', 'x', now())",
        "insert into ops.export_file_document select f.file_id, f.agreement_id, '1', 1, "
        "jsonb_build_object('supplier', jsonb_build_object('number', 's1', 'name', %(name)s::text), 'lines', '[]'::jsonb) "
        "from ops.export_file as f where f.agreement_id = %(id)s",
        "select ops.renew_purchase_exports(%(id)s, array['1'], true)",
    ):
        warehouse.execute(statement.encode(), {"id": agreement_id, "name": PERSON})


def one(warehouse: Connection, statement: str, company: Company) -> tuple[object, ...]:
    row = warehouse.execute(statement.encode(), [company.id]).fetchone()
    assert row is not None
    return tuple(row)
