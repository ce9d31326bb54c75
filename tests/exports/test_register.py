"""Documents are exported once, and what changes afterwards is seen."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from saldo.errors import DataRejected
from saldo.exports.register import (
    AlreadyExported,
    Filters,
    NotExportable,
    NothingToExport,
    UnknownFile,
    files,
    summaries,
    summaries_json,
)
from saldo.warehouse.connection import Connection, connect
from tests.exports.support import Books, Folder


@pytest.fixture
def books(dsn: str, tmp_path: Path) -> Books:
    return Books(dsn, Folder(tmp_path))


def changes(books: Books, id: str) -> list[tuple[str, Any, Any]]:
    return [(m.field_name, m.old_value, m.new_value) for m in books.list()[id].mutations]


# --- mutations -----------------------------------------------------------------------------------

LINE = {
    "description": None, "quantity": None, "quantityText": None, "price": None, "vat": None, "project": None,
    "product": None, "period": None,
}  # fmt: skip


def line(account: str, amount: str) -> dict[str, Any]:
    return {**LINE, "account": account, "net": amount, "netBase": amount}


def sums(amount: str) -> dict[str, str]:
    return dict.fromkeys(("net", "gross", "netBase", "grossBase"), amount)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({}, []),
        ({"day": 3}, [("invoiceDate", "2026-01-01", "2026-01-04")]),
        ({"state": "paid"}, [("status", "open", "paid")]),
        ({"kind": "purchase_invoice"}, [("type", "receipt", "purchase_invoice")]),
        (
            {"supplier": None},
            [("contact", {"number": "s1", "code": "s1", "name": None}, None)],
        ),
        ({"currency": "USD"}, [("currency", "EUR", "USD")]),
        (
            {"lines": (("4000", "100.5"), ("4100", "0"))},
            [
                ("amounts", sums("100.00"), sums("100.50")),
                (
                    "lines",
                    [line("4000", "100.00")],
                    [line("4000", "100.50"), line("4100", "0.00")],
                ),
            ],
        ),
        (
            {"lines": (("4100", "100"),)},
            [("lines", [line("4000", "100.00")], [line("4100", "100.00")])],
        ),
        ({"is_deleted": True, "state": "paid", "lines": ()}, [("deleted", False, True)]),
        (
            {"state": "late", "day": 1},
            [("invoiceDate", "2026-01-01", "2026-01-02"), ("status", "open", "late")],
        ),
    ],
)
def test_what_changed_since_the_export(
    books: Books, after: dict[str, Any], expected: list[tuple[str, Any, Any]]
) -> None:
    books.write("1")
    books.export("1")
    assert changes(books, "1") == []
    books.write("1", **after)
    assert changes(books, "1") == expected
    books.write("1")
    assert changes(books, "1") == [], "back as it was is no mutation"


def test_the_order_and_the_ids_of_lines_do_not_matter(books: Books) -> None:
    books.write("1", (("4000", "1"), ("4000", "1"), ("4100", "2")))
    books.export("1")
    books.write("1", (("4100", "2"), ("4000", "1"), ("4000", "1")))
    assert changes(books, "1") == []
    books.write("1", (("4100", "2"), ("4100", "2"), ("4000", "1")))
    [amounts, lines] = changes(books, "1")
    assert (amounts[0], lines) == (
        "amounts",
        ("lines", [line("4000", "1.00")], [line("4100", "2.00")]),
    )


def test_another_contact_is_told_as_it_was(books: Books, warehouse: Connection) -> None:
    for number, name in (("s1", "Jansen"), ("s2", "Bakker")):
        warehouse.execute(
            "insert into core.supplier (agreement_id, supplier_number, code, name, is_barred, is_deleted, change_seq) "
            "values (%s, %s, %s, %s, false, false, 1)",
            [books.agreement_id, number, number.upper(), name],
        )
    books.write("1")
    books.export("1")
    warehouse.execute(
        "update core.supplier set name = 'Janssen' where agreement_id = %s and supplier_number = 's1'",
        [books.agreement_id],
    )
    books.write("1", state="paid")
    assert [name for name, *_ in changes(books, "1")] == ["status"], "it is the same contact"
    books.write("1", supplier="s2")
    assert changes(books, "1") == [
        (
            "contact",
            {"number": "s1", "code": "S1", "name": "Jansen"},
            {"number": "s2", "code": "S2", "name": "Bakker"},
        )
    ]


def test_mutations_are_against_the_newest_logged_file(books: Books) -> None:
    books.write("1")
    first = books.export("1")
    books.write("1", state="paid")
    second = books.export("1")  # it has changed: no `again` is needed
    assert changes(books, "1") == []
    nolog = books.export("1", is_logged=False)
    found = books.list()["1"]
    assert (found.file_name, found.all_files) == (
        second.name,
        [first.name, second.name, nolog.name],
    )
    books.write("1")
    assert changes(books, "1") == [("status", "paid", "open")]
    books.delete(second.name)
    found = books.list()["1"]
    assert (found.file_name, found.all_files) == (first.name, [first.name, nolog.name])
    assert found.mutations == []
    books.delete(first.name)
    assert (books.list()["1"].file_name, books.list()["1"].all_files) == (None, [nolog.name])
    books.write("1", state="late")
    assert changes(books, "1") == [], "it is not exported"


def test_a_deleted_document_stays_while_it_is_in_a_file(books: Books) -> None:
    books.write("1")
    books.write("2")
    file = books.export("1", is_logged=False)
    for id in "12":
        books.write(id, is_deleted=True)
    assert {id: (s.status, len(s.mutations)) for id, s in books.list().items()} == {
        "1": ("deleted", 0)
    }
    assert books.list(Filters(states=["deleted"])).keys() == {"1"}
    assert books.list(Filters(states=["open"])) == {}
    with pytest.raises(NotExportable, match="deleted at the vendor: 1"):
        books.export("1", again=True)
    with pytest.raises(NothingToExport):
        books.export(filters=Filters())
    books.delete(file.name)
    assert books.list() == {}
    books.write("1")
    assert books.list()["1"].status == "open"


# --- what may be exported ------------------------------------------------------------------------


def test_what_is_exported_and_has_not_changed_is_asked_for_again(books: Books) -> None:
    for id in ("1", "2", "3"):
        books.write(id)
    books.export("1", "2")
    books.write("2", state="paid")
    with pytest.raises(AlreadyExported, match=r"1 of the 3 documents .*: 1\. .*`again`") as told:
        books.export("1", "2", "3")
    assert told.value.ids == ("1",)
    assert told.value.family == "DataRejected"
    assert books.statuses() == ["registered"]
    assert books.export("2", "3").documents == 2
    assert books.export("1", is_logged=False).is_again is False
    again = books.export(filters=Filters(), again=True)
    assert (again.documents, again.is_again) == (3, True)
    with pytest.raises(NothingToExport):
        books.export(filters=Filters(not_exported=True, mutated=True))


def test_ids_that_cannot_be_exported_are_named_and_no_file_is_made(books: Books) -> None:
    books.write("1")
    books.write("2", ())
    books.write("3", is_deleted=True)
    books.write("5", (), state="new")
    with pytest.raises(NotExportable) as told:
        books.export("1", "2", "3", "4", "4")
    assert told.value.ids == ("4", "3")
    for said in ("no document 4", "deleted at the vendor: 3"):
        assert said in str(told.value)
    with pytest.raises(NothingToExport, match="no document was named"):
        books.export()
    with pytest.raises(NothingToExport, match="fits the filters"):
        books.export(filters=Filters(states=["paid"]))
    assert issubclass(NothingToExport, DataRejected)
    assert (books.statuses(), books.store.names) == ([], set())
    assert books.export(filters=Filters()).documents == 2, "filters leave out deleted and new ones"
    assert books.export(filters=Filters(states=["new"])).documents == 1
    assert books.export("5", again=True).documents == 1


def test_other_agreements_are_others(books: Books, tmp_path: Path) -> None:
    other = Books(books.dsn, books.store)
    books.write("1")
    other.write("1", state="paid")
    file = books.export("1")
    assert (books.list()["1"].file_name, other.list()["1"].file_name) == (file.name, None)
    with pytest.raises(UnknownFile):
        other.delete(file.name)
    with pytest.raises(NotExportable, match="no document 2"):
        other.export("2")


# --- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (Filters(), "12345"),
        (Filters(created_from=date(2026, 1, 3), created_to=date(2026, 1, 5)), "234"),
        (Filters(invoice_from=date(2026, 1, 11)), "45"),
        (Filters(invoice_to=date(2026, 1, 1)), "123"),
        (Filters(states=["paid", "new"]), "25"),
        (Filters(not_exported=True), "345"),
        (Filters(mutated=True), "2"),
        (Filters(not_exported=True, mutated=True), "2345"),
        (Filters(not_exported=True, states=["open"], invoice_to=date(2026, 1, 5)), "3"),
    ],
)
def test_filters(books: Books, filters: Filters, ids: str) -> None:
    for id, day, state in (
        ("1", 0, "open"),
        ("2", 0, "open"),
        ("3", 0, "open"),
        ("4", 10, "open"),
        ("5", 10, "new"),
    ):
        books.write(id, day=day, state=state)
    books.export("1", "2")
    books.export("3", is_logged=False)
    books.write("2", state="paid")
    assert list(books.list(filters)) == list(ids)


def test_pages_go_on_where_the_last_one_ended(books: Books, warehouse: Connection) -> None:
    for id in range(1, 6):
        books.write(str(id))
    seen, after = [], None
    while True:
        page = summaries(warehouse, books.agreement_id, after=after, most=2)
        seen.append([summary.id for summary in page.documents])
        if page.next is None:
            break
        after = page.next
    assert seen == [["1", "2"], ["3", "4"], ["5"]]
    whole = summaries(warehouse, books.agreement_id, most=5)
    assert (len(whole.documents), whole.next) == (5, None)


def test_the_list_has_the_names_that_tools_know(books: Books, warehouse: Connection) -> None:
    books.write("1")
    file = books.export("1")
    books.write("1", state="paid")
    for entity, minute in (("receipts", 1), ("purchase_invoices", 2), ("receipts", 3)):
        page = summaries(warehouse, books.agreement_id)
        assert (page.sync_date is None) == (minute < 3), "no kind may be missing"
        warehouse.execute(
            "insert into ops.sync_run (agreement_id, entity, dag_id, run_id, try_number, mode, started_at, status) "
            "values (%s, %s, 'd', 'r', 1, 'auto', %s, 'success')",
            [books.agreement_id, entity, f"2026-03-01 00:0{minute}:00+00"],
        )
    assert msgspec.json.decode(summaries_json(warehouse, books.agreement_id)) == {
        "list": [
            {
                "id": "1", "type": "receipt", "createDate": "2026-01-02T12:00:00+00:00", "invoiceDate": "2026-01-01",
                "status": "paid", "fileName": file.name, "allFiles": [file.name],
                "mutations": [{"fieldName": "status", "oldValue": "open", "newValue": "paid"}],
            }
        ],
        "syncDate": "2026-03-01T00:02:00Z",
        "next": None,
    }  # fmt: skip


def test_the_files_say_what_is_in_them(books: Books, warehouse: Connection) -> None:
    for id, day in (("1", 5), ("2", 3), ("3", 9)):
        books.write(id, (("4000", "1"), ("4100", "2")), day=day)
    first = books.export("1", "2", "3", extension="jan")
    second = books.export("1", is_logged=False, actor="bob")
    books.write("1", state="paid")
    (books.store.path / second.name).unlink()
    asked: list[str] = []
    looking = Folder(books.store.path, before=lambda verb, name: asked.append(verb))
    newest, oldest = files(warehouse, books.agreement_id, store=looking)
    assert asked == ["list"], "the store is asked once, however many files there are"
    assert (newest.name, newest.is_missing, newest.created_by) == (second.name, True, "bob")
    assert (oldest.name, oldest.is_missing, oldest.is_logged) == (first.name, False, True)
    assert oldest.name.endswith("-jan.xlsx")
    assert (oldest.documents, oldest.rows, oldest.mutated) == (3, 6, 1)
    assert (oldest.first_invoice_date, oldest.last_invoice_date) == (
        date(2026, 1, 4),
        date(2026, 1, 10),
    )
    assert [at and at.day for at in (oldest.first_created_at, oldest.last_created_at)] == [2, 4]
    assert files(warehouse, books.agreement_id, before=newest.file_id, most=5) == [
        msgspec.structs.replace(oldest, is_missing=None)
    ]
    books.delete(second.name)  # the file itself is gone already
    assert [file.name for file in files(warehouse, books.agreement_id)] == [first.name]


def test_the_snapshot_says_what_went_into_the_file(books: Books) -> None:
    books.write("1", (("4000", "-12.3456"), ("4100", "0")))
    file = books.export("1")
    [(version, snapshot)] = books.rows(
        "select d.version, d.snapshot from ops.export_file_document as d where d.agreement_id = %s "
        "and d.file_id = %s",
        file.file_id,
    )
    assert version == snapshot.pop("version") == books.version
    assert snapshot == {
        "kind": "receipt", "state": "open", "date": "2026-01-01", "currency": "EUR", "deleted": False,
        "supplier": {"number": "s1", "code": "s1", "name": None}, "amounts": sums("-12.3456"),
        "lines": [line("4000", "-12.3456"), line("4100", "0.00")],
    }  # fmt: skip


def test_who_did_what_is_written_down(books: Books) -> None:
    books.write("1")
    file = books.export("1", actor="ann")
    books.delete(file.name, actor="bob")
    with pytest.raises(UnknownFile):
        books.delete(file.name)
    acts = books.rows(
        "select actor, action, detail ->> 'file', (detail ->> 'documents')::int from ops.audit "
        "where agreement_id = %s order by audit_id"
    )
    assert acts == [
        ("ann", "purchases exported", file.name, 1),
        ("bob", "export deleted", file.name, 1),
    ]


# --- what follows --------------------------------------------------------------------------------


def test_facts_can_follow_what_is_exported(books: Books) -> None:
    """change_seq grows with every change of a row, and only then."""

    def state() -> dict[str, tuple[int, bool, bool]]:
        return {
            id: (seq, exported, mutated)
            for id, seq, exported, mutated in books.rows(
                "select document_number, change_seq, is_exported, is_mutated "
                "from core.purchase_document_export where agreement_id = %s"
            )
        }

    books.write("1")
    books.write("2")
    assert state() == {}
    file = books.export("1", "2")
    before = state()
    assert {found[1:] for found in before.values()} == {(True, False)}
    books.write("1", state="paid")
    after = state()
    assert after["2"] == before["2"]
    assert after["1"][0] > before["1"][0]
    assert after["1"][1:] == (True, True)
    books.write("1", state="paid")
    assert state() == after, "nothing more has changed"
    books.delete(file.name)
    assert {id: found[1:] for id, found in state().items()} == {
        "1": (False, False),
        "2": (False, False),
    }
    assert min(found[0] for found in state().values()) > after["1"][0]


def test_rows_of_core_that_are_erased_are_deleted_documents(books: Books) -> None:
    books.write("1")
    books.export("1")
    with connect(books.dsn) as connection:
        for table in ("purchase_document_line", "purchase_document"):
            connection.execute(
                f"delete from core.{table} where agreement_id = %s".encode(), [books.agreement_id]
            )
    assert books.rows(
        "select mutations from core.purchase_document_export where agreement_id = %s"
    ) == [([{"fieldName": "deleted", "oldValue": False, "newValue": True}],)]


def test_what_is_erased_in_any_order_does_not_come_back(books: Books) -> None:
    books.write("1")
    books.export("1")
    for table in (
        "core.purchase_document_export", "core.purchase_document_line", "core.purchase_document",
        "ops.export_file", "ops.export_file_document",
    ):  # fmt: skip
        with connect(books.dsn) as connection:
            connection.execute(
                f"delete from {table} where agreement_id = %s".encode(), [books.agreement_id]
            )
    assert books.rows("select from core.purchase_document_export where agreement_id = %s") == []
