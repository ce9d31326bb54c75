"""Files of purchase documents: a redirect to another host, which has a key for half a minute and refuses whoever brings a token."""

from __future__ import annotations

import hashlib
import time

from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import under_other_name
from sandbox.state import state_of

from .access import administration_of, company_at
from .administration import Administration
from .document_records import attachment_id
from .documents import document
from .files import file
from .purchases import lives

PATH = "/moneybird-storage/{administration}/{attachment}"
_SECONDS = 30


def redirect(
    request: Request, administration: Administration, place: int, id: str
) -> Response | None:
    """Where a document's file is; None where it has no such file."""
    if content(administration, place, id) is None:
        return None
    until = int(time.time()) + _SECONDS
    url = PATH.format(administration=administration.id, attachment=id)
    told = b'{"message":"Use the Location header to download the attachment"}'
    response = Response(told, 302, media_type="text/plain")
    response.headers["Location"] = (
        f"{under_other_name(request)}{url}?document={place}&until={until}&signature={_key(id, until)}"
    )
    return response


def answer(request: Request, body: bytes) -> Response:
    """What the redirect leads to."""
    asked, id = request.query_params, request.path_params["attachment"]
    until, place = asked.get("until", ""), asked.get("document", "")
    if request.headers.get("Authorization"):
        return Response("Only one auth mechanism allowed", 400, media_type="text/plain")
    is_good = until.isdecimal() and asked.get("signature") == _key(id, int(until))
    if not is_good or int(until) < time.time() or not place.isdecimal():
        return Response("Request has expired", 403, media_type="text/plain")
    company = company_at(state_of(request), request.path_params["administration"])
    found = (
        content(administration_of(state_of(request), company), int(place), id) if company else None
    )
    if found is None:
        return Response("Not found", 404, media_type="text/plain")
    return Response(found, media_type="application/pdf")


def content(administration: Administration, place: int, id: str) -> bytes | None:
    life = administration.of(lives).get(place)
    if life is None:
        return None
    names = document(administration, life).attachments
    which = next(
        (n for n in range(len(names)) if attachment_id(administration, place, n) == id), None
    )
    return None if which is None else file(place, names[which])


def _key(id: str, until: int) -> str:
    return hashlib.sha256(f"moneybird-storage {id} {until}".encode()).hexdigest()
