"""Addresses of Graph: where tokens may go, sites as people write them, paths as Graph wants them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from saldo.errors import ConfigError

#: What sites lie below; personal ones are people's OneDrive.
_SITES = ("sites", "teams", "personal")
#: How a link begins that opens or shares something, and what the letter behind it stands for; `r` and `g` for nothing.
_SHARED = re.compile(r":\w+:")
_BY_LETTER = {"s": ("sites",), "t": ("teams",)}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def checked_url(url: str, *, where: str) -> str:
    """An address a token or a secret may be sent to, without the slash at its end.

    Raises ConfigError for what is no https address; http is for this machine only.
    """
    found = url.strip().rstrip("/")
    try:
        parts = urlsplit(found)
        is_whole = bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        is_whole = False
    if not is_whole or parts.scheme not in ("http", "https"):
        raise ConfigError(
            f"{where} must be a full URL such as https://graph.microsoft.com/v1.0; correct it"
        )
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ConfigError(
            f"{where} begins with http://: the token would be readable on its way; write https:// (http is for "
            "127.0.0.1 and localhost only)"
        )
    return found


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    return urlsplit(url).hostname in _LOOPBACK


@dataclass(frozen=True)
class SiteAddress:
    """A site by host and path; `path` is empty for the host's root site. id: in place of both."""

    host: str = ""
    path: str = ""
    id: str = ""

    @classmethod
    def of(cls, text: str) -> SiteAddress:
        """As a person writes it: host:/sites/Name, the address out of the browser, or the site's id.

        Raises ConfigError for what is none of them.
        """
        text = text.strip()
        if text.count(",") == 2 and "/" not in text:
            return cls(id=text)
        if text.startswith(("https://", "http://")):
            parts = urlsplit(text)
            host, path = parts.hostname or "", _site_of(unquote(parts.path))
        else:
            host, _, path = text.partition(":")
        host, path = host.strip().lower(), path.strip().strip("/")
        if "." not in host or any(sign in host for sign in "/ \\?#%@"):
            raise ConfigError(
                f"site: {text!r} is no site; write host:/path such as contoso.sharepoint.com:/sites/Finance, or "
                "the site's address out of the browser"
            )
        return cls(host, path)

    @property
    def place(self) -> str:
        """Below /sites/ of Graph."""
        if self.id:
            return quote(self.id, safe=",")
        return f"{self.host}:/{encoded(self.path)}" if self.path else self.host

    def __str__(self) -> str:
        return self.id or f"{self.host}:/{self.path}"


def encoded(path: str) -> str:
    """A path, each of its parts by itself: names hold spaces, æøå, &, # and %."""
    return "/".join(quote(part, safe="") for part in parts_of(path))


def parts_of(path: str) -> list[str]:
    """The names in a path, without empty ones; slashes of Windows count, too."""
    return [part.strip() for part in path.replace("\\", "/").split("/") if part.strip()]


def same(text: str) -> str:
    """Equal for names that SharePoint takes for one: it ignores case, and Macs write å as two letters."""
    return unicodedata.normalize("NFC", text).casefold().strip()


def _site_of(path: str) -> str:
    """What of a page's path is the site: /sites/Finance of /sites/Finance/Shared Documents/Forms/…, and of /:x:/r/sites/Finance/…, which
    an open workbook has, or /:f:/s/Finance/…, which a shared folder has."""
    parts = parts_of(path)
    if len(parts) > 2 and _SHARED.fullmatch(parts[0]):
        parts = [*_BY_LETTER.get(parts[1].lower(), ()), *parts[2:]]
    return "/".join(parts[:2]) if parts and parts[0].lower() in _SITES else ""
