"""Members of facts that are called otherwise, come late, or are members no longer: increments end in what a rebuild shows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from saldo.validation import validate
from saldo.vendors import SOURCES
from saldo.warehouse.connection import Connection
from tests.transform.hand import Hand

#: Fields by which people know a member.
_CALLED = (
    "name", "code", "description", "company_name", "account_id", "customer_id", "customerNumber", "barred",
)  # fmt: skip
_DEPARTMENTS = """
select f.entry_number, f.department_number, d.department_number, d.name, d.is_deleted
from mart.fact_journal_entries as f
left join mart.dim_department as d on d.department_key = f.department_key
where f.agreement_id = %(id)s and f.department_key > 0
order by 1"""
_MONTHS = """
select distinct m.department_number, d.department_number
from mart.fact_account_balance_month as m
left join mart.dim_department as d on d.department_key = m.department_key
where m.agreement_id = %(id)s and m.department_key <> -3
order by 1"""


# --- called otherwise ----------------------------------------------------------------------------


def renamed(record: dict[str, Any], keys: set[str]) -> Iterator[tuple[str, str]]:
    for field in _CALLED:
        if field not in keys and isinstance(record.get(field), str) and record[field]:
            yield field, f"{record[field]}9"


@pytest.mark.parametrize("vendor", sorted(SOURCES))
def test_a_member_that_is_called_otherwise_is_so_wherever_it_is_shown(
    warehouse: Connection, vendor: str
) -> None:
    books = Hand(warehouse, vendor, "called")
    books.night()
    tried = []
    for entity in books.vendor.entities:
        for record in books.records.get(entity.name, []):
            if changes := dict(renamed(record, {*entity.key_parts})):
                record |= changes
                tried.append(entity.name)
        if entity.name in tried:
            books.night(entity.name)
            assert books.is_as_rebuilt(), entity.name
    assert tried


def test_accounts_that_vat_is_posted_on_are_told(warehouse: Connection) -> None:
    """The one that only reverse charge puts tax on, too; what codes name now, as soon as they do."""
    books = Hand(warehouse, "economic", "vat")
    told = (
        "select a.account_number from mart.dim_account as a inner join mart.dim_agreement as g using (agreement_key) "
        "where g.agreement_id = %(id)s and a.is_vat order by 1"
    )
    books.night()
    assert books.rows(told) == [("6902",), ("6903",)]
    books.record("vat_accounts", vatCode="I25")["contraAccount"] = {"accountNumber": 5820}
    books.night("vat_accounts")
    assert books.rows(told) == [("5820",), ("6902",), ("6903",)]
    assert books.is_as_rebuilt()


def test_a_department_with_another_code_has_it_in_every_month(warehouse: Connection) -> None:
    books = Hand(warehouse, "xledger", "code")
    books.night()
    books.record("object_values", code="2")["code"] = "20"
    books.night("object_values")
    assert ("20", "20") in books.rows(_MONTHS)
    assert ("3", "3") in books.rows(_MONTHS)
    assert books.is_as_rebuilt()


def test_an_account_that_only_a_budget_knows_is_that_of_what_is_posted_on_it(
    warehouse: Connection, dsn: str
) -> None:
    books = Hand(warehouse, "xledger", "budgeted")
    books.night()
    lines = (
        "select distinct f.account_key > 0, d.name, d.is_deleted from mart.fact_journal_entries as f "
        "inner join mart.dim_account as d on d.account_key = f.account_key "
        "where f.agreement_id = %(id)s and f.account_number = '1020'"
    )
    months = (
        "select distinct account_name from mart.fact_account_balance_month where agreement_id = %(id)s "
        "and account_number = '1020'"
    )
    assert {known for known, *_ in books.rows(lines)} == {False}
    books.say(
        "budget", scenario="b", account_number="1020", department="", month="2024-01-01", amount=1, sign="ledger",
        account_name="Before", config_id="c", file_id=1, version=1, source_file="f", sheet="", cell="A1", row_number=1,
    )  # fmt: skip
    for sets, name, is_deleted in (
        ("sheet = 's'", "Before", False),
        ("account_name = 'After'", "After", False),
        ("is_deleted = true", "1020", True),
    ):
        warehouse.execute(
            f"update core.budget set {sets}, change_seq = nextval('core.change_seq') where agreement_id = %s".encode(),
            [books.id],
        )
        books.refresh()
        assert books.rows(lines) == [(True, name, is_deleted)]
        assert books.rows(months) == [(name,)]
        assert books.is_as_rebuilt()
    assert refers_well(books, dsn)


# --- members no longer ---------------------------------------------------------------------------


def _set_up(books: Hand, *kinds: tuple[str, str] | None) -> None:
    [entity] = books.records["entities"]
    entity["glSetupEntries"] = [
        {"fieldObject": {"objectKind": {"dbId": kind[0], "name": kind[1]}} if kind else None}
        for kind in kinds
    ]


_DEPARTMENT, _COST, _PROJECT = (
    ("481000001", "Avdeling"), ("481000002", "Kostnadsbærer"), ("481000003", "Prosjekt"),
)  # fmt: skip


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param((_COST, _DEPARTMENT, _PROJECT), id="another kind"),
        pytest.param((None, _COST, _PROJECT), id="none"),
        pytest.param((), id="no dimensions"),
    ],
)
def test_whom_lines_have_in_the_first_dimension_stays_when_it_becomes_another(
    warehouse: Connection, dsn: str, kinds: tuple[tuple[str, str] | None, ...]
) -> None:
    books = Hand(warehouse, "xledger", "slots")
    books.night()
    before = books.rows(_DEPARTMENTS)
    assert {number for _, _, number, *_ in before} == {"2", "3"}
    _set_up(books, *kinds)
    books.night("entities")
    after = books.rows(_DEPARTMENTS)
    assert after == [(*row[:-1], True) for row in before]
    # As a warehouse that is new has it.
    fresh = Hand(warehouse, "xledger", "freshslots")
    fresh.records = books.records
    fresh.night()
    assert fresh.rows(_DEPARTMENTS) == after
    assert fresh.rows(_MONTHS) == books.rows(_MONTHS)
    assert books.is_as_rebuilt()
    assert refers_well(books, dsn)
    _set_up(books, _DEPARTMENT, _COST, _PROJECT)
    books.night("entities")
    assert books.rows(_DEPARTMENTS) == before
    assert books.is_as_rebuilt()


def refers_well(books: Hand, dsn: str) -> bool:
    outcome = validate(books.connection, dsn, books.agreement, run_id=f"{books.id}v")
    assert [f.rule.name for f in outcome.broken if "refer" in f.rule.name] == []
    assert outcome.rules
    return True


def test_a_member_of_another_kind_may_land_after_the_lines_that_have_it(
    warehouse: Connection,
) -> None:
    books = Hand(warehouse, "xledger", "lateslot")
    members, books.records["object_values"] = books.records["object_values"], []
    _set_up(books, _COST, _DEPARTMENT, _PROJECT)
    books.night()
    assert {row[2] for row in books.rows(_DEPARTMENTS)}.isdisjoint({"1", "2", "3"})
    books.records["object_values"] = members
    books.night("object_values")
    assert {"2", "3"} <= {row[2] for row in books.rows(_DEPARTMENTS)}
    assert books.is_as_rebuilt()


# --- late ----------------------------------------------------------------------------------------

_HOURS = "select distinct project_key > 0 from mart.fact_timesheets where agreement_id = %(id)s"
_PURCHASES = (
    "select distinct project_key > 0 from mart.fact_purchase_documents where agreement_id = %(id)s "
    "and project_key <> -3"
)


@pytest.mark.parametrize(
    ("vendor", "query"),
    [("xledger", _HOURS), ("moneybird", _PURCHASES)],
    ids=["hours", "purchases"],
)
def test_a_project_that_only_a_posting_names_is_one_of_what_named_it_before(
    warehouse: Connection, vendor: str, query: str
) -> None:
    books = Hand(warehouse, vendor, "lateproject")
    books.records["projects"] = []
    for line in books.records.get("transactions", []):
        line["glObject3DbId"] = None
    named = {sheet["project"]["dbId"] for sheet in books.records.get("timesheets", [])} or {"77"}
    # New documents are not posted.
    for document in (
        *books.records.get("purchase_invoices", []),
        *books.records.get("receipts", []),
    ):
        document["state"] = "new"
        for detail in document["details"]:
            detail["project_id"] = "77"
    books.night()
    assert books.rows(query) == [(False,)]
    for n, number in enumerate(named):
        books.say(
            "draft_entry", draft_number=f"d{n}", journal_number="1", entry_type="finance_voucher",
            event_type="journal_entry", date="2024-01-01", account_number="1020", amount=1, project_number=str(number),
            is_deleted=False,
        )  # fmt: skip
    books.refresh()
    assert books.rows(query) == [(True,)]
    assert books.is_as_rebuilt()


# --- no key --------------------------------------------------------------------------------------

_LONG = "1" + "".join(random.Random("long").choices("0123456789", k=9_000))


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("glObject1DbId", "department_key"),
        ("glObject2DbId", None),
        ("glObject3DbId", "project_key"),
        ("xgl", None),
    ],
)
def test_a_member_whose_number_fits_no_key_is_nobody(
    warehouse: Connection, field: str, column: str | None
) -> None:
    books = Hand(warehouse, "xledger", "long")
    line = books.record("transactions", dbId="481000000028")
    line[field] = {"dbId": _LONG} if field == "xgl" else _LONG
    books.night()
    assert books.rows(
        "select count(*) from mart.fact_journal_entries where agreement_id = %(id)s"
    ) == [(len(books.records["transactions"]),)]
    shown = (
        f"select {column} from mart.fact_journal_entries"
        if column
        else "select dimension_member_key from mart.bridge_entry_dimension"
    )
    unknown = f"{shown} where agreement_id = %(id)s and entry_number = '481000000028'"
    assert (-1,) in books.rows(unknown)
    assert books.is_as_rebuilt()
    line[field] = None
    books.night("transactions")
    assert (-1,) not in books.rows(unknown)
    assert books.is_as_rebuilt()


@pytest.mark.parametrize("table", ["ledger_entry", "draft_entry"])
def test_a_project_whose_number_fits_no_key_is_nobody(warehouse: Connection, table: str) -> None:
    books = Hand(warehouse, "economic", "longproject")
    books.night()
    key = {"ledger_entry": "entry_number", "draft_entry": "draft_number"}[table]
    [(first,)] = books.rows(
        f"select min({key}) from core.{table} where agreement_id = %(id)s and not is_deleted"
    )
    warehouse.execute(
        f"update core.{table} set project_number = %s, change_seq = nextval('core.change_seq') "
        f"where agreement_id = %s and {key} = %s".encode(),
        [_LONG, books.id, first],
    )
    books.refresh()
    fact = {"ledger_entry": "fact_journal_entries", "draft_entry": "fact_draft_entries"}[table]
    [(project,)] = books.rows(
        f"select project_key from mart.{fact} where agreement_id = %(id)s and {key} = '{first}'"
    )
    assert project == -1
    assert books.is_as_rebuilt()
