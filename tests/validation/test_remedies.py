"""What a broken rule says to do helps: it is done to the letter, and the rule is kept again.

Or it says what a person corrects at the vendor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

import pytest

from saldo.proof.comparison import merged
from saldo.run_request import RunRequest
from saldo.transform.lineage import brought_by, entities_of
from saldo.validation import validate
from saldo.validation.rules import Rule, RuleContext, plans
from saldo.validation.suites import SUITES, Suite
from saldo.vendors import SOURCES, VENDORS
from saldo.warehouse.catalogue import tables
from saldo.warehouse.connection import Connection, connect
from tests.support import ENTITIES, Company, Sandbox, assert_true, night
from tests.validation.test_validation import DAMAGE, broken, change

#: Damage of core and of what is not in test_validation.DAMAGE, and which rule must name it.
DEEPER = [
    (
        "update mart.fact_payables as p set remainder_base = 1234567 where p.agreement_id = %(id)s and p.entry_number = "
        "(select min(entry_number) from mart.fact_payables where agreement_id = %(id)s) returning entry_number",
        "payables_are_the_ledgers_lines",
    ),
    (
        "update core.ledger_entry set amount_base = amount_base + 0.01, change_seq = nextval('core.change_seq') "
        "where agreement_id = %(id)s and entry_number = (select max(entry_number) from core.ledger_entry "
        "where agreement_id = %(id)s and entry_type = 'finance_voucher' and not is_deleted) returning entry_number",
        "vouchers_balance",
    ),
    (
        "update core.invoice_line set net_amount = net_amount + 55, change_seq = nextval('core.change_seq') where agreement_id = %(id)s and (invoice_number, line_id) = "
        "(select invoice_number, line_id from core.invoice_line where agreement_id = %(id)s and net_amount > 5 "
        "and not is_deleted order by 1, 2 limit 1) returning invoice_number",
        "invoice_roundings_are_small",
    ),
    (
        "update core.sales_order_line set net_amount = net_amount + 77, change_seq = nextval('core.change_seq') "
        "where agreement_id = %(id)s and line_id = (select min(line_id) from core.sales_order_line where agreement_id = "
        "%(id)s and net_amount > 5 and not is_deleted) returning line_id",
        "order_roundings_are_small",
    ),
    (
        "update mart.bridge_department as b set share = share / 2 from mart.dim_agreement as a where a.agreement_key = "
        "b.agreement_key and a.agreement_id = %(id)s and b.department_key = (select min(c.department_key) from "
        "mart.bridge_department as c where c.agreement_key = a.agreement_key) returning b.department_key",
        "shares_add_up",
    ),
]  # fmt: skip
_VENDORS = re.compile(
    r"at the vendor|with the vendor's|in the vendor's|add it there|to the mapping of accounts|run saldo_files|in the agreement's file"
)


@pytest.fixture(scope="module")
def company(dsn: str, sandbox: Sandbox) -> Company:
    found = sandbox.company("remedy", entries=500, customers=20, suppliers=10, currencies=["EUR"])
    assert night(dsn, found).errors == {}
    return found


def runs(rule: Rule, examples: Iterable[dict[str, str | None]]) -> list[RunRequest]:
    """The runs that a remedy names, in its order."""
    found = []
    if "mode window" in rule.remedy:
        found += [
            RunRequest("window", days) for days in merged(_days(example) for example in examples)
        ]
    full = re.search(r"mode (?:window or )?full(.*)", rule.remedy)
    if full:
        named = tuple(name for name in ENTITIES if re.search(rf"\b{name}\b", full[1]))
        found.append(RunRequest("full", entities=named))
    return found


def _days(example: dict[str, str | None]) -> tuple[date, date]:
    """The days that a row of a finding shows, from its first to its last."""
    shown = [
        date.fromisoformat(value)
        for value in example.values()
        if value and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
    ]
    assert shown, f"no date to read again in {example}"
    return min(shown), max(shown)


def follow(dsn: str, company: Company, named: Sequence[RunRequest]) -> None:
    for request in dict.fromkeys(named):
        wanted = request.entities or None
        assert night(dsn, company, run_request=request, entities=wanted).errors == {}


def test_every_remedy_helps(dsn: str, warehouse: Connection, company: Company) -> None:
    expected = {rule for *_, rule, _ in DAMAGE} | {rule for _, rule in DEEPER}
    for statement, _ in DEEPER:
        change(warehouse, statement, id=company.id)
    # What was done to core shows in the facts when they are written next.
    assert night(dsn, company, entities=["self"]).errors == {}
    for nth, (statement, *_) in enumerate(DAMAGE):
        change(warehouse, statement, id=company.id, nth=nth)
    with connect(dsn) as connection:
        found = broken(validate(connection, dsn, company.agreement, run_id="damaged"))
        assert expected <= {rule for _, rule in found}
        for (table, name), finding in found.items():
            named = runs(finding.rule, finding.examples)
            assert named or _VENDORS.search(finding.rule.remedy), (table, finding.rule.remedy)
            follow(dsn, company, named)
            now = broken(
                validate(connection, dsn, company.agreement, run_id=f"after {table} {name}")
            )
            assert (table, name) not in now or not named, (
                finding.rule.remedy,
                now[table, name].examples[:2],
            )
        left = broken(validate(connection, dsn, company.agreement, run_id="mended"))
    assert left == {}
    assert_true(dsn, company)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_remedy_names_a_run_of_the_vendor_or_what_is_done_there(
    warehouse: Connection, name: str
) -> None:
    """Of every rule that can be broken: nothing mends itself, and a run is of entities that the vendor has."""
    vendor = VENDORS[name]
    context = RuleContext(
        "a", 1, tables(warehouse, "mart", "core"), ("EUR",), frozenset(), brought_by(name), entities_of(name)
    )  # fmt: skip
    rules = [
        rule
        for table, plan in plans(context).items()
        if f"mart.{table}" in context.brought
        for rule in plan.rules
    ]
    assert len(rules) > 40
    known = {entity.name for entity in vendor.entities}
    for rule in rules:
        assert "mode " in rule.remedy or _VENDORS.search(rule.remedy), rule
        assert "{" not in rule.remedy
        for listed in re.findall(r"the entities((?: \w+,?)*)", rule.remedy):
            named = [
                word for word in listed.replace(",", " ").split() if "_" in word or word in known
            ]
            assert named, rule.remedy
            assert set(named) <= known, rule.remedy


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.table)
def test_what_is_expected_is_filled_in_by_a_person(suite: Suite) -> None:
    """What a vendor's record does not have is late for ever: no night brings it."""
    for remedy in suite.expected.values():
        assert "at the vendor" in remedy
        assert "by itself" not in remedy
