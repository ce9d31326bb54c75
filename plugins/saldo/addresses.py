"""What may be used as a mail address or as a web address, and where a stack on one machine is."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

#: Without the characters that mean something in a header or an SMTP command.
_MAIL = re.compile(r'[^@\s,;:<>()\[\]"\\]+@[^@\s,;:<>()\[\]"\\]+\.[^@\s,;:<>()\[\]"\\.]+')


def loopback() -> str:
    """The address of a machine that talks to nobody but itself: Airflow's hostname_callable of the local stack."""
    return "127.0.0.1"


def is_mail_address(value: str) -> bool:
    """Whether it may be in a header and in an SMTP command; the host may have letters of any
    language."""
    if not _MAIL.fullmatch(value) or not value.isprintable():
        return False
    local, _, host = value.rpartition("@")
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return local.isascii()


def is_web_address(value: str) -> bool:
    """Whether it is a whole http or https address."""
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and value.isprintable()
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """scheme://host[:port] of an address, all that may be shown of one that holds a secret."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"
