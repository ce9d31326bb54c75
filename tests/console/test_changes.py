"""What has changed in the books of an agreement since a moment, or since a period was closed: its page and its file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page
from psycopg.types.json import Jsonb

from saldo.console.shell.formats import THIN
from saldo.transform import replay
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection, connect

from .looking import assert_good

PATH = "/agreements/shop/changes"
THEN, CLOSED, NOW = (datetime(2026, month, 1, 3, tzinfo=UTC) for month in (5, 6, 7))
#: Text, account and amount of a posting then and now; None: it was not, or is not there.
POSTINGS = {
    "1": (("Rent", "3400", 1_000), ("Rent <b>March</b>", "3400", 1_250)),
    "2": (("Paper", "3600", 80), ("=HYPERLINK(1)", "3620", 80)),
    "3": (("Coffee ☕ قهوة", "3600", 45), None),
    "4": (None, ("Late invoice", "1010", -320)),
    "5": (("Salary Anna Holm", "2210", 30_000), ("Salary Anna Holm, corrected", "2210", 31_000)),
    "6": (("Not moved", "3400", 7), ("Not moved", "3400", 7)),
}  # fmt: skip


def _payload(said: tuple[str, str, int]) -> dict[str, object]:
    text, account, amount = said
    return {
        "voucherNumber": 13 if account == "2210" else 12, "type": 5, "date": "2026-03-31", "accountNumber": int(account), "text": text, "amount": amount,
        "amountInBaseCurrency": amount,
    }  # fmt: skip


def _stage(
    connection: Connection, entity: str, key: str, payload: object, seq: int, deleted: bool = False
) -> None:
    connection.execute(
        f"insert into staging.economic_{entity} (agreement_id, source_key, payload, payload_hash, landed_at, run_id, change_seq, deleted_at) "
        "values ('shop', %s, %s, '', %s, 'night 2', %s, %s)",
        [key, Jsonb(payload), NOW - timedelta(minutes=5), seq, NOW if deleted else None],
    )


def _keep(connection: Connection, key: str, payload: object, deletion: bool) -> None:
    connection.execute(
        "insert into staging.history (vendor, entity, agreement_id, source_key, payload, payload_hash, landed_at, run_id, replaced_at, replaced_by, is_deletion, change_seq, replaced_seq) "
        "values ('economic', 'entries', 'shop', %s, %s, '', %s, 'night 1', %s, 'night 2', %s, 10, 20)",
        [key, Jsonb(payload), THEN, NOW, deletion],
    )


@pytest.fixture(scope="module")
def company(dsn: str) -> Iterator[Connection]:
    """A company whose books somebody has changed since the period was closed."""
    with connect(dsn) as connection:
        replay.remember(connection, VENDORS["economic"])
        for entity in ("self", "entries"):
            connection.execute(
                f"create table staging.economic_{entity} (like staging.template including all)".encode()
            )
        connection.execute(
            "insert into core.agreement (agreement_id, agreement_number, company_name, vendor, base_currency, change_seq) values ('shop', '1', 'Shop', 'economic', 'DKK', 1)"
        )
        connection.execute(
            "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) values (1, 'shop', 'Shop', 'economic', 'DKK')"
        )
        connection.execute("insert into ops.personal_account values ('shop', '2200', '2299')")
        for place, number in enumerate(("1010", "2210", "3400", "3600", "3620"), start=1):
            connection.execute(
                "insert into mart.dim_account (account_key, agreement_key, account_number, name, account_type, sort_order, is_deleted) "
                "values (%s, 1, %s, %s, 'profit_and_loss', %s, false)", [place, number, f"Account {number}", place],
            )  # fmt: skip
        _stage(
            connection,
            "self",
            "1",
            {
                "agreementNumber": 1,
                "company": {"name": "Shop"},
                "settings": {"baseCurrency": "DKK"},
            },
            1,
        )
        yield connection


@pytest.fixture
def changed(company: Connection) -> Connection:
    company.execute(
        "truncate staging.economic_entries, staging.history, ops.facts_state, ops.period_closing, ops.removal"
    )
    for key, (then, now) in POSTINGS.items():
        _stage(
            company,
            "entries",
            key,
            _payload(now or then or ("", "1", 0)),
            10 if then == now else 20,
            deleted=now is None,
        )
        if then and then != now:
            _keep(company, key, _payload(then), deletion=now is None)
    for at, seq in ((THEN, 10), (NOW, 20)):
        company.execute(
            "insert into ops.facts_state values ('shop', %s, %s)",
            [at, Jsonb({"self": 1, "entries": seq})],
        )
    company.execute(
        "insert into ops.period_closing values ('shop', '2026', 3, '2026-03-01', '2026-03-31', %s), ('shop', '2026', 1, '2026-01-01', '2026-01-31', %s)",
        [CLOSED, CLOSED],
    )
    return company


@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
def test_what_differs_is_shown_as_it_is_and_as_it_was(
    changed: Connection, visit: Callable[..., Page], look: dict[str, object]
) -> None:
    page = visit(PATH, **look)
    assert_good(page, f"changes-{'-'.join(look) or 'wide'}")
    rows = page.locator("table.changes tbody tr")
    assert rows.count() == 5
    rent = rows.filter(has_text="Rent").first
    assert rent.locator("del").all_text_contents() == ["Rent", f"1{THIN}000.00"]
    assert rent.locator("ins").all_text_contents() == ["Rent <b>March</b>", f"1{THIN}250.00"]
    assert rows.filter(has_text="2210").locator("td.text").all_text_contents() == ["(hidden)"]
    assert "Anna" not in page.content()


def test_nothing_personal_is_on_the_page_or_in_the_file(
    changed: Connection, client: TestClient
) -> None:
    client.cookies.set("_token", "vera")
    for path in (PATH, f"{PATH}.csv"):
        found = client.get(path)
        assert found.status_code == 200
        assert "Anna" not in found.text
        assert "(hidden)" in found.text


def test_the_file_has_all_of_it_and_no_formula(changed: Connection, client: TestClient) -> None:
    changed.execute("delete from ops.personal_account")
    try:
        client.cookies.set("_token", "vera")
        found = client.get(f"{PATH}.csv?since=2026-05-01T04:00")
    finally:
        changed.execute("insert into ops.personal_account values ('shop', '2200', '2299')")
    assert (
        found.headers["content-disposition"]
        == 'attachment; filename="shop-changes-since-20260501T040000.csv"'
    )
    rows = {
        row["entry_number"]: row
        for row in csv.DictReader(StringIO(found.content.decode("utf-8-sig")))
    }
    assert {key: row["change"] for key, row in rows.items()} == {
        "1": "changed", "2": "changed", "3": "removed", "4": "added", "5": "changed",
    }  # fmt: skip
    assert rows["2"]["text"] == "'=HYPERLINK(1)"
    assert (rows["2"]["old_account_number"], rows["2"]["account_number"]) == ("3600", "3620")
    assert (rows["3"]["old_text"], rows["3"]["amount_base"], rows["3"]["difference"]) == (
        "Coffee ☕ قهوة",
        "",
        "-45.0000",
    )
    assert (rows["3"]["changed_at"], rows["3"]["run_id"]) == ("2026-07-01 03:00:00", "night 2")


def test_since_a_period_was_closed(changed: Connection, visit: Callable[..., Page]) -> None:
    page = visit(PATH)
    page.get_by_label("or since this period was closed").select_option("2026|3")
    page.get_by_label("Show").select_option("removed")
    page.get_by_role("button", name="Compare").click()
    assert page.locator("table.changes tbody tr").count() == 1
    totals = page.locator("section[aria-labelledby=totals] tbody tr td:last-child")
    assert totals.all_text_contents() == [
        "\u2212320.00",
        f"1{THIN}000.00",
        "250.00",
        "\u2212125.00",
        "80.00",
    ]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert download.value.suggested_filename == "shop-changes-since-20260601T030000.csv"
    # Of a period in which nothing is dated nothing differs.
    page = visit(f"{PATH}?period=2026%7C1")
    assert "No posting differs." in page.content()


def test_a_posting_that_left_a_period_is_less_in_it(
    changed: Connection, client: TestClient, visit: Callable[..., Page]
) -> None:
    """Its amount is what it was, and its account has that much less in the period, and more in the next one."""
    then = {**_payload(("Late", "3600", 10)), "text": None}
    now = {**_payload(("Late", "3600", 10)), "date": "2026-04-10"}
    _stage(changed, "entries", "7", now, 20)
    _keep(changed, "7", then, deletion=False)
    page = visit(f"{PATH}?period=2026%7C3")
    totals = page.locator("section[aria-labelledby=totals]")
    assert "Postings of the period differ by" in totals.inner_text()
    account = totals.locator("tbody tr").filter(has_text="3600 Account")
    assert account.locator("td").all_text_contents() == ["0", "2", "1", "\u2212135.00"]
    # What a text was not, and a date was, is shown as what was changed.
    row = page.locator("table.changes tbody tr").filter(has_text="2026-04-10")
    assert row.locator("del").all_text_contents() == ["2026-03-31", "—"]
    assert row.locator("ins").all_text_contents() == ["2026-04-10", "Late"]
    assert_good(page, "changes-left")
    everything = visit(PATH).locator("section[aria-labelledby=totals] tbody tr")
    assert (
        everything.filter(has_text="3600 Account").locator("td").last.inner_text() == "\u2212125.00"
    )


def test_a_thousand_changes_are_pages(changed: Connection, visit: Callable[..., Page]) -> None:
    for number in range(1_000):
        _stage(changed, "entries", str(100 + number), _payload((f"New {number}", "3400", 1)), 20)
    page = visit(f"{PATH}?what=added")
    assert page.locator("table.changes tbody tr").count() == 100
    page.get_by_role("link", name="Next").click()
    assert "101 to 200 of 1\u202f001" in page.text_content("nav.pager")  # type: ignore[operator]
    for query in ("what=added&", ""):
        page = visit(f"{PATH}?{query}page=99")
        assert "There are no more." in page.inner_text("main")
        page.get_by_role("link", name="First page").click()
        assert page.locator("table.changes tbody tr").count() == 100


def test_what_cannot_be_asked_is_said(changed: Connection, client: TestClient) -> None:
    client.cookies.set("_token", "vera")
    changed.execute(
        "insert into ops.removal values ('r', 'staging.history', '2026-01-01 00:00+00', 5, null, '2027-01-01')"
    )
    for query, status, said in (
        ("since=yesterday", 422, "cannot be read; write one such as 2026-03-31T06:00"),
        ("period=2020%7C1", 422, "That period is not closed"),
        ("what=moved", 422, "is none of: added, changed, removed"),
        (
            "since=2025-12-31T23:00",
            422,
            "is not known any more: replaced records are kept since 2026-01-01",
        ),
    ):
        found = client.get(f"{PATH}?{query}")
        assert (found.status_code, said in found.text) == (status, True), found.text[-3000:]
        assert client.get(f"{PATH}.csv?{query}").status_code == status
    assert client.get("/agreements/nobody/changes").status_code in (403, 404)
    client.cookies.set("_token", "nora")
    assert client.get(PATH).status_code in (401, 403, 404)


#: What a posting was and is coded as, and what the page says of it.
CODED = {
    "vatAccountNumber": ("U25", "I25", "VAT code: U25 I25"), "projectNumber": (7, 8, "Project: 7 8"),
    "customerNumber": (100, None, "Customer: 100 —"), "supplierNumber": (None, 200, "Supplier: — 200"),
    "customerInvoiceNumber": (5001, 5002, "Invoice: 5001 5002"),
    "dueDate": ("2026-04-30", "2026-05-31", "Due: 2026-04-30 2026-05-31"),
}  # fmt: skip


def _coded(connection: Connection, key: str, field: str, voucher: int) -> None:
    then, now = (
        {**_payload(("Coded", "3400", 10)), "voucherNumber": voucher, field: value}
        for value in CODED[field][:2]
    )
    _stage(connection, "entries", key, now, 20)
    _keep(connection, key, then, deletion=False)


@pytest.mark.parametrize("field", CODED)
def test_a_posting_that_was_coded_otherwise_has_changed(
    changed: Connection, client: TestClient, field: str
) -> None:
    """Of a closed period, too: moved to another VAT code, project, customer, supplier, invoice or due date."""
    _coded(changed, "7", field, 20)
    client.cookies.set("_token", "vera")
    rows = csv.DictReader(StringIO(client.get(f"{PATH}.csv").content.decode("utf-8-sig")))
    [row] = [row for row in rows if row["entry_number"] == "7"]
    differing = {name for name in row if row.get(f"old_{name}", row[name]) != row[name]}
    assert (row["change"], len(differing), row["difference"]) == ("changed", 1, "0.0000")
    [name] = differing
    old, new, _ = CODED[field]
    assert (row[f"old_{name}"], row[name]) == (str(old or ""), str(new or ""))


def test_what_was_coded_otherwise_is_on_the_page(
    changed: Connection, visit: Callable[..., Page]
) -> None:
    for place, field in enumerate(CODED):
        _coded(changed, str(70 + place), field, 20)
    _coded(changed, "77777", "customerNumber", 13)  # a voucher with a salary
    page = visit(PATH)
    assert_good(page, "changes-coded")
    for place, (_, _, said) in enumerate(CODED.values()):
        row = page.locator("table.changes tbody tr").filter(has_text=f"{70 + place}")
        assert " ".join((row.locator(".also").text_content() or "").split()) == said
    hidden = page.locator("table.changes tbody tr").filter(has_text="77777")
    assert hidden.locator("td.text").all_text_contents() == ["(hidden)"]


def test_a_file_with_a_part_of_it_is_refused(
    changed: Connection, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would see that the rest is missing."""
    monkeypatch.setattr("saldo.console.changes.page.MOST", 3)
    client.cookies.set("_token", "vera")
    found = client.get(f"{PATH}.csv")
    assert found.status_code == 422
    assert "5 postings differ, and a file has 3 at most" in found.text
    assert "more than a file holds" in client.get(PATH).text
    assert client.get(f"{PATH}.csv?what=changed").text.count("changed") > 3
    assert "Download as CSV" in client.get(f"{PATH}?what=changed").text


@pytest.mark.parametrize("look", [{}, {"width": 390}], ids=["wide", "phone"])
def test_nothing_to_compare_yet(
    changed: Connection, visit: Callable[..., Page], look: dict[str, object]
) -> None:
    changed.execute("delete from ops.facts_state where at = %s", [NOW])
    page = visit(PATH, **look)
    assert "There is nothing to compare yet." in page.content()
    assert_good(page, f"changes-empty-{'-'.join(look) or 'wide'}")


def test_before_the_first_night_of_this_version(changed: Connection, client: TestClient) -> None:
    client.cookies.set("_token", "vera")
    changed.execute("update ops.replay set vendor = 'other'")
    try:
        found = client.get(f"{PATH}?since=2026-05-01T04:00")
    finally:
        changed.execute("update ops.replay set vendor = 'economic'")
    assert found.status_code == 409
    assert "Agreement shop: its past cannot be shown before its next night." in found.text
    assert "There is no past to compare with yet" in found.text


@pytest.mark.parametrize("look", [{}, {"width": 390}], ids=["wide", "phone"])
def test_a_record_that_cannot_be_shown_is_not_a_past_that_is_missing(
    changed: Connection, visit: Callable[..., Page], look: dict[str, object]
) -> None:
    """Its amount is more than any column holds: there is a past, and it cannot be shown while that is in it."""
    changed.execute(
        "update staging.history set payload = payload || '{\"amount\": 1e30}' where source_key = '1'"
    )
    page = visit(f"{PATH}?since=2026-05-01T04:00", **look)
    said = page.inner_text(".notice.bad")
    assert "The books of that moment cannot be shown" in said
    assert "a record of then holds what cannot be shown (numeric field overflow)" in said
    assert "choose a moment before it came" in said
    # Other agreements are no help on the page of this one.
    assert "by their id" not in said
    assert_good(page, f"changes-unshown-{'-'.join(look) or 'wide'}", may_complain=True)
