"""One file out of SharePoint, whole and as it is now, or not at all.

Graph answers with a link to another host (302), which holds its own key for some minutes: the app's token does not go there, and
the link is neither kept nor shown. Source: https://learn.microsoft.com/graph/api/driveitem-get-content.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import BinaryIO
from urllib.parse import parse_qsl, urlsplit

from saldo.declarations.source import Usage
from saldo.errors import AuthError, BadResponse, Evidence, Unavailable
from saldo.staging.records import tolerant
from saldo.transport import Auth, Caller, Dialect, Policy, Transport
from saldo.transport.retry_policy import retrying

from . import items
from .address import is_loopback
from .dialect import GRAPH
from .errors import NotFound, TooLarge
from .items import Item
from .quick_xor_hash import hash_of

#: Parts of a link that are shorter are no keys.
_SURELY_SECRET = 16
#: A link that is refused may have run out on the way: the next try takes a new one.
_RUN_OUT = (401, 403, 404, 410)


class _Preauthenticated(Auth):
    """No credentials but those in the link itself."""

    def __init__(self, url: str) -> None:
        super().__init__()
        query = parse_qsl(urlsplit(url).query)
        self._keys = [value for _, value in query if len(value) >= _SURELY_SECRET]

    @property
    def secrets(self) -> Collection[str]:
        return self._keys


class Downloads:
    """Downloads of one client. All three requests of a file are tried again together: a link lasts for minutes only."""

    def __init__(
        self,
        caller: Caller,
        *,
        url: str,
        credentials: Auth,
        policy: Policy,
        usage: Usage,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._caller, self._url, self._usage = caller, url, usage
        self._once = replace(policy, max_tries=1)
        self._retrying = retrying(policy, usage, sleep)
        self._graph = Transport(
            caller,
            base_urls=(url,),
            auth=credentials,
            dialect=GRAPH,
            policy=self._once,
            usage=usage,
        )

    def download(self, drive_id: str, id: str, into: BinaryIO, *, max_bytes: int) -> Item:
        """The file as it is now into `into` (seekable, emptied first, left at its start), and what it is.

        Its size and, where SharePoint tells it, its hash are those of what arrived: where they are not, somebody has
        saved it meanwhile, or it was cut; it is read again, and Unavailable when the tries are used up. Raises TooLarge
        before anything is downloaded, NotFound for what is gone; else as Transport.get does.
        """
        found: Item = self._retrying(self._attempt, drive_id, id, into, max_bytes)
        return found

    def _attempt(self, drive_id: str, id: str, into: BinaryIO, max_bytes: int) -> Item:
        place = f"{self._url}/drives/{drive_id}/items/{id}"
        item = self._graph.get(place, decode=tolerant(items.item))
        self._check_size(item, max_bytes)
        link = self._graph.location(f"{place}/content")
        size = self._fetch(link, into, max_bytes)
        if size != item.size:
            raise self._not_whole(item, f"{size} bytes instead of {item.size}")
        if item.hash and hash_of(into) != item.hash:
            raise self._not_whole(item, "another hash than SharePoint tells")
        return item

    def _check_size(self, item: Item, max_bytes: int) -> None:
        if item.file is None:
            raise NotFound(f"{self._caller.name}: {item.name!r} is no file (any more)")
        if item.size > max_bytes:
            raise TooLarge(
                f"{self._caller.name}: {item.name!r} has {_mb(item.size)} MB, and max_mb allows {_mb(max_bytes)}: make "
                "the file smaller (pictures and unused sheets are large), or raise max_mb in its configuration"
            )

    def _fetch(self, link: str, into: BinaryIO, max_bytes: int) -> int:
        """Bytes that arrived."""
        parts = urlsplit(link)
        is_safe = parts.scheme == "https" or (is_loopback(link) and is_loopback(self._url))
        if not is_safe or parts.username:
            raise BadResponse(
                f"{self._caller.name}: SharePoint leads to {parts.scheme}://{parts.hostname}, where a file would be "
                "readable on its way; it is not downloaded. Tell the administrator"
            )
        transport = Transport(
            self._caller,
            base_urls=(f"{parts.scheme}://{parts.netloc}",),
            auth=_Preauthenticated(link),
            dialect=Dialect(
                headers={"User-Agent": GRAPH.headers["User-Agent"]}, private=GRAPH.private
            ),
            policy=replace(self._once, max_body_bytes=max_bytes),
            usage=self._usage,
        )
        try:
            return transport.download(link, into, accept="*/*").size
        except (AuthError, BadResponse) as error:
            if error.evidence.status not in _RUN_OUT:
                raise
            raise Unavailable(
                f"{self._caller.name}: the link to a file was refused ({error.evidence.status}); a new one is asked "
                "for by itself",
                Evidence(error.evidence.status),
            ) from None

    def _not_whole(self, item: Item, found: str) -> Unavailable:
        return Unavailable(
            f"{self._caller.name}: {item.name!r} arrived with {found}: it was cut, or somebody saved it meanwhile; it is "
            "read again by itself",
            reason="the file is not whole",
        )


def _mb(size: int) -> str:
    return f"{size / (1 << 20):.1f}".removesuffix(".0")
