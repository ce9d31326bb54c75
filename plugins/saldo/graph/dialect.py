"""How Graph is spoken to and how it answers.

Sources: https://learn.microsoft.com/graph/errors, https://learn.microsoft.com/graph/throttling, and SharePoint's "Avoid
getting throttled or blocked", which asks for a User-Agent of this form.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from saldo.errors import Evidence, Unavailable, VendorError
from saldo.transport import Caller, Dialect, Reply

from .errors import NotFound, ResyncRequired

_HEADERS = {"Accept": "application/json", "User-Agent": "NONISV|Saldo|bundle/1.0"}
#: Whoever has such a link has the file, for as long as it lasts.
_LINKS = re.compile(r"""(?<=downloadUrl")\s*:\s*"[^"]*|tempauth=[^"&\s]*""")


class _Inner(msgspec.Struct):
    code: str = ""


class _Error(msgspec.Struct):
    code: str = ""
    inner_error: _Inner | None = msgspec.field(default=None, name="innerError")


class _Body(msgspec.Struct):
    error: _Error


_body = msgspec.json.Decoder(_Body).decode


def error_code(body: bytes | str) -> str:
    """The code of an error in Graph's own form, e.g. itemNotFound; empty for any other body."""
    try:
        return _body(body.encode() if isinstance(body, str) else body).error.code
    except msgspec.MsgspecError:
        return ""


def _refusal(caller: Caller, reply: Reply, evidence: Callable[[], Evidence]) -> VendorError | None:
    """404, 410 and 423 by type; all only in Graph's own form, since a proxy answers with them, too."""
    if reply.status not in (404, 410, 423) or not error_code(reply.body):
        return None
    if reply.status == 404:
        return NotFound(f"{caller.name}: there is nothing there (404)", evidence())
    if reply.status == 423:
        return Unavailable(
            f"{caller.name}: SharePoint has locked it (423). A file is free again when it is let go, and it is tried again by itself; a site "
            "stays locked until its administrator unlocks it (SharePoint admin center, or Set-SPOSite -LockState Unlock)",
            evidence(),
        )
    return ResyncRequired(
        f"{caller.name}: the link to the changes is no longer good (410); everything is listed again",
        evidence(),
        location=reply.headers.get("Location") or "",
    )


GRAPH = Dialect(headers=_HEADERS, request_id_header="request-id", private=_LINKS, refusal=_refusal)
