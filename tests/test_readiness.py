"""Trying an agreement before its first night: what would fail is found, and said with its remedy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from saldo.errors import ConfigError
from saldo.readiness import (
    Environment,
    Finding,
    Known,
    check_agreement,
    check_entities,
    would_succeed,
)
from saldo.vendors import VENDORS
from saldo.vendors.economic.client import EconomicClient
from saldo.warehouse.connection import Connection
from tests.support import SECRET, Company, Sandbox, night

ECONOMIC = VENDORS["economic"]
NAMES = [entity.name for entity in ECONOMIC.entities]


def tried(
    company: Company, client: EconomicClient | None = None, *, known: Known | None = None
) -> list[Finding]:
    """The entities' findings; none of them holds a token."""
    source = client or company.client()
    findings = list(check_entities(source, company.agreement, known or Known()))
    assert [found.what for found in findings] == NAMES
    assert SECRET not in str(findings)
    assert "sandbox-grant" not in str(findings)
    return findings


def by_verdict(findings: list[Finding], verdict: str) -> dict[str, Finding]:
    return {found.what: found for found in findings if found.verdict == verdict}


def environment_of(company: Company, dsn: str, **other: Callable[[], object]) -> Environment:
    client = company.client()
    parts = {
        "dsn": lambda: dsn, "pool": str, "source": lambda: client,
        "test_connection": lambda: (True, ECONOMIC.check_connection(client)), "lake": int, **other,
    }  # fmt: skip
    return Environment(**parts)  # type: ignore[arg-type]


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("readiness", entries=2_000)


def test_every_declared_entity_is_tried_in_few_requests(company: Company) -> None:
    client = company.client()
    findings = tried(company, client)
    assert would_succeed(findings)
    assert set(by_verdict(findings, "ok")) == set(NAMES)
    # One each, one more for whose books they are, for the year of the totals, and for empty lists.
    assert client.usage.requests <= len(NAMES) + 10


def test_a_lake_is_tried_where_the_agreement_has_one(company: Company, dsn: str) -> None:
    def away() -> int:
        raise ConfigError("the lake abfs://lake@c is not there")

    with_lake = company.agreement.model_copy(update={"lake": True, "entities": ("accounts",)})
    environment = environment_of(company, dsn, lake=away)
    found = {f.what: f for f in check_agreement(with_lake, environment)}
    assert (found["lake"].verdict, found["lake"].says) == (
        "fails",
        "the lake abfs://lake@c is not there",
    )
    assert found["accounts"].verdict == "ok", "the rest is tried all the same"
    found = {f.what: f for f in check_agreement(with_lake, environment_of(company, dsn))}
    assert found["lake"].verdict == "ok"
    without = company.agreement.model_copy(update={"entities": ("accounts",)})
    assert "lake" not in {f.what for f in check_agreement(without, environment)}


def test_small_pages_are_asked_for(company: Company) -> None:
    found = {finding.what: finding.says for finding in tried(company)}
    assert found["accounts"] == "33 records, 20 looked at"
    assert found["self"] == "1 looked at"


def test_an_agreement_that_lands_little_is_asked_little(company: Company) -> None:
    little = company.agreement.model_copy(update={"entities": ("accounts", "entries")})
    findings = list(check_entities(company.client(), little, Known()))
    assert [found.what for found in findings] == ["self", "accounts", "entries"]


def test_a_module_not_bought_is_no_failure(sandbox: Sandbox) -> None:
    company = sandbox.company("nomodule", entries=500, departments=False)
    findings = tried(company)
    skipped = by_verdict(findings, "skipped")
    assert set(skipped) == {"departments", "departmental_distributions", "entry_dimensions"}
    told = skipped["departments"]
    assert "no departments in dim_department" in told.without
    assert "gaps in fact_journal_entries" in told.without
    assert "`exclude`" in told.remedy
    assert would_succeed(findings)


def test_a_module_that_was_there_is_a_failure(company: Company) -> None:
    company.fault("module", match="/departments", times=9)
    failing = by_verdict(tried(company, known=Known(landed=frozenset({"departments"}))), "fails")
    assert set(failing) == {"departments"}
    assert "was landed before" in failing["departments"].says


def test_a_missing_role_names_entities_facts_and_remedy(company: Company) -> None:
    company.fault("403", match="/customers", times=9)
    findings = tried(company)
    failing = by_verdict(findings, "fails")
    assert set(failing) == {"customers"}
    told = failing["customers"]
    assert told.says == "the right is denied (403)"
    assert "SuperUser" in told.remedy
    assert "no customers in dim_customer" in told.without
    assert "fact_receivables" in told.without
    assert not would_succeed(findings)


def test_wrong_tokens_are_found_once(company: Company) -> None:
    client = company.client(grant="no")
    findings = tried(company, client)
    assert client.usage.requests == 1
    assert "refused (401)" in by_verdict(findings, "fails")["self"].says
    assert len(by_verdict(findings, "not tried")) == len(NAMES) - 1
    assert not would_succeed(findings)


def test_a_vendor_that_is_down_is_not_asked_for_everything(company: Company) -> None:
    company.fault("503", times=999)
    client = company.client()
    findings = tried(company, client)
    failing = by_verdict(findings, "fails")
    assert list(failing) == NAMES[:3]
    assert "503" in failing["self"].says
    assert "check again later" in failing["self"].remedy
    assert client.usage.requests <= 9


def test_an_outage_of_one_entity_is_its_own(company: Company) -> None:
    company.fault("503", match="/suppliers?", times=9)
    assert set(by_verdict(tried(company), "fails")) == {"suppliers"}


def test_no_way_to_the_vendor(company: Company) -> None:
    client = Company(Sandbox("http://127.0.0.1:1"), company.id, 1).client()
    findings = tried(company, client)
    assert list(by_verdict(findings, "fails")) == ["self"]
    assert f"connection 'economic_{company.id}'" in findings[0].remedy


def test_too_many_requests_end_it(company: Company) -> None:
    company.fault("429", match="/accounts", retry_after=600, times=9)
    findings = tried(company)
    assert list(by_verdict(findings, "fails")) == ["accounts"]
    assert "check again later" in findings[1].remedy
    assert findings[2].verdict == "not tried"


def test_a_record_that_is_not_as_declared_is_named(company: Company) -> None:
    company.fault("retyped", match="/accounts", field="name", times=9)
    told = by_verdict(tried(company), "fails")["accounts"]
    assert "accountNumber=" in told.says
    assert "name" in told.says
    assert "until then name accounts under `exclude`" in told.remedy


def test_a_field_nobody_knows_is_no_failure(company: Company) -> None:
    company.fault("new_field", match="/accounts", field="mood", times=9)
    found = {finding.what: finding for finding in tried(company)}
    assert found["accounts"].verdict == "ok"
    assert "kept: mood" in found["accounts"].says


def test_tokens_of_another_company_end_it(company: Company) -> None:
    findings = tried(company, known=Known(company="4711"))
    assert "earlier runs say(s) 4711" in findings[0].says
    assert {found.verdict for found in findings[1:]} == {"not tried"}


# --- with warehouse, pool and connection ---------------------------------------------------------


def test_nothing_is_written(company: Company, dsn: str, warehouse: Connection) -> None:
    def state() -> object:
        return warehouse.execute(
            "select sum(n_tup_ins + n_tup_upd + n_tup_del), count(*) from pg_stat_user_tables"
        ).fetchone()

    before = state()
    findings = list(check_agreement(company.agreement, environment_of(company, dsn)))
    assert would_succeed(findings)
    assert [found.what for found in findings] == ["warehouse", "pool", "connection", *NAMES]
    assert state() == before


def test_what_has_landed_is_known(sandbox: Sandbox, dsn: str) -> None:
    company = sandbox.company("known", entries=500)
    night(dsn, company, entities=["self", "departments"])
    company.fault("module", match="/departments", times=9)
    failing = by_verdict(
        list(check_agreement(company.agreement, environment_of(company, dsn))), "fails"
    )
    assert set(failing) == {"departments"}
    other = Company(sandbox, company.id, 1)
    stranger = sandbox.company("stranger", entries=500)
    found = list(
        check_agreement(
            other.agreement, environment_of(other, dsn, source=lambda: stranger.client())
        )
    )
    assert "nothing was landed" in by_verdict(found, "fails")["self"].says


def test_an_empty_warehouse_is_ready(company: Company, cluster: object) -> None:
    admin: str = cluster.admin_dsn  # type: ignore[attr-defined]
    found = next(check_agreement(company.agreement, environment_of(company, admin)))
    assert found.verdict == "ok"
    assert "migration(s) wait" in found.says


def test_a_warehouse_that_is_away_does_not_hide_the_rest(company: Company) -> None:
    nowhere = "host=127.0.0.1 port=1 user=saldo password=hush dbname=saldo"
    findings = list(check_agreement(company.agreement, environment_of(company, nowhere)))
    assert list(by_verdict(findings, "fails")) == ["warehouse"]
    assert "saldo_warehouse" in findings[0].says
    assert "hush" not in str(findings)


def test_a_missing_pool_and_a_broken_connection(company: Company, dsn: str) -> None:
    def missing() -> EconomicClient:
        raise ConfigError("there is no connection")

    wrong = environment_of(
        company, dsn, pool=lambda: "the pool is missing", source=missing,
        test_connection=lambda: (False, "there is no connection"),
    )  # fmt: skip
    findings = list(check_agreement(company.agreement, wrong))
    assert list(by_verdict(findings, "fails")) == ["pool", "connection"]
    assert set(by_verdict(findings, "not tried")) == set(NAMES)
