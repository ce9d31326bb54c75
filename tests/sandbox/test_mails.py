"""The mail sink's pages, from the real sink (aiosmtpd with a Maildir) over SMTP to the pages over HTTP."""

from __future__ import annotations

import shlex
import smtplib
import socket
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from starlette.testclient import TestClient

from sandbox import mail_sink
from sandbox.app import create_app
from sandbox.state import State
from stack.processes import programs
from stack.settings import Settings
from tests.conftest import free_port
from tests.support import PROJECT
from tests.system.running import until


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[smtplib.SMTP]:
    monkeypatch.setenv("SALDO_RUN_DIR", str(tmp_path))
    controller = Controller(
        mail_sink.Newest(tmp_path / "mail"), hostname="127.0.0.1", port=free_port()
    )
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


def test_the_folder_keeps_the_newest_and_never_grows_without_end(
    sink: smtplib.SMTP, pages: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_sink, "KEPT", 3)
    for number in range(5):
        sink.send_message(mail(f"mail {number}"))
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 3
    text = pages.get("/sandbox/mails").text
    assert [f"mail {number}" in text for number in range(5)] == [False, False, True, True, True]


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_what_make_up_starts_keeps_mails(tmp_path: Path) -> None:
    settings = Settings({"SALDO_RUN_DIR": str(tmp_path), "SALDO_SMTP_PORT": str(free_port())})
    with subprocess.Popen(shlex.split(programs(settings)["outside"]["mail"]), cwd=tmp_path) as sink:
        try:
            until(lambda: is_open(settings.ports.smtp))
            with smtplib.SMTP("127.0.0.1", settings.ports.smtp) as client:
                client.send_message(mail("one"))
        finally:
            sink.terminate()
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 1


def test_whatever_starts_a_sink_starts_the_one_that_is_bounded(tmp_path: Path) -> None:
    ours = f"-c {mail_sink.Newest.__module__}.{mail_sink.Newest.__name__} "
    assert ours in programs(Settings({"SALDO_RUN_DIR": str(tmp_path)}))["outside"]["mail"]
    assert ours.replace(" ", ", ") in (PROJECT / "docker-compose.yaml").read_text()


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
