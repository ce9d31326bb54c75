"""Moneybird's documents while limits, other programs, people and kills come in between."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from saldo.errors import RateLimited, Unavailable
from saldo.proof.meanwhile import Landed
from saldo.transport import Policy
from saldo.transport.limiter import BurstLimiter
from saldo.vendors import VENDORS
from saldo.vendors.moneybird.controls import MoneybirdControls
from saldo.warehouse.connection import Connection, connect
from tests.moneybird import ENTITIES, MoneybirdCompany, moneybird_company
from tests.support import Sandbox, land, night
from tests.ways.nights import Killed, killed_at

KINDS = ("purchase_invoices", "receipts")
PATIENT = Policy(max_tries=6, first_wait_s=0.01, max_wait_s=5)


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saldo.vendors.moneybird.filters.MOST", 10)
    monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)


def small(sandbox: Sandbox, name: str, **more: Any) -> MoneybirdCompany:
    return moneybird_company(sandbox, name, entries=100, customers=8, suppliers=6, **more)


def at_vendor(company: MoneybirdCompany, name: str) -> set[str]:
    return {key for part in company.client().versions(ENTITIES[name]) for key, _ in part}


def live(connection: Connection, company: MoneybirdCompany, *names: str) -> set[str]:
    return {
        key
        for name in names
        for (key,) in connection.execute(
            f"select source_key from staging.moneybird_{name} where agreement_id = %s and deleted_at is null",
            [company.id],
        )
    }


def land_one(
    connection: Connection, dsn: str, company: MoneybirdCompany, name: str, **more: Any
) -> Any:
    client = more.pop("client", None) or company.client()
    return land(connection, dsn, client, company.agreement, name, **more)


# --- requests ------------------------------------------------------------------------------------


def test_a_quiet_night_is_a_request_a_list(
    sandbox: Sandbox, dsn: str, warehouse: Connection
) -> None:
    company = small(sandbox, "mbquiet")
    assert night(dsn, company).errors == {}
    assert night(dsn, company).errors == {}
    made = warehouse.execute(
        "select entity, requests from ops.sync_run where agreement_id = %s and entity <> 'facts' "
        "and run_id = %s and requests > 0",
        [company.id, company.run_id],
    ).fetchall()
    pages = {"tax_rates": 12, "projects": 1}  # of ten
    lists = {name: pages.get(name, 1) for name in ENTITIES if name != "general_ledger"}
    found = dict(made)
    years = found.pop("general_ledger")
    assert 1 <= years <= 4
    # Small sets share a client, which is counted from its beginning.
    assert {name: found[name] for name in lists if not ENTITIES[name].is_small} == {
        name: 1 for name in lists if not ENTITIES[name].is_small
    }


def test_the_first_load_is_a_list_and_as_many_slices_as_it_takes(
    sandbox: Sandbox, dsn: str, warehouse: Connection
) -> None:
    company = small(sandbox, "mbfirst")
    client = company.client()
    land_one(warehouse, dsn, company, "administrations")
    land_one(warehouse, dsn, company, "receipts", client=client)
    count = len(at_vendor(company, "receipts"))
    assert client.usage.requests == 1 + -(-count // 10)


# --- limits --------------------------------------------------------------------------------------


def test_a_limit_in_the_middle_of_slices_is_waited_out(
    sandbox: Sandbox, dsn: str, warehouse: Connection
) -> None:
    company = small(sandbox, "mblimit")
    land_one(warehouse, dsn, company, "administrations")
    company.do("limit", requests=3, seconds=1)
    client = company.client(policy=PATIENT)
    land_one(warehouse, dsn, company, "receipts", client=client)
    company.do("limit", requests=None, seconds=None)
    assert live(warehouse, company, "receipts") == at_vendor(company, "receipts")
    needed = 1 + -(-len(live(warehouse, company, "receipts")) // 10)
    assert client.usage.retries >= 1
    assert client.usage.requests <= needed + client.usage.retries


def test_what_others_have_used_up_stops_it_and_a_retry_goes_on(
    sandbox: Sandbox, dsn: str, warehouse: Connection
) -> None:
    company = small(sandbox, "mbusedup")
    land_one(warehouse, dsn, company, "administrations")
    company.do("limit", requests=50, seconds=3_600)
    company.do("others", requests=46)
    hasty = Policy(max_tries=1)
    with pytest.raises(RateLimited, match="used up, by Saldo or by others"):
        land_one(warehouse, dsn, company, "receipts", client=company.client(policy=hasty))
    kept = live(warehouse, company, "receipts")
    assert kept
    company.do("limit", requests=None, seconds=None)
    company.do("forget")
    _, counts = land_one(warehouse, dsn, company, "receipts")
    assert counts.read == len(at_vendor(company, "receipts")) - len(kept)
    assert live(warehouse, company, "receipts") == at_vendor(company, "receipts")


def test_a_task_that_keeps_the_pace_is_never_refused(
    sandbox: Sandbox, dsn: str, warehouse: Connection
) -> None:
    company = small(sandbox, "mbpaced")
    land_one(warehouse, dsn, company, "administrations")
    company.do("limit", requests=4, seconds=1)
    client = company.client(policy=Policy(max_tries=1))
    client._auth.limiter = BurstLimiter(2, 1.05)
    land_one(warehouse, dsn, company, "receipts", client=client)
    assert company.used()["throttled"] == 0
    company.do("limit", requests=None, seconds=None)


# --- documents that come, go and change their kind -----------------------------------------------


def test_a_document_that_vanishes_while_it_is_read_is_gone(
    sandbox: Sandbox, dsn: str, warehouse: Connection
) -> None:
    company = small(sandbox, "mbvanish")
    company.fault("vanished", match="POST documents/receipts/sync", times=2)
    assert night(dsn, company).errors == {}
    assert live(warehouse, company, "receipts") == at_vendor(company, "receipts")


def test_what_changed_again_in_the_same_second_is_seen_the_next_night(
    sandbox: Sandbox, dsn: str, warehouse: Connection
) -> None:
    company = small(sandbox, "mbsecond")
    assert night(dsn, company).errors == {}
    document = min(at_vendor(company, "receipts"))
    # The sandbox's days are not ours: as if the night had been when that document changed.
    warehouse.execute(
        "update ops.watermark set cursor = cursor || jsonb_build_object('read_from', m, 'read_to', m) "
        "from (select to_timestamp((payload ->> 'version')::bigint) as m from staging.moneybird_receipts "
        "where agreement_id = %s and source_key = %s) as s where agreement_id = %s and entity = 'receipts'",
        [company.id, document, company.id],
    )
    company.do("edit", document=document, reference="again", same_second=True)
    land_one(warehouse, dsn, company, "receipts")
    row = warehouse.execute(
        "select payload ->> 'reference' from staging.moneybird_receipts where agreement_id = %s and source_key = %s",
        [company.id, document],
    ).fetchone()
    assert row == ("again",)


@pytest.mark.parametrize("to", ["purchase_invoice", "receipt"])
def test_a_document_that_changes_its_kind_is_nowhere_at_no_time(
    sandbox: Sandbox, dsn: str, warehouse: Connection, to: str
) -> None:
    """Killed at any statement of either list, each time a little later, and once not at all."""
    company = small(sandbox, f"mbkind{to[:2]}")
    assert night(dsn, company).errors == {}
    before = "receipts" if to == "purchase_invoice" else "purchase_invoices"
    for number, document in enumerate(sorted(at_vendor(company, before))[:5]):
        company.do("kind", document=document, kind=to)
        for entity in KINDS:
            with suppress(Killed), connect(dsn) as doomed, killed_at(6 + 5 * number):
                land_one(doomed, dsn, company, entity, run_id=f"killed {number}")
            assert document in live(warehouse, company, *KINDS)
    for _ in range(2):
        assert night(dsn, company).errors == {}
    for name in KINDS:
        assert live(warehouse, company, name) == at_vendor(company, name)
    rows = warehouse.execute(
        "select document_number, count(*) from core.purchase_document where agreement_id = %s and not is_deleted "
        "group by 1",
        [company.id],
    ).fetchall()
    assert {key for key, _ in rows} == at_vendor(company, KINDS[0]) | at_vendor(company, KINDS[1])


def test_what_became_of_a_kind_that_is_not_landed_any_more_is_gone(
    sandbox: Sandbox, dsn: str, warehouse: Connection
) -> None:
    company = small(sandbox, "mbexcluded")
    assert night(dsn, company).errors == {}
    document = min(at_vendor(company, "purchase_invoices"))
    company.do("kind", document=document, kind="receipt")
    company.more["exclude"] = ["receipts"]
    land_one(warehouse, dsn, company, "purchase_invoices")
    assert document not in live(warehouse, company, *KINDS)


@pytest.mark.parametrize("fault", ["half", "missing", "empty"])
def test_a_list_that_is_not_whole_deletes_nothing(
    sandbox: Sandbox, dsn: str, warehouse: Connection, fault: str
) -> None:
    company = small(sandbox, f"mblist{fault}")
    assert night(dsn, company).errors == {}
    whole = live(warehouse, company, "receipts")
    company.fault(fault, match="GET documents/receipts/sync", times=9)
    errors = night(dsn, company).errors
    assert set(errors) == {"receipts"}
    assert isinstance(errors["receipts"], Unavailable)
    assert "the vendor's list lacks" in str(errors["receipts"])
    assert live(warehouse, company, "receipts") == whole
    sandbox.clear_faults()


@pytest.mark.parametrize("day", ["3026-03-10", "0206-03-10"])
def test_a_bank_transaction_whose_year_was_typed_wrong_is_one_like_any_other(
    sandbox: Sandbox, dsn: str, warehouse: Connection, day: str
) -> None:
    """It is listed, lands new or changed, is in the facts, and the others go on beside it."""
    company = small(sandbox, f"mbtyped{day[:4]}")
    first, second = sorted(at_vendor(company, "financial_mutations"))[-2:]
    company.do("mutation", mutation=first, date=day)
    assert night(dsn, company).errors == {}
    company.do("mutation", mutation=second, date=day)
    company.next_day()
    assert night(dsn, company).errors == {}
    assert {first, second} <= at_vendor(company, "financial_mutations")
    assert live(warehouse, company, "financial_mutations") == at_vendor(
        company, "financial_mutations"
    )
    dated = warehouse.execute(
        "select source_key from staging.moneybird_financial_mutations where agreement_id = %s "
        "and payload ->> 'date' = %s order by 1",
        [company.id, day],
    ).fetchall()
    assert dated == [(first,), (second,)]
    told = warehouse.execute(
        "select transaction_number from core.bank_transaction where agreement_id = %s and date = %s order by 1",
        [company.id, day],
    ).fetchall()
    assert told == dated


def test_a_transaction_that_the_list_lacks_night_after_night_is_no_booking_meanwhile(
    sandbox: Sandbox, dsn: str, warehouse: Connection
) -> None:
    company = small(sandbox, "mblacking")
    assert night(dsn, company).errors == {}
    whole = live(warehouse, company, "financial_mutations")
    company.fault("missing", match="GET financial_mutations/sync", times=99)
    assert {*night(dsn, company).errors} == {"financial_mutations"}
    assert night(dsn, company).errors == {}
    assert live(warehouse, company, "financial_mutations") == whole
    landed = Landed(warehouse, VENDORS["moneybird"], company.id, marker=0)
    assert MoneybirdControls(company.client()).moved_since(landed) == ""
    sandbox.clear_faults()
