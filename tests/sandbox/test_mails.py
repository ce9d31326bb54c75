"""The mail sink's pages, from the real sink (aiosmtpd with a Maildir) over SMTP to the pages over HTTP."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.state import State
from tests.conftest import free_port


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[smtplib.SMTP]:
    monkeypatch.setenv("SALDO_RUN_DIR", str(tmp_path))
    controller = Controller(Mailbox(tmp_path / "mail"), hostname="127.0.0.1", port=free_port())
    controller.start()
    with smtplib.SMTP("127.0.0.1", controller.port) as client:
        yield client
    controller.stop()


@pytest.fixture
def pages() -> TestClient:
    return TestClient(create_app(State(None)))


def mail(subject: str, text: str = "hello", html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "saldo@x.dk", "søren@x.dk"
    message.replace_header("To", "soren@x.dk")
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def test_no_mail_yet(sink: smtplib.SMTP, pages: TestClient) -> None:
    assert "None yet" in pages.get("/sandbox/mails").text


def test_newest_first_and_danish(sink: smtplib.SMTP, pages: TestClient) -> None:
    for subject in ("first", "Øresund Handel & Søn", "last"):
        sink.send_message(mail(subject))
    text = pages.get("/sandbox/mails").text
    assert text.index(">last<") < text.index(">Øresund Handel &amp; Søn<") < text.index(">first<")
    assert "soren@x.dk" in text


def test_a_mails_html_is_shown_where_it_can_do_nothing(
    sink: smtplib.SMTP, pages: TestClient
) -> None:
    bad = "<script>alert(1)</script><p>Æble</p>"
    sink.send_message(mail(f"<b>bold</b> {bad}", f"text {bad}", bad))
    page = pages.get("/sandbox/mails").text
    assert "<script>" not in page
    href = page.split('href="')[1].split('"')[0]
    shown = pages.get(href).text
    assert "<script>" not in shown
    assert "<iframe sandbox src=" in shown
    part = pages.get(f"{href}/html")
    assert "<p>Æble</p>" in part.text
    policy = part.headers["content-security-policy"]
    assert "sandbox;" in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("key", ["nothing", "..%2F..%2Fenv", "%2Fetc%2Fpasswd"])
def test_only_mails_can_be_read(sink: smtplib.SMTP, pages: TestClient, key: str) -> None:
    sink.send_message(mail("one"))
    for path in (f"/sandbox/mails/{key}", f"/sandbox/mails/{key}/html"):
        assert pages.get(path).status_code == 404
