"""Nights of a company on Xledger, from its first load to what it looks like after days of changes."""

from __future__ import annotations

import json
from typing import Any

from saldo.declarations.source import EVERYTHING
from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.validation import validate
from saldo.warehouse.connection import connect
from saldo.ways.plan import ReadChanges
from tests.support import Sandbox, night, proven
from tests.xledger import (
    ENTITIES,
    XledgerCompany,
    assert_facts_are_true,
    xledger_company,
)

STREAMS = tuple(name for name, entity in ENTITIES.items() if hasattr(entity.reads, "max_age"))


#: Their rows do not say whose they are, or are those of other entities, too.
_NOBODYS = {"entities", "object_kinds", "currencies", "exchange_rates"}


def shown(dsn: str, company: XledgerCompany, name: str) -> dict[str, Any]:
    """What staging has of an entity, by key."""
    with connect(dsn) as connection:
        rows = connection.execute(
            f"select source_key, payload from staging.xledger_{name} where agreement_id = %s and deleted_at is null",
            [company.id],
        ).fetchall()
    return dict(rows)


def at_the_vendor(company: XledgerCompany, name: str) -> dict[str, Any]:
    """What the vendor shows of it now."""
    pages = company.client().pages(ENTITIES[name], EVERYTHING)
    records = [json.loads(bytes(node)) for page in pages for node in page.records]
    return {str(record["dbId"]): record for record in records}


def assert_landed(dsn: str, company: XledgerCompany) -> None:
    for name in company.entities:
        ours, theirs = shown(dsn, company, name), at_the_vendor(company, name)
        differing = {key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)}
        assert not differing, (
            name,
            {key: (ours.get(key), theirs.get(key)) for key in list(differing)[:2]},
        )
    assert_as_many_as_the_books(dsn, company)


def assert_as_many_as_the_books(dsn: str, company: XledgerCompany) -> None:
    """The company's own rows, and the names of its registers, are those of its books, which no client of ours read."""
    truth = company.truth_of_xledger()
    for name in set(company.entities) - _NOBODYS:
        rows = shown(dsn, company, name)
        own = {
            key: row
            for key, row in rows.items()
            if str(row.get("ownerDbId", truth["db_id"])) == str(truth["db_id"])
        }
        assert len(own) == truth["counts"][ENTITIES[name].path], name
        if name in ("customers", "suppliers", "employees", "projects", "accounts"):
            assert {key: row["description"] for key, row in own.items()} == truth[name]


def test_a_first_night_is_proven(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(sandbox, "xfirst", entries=1_500, currencies=["EUR", "SEK"])
    done = night(dsn, company)
    assert not done.errors
    proof = proven(dsn, company)
    assert len(proof.comparisons) > 50
    assert not proof.bad
    assert_landed(dsn, company)
    assert_facts_are_true(dsn, company)
    with connect(dsn) as connection:
        rows = connection.execute(
            "select count(*), sum(amount_base) from mart.fact_journal_entries where agreement_id = %s",
            [company.id],
        ).fetchone()
    assert rows
    assert rows[0] > 1_000
    assert rows[1] == 0
    with connect(dsn) as connection:
        outcome = validate(connection, dsn, company.agreement, run_id="first")
    assert [(f.rule.table, f.rule.name, f.examples[:2]) for f in outcome.broken] == []


def test_days_are_read_by_their_changes_and_end_in_the_truth(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(
        sandbox,
        "xdays",
        entries=1_500,
        currencies=["EUR"],
        deletions=True,
        renumbers=True,
        reopens_on=3,
        year_starts_in=7,
    )
    night(dsn, company)
    for _ in range(6):
        company.next_day()
        done = night(dsn, company)
        assert not done.errors
        assert {name for name in STREAMS if not isinstance(done.reads[name], ReadChanges)} == set()
        assert_landed(dsn, company)
        assert_facts_are_true(dsn, company)
        assert not proven(dsn, company).bad
    assert_as_rebuilt(dsn, company)


def assert_as_rebuilt(dsn: str, company: XledgerCompany) -> None:
    """A rebuild of all facts changes nothing."""
    with connect(dsn) as connection:
        changes = refresh(connection, company.agreement, RunRequest("full"))
    assert {name: found for name, found in changes.items() if found.total} == {}
