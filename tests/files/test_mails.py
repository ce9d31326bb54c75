"""What owners of files read: texts, who gets them, and the copy with marked cells in a mail that was really sent."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from saldo.alerts import deliver
from saldo.alerts.message import MailText
from saldo.files.configuration import FileConfiguration
from saldo.files.mails.notices import post_accepted, post_rejected, post_unmapped, recipients
from saldo.files.mails.texts import (
    About,
    Acceptance,
    Account,
    Rejection,
    Total,
    Unmapped,
    Waiting,
    accepted_mail,
    rejected_mail,
    unmapped_mail,
    waiting_mail,
)
from saldo.files.places.source import File
from saldo.warehouse.connection import Connection
from saldo.workbooks import Problem, marked_copy
from tests.conftest import free_port
from tests.mail import MailServer, Received
from tests.workbooks.making import HEADER, TEN, Y2026, problems, workbook

NOW = datetime(2026, 11, 30, 5, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 1, 22, 30, tzinfo=UTC)
SHAREPOINT = {
    "sharepoint": {"site": "contoso.sharepoint.com:/sites/Finance", "folder": "Budgets/2026"}
}
FILE = File("1", "Budget 2026.xlsx", "v2", 1, modified_at=OCTOBER, modified_by="anna@example.com")
EVIL = '<script>alert("x")</script>\r\nBcc: thief@example.com\x1b[2J\u202e'


def configuration(**more: Any) -> FileConfiguration:
    values = {
        "id": "budget_nordlys",
        "kind": "budget",
        "agreement": "nordlys",
        "source": SHAREPOINT,
    }
    return FileConfiguration.model_validate(values | more)


def about(file: File = FILE, **more: Any) -> About:
    return About(configuration(**more), file, "Europe/Copenhagen", "https://airflow.example.com/r")


def problem(cell: str, sheet: str = "Budget", found: str = "“soon”") -> Problem:
    return Problem(sheet, cell, found, "an amount", "Write a number")


def both(mail: MailText, *said: str) -> None:
    """Both forms of a mail say it."""
    for text in said:
        assert text in mail.text
        assert text in mail.html


# --- what they say --------------------------------------------------------------------------------


def test_a_refused_file_has_its_cells_in_order_and_what_stays_in_force() -> None:
    found = [problem("D17"), problem("D7"), problem("", sheet="", found="“tkr”"), problem("AA7")]
    mail = rejected_mail(Rejection(about(), found, in_force=OCTOBER, copy="B (marked).xlsx"))
    assert mail.subject == "Saldo: Budget 2026.xlsx was not accepted: 4 things to correct"
    both(
        mail,
        "https://contoso.sharepoint.com/sites/Finance, library Documents, folder Budgets/2026",
        "2026-10-02 00:30 (Europe/Copenhagen) by anna@example.com",
        "stays in force",
        "Found “soon”; expected an amount.",
        "The attached copy shows the same cells in a colour",
        "Another mail comes when it is good, or when something else is wrong with it.",
        "https://airflow.example.com/r",
        "owner_mail",
    )
    assert "more" not in mail.text.split("What to do")[0]
    places = ["The file\n", "Budget, D7\n", "Budget, AA7\n", "Budget, D17\n"]
    assert sorted(places, key=mail.text.index) == places
    assert "No earlier version" not in mail.text


@pytest.mark.parametrize(
    ("listed", "more", "said"),
    [
        (50, 0, None),
        (60, 0, "And 10 more. The attached copy lists all 60."),
        (1000, 0, "And 950 more. The attached copy lists all 1,000."),
        (1000, 2345, "And 3,295 more. The attached copy lists the first 1,000."),
    ],
)
def test_the_first_fifty_are_listed_and_the_rest_is_counted(
    listed: int, more: int, said: str | None
) -> None:
    found = [problem(f"D{n}") for n in range(1, listed + 1)]
    mail = rejected_mail(Rejection(about(), found, more, copy="B.xlsx"))
    assert mail.text.count("Budget, D") == mail.html.count("Budget, D") == 50
    if said:
        both(mail, said)
        assert "attached copy lists" not in rejected_mail(Rejection(about(), found, more)).text
    else:
        assert "attached copy lists" not in mail.text
    assert f"{listed + more:,} things to correct" in mail.subject


def test_a_first_file_that_is_refused_and_cannot_be_copied() -> None:
    file = replace(FILE, modified_at=None, modified_by="")
    mail = rejected_mail(
        Rejection(about(file, source={"folder": "file:///srv/drop"}), [problem("D7")])
    )
    assert mail.subject.endswith("1 thing to correct")
    both(
        mail,
        "No earlier version is in force",
        "No copy with marked cells is attached",
        "file:///srv/drop",
    )
    assert "Saved" not in mail.text


def test_an_accepted_file_shows_sums_that_its_owner_knows() -> None:
    totals = [
        Total("Nordlys A/S", "budget", "2026", 720, Decimal("-12345678.505")),
        Total("Sydlys AB", "forecast", "2025/2026", 12, Decimal(0)),
    ]
    mail = accepted_mail(Acceptance(about(amounts_in=1000), NOW, 1732, totals, OCTOBER))
    assert mail.subject == "Saldo: Budget 2026.xlsx is accepted"
    both(
        mail, "1,732 rows", "2026-11-30 06:00 (Europe/Copenhagen)", "2026-10-02 00:30", "2025/2026",
        "−12\u00a0345\u00a0678.50", "0.00", "multiplied by 1,000", "It replaces",
    )  # fmt: skip
    first = accepted_mail(Acceptance(about(kind="account_mapping"), NOW, 1))
    both(first, "1 row.", "No earlier version was in force")
    assert "Sums" not in first.text + first.html


def test_accounts_without_a_mapping_are_listed_new_ones_first() -> None:
    new = [Account("Nordlys A/S", f"{n:04}", "Salg") for n in range(60)]
    mail = unmapped_mail(
        Unmapped(configuration(kind="account_mapping"), new, [Account("Sydlys", "3010", "Løn")])
    )
    assert mail.subject == "Saldo: 60 accounts have postings and no place in the group's chart"
    both(mail, "0049", "And 10 more.", "Still missing", "3010", "Budgets/2026", "*.xlsx")
    assert "0050" not in mail.text
    assert mail.text.index("0049") < mail.text.index("3010")
    alone = unmapped_mail(Unmapped(configuration(kind="account_mapping"), new[:1]))
    assert alone.subject.startswith("Saldo: 1 account has postings")
    assert "Still missing" not in alone.text


def test_files_that_wait_say_for_what() -> None:
    files = [
        (about(replace(FILE, name=f"B{n}.xlsx")), f"the books of c{n} have not landed yet")
        for n in range(51)
    ]
    mail = waiting_mail(Waiting(files[:1], OCTOBER))
    assert mail.subject == "Saldo: B0.xlsx waits for books that are not there"
    both(
        mail,
        "the books of c0 have not landed yet",
        "2026-10-02 00:30 (Europe/Copenhagen)",
        "anna@example.com",
        "Nothing of it",
    )
    mail = waiting_mail(Waiting(files, OCTOBER))
    assert mail.subject == "Saldo: 51 files wait for books that are not there"
    both(mail, "B49.xlsx", "And 1 more.", "Budgets/2026", "Nothing of them")


def test_names_and_contents_like_html_and_headers_are_harmless() -> None:
    file = replace(FILE, name=f"{EVIL}.xlsx", modified_by=EVIL)
    evil = Problem(EVIL, EVIL, EVIL, EVIL, EVIL)
    mails = [
        rejected_mail(Rejection(about(file), [evil], copy=EVIL)),
        accepted_mail(Acceptance(about(file), NOW, 1, [Total(EVIL, EVIL, EVIL, 1, Decimal(1))])),
        unmapped_mail(Unmapped(configuration(), [Account(EVIL, EVIL, EVIL)])),
        waiting_mail(Waiting([(about(file), EVIL)], NOW)),
    ]
    for mail in mails:
        assert "<script>" not in mail.html
        assert "&lt;script&gt;" in mail.html
        assert not any(line.startswith("Bcc") for line in mail.text.splitlines())
        assert "\n" not in mail.subject
        assert "\x1b" not in mail.text + mail.html
        assert "\u202e" not in mail.subject + mail.text
    long = rejected_mail(
        Rejection(about(replace(FILE, name="å" * 250 + " 2027.xlsx")), [problem("D7")])
    )
    assert len(long.subject) <= 150
    assert "å 2027.xlsx was not accepted" in long.subject
    assert len(rejected_mail(Rejection(about(), [problem("D7", found="x" * 40_000)])).text) < 2000


# --- who gets them --------------------------------------------------------------------------------


@pytest.fixture
def server(warehouse: Connection) -> Iterator[MailServer]:
    warehouse.execute("truncate ops.alert_mail, ops.alert_mail_attachment")
    found = MailServer(free_port())
    found.start()
    yield found
    found.stop()


def sent(warehouse: Connection, server: MailServer) -> list[Received]:
    deliver(warehouse, server.mailer, now=NOW)
    return server.take()


def test_owners_are_named_or_saved_the_file_last_or_are_everybodys(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shared = {"SALDO_ALERTS_TO": "it@example.com"}
    named = configuration(owner_mail=["bo@example.com", "bo@example.com", "eva@example.com"])
    assert recipients(named, "anna@example.com", shared) == ["bo@example.com", "eva@example.com"]
    assert recipients(configuration(), "anna@example.com", shared) == ["anna@example.com"]
    for name in ("", "Anna Holm", "anna@example.com\r\nBcc: x@example.com"):
        assert recipients(configuration(), name, shared) == ["it@example.com"]
    assert caplog.text == ""
    assert recipients(configuration(), "SharePoint App", {}) == []
    assert "budget_nordlys" in caplog.text
    assert "owner_mail" in caplog.text


def test_a_refused_workbook_comes_back_with_its_cells_marked(
    warehouse: Connection, server: MailServer, tmp_path: Path
) -> None:
    name = "Budget 🦊 æøå 50% #1 2026.xlsx"
    path = workbook(tmp_path, [HEADER, [1010, "Salg", "soon", *TEN[1:]]], name=name)
    found = problems(path, Y2026)
    rejection = Rejection(about(replace(FILE, name=name)), found)
    to = post_rejected(
        warehouse, rejection, copy=marked_copy(path, found, tmp_path), now=NOW, environ={}
    )
    assert to == ["anna@example.com"]
    (mail,) = sent(warehouse, server)
    assert mail.to == to
    assert mail.subject == f"Saldo: {name} was not accepted: 1 thing to correct"
    assert "Ark1, C2" in mail.text
    assert "The attached copy" in mail.html
    ((attached, content),) = mail.files.items()
    assert attached == "Budget 🦊 æøå 50% #1 2026 (marked).xlsx"
    book = load_workbook(io.BytesIO(content))
    assert book["Ark1"]["C2"].comment.text.startswith("Found “soon”")
    assert book["Saldo"]["B5"].hyperlink.location == "'Ark1'!C2"


def test_the_other_mails_arrive_without_files_and_without_recipients_there_are_none(
    warehouse: Connection, server: MailServer
) -> None:
    acceptance = Acceptance(about(), NOW, 1)
    unmapped = Unmapped(configuration(kind="account_mapping"), [Account("A", "1", "x")])
    post_rejected(warehouse, Rejection(about(), [problem("D7")]), copy=None, now=NOW, environ={})
    post_accepted(warehouse, acceptance, now=NOW, environ={})
    shared = {"SALDO_ALERTS_TO": "it@example.com"}
    assert post_unmapped(warehouse, unmapped, now=NOW, environ=shared) == ["it@example.com"]
    assert post_unmapped(warehouse, unmapped, now=NOW, environ={}) == []
    with warehouse.transaction(force_rollback=True):
        post_accepted(warehouse, acceptance, now=NOW, environ={})
    mails = sent(warehouse, server)
    assert [mail.to for mail in mails] == [
        ["anna@example.com"],
        ["anna@example.com"],
        ["it@example.com"],
    ]
    assert [mail.files for mail in mails] == [{}, {}, {}]
    assert "No copy with marked cells" in mails[0].text
