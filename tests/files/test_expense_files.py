"""Expenses from a drop folder to ops.expense: all of a file or none of it, each once, and every wrong cell with its remedy."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from openpyxl import load_workbook

from saldo.errors import Busy
from saldo.exports.accounting import intake
from saldo.exports.accounting.deciding import edit_lines
from saldo.exports.accounting.intake import lock_expense, lock_expenses, store_expense
from saldo.exports.accounting.kept import load_expense
from saldo.exports.accounting.registering import register, register_approved
from saldo.exports.accounting.storing import store_expenses
from saldo.files.companies import Companies
from saldo.files.facts import accepted_in
from saldo.files.mails.feedback import Feedback
from saldo.files.places.folder import FolderSource
from saldo.files.places.source import Seen
from saldo.files.trial import Trial
from saldo.warehouse.connection import Connection, connect
from tests.exports.accounting.examples import ORGANISATIONS, configurations
from tests.exports.claims import expense
from tests.files.dropping import Drop
from tests.support import PROJECT, Company, Sandbox
from tests.workbooks.making import workbook

HEAD = (
    "id;kind;status;approved_at;employee;supplier;description;date;currency;line;category;line date;text;quantity;rate;amount;"
    "vat_code;vat_amount;dimension.department"
)
ONE = "E-1;expense;approved;2026-03-03T09:00:00Z;E12;;Course;2026-03-02;NOK;1;travel;2026-03-01;Train;;;125,00;25;25,00;10"
TWO = "E-1;expense;approved;;;;;2026-03-02;NOK;2;mileage;2026-03-02;To the airport;42;3,5;147;;;"
FEE = "H-1;honorarium;approved;2026-03-02 10:00;;S7;Driving;2026-03-02;NOK;1;fee;2026-03-02;March;;;2.000,00;;;"


@pytest.fixture
def drop(
    warehouse: Connection, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Drop:
    warehouse.execute(
        "truncate ops.file, ops.watermark, staging.file_expense, ops.expense, ops.export_job cascade"
    )
    monkeypatch.setenv("SALDO_EXPORTS_DIR", str(ORGANISATIONS))
    return Drop(
        warehouse,
        tmp_path,
        Company(sandbox, "nobody", 0),
        id="claims",
        values={"kind": "expenses", "agreement": None, "organisation": "fjell"},
    )


def put(drop: Drop, *lines: str, name: str = "e.csv", head: str = HEAD) -> Any:
    drop.put(name, "\n".join((head, *lines)) + "\n")
    return drop.look(with_facts=False)


def stored(drop: Drop) -> list[Any]:
    return drop.connection.execute(
        "select organisation, expense_id, revision, source, received_by from ops.expense order by 1, 2, 3"
    ).fetchall()


def said(outcome: Any) -> list[str]:
    [error] = outcome.rejected.values()
    return str(error).splitlines()


def export(drop: Drop, id: str, status: str = "created") -> None:
    drop.connection.execute(
        "insert into ops.export_job (export_id, organisation, target, kind, source_id, revision, payload, payload_hash, "
        "idempotency_key, status, attempts, created_by, created_at, updated_at) select gen_random_uuid(), e.organisation, "
        "'xledger', e.kind, e.expense_id, e.revision, '{}', '', gen_random_uuid()::text, %s, 1, 'x', now(), now() "
        "from ops.expense as e where e.expense_id = %s",
        [status, id],
    )


def test_a_file_is_as_if_its_expenses_had_been_sent(drop: Drop) -> None:
    assert put(drop, ONE, FEE, TWO).accepted == ["e.csv"]
    by = "claims: e.csv"
    assert stored(drop) == [("fjell", "E-1", 1, "file", by), ("fjell", "H-1", 1, "file", by)]
    found = load_expense(drop.connection, "fjell", "E-1")
    sent = expense(
        id="E-1", organisation="fjell", approved_at="2026-03-03T09:00:00Z", description="Course",
        lines=[
            {"line": 1, "category": "travel", "date": "2026-03-01", "text": "Train", "amount": "125", "vat_code": "25",
             "vat_amount": "25", "dimensions": {"department": "10"}},
            {"line": 2, "category": "mileage", "date": "2026-03-02", "text": "To the airport", "quantity": "42", "rate": "3.5",
             "amount": "147"},
        ],
    )  # fmt: skip
    # The same by REST is no other one.
    assert store_expense(drop.connection, sent, actor="ann", source="rest").outcome == "same"
    assert found.total == sent.total
    # A time without a zone is the organisation's.
    assert load_expense(drop.connection, "fjell", "H-1").approved_at == datetime.fromisoformat(
        "2026-03-02T09:00:00Z"
    )


def test_an_excel_file_with_typed_cells(drop: Drop) -> None:
    names = ["Organisation", "ID", "Kind", "Status", "Approved at", "Employee", "Description", "Date", "Currency", "Revision",
             "Line", "Category", "Text", "Amount", "Dimension.project"]  # fmt: skip
    when, day = datetime.fromisoformat("2026-07-03T09:30"), date(2026, 3, 2)
    workbook(
        drop.folder,
        [
            ["Claims of March"],
            names,
            ["fjell", 1001, "Expense", "Approved", when, 12, "Course", day, "nok", 3, 1, "travel", "Train", 0.1 + 0.2, "P1"],
            ["havn", 1001, "expense", "approved", when, 12, "Course", day, "NOK", None, 1, "travel", "Train", 125, None],
        ],
        name="e.xlsx",
    )  # fmt: skip
    assert drop.look(with_facts=False, match="*.xlsx", organisation=None).accepted == ["e.xlsx"]
    assert [row[:3] for row in stored(drop)] == [("fjell", "1001", 3), ("havn", "1001", 1)]
    found = load_expense(drop.connection, "fjell", "1001")
    assert (str(found.total), found.employee, found.lines[0].date) == ("0.30", "12", day)
    assert found.approved_at == datetime.fromisoformat("2026-07-03T07:30:00Z")
    assert found.lines[0].dimensions == {"project": "P1"}


def test_every_wrong_cell_is_said_at_once_and_nothing_is_stored(drop: Drop) -> None:
    assert put(drop, FEE).accepted == ["e.csv"]
    wrong = TWO.replace("mileage;2026-03-02", "mileage;soon").replace("NOK", "EUR")
    lines = [
        ONE.replace("125,00", "many").replace("expense;", "expenses;"), wrong,
        "E-2;expense;approved;;E1;;Two;2026-03-02;NOK;1;travel;2026-03-02;;0;;10,00;;12,00;",
        ";expense;draft;;E1;;Two;2026-03-02;NOK;1;travel;2026-03-02;x;1;;10,00;;;",
    ]  # fmt: skip
    outcome = put(drop, *lines)
    assert sorted(said(outcome)) == [
        "Line 2, column 16: found “many”; expected an amount. Write a number, or leave the cell empty.",
        "Line 2, column 2: found 'expenses'; expected one of expense, honorarium. Correct it.",
        "Line 3, column 12: found “soon”; expected a day such as 2026-01-31, from 1990 to 2069. Correct the cell.",
        "Line 3, column 2: found “expense”; expected “expenses”, as line 2, column 2 says of the same expense. Correct one of the two.",
        "Line 3, column 9: found “EUR”; expected “NOK”, as line 2, column 9 says of the same expense. Correct one of the two.",
        "Line 4, column 13: found an empty cell; expected a text of 1 to 2000 characters. Fill it in.",
        "Line 4, column 14: found 0; expected a number above 0. Correct it.",
        "Line 4, column 17: found an empty cell; expected the code of the VAT of 12. Fill it in, or remove vat_amount.",
        "Line 4, column 18: found 12; expected a part of the amount (10), with its sign. Correct it; `amount` includes VAT.",
        "Line 4, column 4: found an empty cell; expected the moment of the approval. Fill it in, or change the status.",
        "Line 5, column 1: found an empty cell; expected a letter or digit, then up to 63 of A-Z, a-z, 0-9, '.', '_' and '-'. "
        "Fill it in.",
    ]  # fmt: skip
    assert [row[1] for row in stored(drop)] == ["H-1"]
    assert drop.register("version, status, is_in_force") == [(1, "accepted", True), (2, "rejected", False)]  # fmt: skip


def test_a_column_that_is_no_field_is_told_and_one_that_is_named_is_not(drop: Drop) -> None:
    head = HEAD.replace("vat_amount", "vat_ammount") + ";Approver"
    assert said(put(drop, ONE + ";ann", head=head)) == [
        "Line 1, column 18: found the heading “vat_ammount”; expected a field of an expense, as docs/expenses.md names them. "
        "Correct the heading, or name the column under `header` in the configuration: as a field, or under `ignore`.",
        "Line 1, column 20: found the heading “Approver”; expected a field of an expense, as docs/expenses.md names them. "
        "Correct the heading, or name the column under `header` in the configuration: as a field, or under `ignore`.",
    ]  # fmt: skip
    drop.values["header"] = {"vat_amount": ["vat_ammount"], "ignore": ["Approver"]}
    assert drop.look(with_facts=False).accepted == ["e.csv"]
    [(vat,)] = drop.connection.execute("select vat_amount from ops.expense_line").fetchall()
    assert vat == 25


def test_columns_that_are_missing_or_there_twice(drop: Drop) -> None:
    head = HEAD.replace("currency", "category").replace(";status;", ";kind;")
    found = said(put(drop, ONE, head=head))
    assert [one for one in found if "column for" in one] == [
        "Line 1, column 3: found “kind”, a second column for kind (the first is line 1, column 2); expected one. "
        "Rename one of the two.",
        "Line 1, column 11: found “category”, a second column for category (the first is line 1, column 9); expected one. "
        "Rename one of the two.",
        "Line 1, column 1: found no column for status; expected a column with the heading status. Add the column.",
        "Line 1, column 1: found no column for currency; expected a column with the heading currency. Add the column.",
    ]  # fmt: skip
    assert stored(drop) == []


def test_receipts_do_not_come_by_file(drop: Drop) -> None:
    assert said(put(drop, ONE + ";ticket.pdf", head=HEAD + ";receipts")) == [
        "Line 2, column 20: found “ticket.pdf”; expected an empty cell: receipts do not come by file. "
        "Send expenses with receipts by REST, or empty the column."
    ]
    assert put(drop, ONE + ";", head=HEAD + ";receipts").accepted == ["e.csv"]


def test_what_is_new_in_a_file_is_sent_and_nothing_else(drop: Drop) -> None:
    put(drop, ONE, TWO, FEE)
    # In between somebody corrects it elsewhere; the file must not put it back.
    changed = expense(id="E-1", organisation="fjell", description="Another course")
    assert store_expense(drop.connection, changed, actor="ann", source="rest").revision == 2
    assert put(drop, FEE.replace("Driving", "Driving in March"), TWO, ONE).accepted == ["e.csv"]
    assert [row[1:4] for row in stored(drop)] == [
        ("E-1", 1, "file"), ("E-1", 2, "rest"), ("H-1", 1, "file"), ("H-1", 2, "file"),
    ]  # fmt: skip
    assert drop.look(again=True, with_facts=False).unchanged == ["e.csv"]
    assert len(stored(drop)) == 4


@pytest.mark.parametrize(
    ("again", "name"),
    [(ONE, "other.csv"), (ONE.replace("125,00", "125"), "e.csv")],
    ids=["another file", "written otherwise"],
)
def test_what_was_corrected_where_it_is_exported_is_not_put_back(
    drop: Drop, again: str, name: str
) -> None:
    put(drop, ONE, TWO)
    configuration = configurations()["fjell"]
    job = register(drop.connection, configuration, "E-1", actor="bo")
    lines = [{"line": 1, "category": "mileage"}]
    edit_lines(drop.connection, job.export_id, lines, actor="bo", configuration=configuration)
    assert name in put(drop, again, TWO, FEE, name=name).accepted
    assert [row[1:4] for row in stored(drop)] == [
        ("E-1", 1, "file"), ("E-1", 2, "rest"), ("H-1", 1, "file"),
    ]  # fmt: skip
    # What is another in the file is sent.
    assert name in put(drop, again.replace("Train", "Bus"), TWO, FEE, name=name).accepted
    assert load_expense(drop.connection, "fjell", "E-1").lines[0].text == "Bus"


def test_what_was_exported_is_not_changed_without_a_revision(drop: Drop) -> None:
    put(drop, ONE, TWO)
    export(drop, "E-1")
    other = FEE.replace("H-1", "A-0")
    assert said(put(drop, ONE.replace("Train", "Bus"), TWO, other)) == [
        "Line 2, column 1: found another expense E-1 than revision 1, which is exported or was sent since: lines[line=1].text; "
        "expected what was exported, or a higher revision. Put back what the cells said; or, if the change is meant, write 2 as "
        "revision into its lines."
    ]
    assert [row[1] for row in stored(drop)] == ["E-1"]
    lines = [f"{ONE.replace('Train', 'Bus')};2", f"{TWO};", f"{other};"]
    assert put(drop, *lines, head=HEAD + ";revision").accepted == ["e.csv"]
    assert [row[1:3] for row in stored(drop)] == [("A-0", 1), ("E-1", 1), ("E-1", 2)]


def test_what_a_file_brought_stays_when_it_goes(drop: Drop) -> None:
    put(drop, ONE, TWO)
    put(drop, FEE, name="f.csv")
    for file in drop.folder.iterdir():
        file.unlink()
    assert sorted(drop.look(with_facts=False).gone) == ["e.csv", "f.csv"]
    assert len(stored(drop)) == 2


def test_an_organisation_that_has_no_export(drop: Drop) -> None:
    head, line = "organisation;" + HEAD, "nobody;" + FEE
    drop.values["organisation"] = None
    [problem] = said(put(drop, line, head=head))
    assert problem.startswith(
        "Line 2, column 1: found “nobody”; expected an organisation with an accounting export ("
    )
    drop.values["organisation"] = "nobody"
    [error] = put(drop, FEE).errors
    assert "organisation 'nobody': it has no accounting export" in str(error)
    drop.values["organisation"] = "havn"
    assert said(put(drop, "fjell;" + FEE, head=head)) == [
        "Line 2, column 1: found “fjell”; expected “havn”, as the configuration says. Correct the cell, or empty it."
    ]


def test_an_expense_has_no_more_lines_than_by_rest(drop: Drop) -> None:
    lines = [TWO.replace(";2;mileage", f";{n};mileage") for n in range(1, 300)]
    [problem] = said(put(drop, ONE.replace("E-1", "E-0"), *lines))
    assert (
        problem
        == "Line 3, column 1: found 299 lines of one expense; expected at most 200. Make several expenses of it."
    )


def test_amounts_are_in_the_currency_of_their_line(drop: Drop) -> None:
    assert put(
        drop, ONE.replace("125,00", "NOK 125,00"), FEE.replace("2.000,00", "kr 2.000,00")
    ).accepted == ["e.csv"]
    assert said(put(drop, ONE.replace("125,00", "EUR 125,00"))) == [
        "Line 2, column 16: found “EUR 125,00”; expected an amount in NOK, as its column for the currency says. Correct one of the two."
    ]


def test_while_a_file_is_stored_nobody_stores_or_exports_what_it_changes(
    drop: Drop, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(drop, ONE, TWO)
    monkeypatch.setattr(intake, "WAIT_S", 0.2)
    fjell = configurations()["fjell"]
    with connect(dsn) as other:
        with other.transaction():
            lock_expenses(other, "fjell")
            with pytest.raises(Busy, match="somebody else has worked on expense 'E-1'"):
                store_expense(
                    drop.connection, load_expense(other, "fjell", "E-1"), actor="ann", source="rest"
                )
            assert register_approved(drop.connection, fjell, actor="ann") == 0
        with other.transaction():
            lock_expense(other, "fjell", "E-1")
            [error] = put(drop, ONE.replace("Train", "Bus"), TWO).errors
            assert "somebody else has worked on expenses for more than 0.2 s" in str(error)
    assert drop.look(with_facts=False).accepted == ["e.csv"]
    assert register_approved(drop.connection, fjell, actor="ann") == 1


def test_many_expenses_take_one_lock(drop: Drop) -> None:
    """Postgres has room for some thousand."""
    sent = [expense(id=f"E-{number}", organisation="fjell") for number in range(50)]
    with drop.connection.transaction():
        lock_expenses(drop.connection, "fjell")
        for description in ("Course", "Another course"):
            changed = [msgspec.structs.replace(one, description=description) for one in sent]
            store_expenses(drop.connection, changed, actor="ann", source="file")
        [(locks,)] = drop.connection.execute(
            "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
        ).fetchall()
    assert (locks, len(stored(drop))) == (1, 100)


def test_the_example_of_the_guide(drop: Drop) -> None:
    text = (PROJECT / "docs" / "expenses.md").read_text()
    drop.put("e.csv", text.partition("```csv\n")[2].partition("```")[0])
    assert drop.look(with_facts=False).accepted == ["e.csv"]
    found = load_expense(drop.connection, "fjell", "E-1")
    assert (found.total, len(found.lines), found.lines[1].dimensions) == (205, 2, {"department": "10"})  # fmt: skip


def test_a_check_says_what_a_run_would_and_keeps_nothing(drop: Drop) -> None:
    drop.put("good.csv", f"{HEAD}\n{ONE}\n{TWO}\n")
    drop.put("bad.csv", f"{HEAD}\n{ONE.replace('NOK', 'kr')}\n")
    of = drop.configuration()
    source = FolderSource(LocalFileSystem(auto_mkdir=False), str(drop.folder), of)
    trial = Trial(drop.connection, of, source, Companies([], None), {})
    found = {one.file.name: one for one in trial.files(source.changes(Seen()).changed)}
    good, bad = found["good.csv"].staged, found["bad.csv"].rejected
    assert (good and good.rows, bad and [one.cell for one in bad.problems]) == (2, ["line 2, column 9"])  # fmt: skip
    assert stored(drop) == []


def test_an_accepted_file_has_an_event_and_its_owner_a_marked_copy_of_a_refused_one(
    drop: Drop,
) -> None:
    drop.values["owner_mail"] = ["ann@example.com"]
    drop.listener = Feedback(drop.connection, drop.configuration(), now=drop.now, names={})
    put(drop, ONE, TWO)
    assert accepted_in(drop.connection, "run 1") == [("claims", ["e.csv"], 2)]
    put(drop, ONE.replace("NOK", "kr"), TWO)
    [(subject, content)] = drop.connection.execute(
        "select m.subject, a.content from ops.alert_mail as m inner join ops.alert_mail_attachment as a using (mail_id)"
    ).fetchall()
    assert subject.endswith("e.csv was not accepted: 1 thing to correct"), subject
    marked = load_workbook(BytesIO(content))["Lines"]
    assert "three letters" in str(
        [cell.comment.text for row in marked.rows for cell in row if cell.comment]
    )
    for file in drop.folder.iterdir():
        file.unlink()
    drop.look(with_facts=False)
    # What it brought stays: nothing to tell.
    [(mails,)] = drop.connection.execute("select count(*) from ops.alert_mail").fetchall()
    assert mails == 1
    drop.connection.execute("truncate ops.alert_mail cascade")
