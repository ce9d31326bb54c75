"""What pages of exports show: every status, what differs between revisions, strange names, filters, breakers, thousands of rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from saldo.warehouse.connection import Connection
from tests.airflow.running import warehouse_connection
from tests.api.exporting import organisations
from tests.exports.accounting.examples import PDF, line, receipt
from tests.exports.accounting.register import put, registered, stored

from .exporting import page_of
from .looking import assert_good

__all__ = ["organisations"]

pytestmark = pytest.mark.usefixtures("organisations")
HOSTILE = 'O\'Brien "<script>alert(1)</script>" & שלום 🚆'
NOW = datetime.now(UTC)
STATUSES = ("pending", "sending", "created", "posted", "failed", "review", "cancelled", "unknown")


def claims(page: str) -> list[str]:
    """Those of the list, in its order."""
    return re.findall(r'<th scope="row"><a href="/saldo/exports/[0-9a-f-]{36}">([^<]+)</a>', page)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("is_there", [False, True])
def test_each_status_offers_what_can_be_done(
    client: TestClient, warehouse: Connection, status: str, is_there: bool
) -> None:
    job = registered(warehouse)
    put(warehouse, job, status=status, may_be_there=is_there, last_error="no answer")
    page = page_of(client, f"/exports/{job.export_id}")
    offered = set(re.findall(r'<form method="post" action="[^"]+/(\w+)">', page))
    stuck = {"retry", "booked"} if status in ("failed", "review") else set()
    free = (
        {"lines", "cancel"} if status in ("pending", "failed", "review") and not is_there else set()
    )
    assert offered == stuck | free
    assert claims(page_of(client, "/exports")) == ["EXP-2026-0001"]


def test_what_was_cancelled_was_not_sent(client: TestClient, warehouse: Connection) -> None:
    job = registered(warehouse)
    put(warehouse, job, status="cancelled")
    page = page_of(client, f"/exports/{job.export_id}")
    assert "Nothing was sent." in page
    assert "not kept any more" not in page
    put(warehouse, job, status="posted", attempts=1, external_reference="17")
    warehouse.execute("delete from ops.expense")
    assert "What was sent is not kept any more." in page_of(client, f"/exports/{job.export_id}")


def test_revisions_are_shown_side_by_side(
    client: TestClient, warehouse: Connection, visit: Callable[..., Page]
) -> None:
    job = registered(warehouse)
    put(warehouse, job, status="posted", may_be_there=True, attempts=1, external_reference="17")
    again = registered(warehouse, revision=2, lines=[line(amount="130.00", text="Tram")])
    assert again.status == "review"
    page = visit(f"/exports/{again.export_id}")
    said = page.text_content("section:has(#differences)")
    assert "lines[line=1].amount" in said
    assert page.text_content("section:has(#differences) del") == "125.00"
    assert page.text_content("section:has(#differences) ins") == "130.00"
    assert page.locator("section:has(#what) button").count() == 0, "not without a second look"
    page.get_by_role("checkbox").check()
    assert_good(page, "export-changed")
    page.click("section:has(#mapping) >> button:has-text('Approve and send')")
    assert "It goes on" in page.text_content("#alerts")


def test_names_are_shown_as_they_are(
    client: TestClient, warehouse: Connection, visit: Callable[..., Page]
) -> None:
    job = registered(
        warehouse,
        employee=HOSTILE[:50],
        description=HOSTILE,
        lines=[line(text=HOSTILE, category=HOSTILE[:60], dimensions={HOSTILE[:50]: HOSTILE}, receipts=[receipt(f"{HOSTILE[:12]}.pdf")])],
    )  # fmt: skip
    put(warehouse, job, status="review", last_error=HOSTILE, last_error_family="DataRejected")
    page = visit(f"/exports/{job.export_id}")
    assert HOSTILE in page.text_content("section:has(#claim)")
    assert page.input_value("textarea[name=line-1-text]") == HOSTILE
    assert_good(page, "export-hostile")
    listed = visit("/exports")
    assert HOSTILE[:40] in listed.text_content("main")
    assert_good(listed, "exports-hostile")


def test_an_older_revision_offers_no_correction_that_is_not_there(
    warehouse: Connection, visit: Callable[..., Page]
) -> None:
    """It failed after a try, so that the newer one did not cancel it; lines are corrected in the newest."""
    job = registered(warehouse)
    put(warehouse, job, status="failed", attempts=1, last_error="no answer")
    newest = registered(warehouse, revision=2, lines=[line(amount="130.00", text="Tram")])
    older = visit(f"/exports/{job.export_id}")
    assert "no answer" in older.text_content("section:has(#what)")
    assert older.locator("a[href='#lines']").count() == 0
    assert older.locator("a[href='#cancel']").count() == 1
    assert_good(older, "export-older-failed")
    assert visit(f"/exports/{newest.export_id}").locator("#lines").count() == 1


def test_filters_must_all_hold_and_empty_ones_do_not_matter(
    client: TestClient, warehouse: Connection
) -> None:
    first, second = registered(warehouse), registered(warehouse, id="E-2", employee="E13")
    third = registered(warehouse, id="E-3")
    put(warehouse, first, status="failed", created_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    put(warehouse, second, created_at=datetime(2026, 3, 2, tzinfo=UTC), document_key="K1")
    put(warehouse, third, status="posted", external_reference="2026-17")
    for query, found in (
        ("organisation=&status=&kind=&q=&created_from=&created_to=&reason=&after=", "EXP-2026-0001 E-2 E-3"),
        ("status=waiting", "EXP-2026-0001"), ("status=open", "EXP-2026-0001 E-2"), ("status=over", "E-3"), ("status=pending", "E-2"),
        ("q=E13", "E-2"), ("q=K1", "E-2"), ("q=2026-17", "E-3"), ("q=E-3&status=pending", ""), ("kind=honorarium", ""),
        ("organisation=havn", ""), ("created_to=2026-03-01", "EXP-2026-0001"), ("created_from=2026-03-02&status=open", "E-2"),
    ):  # fmt: skip
        assert claims(page_of(client, f"/exports?{query}")) == found.split(), query
    # Times are shown as Airflow's are; days are of one zone, which the form names.
    assert "Asked for from (UTC)" in page_of(client, "/exports")
    for wrong in ("status=lost", "created_to=3", "after=x", "reason=x", "organisation=%00"):
        page_of(client, f"/exports?{wrong}", status=422)


def test_a_breaker_that_is_open_is_told_first(client: TestClient, warehouse: Connection) -> None:
    put(warehouse, registered(warehouse), company="business_central/1", status="failed")
    warehouse.execute(
        "insert into ops.export_breaker (company, state, failures, successes, opened_at, last_error_family, last_error, changed_at) "
        "values ('business_central/1', 'open', 5, 0, now() - interval '2 minutes', 'Unavailable', 'no answer', now())"
    )
    page = page_of(client, "/exports")
    assert "Nothing is sent to business_central/1 (fjell) for the moment." in page
    assert "5 calls failed" in page
    assert re.search(r"tried again <time [^>]+>in \d min</time>", page)
    assert "The last said: no answer" in page
    # Its time is past, and nothing has called since: it was not tried again.
    warehouse.execute("update ops.export_breaker set opened_at = now() - interval '9 hours'")
    page = page_of(client, "/exports")
    assert "tried again by the next run." in page
    assert "next try by the next run" in page


def test_each_number_above_the_list_leads_to_as_many(
    client: TestClient, warehouse: Connection
) -> None:
    """Whatever the list is filtered by meanwhile, however long ago something was posted, and whatever an earlier error said."""
    week = datetime.combine(datetime.now(UTC).date() - timedelta(days=7), time(), UTC)
    states: tuple[tuple[str, str, datetime], ...] = (
        ("review", "E12", NOW), ("review", "E13", NOW - timedelta(days=90)), ("failed", "E13", NOW), ("pending", "E13", NOW),
        ("posted", "E12", NOW), ("posted", "E13", week), ("posted", "E12", week - timedelta(seconds=1)),
        ("cancelled", "E13", week - timedelta(days=60)),
    )  # fmt: skip
    for at, (status, employee, created_at) in enumerate(states):
        job = registered(warehouse, id=f"E-{at}", employee=employee)
        why = {"last_error": f"fjell: E-{at}: no such account", "last_error_family": "DataRejected"}
        put(warehouse, job, status=status, created_at=created_at, **why)
    page = page_of(client, "/exports?q=E12&kind=honorarium&created_from=2026-01-01")
    tiles = re.findall(r'<dt>(\w+)</dt><dd><a href="/saldo([^"]+)">(\d+)</a>', page)
    reasons = re.findall(r'figure"><a href="/saldo([^"]+)" aria-label="(\d+) exports? with', page)
    assert {status: int(count) for status, _, count in tiles if count != "0"} == {
        "review": 2, "failed": 1, "pending": 1, "posted": 2,
    }  # fmt: skip
    assert [count for _, count in reasons] == ["3"]
    for path, count in (*((path, count) for _, path, count in tiles), *reasons):
        assert len(claims(page_of(client, path.replace("&amp;", "&")))) == int(count), path
    health = page_of(client, "/health")
    assert 'href="/saldo/exports?status=review">2</a>' in health
    assert 'href="/saldo/exports?status=failed">1</a> failed' in health


def test_reasons_that_are_not_shown_are_told_of(client: TestClient, warehouse: Connection) -> None:
    for at in range(13):
        job = registered(warehouse, id=f"E-{at}")
        put(warehouse, job, status="review", last_error=f"reason {'x' * at}")
        page = page_of(client, "/exports")
        assert ("The 12 most frequent reasons." in page) == (at == 12)
    assert len(re.findall(r"\d export with this reason", page)) == 12


def test_ten_thousand_that_wait_are_pages_and_a_few_reasons(
    client: TestClient, warehouse: Connection
) -> None:
    job = registered(warehouse)
    put(warehouse, job, status="posted")
    warehouse.execute(
        "insert into ops.export_job (export_id, organisation, target, kind, source_id, revision, payload, payload_hash, idempotency_key, status, "
        "last_error_family, last_error, created_by, created_at, updated_at) "
        "select gen_random_uuid(), 'fjell', 'business_central', 'expense', 'W-' || n, 1, '{}', '', 'w' || n, case when n % 2 = 0 then 'review' else 'failed' end, "
        "'DataRejected', 'fjell: expense W-' || n || ' cannot be booked: lines[' || n % 9 || '].category: ''lunch''', 'x', now(), now() "
        "from generate_series(1, 10000) as n"
    )
    page = page_of(client, "/exports")
    assert "10\u202f000 exports with this reason" in page.replace("10 000", "10\u202f000")
    assert len(set(claims(page))) == 100
    reason = re.search(r"reason=([0-9a-f]{32})", page)[1]  # type: ignore[index]
    seen: list[str] = []
    path = f"/exports?status=failed&reason={reason}"
    for _ in range(3):
        page = page_of(client, path)
        seen += claims(page)
        path = re.search(r'rel="next" href="/saldo([^"]+)"', page)[1].replace("&amp;", "&")  # type: ignore[index]
    assert len(set(seen)) == 300
    assert {int(one[2:]) % 2 for one in seen} == {1}


def test_a_receipt_is_opened_by_who_may_see_the_export(
    client: TestClient, warehouse: Connection
) -> None:
    job = registered(warehouse, lines=[line(receipts=[receipt("quittung ü.pdf")])])
    page = page_of(client, f"/exports/{job.export_id}")
    [path] = re.findall(r'href="/saldo(/exports/[^"]+/receipts/[^"]+)"', page)
    answer = client.get(path)
    assert (answer.content, answer.headers["content-type"]) == (PDF, "application/pdf")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "quittung%20%C3%BC.pdf" in answer.headers["content-disposition"]
    assert warehouse.execute("select actor, action, subject_id, detail ->> 'line' from ops.audit order by audit_id desc limit 1").fetchone() == ("ada", "document opened", "fjell", "1")  # fmt: skip
    assert client.get(path.replace("/1/", "/2/")).status_code == 404
    client.cookies.set("_token", "otto")
    assert client.get(path).status_code == 404


def test_a_file_that_is_gone_leaves_the_page(
    client: TestClient, warehouse: Connection, organisations: object, tmp_path: object
) -> None:
    stored(warehouse)
    job = registered(warehouse)
    put(warehouse, job, status="review", last_error="no file", last_error_family="ConfigError")
    for file in organisations.iterdir():  # type: ignore[attr-defined]
        file.unlink()
    page = page_of(client, f"/exports/{job.export_id}")
    assert "Whoever runs Saldo corrects the organisation&#39;s file" in page
    assert "Map it otherwise" not in page


def test_a_warehouse_that_is_away_is_a_page(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = "postgresql://saldo:x@127.0.0.1:1/saldo"
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(closed))
    id = "00000000-0000-0000-0000-000000000000"
    for path in ("/exports", f"/exports/{id}", f"/exports/{id}/receipts/1/{'0' * 64}"):
        assert "The warehouse does not answer" in page_of(client, path, status=503)
