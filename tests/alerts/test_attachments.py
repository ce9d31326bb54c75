"""Files that go with mails: a real warehouse, a real SMTP server, and workbooks that are opened again."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from openpyxl import Workbook, load_workbook

from saldo.alerts import deliver
from saldo.alerts.attachments import XLSX, Attachment, safe_name
from saldo.alerts.message import MailText
from saldo.alerts.outbox import post
from saldo.warehouse.connection import Connection
from tests.conftest import free_port
from tests.mail import MailServer, Received

NOW = datetime(2026, 11, 30, 6, tzinfo=UTC)
TEXT = MailText("Saldo: Budget", "See the file.", "<html><body style='x'><p>See</p></body></html>")
TOO_BIG = "552 5.3.4 Message <b>size</b> exceeds fixed limit"


@pytest.fixture
def server(warehouse: Connection) -> Iterator[MailServer]:
    warehouse.execute("truncate ops.alert_mail, ops.alert_mail_attachment")
    found = MailServer(free_port())
    found.start()
    yield found
    found.stop()


def attachment(name: str = "Budget.xlsx", *, value: str = "æ", padding: int = 0) -> Attachment:
    book = Workbook()
    book.active["A1"] = value
    content = io.BytesIO()
    book.save(content)
    return Attachment(name, content.getvalue() + bytes(padding))


def sent(
    warehouse: Connection,
    server: MailServer,
    *attachments: Attachment,
    to: Sequence[str] = ("anna@example.com",),
) -> list[Received]:
    post(warehouse, TEXT, to=to, alert_ids=[], now=NOW, attachments=attachments)
    return delivered(warehouse, server)


def delivered(warehouse: Connection, server: MailServer, *, minutes: float = 0) -> list[Received]:
    deliver(warehouse, server.mailer, now=NOW + timedelta(minutes=minutes))
    return server.take()


def state(warehouse: Connection) -> list[tuple[object, ...]]:
    """(done, files left out) of each mail."""
    return warehouse.execute(
        "select m.done_at is not null, count(a.refused) from ops.alert_mail as m "
        "left join ops.alert_mail_attachment as a using (mail_id) group by mail_id order by mail_id"
    ).fetchall()


@pytest.mark.parametrize(
    "name",
    [
        "Budget 2026.xlsx",
        'Budget 🦊 æøå 50% #1 & co; "nej"\'s.xlsx'.replace('"', ""),
        "👩‍💻🏴󠁧󠁢󠁳󠁣󠁴󠁿.xlsx",
        "Résumé éÅ.xlsx",
        "預算 %20 %E2%80.xlsx",
        "; filename=evil.exe.xlsx",
    ],
)
def test_names_arrive_as_they_are(warehouse: Connection, server: MailServer, name: str) -> None:
    (mail,) = sent(warehouse, server, attachment(name, value=name), attachment("2.xlsx"))
    assert list(mail.files) == [name, "2.xlsx"]
    assert load_workbook(io.BytesIO(mail.files[name])).active["A1"].value == name
    assert [part.get_content_type() for part in mail.message.iter_attachments()] == [XLSX, XLSX]
    assert mail.text.strip() == TEXT.text
    assert mail.html.strip() == TEXT.html
    assert state(warehouse) == [(True, 0)]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.xlsx", "_.._etc_passwd.xlsx"),
        ("C:\\Users\\bo\\b.xlsx", "C__Users_bo_b.xlsx"),
        ("a.xlsx\r\nBcc: thief@example.com", "a.xlsxBcc_ thief@example.com"),
        ('a"; filename="b.exe', "a_; filename=_b.exe"),
        ("tegdub\u202exslx.exe", "tegdubxslx.exe"),
        ("a\x00\x1b\ud800b\u2028.xlsx", "ab.xlsx"),
        ("e\u0301.xlsx", "é.xlsx"),
        ("", "file"),
        ("...", "file"),
        (" . .xlsx ", "xlsx"),
        ("🦊" * 300 + ".xlsx", "🦊" * 95 + ".xlsx"),
        ("a." + "b" * 300, "a." + "b" * 98),
    ],
)
def test_names_hold_no_path_and_no_header(
    warehouse: Connection, server: MailServer, name: str, safe: str
) -> None:
    assert safe_name(name) == safe
    (mail,) = sent(warehouse, server, attachment(name))
    assert list(mail.files) == [safe]
    assert mail.message["Bcc"] is None
    assert unicodedata.is_normalized("NFC", safe)


def test_a_mail_that_is_too_large_comes_without_its_files_and_says_so(
    warehouse: Connection, server: MailServer
) -> None:
    """Servers say their limit when a client connects (SIZE), and refuse before they have the message."""
    server.stop()
    server.size_limit = 50_000
    server.start()
    (large,) = sent(warehouse, server, attachment(padding=100_000))
    assert large.files == {}
    for body in (large.text, large.html):
        assert "would not take the attached file (552 Error: message size exceeds" in body
        assert "See" in body
    assert "<body style='x'><p>The mail server" in large.html
    assert state(warehouse) == [(True, 1)]
    (small,) = sent(warehouse, server, attachment())
    assert list(small.files) == ["Budget.xlsx"]
    assert small.text.strip() == TEXT.text


def test_a_server_that_wants_no_files_gets_none(warehouse: Connection, server: MailServer) -> None:
    for answer in (TOO_BIG, "554 5.7.1 no workbooks", "550 virus"):
        server.refuses_files = answer
        first, second = (
            attachment("1.xlsx"), attachment("2.xlsx"),
        )  # fmt: skip
        server.refuses = {"later@example.com": "451 later"}
        (mail,) = sent(warehouse, server, first, second, to=["a@example.com", "later@example.com"])
        assert (mail.files, mail.to) == ({}, ["a@example.com"])
        assert answer in mail.text
        assert "<b>" not in mail.html
        server.refuses, server.refuses_files = {}, None
        (again,) = delivered(warehouse, server, minutes=5)
        assert (again.files, again.to) == ({}, ["later@example.com"])
        assert answer in again.text
        assert again.message["Message-ID"] == mail.message["Message-ID"]
    assert state(warehouse) == [(True, 2)] * 3


def test_a_server_that_has_no_room_now_gets_the_files_later(
    warehouse: Connection, server: MailServer
) -> None:
    server.refuses_files = "452 4.3.1 insufficient storage"
    for minutes in (0, 1, 5, 10, 30):
        assert (
            sent(warehouse, server, attachment())
            if minutes == 0
            else delivered(warehouse, server, minutes=minutes)
        ) == []
    server.refuses_files = None
    (mail,) = delivered(warehouse, server, minutes=60)
    assert list(mail.files) == ["Budget.xlsx"]
    assert mail.text.strip() == TEXT.text


def test_a_server_that_hangs_up_on_files_gets_the_mail_without_in_the_end(
    warehouse: Connection, server: MailServer
) -> None:
    server.refuses_files, server.hangs_up = TOO_BIG, True
    assert sent(warehouse, server, attachment()) == []
    assert delivered(warehouse, server, minutes=1) == []
    assert state(warehouse) == [(False, 0)]
    assert delivered(warehouse, server, minutes=5) == []
    assert state(warehouse) == [(False, 1)]
    (mail,) = delivered(warehouse, server, minutes=30)
    assert mail.files == {}
    assert "comes without it" in mail.text


def test_files_are_written_with_the_callers_transaction(
    warehouse: Connection, server: MailServer
) -> None:
    with warehouse.transaction(force_rollback=True):
        post(
            warehouse, TEXT, to=["a@example.com"], alert_ids=[], now=NOW, attachments=[attachment()]
        )
    assert delivered(warehouse, server) == []
    assert warehouse.execute("select count(*) from ops.alert_mail_attachment").fetchone() == (0,)
