"""Books go on while a run reads them: what is booked meanwhile is wholly in the facts, or wholly left to the next."""

from __future__ import annotations

import random

import pytest

from saldo.run_request import RunRequest
from saldo.validation import validate
from saldo.warehouse.connection import Connection, connect
from tests.support import (
    ENTITIES,
    IS_WHOLE_SUITE,
    Company,
    Sandbox,
    assert_true,
    night,
    proven,
)

STEPS = (*ENTITIES, "facts", "validate", "prove")
#: What was read before and after each of them refers to one another; the others are of the whole suite.
TELLING = ("entries", "draft_invoice_lines", "order_lines", "validate")
#: Facts whose parts are missing: lines without all of their invoice, entries whose members are not known.
_TORN = {
    "invoices without all their lines": """
        select i.invoice_number, i.net_amount_base, sum(f.net_amount_base)
        from core.invoice as i
        left join mart.fact_invoice_lines as f
            on f.agreement_id = i.agreement_id and f.invoice_number = i.invoice_number and not f.is_draft
        where i.agreement_id = %(id)s and not i.is_deleted
        group by i.invoice_number, i.net_amount_base
        having i.net_amount_base is distinct from sum(f.net_amount_base)
            or bool_or(f.line_kind = 'rounding' and abs(f.net_amount_base) > 1)
    """,
    "entries of unknown members": """
        select f.entry_number, f.account_key, f.customer_key, f.supplier_key, f.department_key, f.vat_key
        from mart.fact_journal_entries as f
        where f.agreement_id = %(id)s
            and -1 in (f.account_key, f.customer_key, f.supplier_key, f.department_key, f.vat_key)
    """,
    "vouchers that do not balance": """
        select f.voucher_key, sum(f.amount_base) from mart.fact_journal_entries as f
        where f.agreement_id = %(id)s
        group by f.voucher_key having sum(f.amount_base) <> 0
    """,
    "lines of unknown members": """
        select f.invoice_number, f.customer_key, f.department_key from mart.fact_invoice_lines as f
        where f.agreement_id = %(id)s and -1 in (f.customer_key, f.department_key) and not f.is_draft
    """,
}


def torn(connection: Connection, id: str) -> dict[str, list[object]]:
    found = {
        name: connection.execute(query.encode(), {"id": id}).fetchall()
        for name, query in _TORN.items()
    }
    return {name: list(rows) for name, rows in found.items() if rows}


@pytest.fixture(scope="module")
def company(dsn: str, sandbox: Sandbox) -> Company:
    """Landed and proven once; each test takes it as the one before has left it, which is true."""
    found = sandbox.company("meanwhile", entries=200, customers=15, suppliers=5)
    assert night(dsn, found).errors == {}
    assert_true(dsn, found)
    return found


@pytest.mark.parametrize("step", STEPS if IS_WHOLE_SUITE else TELLING)
@pytest.mark.parametrize("mode", ["auto", "full"] if IS_WHOLE_SUITE else ["auto"])
def test_a_day_is_booked_before_a_step(dsn: str, company: Company, step: str, mode: str) -> None:
    booked: list[str] = []

    def before(reached: str) -> None:
        if reached == step and not booked:
            booked.append(step)
            company.next_day()

    company.next_day()
    request = RunRequest(mode)
    assert night(dsn, company, run_request=request, before=before).errors == {}
    with connect(dsn) as connection:
        assert torn(connection, company.id) == {}
        before("validate")
        outcome = validate(connection, dsn, company.agreement, run_id=company.run_id)
        assert [str(found) for found in outcome.broken] == []
        before("prove")
        proof = proven(dsn, company, run_request=request)
        assert proof.bad == []
        if proof.is_held_back:  # nothing of a year that is opened meanwhile counts as proven
            assert "does not have the accounting year(s)" in str(proof.notes)
    assert night(dsn, company).errors == {}
    assert_true(dsn, company)


def test_order_of_the_dag_is_no_help(dsn: str, company: Company) -> None:
    """Tasks of one run wait for little: entities in other orders, the identity first."""
    for seed in range(6 if IS_WHOLE_SUITE else 1):
        others = [name for name in ENTITIES if name != "self"]
        random.Random(seed).shuffle(others)
        step = others[len(others) // 2]
        company.next_day()
        found = night(
            dsn,
            company,
            entities=["self", *others],
            before=lambda reached, step=step: company.next_day() if reached == step else None,  # type: ignore[misc]
        )
        assert found.errors == {}
        with connect(dsn) as connection:
            assert torn(connection, company.id) == {}, (seed, step)
        assert not proven(dsn, company).bad
        assert night(dsn, company).errors == {}
        assert_true(dsn, company)
