"""Invoices, orders, documents: what moves without a mark is found, and costs what moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saldo.declarations.source import EVERYTHING, Range
from saldo.errors import DataRejected, Unavailable
from saldo.run_request import RunRequest
from saldo.runs import watermark
from saldo.transform.facts import refresh
from saldo.warehouse.connection import Connection, connect
from tests.recorded import Recorded
from tests.support import (
    ENTITIES,
    Sandbox,
    agreement,
    assert_documents_are_true,
    assert_true,
    land,
    night,
    snapshot_of_mart,
)


class Books:
    """The golden books in the warehouse, and words to change them at the vendor."""

    def __init__(self, dsn: str, connection: Connection, id: str) -> None:
        self.dsn, self.connection, self.id = dsn, connection, id
        self.source = Recorded.golden()
        for entity in ENTITIES:
            self.land(entity)
        self.refresh()

    def land(self, entity: str, **more: Any) -> Any:
        _, counts = land(self.connection, self.dsn, self.source, agreement(self.id), entity, **more)
        return counts

    def settle(self, number: int, remainder: float) -> None:
        """An invoice lacks another amount: its header, the list of what is open, and its entry say so."""
        self.record("invoices", bookedInvoiceNumber=number)["remainder"] = remainder
        unpaid = self.records("unpaid_invoices")
        for one in [one for one in unpaid if one["bookedInvoiceNumber"] == number]:
            one["remainder"] = remainder
            if not remainder:
                unpaid.remove(one)
        for one in self.records("entries"):
            if (
                one["type"] == 1
                and one.get("customerInvoiceNumber") == number
                and "customerNumber" in one
            ):
                one["remainder"] = remainder
        self.land("entries")

    def refresh(self, **more: Any) -> dict[str, int]:
        changes = refresh(self.connection, agreement(self.id), RunRequest(), **more)
        return {name: table.total for name, table in changes.items() if table.total}

    def records(self, entity: str) -> list[Any]:
        return self.source.records[entity]

    def record(self, entity: str, **key: Any) -> dict[str, Any]:
        (name, value), = key.items()  # fmt: skip
        found: dict[str, Any] = next(r for r in self.records(entity) if r[name] == value)
        return found

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, {"id": self.id}).fetchall()

    def orders(self) -> dict[str, str]:
        return dict(
            self.rows(
                "select order_number, status from mart.fact_order_lines "
                "where agreement_id = %(id)s and kind = 'order' and line_kind <> 'rounding'"
            )
        )

    def assert_like_rebuilt(self) -> None:
        grown = snapshot_of_mart(self.connection, self.id)
        refresh(self.connection, agreement(self.id), RunRequest("full"))
        assert snapshot_of_mart(self.connection, self.id) == grown


@pytest.fixture
def books(dsn: str, warehouse: Connection, request: pytest.FixtureRequest) -> Books:
    return Books(dsn, warehouse, "s_" + request.node.name.removeprefix("test_")[:30])


# --- documents -----------------------------------------------------------------------------------


def test_a_document_that_comes_late_rewrites_the_lines_of_its_voucher_alone(books: Books) -> None:
    late = {"number": 903, "voucherNumber": 3, "accountingYear": "2026", "pageCount": 1}
    books.records("documents").append(late)
    books.land("documents")
    # Credit note 1003: three lines, of which one had the invoice's own document.
    assert books.refresh() == {"dim_document": 1, "fact_journal_entries": 3}
    books.assert_like_rebuilt()


def test_a_document_that_goes_leaves_its_lines_and_the_invoice_s_own_is_shown_again(
    books: Books,
) -> None:
    books.records("documents")[:] = [books.record("documents", number=901)]
    books.land("documents")
    assert books.refresh() == {"dim_document": 1, "fact_journal_entries": 2}
    shown = books.rows(
        "select f.entry_number, m.kind, f.has_pdf from mart.fact_journal_entries as f "
        "inner join mart.dim_document as m on m.document_key = f.document_key "
        "where f.agreement_id = %(id)s and f.entry_number in ('19', '20') order by 1"
    )
    assert shown == [("19", "invoice", True), ("20", "(none)", False)]
    kept = books.rows(
        "select m.is_deleted, m.has_pdf, m.pdf_url from mart.dim_document as m "
        "inner join mart.dim_agreement as a using (agreement_key) "
        "where a.agreement_id = %(id)s and m.attached_document_number = '902'"
    )
    assert kept == [(True, False, None)]
    books.assert_like_rebuilt()


def test_another_address_changes_all_links_and_no_fact(books: Books) -> None:
    assert books.refresh(base_url="https://saldo.example") == {"dim_document": 5}
    assert books.refresh(base_url="https://saldo.example") == {}
    links = books.rows(
        "select count(*) from mart.dim_document as m inner join mart.dim_agreement as a "
        "using (agreement_key) where a.agreement_id = %(id)s "
        "and starts_with(m.pdf_url, 'https://saldo.example/saldo/api/v1/documents/')"
    )
    assert links == [(5,)]


def test_what_is_merged_into_a_document_is_seen_by_the_weekly_read(
    dsn: str, sandbox: Sandbox
) -> None:
    """Its number and its voucher stay, and nothing marks it."""
    company = sandbox.company("merged", entries=1_200)
    assert night(dsn, company).errors == {}
    company.next_day(days=3)
    in_a_week = datetime.now(UTC) + timedelta(days=7)
    assert night(dsn, company, now=in_a_week).errors == {}
    assert_documents_are_true(dsn, company)
    assert_true(dsn, company)


def test_a_document_list_that_shrinks_waits_for_a_person(dsn: str, sandbox: Sandbox) -> None:
    company = sandbox.company("shrinks", entries=5_000, documents_shrink_on=1)
    assert night(dsn, company).errors == {}
    company.next_day()
    error = night(dsn, company).errors["documents"]
    assert isinstance(error, DataRejected)
    assert "confirm_deletes" in str(error)
    done = night(dsn, company, run_request=RunRequest(confirm_deletes=True), entities=["documents"])
    assert done.errors == {}
    assert done.counts["documents"].deleted > 50


# --- invoices ------------------------------------------------------------------------------------


def test_a_payment_is_seen_by_the_list_of_what_is_open(books: Books) -> None:
    """The header is read again by its number: it has the remainder, and no mark that it changed."""
    books.settle(1002, 0.0)
    books.record("invoices", bookedInvoiceNumber=1002)["remainderInBaseCurrency"] = 0.0
    books.settle(1003, -25.0)
    assert books.land("unpaid_invoices").deleted == 1
    counts = books.land("invoices")
    assert (counts.read, counts.updated) == (2, 2)
    books.refresh()
    assert books.rows(
        "select invoice_number, payment_status, remainder from mart.fact_invoice_lines as f "
        "inner join core.invoice as i using (agreement_id, invoice_number) "
        "where f.agreement_id = %(id)s and not f.is_draft and line_number = 1 order by 1"
    ) == [("1001", "paid", 0), ("1002", "paid", 0), ("1003", "open", -25)]
    assert books.land("invoices").read == 0
    books.assert_like_rebuilt()


def test_an_invoice_paid_before_the_list_was_read_is_not_open_for_ever(books: Books) -> None:
    """Booked after the list of what is open was read, and paid before it is read again."""
    new = {**books.record("invoices", bookedInvoiceNumber=1001), "bookedInvoiceNumber": 1004}
    books.records("invoices").append({**new, "remainder": 1250.0})
    books.land("invoices")
    books.record("invoices", bookedInvoiceNumber=1004)["remainder"] = 0.0
    books.land("unpaid_invoices")
    assert books.land("invoices").updated == 1


def test_a_renamed_product_reaches_its_lines_only(books: Books) -> None:
    books.record("products", productNumber="V-0012").update(
        name="Møtrik M8", lastUpdated="2026-03-31T07:00:00Z"
    )
    books.land("products")
    assert books.refresh() == {"dim_product": 1, "fact_order_lines": 1}


def test_lines_before_their_header_wait_and_a_header_before_its_lines_is_not_rounding(
    books: Books,
) -> None:
    line = {**books.records("invoice_lines")[-1], "documentId": 1004, "number": 100}
    books.records("invoice_lines").append(line)
    books.land("invoice_lines")
    assert books.refresh() == {}
    header = {**books.record("invoices", bookedInvoiceNumber=1003), "bookedInvoiceNumber": 1005}
    books.records("invoices").append(header)
    books.land("invoices")
    assert books.refresh() == {"dim_document": 1}
    books.records("invoices").append({**header, "bookedInvoiceNumber": 1006})
    books.records("invoice_lines").append({**line, "documentId": 1006, "number": 101})
    for entity in ("invoices", "invoice_lines"):
        books.land(entity)
    assert books.refresh() == {"dim_document": 1, "fact_invoice_lines": 1}


# --- orders --------------------------------------------------------------------------------------


def moved(books: Books, number: int, to: str) -> None:
    """To another list, and nothing else of it changes: no stamp, no amount."""
    books.record("orders", orderNumber=number)["self"] = (
        f"https://restapi.e-conomic.com/orders/{to}/{number}"
    )


def test_orders_move_through_the_lists_without_a_mark(books: Books) -> None:
    assert books.orders() == {"1": "archived", "2": "sent", "3": "draft"}
    moved(books, 2, "archived")
    moved(books, 3, "sent")
    counts = books.land("orders")
    assert (counts.read, counts.updated) == (2, 2)
    books.land("order_lines")
    books.refresh()
    assert books.orders() == {"1": "archived", "2": "archived", "3": "sent"}
    books.assert_like_rebuilt()


def test_an_archived_order_that_is_opened_again_is_seen(books: Books) -> None:
    moved(books, 1, "drafts")
    books.land("orders")
    books.refresh()
    assert books.orders()["1"] == "draft"


def test_an_order_that_is_gone_takes_its_lines_with_it(books: Books) -> None:
    for entity in ("orders", "order_lines"):
        books.records(entity)[:] = [r for r in books.records(entity) if r["orderNumber"] != 2]
    assert books.land("orders").deleted == 1
    assert books.land("order_lines").deleted == 1
    books.refresh()
    assert books.orders() == {"1": "archived", "3": "draft"}
    books.assert_like_rebuilt()


@pytest.mark.parametrize("number", [4, 77])
def test_an_order_made_and_archived_within_a_day_is_found_by_counting(
    books: Books, number: int
) -> None:
    new = {**books.record("orders", orderNumber=1), "orderNumber": number}
    new["self"] = f"https://restapi.e-conomic.com/orders/archived/{number}"
    books.records("orders").append(new)
    line = {**books.record("order_lines", orderNumber=1), "orderNumber": number}
    books.records("order_lines").append({**line, "documentId": 800_000 + number})
    counts = books.land("orders")
    assert (counts.inserted, counts.deleted) == (1, 0)
    assert books.land("order_lines").read == 1
    books.refresh()
    assert books.orders()[str(number)] == "archived"


def test_an_archived_order_that_is_deleted_is_found_by_counting(books: Books) -> None:
    books.records("orders")[:] = [r for r in books.records("orders") if r["orderNumber"] != 1]
    assert books.land("orders").deleted == 1


def test_only_lines_of_changed_orders_are_read_again(books: Books) -> None:
    assert books.land("order_lines").read == 0
    books.record("orders", orderNumber=3)["netAmount"] = 600.0
    line = books.record("order_lines", orderNumber=3)
    line["totalNetAmount"] = 600.0
    books.records("order_lines").append({**line, "number": 32, "totalNetAmount": 1.0})
    books.land("orders")
    counts = books.land("order_lines")
    assert (counts.read, counts.inserted, counts.updated) == (2, 1, 1)
    assert books.land("order_lines").read == 0


# --- lines in an order of their own --------------------------------------------------------------


def test_lines_in_another_order_than_invoices_are_whole_up_to_the_marker(
    dsn: str, warehouse: Connection, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the middle of a first load: no invoice behind the marker lacks a line."""
    monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)
    company = sandbox.company("scattered", entries=4_000, cursor_page=50, page_size=50)
    client, entity = company.client(), ENTITIES["invoice_lines"]
    pages = list(client.pages(entity, EVERYTHING))
    assert len(pages) > 10
    company.fault("500", match="invoices/booked/lines?", after=9, times=999)
    done = night(dsn, company, entities=["self", "invoice_lines"])
    assert isinstance(done.errors["invoice_lines"], Unavailable)
    sandbox.clear_faults()
    cursor, _ = watermark.load(warehouse, company.id, "invoice_lines")
    behind = "split_part(source_key, '|', 1)::bigint <= %s"
    row = warehouse.execute(
        "select count(*) from staging.economic_invoice_lines where agreement_id = %s and " + behind,
        [company.id, cursor["marker"]],
    ).fetchone()
    assert row == (client.count(entity, Range(0, cursor["marker"])),)
    assert row[0] > 50
    assert night(dsn, company).errors == {}
    assert_true(dsn, company)


@pytest.mark.parametrize("entity", ["invoice_lines", "entries"])
def test_a_vendor_that_does_not_sort_is_counted(
    dsn: str, sandbox: Sandbox, entity: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its answer to where the numbers end is any number: what lies beyond is neither crawled for nor lost."""
    books: dict[str, Any] = {"entries": 4_000, "cursor_page": 50, "page_size": 50}
    requests = []
    for is_odd in (False, True):
        company = sandbox.company("unsorted", ignores_sort=is_odd, **books)
        client = company.client()
        pages = list(client.pages(ENTITIES[entity], EVERYTHING))
        found = sum(len(page.records) for page in pages)
        assert found == client.count(ENTITIES[entity], EVERYTHING)
        requests.append(client.usage.requests)
        assert ("does not sort as asked" in caplog.text) == (is_odd and entity == "invoice_lines")
    ordinary, odd = requests
    assert odd <= 2 * ordinary + 70, requests


def test_invoices_beyond_a_page_are_read_in_ranges_of_their_numbers(
    dsn: str, sandbox: Sandbox
) -> None:
    company = sandbox.company("ranges", entries=2_000, deletions=True, page_size=20)
    client, entity = company.client(), ENTITIES["invoices"]
    numbers = [
        int(bytes(record).split(b":")[1].split(b",")[0])
        for page in client.pages(entity, EVERYTHING)
        for record in page.records
    ]
    assert numbers == sorted(numbers)
    assert len(numbers) == client.count(entity, EVERYTHING)


def test_what_a_quiet_night_costs(dsn: str, sandbox: Sandbox) -> None:
    """All entities; proof and documents that people open come on top."""
    company = sandbox.company("quietsales", entries=1_500)
    assert night(dsn, company).errors == {}
    assert night(dsn, company, run_id="quiet").errors == {}
    with connect(dsn) as connection:
        spent = dict(
            connection.execute(
                "select entity, requests from ops.sync_run where agreement_id = %s "
                "and run_id = 'quiet' and requests > 0",
                [company.id],
            ).fetchall()
        )
    # Each task asks once whose tokens these are: small sets share one.
    assert sum(spent.values()) <= 48, spent
    # What is shown elsewhere, and parts of what goes no further, are not asked for.
    assert "unpaid_invoices" not in spent, spent
    assert (spent["invoice_lines"], spent["entry_dimensions"], spent["account_totals"]) == (1, 2, 2)
    sales = {
        "products", "unpaid_invoices", "invoices", "invoice_lines", "orders", "order_lines", "quotes",
        "quote_lines", "draft_invoices", "draft_invoice_lines", "documents", "product_groups", "units",
    }  # fmt: skip
    assert sum(spent.get(name, 0) for name in sales) <= 20, spent
