"""Purchases in the console: what is listed and counted, who may do what, what is asked wrongly, two at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from saldo.console.purchases import documents
from saldo.console.purchases.asked import ranges
from saldo.exports import requests
from saldo.exports.claims import one_at_a_time
from saldo.runs.sync_run import Run, SyncRun
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection, connect
from tests.api import runs_of_dags
from tests.exports.support import Books
from tests.support import write_agreement

from .looking import assert_good

BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
HERE = "/purchases/shop"
KEY = "0" * 32


@pytest.fixture(autouse=True)
def _empty(dsn: str) -> None:
    with connect(dsn) as connection:
        connection.execute(
            "truncate core.purchase_document, core.purchase_document_line, core.purchase_document_export, "
            "ops.export_file, ops.export_file_document, ops.idempotency_key, ops.export_request, ops.audit"
        )


def post(client: TestClient, path: str, user: str = "ada", **form: Any) -> Any:
    client.cookies.set("_token", user)
    return client.post(path, data=form, headers=BROWSER, follow_redirects=False)


def made(client: TestClient, **form: Any) -> str:
    answer = post(
        client, f"{HERE}/export", **{"key": KEY, "layout": "purchases", "show": "all", **form}
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("/files/")[2].partition("?")[0]


def text_of(client: TestClient, path: str, user: str = "vera") -> str:
    client.cookies.set("_token", user)
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


# --- what there is -------------------------------------------------------------------------------


def test_there_is_nothing_yet(visit: Callable[..., Page]) -> None:
    for path, said in (
        ("/purchases", "no purchase documents"),
        (HERE, "No document fits"),
        (f"{HERE}/files", "no file yet"),
    ):
        page = visit(path)
        assert said in page.inner_text("main")
        assert_good(page, f"purchases-empty{path.replace('/', '-')}")


@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
def test_documents_are_counted_and_listed(
    visit: Callable[..., Page],
    client: TestClient,
    books: Books,
    warehouse: Connection,
    look: dict[str, Any],
) -> None:
    warehouse.execute(
        "insert into core.supplier (agreement_id, supplier_number, name, is_barred, is_deleted, change_seq) values "
        "('shop', 's1', 'Bäckerei \"<b>Ø</b>\" \u202e😀', false, false, 0) on conflict do nothing"
    )
    for id in ("1", "2", "3"):
        books.write(id, (("4000", "1234.50"),), day=int(id))
    books.write("4", state="new")
    made(client, scope="chosen", ids=["2", "3"], ext="first")
    books.write("3", (("4000", "99"), ("4100", "1")), state="paid")
    page = visit(HERE, **look)
    assert "1 changed since by invoice date, all" in page.locator("a[aria-label]").evaluate_all(
        "all => all.map(a => a.ariaLabel).join()"
    )
    listed = page.locator("form#export > .scroll > table > tbody > tr:not(.more)")
    assert [row.split()[0] for row in listed.all_inner_texts()] == ["1", "3", "4"]
    page.locator("summary").first.click()
    changed = page.locator("tr.more").inner_text()
    assert "base currency" not in changed
    assert "1\u202f234.50 with VAT" in changed
    assert "account 4100" in changed
    assert_good(page, f"purchases-{'-'.join(look) or 'wide'}")
    page.goto(page.url.partition("/saldo")[0] + "/saldo/purchases")
    assert "shop" in page.inner_text("tbody")
    assert_good(page, f"purchases-agreements-{'-'.join(look) or 'wide'}")


def test_what_was_deleted_since_is_counted_for_itself(client: TestClient, books: Books) -> None:
    """No export takes it: it is not left to do, but it is still in the other system."""
    for id in ("1", "2", "3"):
        books.write(id)
    made(client, scope="chosen", ids=["1", "2", "3"], ext="first")
    books.write("1", (("4000", "99"),))
    books.write("2", is_deleted=True)
    books.write("3", state="new")
    assert "1 changed since by invoice date, all" in client.get(HERE, headers=BROWSER).text
    page = text_of(client, HERE)
    assert "1 document of a file was deleted at the vendor since : no export takes it" in page
    [row] = re.findall(r"shop ApS (\d+) (\d+) (\d+)", text_of(client, "/purchases"))
    assert row == ("0", "1", "2")
    listed = text_of(client, f"{HERE}?show=mutated&state=deleted")
    assert "1 of them was deleted at the vendor, and is not exported." in listed


def test_agreements_that_are_switched_off_take_no_place_of_others(
    client: TestClient, books: Books, app: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_AGREEMENTS", 1)
    books.write("1")
    Books(books.dsn, books.store, "other").write("1")
    folder = tmp_path / "SALDO_AGREEMENTS_DIR"
    assert "other" in (first := text_of(client, "/purchases"))
    assert "Next" in first
    write_agreement(folder, "other", enabled=False)
    assert "shop" in (only := text_of(client, "/purchases"))
    assert "Next" not in only


def test_what_is_personal_is_hidden_and_its_file_is_for_who_exports(
    client: TestClient, books: Books, warehouse: Connection
) -> None:
    warehouse.execute("insert into ops.personal_account values ('shop', '2200', '2299')")
    warehouse.execute(
        "insert into core.supplier (agreement_id, supplier_number, name, is_barred, is_deleted, change_seq) values "
        "('shop', 'anna', 'Anna Holm', false, false, 0) on conflict do nothing"
    )
    try:
        books.write("1", (("2210", "100"),), supplier="anna")
        assert "Anna Holm" not in (page := text_of(client, f"{HERE}?show=all", user="root"))
        assert "(hidden)" in page
        name = made(client, scope="chosen", ids=["1"], ext="first")
        books.write("1", (("2210", "110"),), supplier="s1")
        for user, download in (("vera", False), ("ada", True)):
            file = f"{HERE}/files/{name}"
            assert "Anna Holm" not in text_of(client, f"{HERE}?show=all", user=user)
            assert "Anna Holm" not in (page := text_of(client, file, user=user))
            assert ("Download Excel" in page) is download
            assert ("a line on a personal account" in page) is not download
    finally:
        warehouse.execute("delete from ops.personal_account")


def test_who_may_only_look_exports_and_deletes_nothing(
    client: TestClient, books: Books, warehouse: Connection
) -> None:
    books.write("1")
    name = made(client, scope="chosen", ids=["1"])
    warehouse.execute("truncate ops.audit")
    for path in (f"{HERE}/export", f"{HERE}/files/{name}/delete", f"{HERE}/sync"):
        assert post(client, path, "vera", key=KEY).status_code == 403, path
        assert post(client, path, "nora", key=KEY).status_code == 403, path
    found = warehouse.execute("select distinct actor, action from ops.audit order by 1").fetchall()
    assert found == [("nora", "access refused"), ("vera", "access refused")]
    client.cookies.set("_token", "ada")
    cross = {**BROWSER, "Sec-Fetch-Site": "cross-site"}
    assert client.post(f"{HERE}/files/{name}/delete", headers=cross).status_code == 403
    # By hand, with no word of where it comes from.
    bare = {"Accept": "text/html"}
    client.cookies.set("_token", "vera")
    assert client.post(f"{HERE}/files/{name}/delete", headers=bare).status_code == 403
    found = warehouse.execute(
        "select actor, detail ->> 'dag_id', detail ->> 'why' from ops.audit order by audit_id desc limit 2"
    ).fetchall()
    assert found == [
        ("vera", "saldo__shop", "You may not act on this agreement"),
        ("ada", None, "This came from another site"),
    ]
    client.cookies.set("_token", "ada")
    page = client.get(f"{HERE}/files/{name}", headers=BROWSER)
    assert page.status_code == 200
    assert "Delete the file" not in text_of(client, f"{HERE}/files/{name}")
    client.cookies.set("_token", "nora")
    for path in (HERE, f"{HERE}/files", f"{HERE}/files/{name}", f"{HERE}/sync"):
        assert client.get(path, headers=BROWSER).status_code == 403, path
    assert "shop" not in text_of(client, "/purchases", "nora")


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 1, 15), ["2026-01-01 2026-01-31", "2025-12-01 2025-12-31", "2026-01-01 2026-03-31", "2026-01-01 2026-12-31", "None None"]),
        (date(2026, 12, 31), ["2026-12-01 2026-12-31", "2026-11-01 2026-11-30", "2026-10-01 2026-12-31", "2026-01-01 2026-12-31", "None None"]),
        (date(2024, 3, 1), ["2024-03-01 2024-03-31", "2024-02-01 2024-02-29", "2024-01-01 2024-03-31", "2024-01-01 2024-12-31", "None None"]),
    ],
)  # fmt: skip
def test_ranges_of_days(today: date, expected: list[str]) -> None:
    assert [f"{one.first} {one.last}" for one in ranges(today)] == expected


# --- what is asked for ---------------------------------------------------------------------------


def test_a_form_that_is_sent_twice_makes_one_file(client: TestClient, books: Books) -> None:
    books.write("1")
    books.write("2")
    first = made(client, scope="filter", show="not_exported")
    assert made(client, scope="filter", show="not_exported") == first
    assert books.statuses() == ["registered"]


def test_what_cannot_be_exported_is_said_above_what_was_typed(
    visit: Callable[..., Page], client: TestClient, books: Books
) -> None:
    books.write("1")
    made(client, scope="chosen", ids=["1"])
    books.write("2")
    page = visit(f"{HERE}?show=all")
    page.get_by_label("Choose all on this page").check()
    assert page.inner_text("[data-count]") == "2"
    page.get_by_label("those ticked above").check()
    page.get_by_label("End of the file's name").fill("again")
    page.get_by_role("button", name="Export to Excel").click()
    assert "exported already" in page.inner_text("[role=alert]").lower()
    assert page.get_by_label("End of the file's name").input_value() == "again"
    assert page.get_by_label("Choose 1", exact=True).is_checked()
    assert_good(page, "purchases-refused", may_complain=True)
    page.get_by_label("also what is exported as it is now").check()
    page.get_by_role("button", name="Export to Excel").click()
    assert "The file is made." in page.inner_text("#alerts")
    assert "2 in 2 rows" in page.inner_text("main")
    assert_good(page, "purchases-file", may_complain=True)


def test_nothing_ticked_and_another_at_work_are_told(
    client: TestClient, books: Books, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from saldo.api.purchases import exports

    monkeypatch.setattr(exports, "PATIENCE_S", 0.1)
    books.write("1")
    answer = post(client, f"{HERE}/export", key=KEY, scope="chosen", layout="purchases")
    assert answer.status_code == 422
    assert "No document is ticked." in answer.text
    # In the words of the page: nobody there knows the names that a request has.
    assert "give ids" not in answer.text
    answer = post(
        client, f"{HERE}/export", key=KEY, scope="filter", layout="purchases", ext="../q1"
    )
    assert answer.status_code == 422
    assert "The file&#39;s name cannot end like that." in answer.text
    assert "write letters, digits, - and _ only. Nothing was exported." in answer.text
    assert "ext:" not in answer.text
    with one_at_a_time(warehouse, "shop", 1):
        answer = post(client, f"{HERE}/export", key=KEY, scope="filter", layout="purchases")
    assert (answer.status_code, "Somebody else is at it" in answer.text) == (409, True)
    assert books.statuses() == []


def test_ticks_and_all_of_the_filters_are_not_both_meant(client: TestClient, books: Books) -> None:
    books.write("1")
    answer = post(client, f"{HERE}/export", key=KEY, scope="filter", ids="1")
    assert answer.status_code == 422
    assert "Some documents are ticked, and all are chosen" in answer.text
    assert "checked" in answer.text


def test_of_two_who_delete_the_second_hears_of_the_first(client: TestClient, books: Books) -> None:
    books.write("1")
    name = made(client, scope="chosen", ids=["1"])
    assert post(client, f"{HERE}/files/{name}/delete").status_code == 303
    second = post(client, f"{HERE}/files/{name}/delete", "root")
    assert second.status_code == 409
    assert f"ada deleted {name} on 20" in second.text
    assert post(client, f"{HERE}/files/never.xlsx/delete").status_code == 404


@contextmanager
def at_work(warehouse: Connection, id: UUID, run_id: str) -> Iterator[SyncRun]:
    """A run that makes the file of a request, a quarter of it done."""
    requests.begin(warehouse, id, run_id)
    sync_run = SyncRun(
        warehouse, SubjectKey("agreement", "shop"), requests.ENTITY, Run(requests.DAG_ID, run_id)
    )
    sync_run.meter.tell(12_000, 48_000, "rows", None)
    sync_run.save()
    yield sync_run


def test_a_long_export_is_made_by_a_run(
    visit: Callable[..., Page],
    client: TestClient,
    books: Books,
    warehouse: Connection,
    airflows_tables: None,
) -> None:
    from saldo.airflow.exports_builder import build_export_dags
    from saldo.exports.requests import DAG_ID

    [dag] = [one for one in build_export_dags() if one.dag_id == DAG_ID]
    runs_of_dags.store_dag(dag)
    try:
        books.write("1")
        page = visit(f"{HERE}?show=all")
        page.get_by_label("by a run in the background").check()
        page.get_by_role("button", name="Export to Excel").click()
        assert "waits for its turn" in page.inner_text("main")
        assert_good(page, "purchases-request")
        [(id, run_id)] = warehouse.execute(
            "select request_id, run_id from ops.export_request"
        ).fetchall()
        with at_work(warehouse, id, run_id) as sync_run:
            page.wait_for_selector("text=12\u202f000 of 48\u202f000 rows")
            assert page.get_by_role("progressbar").get_attribute("value") == "12000"
            assert_good(page, "purchases-request-running")
            answer = client.get(
                f"/api/v1/purchases/shop/export/{id}", headers={"Authorization": "Bearer vera"}
            ).json()
            told = {name: answer["progress"][name] for name in ("done", "total", "unit", "isDead")}
            assert told == {"done": 12_000, "total": 48_000, "unit": "rows", "isDead": False}
            sync_run.meter.tell(48_000, 48_000, "rows", "into the store")
            sync_run.save()
            page.wait_for_selector("text=48\u202f000 of 48\u202f000 rows, into the store")
        warehouse.execute(
            "update ops.export_request set status = 'failed', error_message = 'The store is away' where request_id = %s",
            [id],
        )
        page.wait_for_selector("text=The store is away")
        assert runs_of_dags.runs_of(DAG_ID) == [("queued", {"request": str(id)})]
    finally:
        runs_of_dags.forget(DAG_ID)


# --- many, and trouble ---------------------------------------------------------------------------


def test_ten_thousand_documents_are_paged_and_exported_by_one_request(
    client: TestClient, warehouse: Connection, books: Books
) -> None:
    warehouse.execute(
        "insert into core.purchase_document (agreement_id, document_number, kind, date, state, currency, net_amount, gross_amount, "
        "created_at, version, is_deleted, change_seq) select 'shop', to_char(n, 'FM00000'), 'receipt', date '2026-01-01' + n % 300, 'open', "
        "'EUR', n, n, timestamptz '2026-01-01Z' + n % 300 * interval '1 day', 1, false, n from generate_series(1, 10000) as n"
    )
    client.cookies.set("_token", "vera")
    page = client.get(HERE, headers=BROWSER).text
    assert page.count('name="ids"') == 100
    following = re.findall(r'rel="next" href="/saldo([^"]+)"', page)[0].replace("&amp;", "&")
    assert 'value="00101"' in client.get(following, headers=BROWSER).text
    name = made(client, scope="filter", show="not_exported")
    assert "10 000 in 10 000 rows" in text_of(client, f"{HERE}/files/{name}")
    assert "No document fits" in text_of(client, HERE)


def test_a_warehouse_that_is_away_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", "postgres://saldo:x@127.0.0.1:9/saldo")
    client.cookies.set("_token", "ada")
    for path in ("/purchases", HERE, f"{HERE}/files", f"{HERE}/files/a.xlsx", f"{HERE}/sync"):
        answer = client.get(path, headers=BROWSER)
        assert (answer.status_code, "The warehouse does not answer" in answer.text) == (
            503,
            True,
        ), path
