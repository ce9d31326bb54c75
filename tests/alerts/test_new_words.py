"""A word a vendor adds: landed, shown under a name, and one mail, the first time it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from saldo.alerts import deliver, judge_words, subject_of, tell
from saldo.declarations.entity import Record
from saldo.run_request import RunRequest
from saldo.staging.open_lists import places
from saldo.staging.words import new_words
from saldo.subject import Alerts, by_key
from saldo.transform.facts import refresh
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection
from tests.conftest import free_port
from tests.mail import MailServer, Received
from tests.recorded import Recorded
from tests.support import ENTITIES, agreement, land
from tests.xledger import ENTITIES as OF_XLEDGER

START = datetime(2026, 11, 1, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    found = MailServer(free_port())
    found.start()
    yield found
    found.stop()


def test_it_is_landed_shown_and_told_once(
    warehouse: Connection, dsn: str, server: MailServer
) -> None:
    of = agreement("words", name="Words ApS", alerts=Alerts(to=("finance@example.com",)))
    source = Recorded.golden()
    [entry] = [e for e in source.records["entries"] if e["entryNumber"] == 19]
    [account] = [a for a in source.records["accounts"] if a["accountNumber"] == 1310]
    entry["type"], account["accountType"] = 11, "offBalance"

    def night() -> None:
        for entity in ENTITIES:
            land(warehouse, dsn, source, of, entity)
        refresh(warehouse, of, RunRequest())

    def mails(now: datetime) -> list[Received]:
        subjects = by_key([subject_of(of)])
        server.take()
        judge_words(warehouse, subjects, now=now)
        tell(warehouse, subjects, now=now + timedelta(hours=1), ui_url="https://ui")
        deliver(warehouse, server.mailer, now=now + timedelta(hours=1))
        return server.take()

    night()
    shown = warehouse.execute(
        "select entry_type, event_type, is_opening from mart.fact_journal_entries "
        "where agreement_id = 'words' and entry_number = '19'"
    ).fetchall()
    assert shown == [("other_11", "other", False)]
    assert warehouse.execute(
        "select a.account_type from mart.dim_account as a inner join mart.dim_agreement as g "
        "on g.agreement_key = a.agreement_key where g.agreement_id = 'words' and account_number = '1310'"
    ).fetchall() == [("other_offBalance",)]
    [told] = mails(START)
    assert told.subject == (
        "Saldo: Words ApS: accounts of e-conomic have a new accountType: offBalance, and 1 more"
    )
    for body in (told.text, told.html):
        assert "Nothing is lost" in body
        assert "counts as open" not in body
        assert "other_offBalance" in body
        assert "other_11" in body
    night()
    assert mails(START + timedelta(days=1)) == []
    drift = warehouse.execute(
        "select entity, field, told_at is not null from ops.drift where agreement_id = 'words' order by 1"
    ).fetchall()
    assert drift == [("accounts", "accountType=offBalance", True), ("entries", "type=11", True)]


def test_words_inside_xledgers_records_are_told_too(
    warehouse: Connection, dsn: str, server: MailServer
) -> None:
    of = agreement(
        "kilder", name="Kilder AS", vendor="xledger", alerts=Alerts(to=("finance@example.com",))
    )
    source = Recorded.golden("xledger")
    posted, received = source.records["transactions"][0], source.records["ar_transactions"][0]
    posted["header"]["transactionSource"]["code"] = "TS"
    received["slTransactionType"] = {"name": "WRITE_OFF"}
    for entity in OF_XLEDGER:
        land(warehouse, dsn, source, of, entity)
    refresh(warehouse, of, RunRequest())
    shown = warehouse.execute(
        "select entry_number, entry_type, event_type from mart.fact_journal_entries "
        "where agreement_id = 'kilder' and entry_type like 'other%' union all "
        "select entry_number, entry_type, event_type from mart.fact_receivables "
        "where agreement_id = 'kilder' and entry_type like 'other%'"
    ).fetchall()
    assert shown == [
        (str(posted["dbId"]), "other_TS", "other"),
        (str(received["dbId"]), "other_WRITE_OFF", "other"),
    ]
    judge_words(warehouse, by_key([subject_of(of)]), now=START)
    told = warehouse.execute(
        "select cause from ops.alert where subject_id = 'kilder' and kind = 'word' order by cause"
    ).fetchall()
    assert [cause for (cause,) in told] == [
        "ar_transactions of Xledger have a new slTransactionType.name: WRITE_OFF",
        "transactions of Xledger have a new header.transactionSource.code: TS",
    ]


def test_the_mail_says_what_the_facts_show_of_that_very_field(
    warehouse: Connection, dsn: str
) -> None:
    of = agreement("woorden", name="Woorden BV", vendor="moneybird")
    source = Recorded.golden("moneybird")
    source.records["tax_rates"][0]["tax_rate_type"] = "import"
    source.records["sales_invoices"][0]["state"] = "approved"
    paying = next(one for one in source.records["financial_mutations"] if one["payments"])
    paying["payments"][0]["invoice_type"] = "Subscription"
    for entity in VENDORS["moneybird"].entities:
        land(warehouse, dsn, source, of, entity.name)
    judge_words(warehouse, by_key([subject_of(of)]), now=START)
    told = dict(
        warehouse.execute(
            "select family, reason from ops.alert where subject_id = 'woorden' and kind = 'word'"
        ).fetchall()
    )
    assert {*told} == {
        "tax_rate_type=import", "state=approved", "payments.invoice_type=Subscription",
    }  # fmt: skip
    assert "it is other_import" in told["tax_rate_type=import"]
    assert "one without a number as a draft" in told["state=approved"]
    assert "account of unmatched transactions" in told["payments.invoice_type=Subscription"]


def test_what_the_mail_says_is_of_fields_that_hold_words() -> None:
    for vendor in VENDORS.values():
        held = {
            f"{entity.name}.{place}"
            for entity in vendor.entities
            for place in (*places(entity.record), *fields_of_words(entity.record))
        }
        for said in vendor.words:
            assert any(f".{place}".endswith(f".{said}") for place in held), (vendor.name, said)


def fields_of_words(record: type[Record]) -> Iterator[str]:
    """Those declared as a list of words."""
    for field in msgspec.structs.fields(record):
        if new_words(record, {field.encode_name: "of no list"}, {}) or new_words(
            record, {field.encode_name: 9_999}, {}
        ):
            yield field.encode_name
