"""The mail sink's pages: what the stack's SMTP server has kept in its Maildir, newest first.

GET /sandbox/mails               every mail: when, to whom, subject
GET /sandbox/mails/<key>         one mail: headers, text, and its HTML in a frame
GET /sandbox/mails/<key>/html    the HTML part alone, without scripts, forms or anything from elsewhere

The sink (mail_sink.py, run by aiosmtpd) is a process of its own; the folder is all they share. A mail is anybody's
text: pages escape it, and its HTML is shown where it can do nothing.
"""

from __future__ import annotations

import mailbox
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_PAGES = Path(__file__).parent / "pages"
_SHOWN = 200
#: No script runs, no form is sent, nothing is fetched; styles inside the mail may be.
_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True)
class Mail:
    key: str
    at: datetime
    subject: str
    sender: str
    to: str
    text: str
    html: str


def folder() -> Path | None:
    """Where `make up` lets the sink keep its mails."""
    run_dir = os.environ.get("SALDO_RUN_DIR")
    return Path(run_dir) / "mail" if run_dir else None


def read_mails(place: Path) -> list[Mail]:
    """The newest mails of a Maildir, newest first; none when nothing has come yet."""
    if not (place / "new").is_dir():
        return []
    box = mailbox.Maildir(place, create=False)
    keys = sorted(box.iterkeys(), key=arrived, reverse=True)[:_SHOWN]
    return [mail for key in keys if (mail := _read(box, key))]


def read_mail(place: Path, key: str) -> Mail | None:
    if not (place / "new").is_dir():
        return None
    # Only what a listing of the folder has: a key is never a path.
    box = mailbox.Maildir(place, create=False)
    return _read(box, key) if key in set(box.iterkeys()) else None


def arrived(key: str) -> tuple[float, str]:
    """When a mail came. A key begins with the time of arrival: seconds, then M and microseconds."""
    seconds, _, rest = key.partition(".")
    micros = rest.partition("M")[2].partition("P")[0]
    try:
        return float(f"{seconds}.{micros.zfill(6)}"), key
    except ValueError:
        return 0.0, key


def _read(box: mailbox.Maildir, key: str) -> Mail | None:
    try:
        with box.get_file(key) as file:
            message = message_from_bytes(file.read(), policy=default)
    except (KeyError, OSError):
        return None
    if not isinstance(message, EmailMessage):
        return None
    return Mail(
        key=key,
        at=_date(message, key),
        subject=str(message["Subject"] or "(no subject)"),
        sender=str(message["From"] or ""),
        # To whom it was handed over: a refused address is in the header all the same.
        to=str(message["X-RcptTo"] or message["To"] or ""),
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        return "(this part cannot be decoded)"


def _date(message: EmailMessage, key: str) -> datetime:
    try:
        found = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError):
        return datetime.fromtimestamp(arrived(key)[0], UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


# --- pages ---------------------------------------------------------------------------------------


def mails(request: Request) -> Response:
    place = folder()
    found = read_mails(place) if place else []
    return _page("mails.html", mails=found, place=place)


def mail(request: Request) -> Response:
    found = _asked(request)
    if found is None:
        return _page("mails.html", status=404, mails=[], place=folder(), missing=True)
    return _page("mail.html", mail=found)


def mail_html(request: Request) -> Response:
    found = _asked(request)
    headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
    body = found.html if found else "This mail is not there any more."
    return HTMLResponse(body, 200 if found else 404, headers)


def _asked(request: Request) -> Mail | None:
    place = folder()
    return read_mail(place, request.path_params["key"]) if place else None


def _page(name: str, status: int = 200, **values: object) -> HTMLResponse:
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"
    }
    return HTMLResponse(_pages().get_template(name).render(**values), status, headers)


@cache
def _pages() -> Environment:
    return Environment(loader=FileSystemLoader(_PAGES), autoescape=True)


ROUTES = [
    Route("/sandbox/mails", mails),
    Route("/sandbox/mails/{key}", mail),
    Route("/sandbox/mails/{key}/html", mail_html),
]
