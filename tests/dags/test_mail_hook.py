"""Airflow's connection smtp_default as a Mailer, against a real SMTP server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest

from saldo.alerts import MailUnavailable
from tests.conftest import free_port
from tests.mail import MailServer


@pytest.fixture
def server() -> Iterator[MailServer]:
    found = MailServer(free_port())
    found.start()
    yield found
    found.stop()


def connect(monkeypatch: pytest.MonkeyPatch, port: int, **extra: object) -> None:
    values = {"disable_ssl": True, "disable_tls": True, "from_email": "saldo@example.com", **extra}
    connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": values}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))


def send(*to: str) -> dict[str, str]:
    from saldo.hooks.mail import MailHook

    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "s", "saldo@example.com", ", ".join(to)
    message.set_content("æøå")
    with contextmanager(MailHook().mailer)() as mailer:
        assert mailer.sender == "saldo@example.com"
        return dict(mailer.send(message, to))


def test_each_recipient_has_an_answer(monkeypatch: pytest.MonkeyPatch, server: MailServer) -> None:
    connect(monkeypatch, server.port)
    server.refuses = {"gone@example.com": "550 no such user"}
    assert send("here@example.com", "gone@example.com") == {"gone@example.com": "550 no such user"}
    assert [mail.to for mail in server.take()] == [["here@example.com"]]
    assert send("gone@example.com") == {"gone@example.com": "550 no such user"}
    assert send("me@sømand.dk") == {}
    assert [mail.to for mail in server.take()] == [["me@xn--smand-vua.dk"]]


def test_what_cannot_be_used_says_so(monkeypatch: pytest.MonkeyPatch, server: MailServer) -> None:
    connect(monkeypatch, free_port())
    with pytest.raises(MailUnavailable, match=r"refused.*smtp_default"):
        send("x@example.com")
    connect(monkeypatch, server.port, from_email=None)
    with pytest.raises(MailUnavailable, match="from_email"):
        send("x@example.com")
    connect(monkeypatch, server.port, disable_tls=False)
    with pytest.raises(MailUnavailable, match="STARTTLS"):
        send("x@example.com")
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
    with pytest.raises(MailUnavailable, match="not found"):
        send("x@example.com")
