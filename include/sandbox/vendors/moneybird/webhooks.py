"""Webhooks: registered by an address that answers 200, told of what happens to purchase documents, signed.

Moneybird-Signature: t=<epoch>,v1=<HMAC-SHA256 of "<t>.<body>" with the webhook's secret>; beside it a scheme that nobody knows. The secret is shown
once, when the webhook is made. Events of a day are sent when a test asks for it, those of edits at once; each of them twice, as
what was delivered can be delivered again.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib import request as http
from urllib.error import URLError
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import as_json
from sandbox.state import State, state_of

from . import purchases
from .access import administration_of, company_at
from .administration import DOCUMENT, OTHER, Administration, stamp
from .document_records import record
from .documents import document
from .errors import bad_request, invalid, not_found

_TIMEOUT_S = 5
#: What ids are made of: one that was deleted is not given again.
_numbers = itertools.count(900_000_000)
#: What `document` stands for.
_GROUP = ("document_saved", "document_updated", "document_destroyed")


@dataclass
class Webhook:
    id: str
    url: str
    events: list[str]
    token: str
    secret: str
    status: int | None = None
    body: str | None = None
    deactivated_at: str | None = None

    def wants(self, action: str) -> bool:
        events = self.events
        return self.deactivated_at is None and (
            not events or action in events or ("document" in events and action in _GROUP)
        )


_webhooks: WeakKeyDictionary[State, dict[str, dict[str, Webhook]]] = WeakKeyDictionary()


def _of(state: State, company: str) -> dict[str, Webhook]:
    return _webhooks.setdefault(state, {}).setdefault(company, {})


# --- registration --------------------------------------------------------------------------------


def answer(request: Request, administration: Administration, rest: str, body: bytes) -> Response:
    """rest: what stands behind `webhooks`. Raises Refused."""
    company = company_at(state_of(request), administration.id) or ""
    known = _of(state_of(request), company)
    id, _, action = rest.partition("/")
    if not id:
        if request.method == "GET":
            return as_json([_shown(administration, one) for one in known.values()])
        return _made(administration, known, body)
    if id not in known:
        raise not_found(request)
    if request.method == "DELETE":
        del known[id]
        return Response(status_code=204)
    known[id].deactivated_at = None if action == "activate" else stamp(int(time.time() * 1_000))
    return as_json(_shown(administration, known[id]))


def _made(administration: Administration, known: dict[str, Webhook], body: bytes) -> Response:
    asked: Any = json.loads(body or b"{}")
    if "events" in asked:
        raise bad_request(
            "'events' has been removed from webhooks, use 'enabled_events'", events="removed"
        )
    if not asked.get("url"):
        raise bad_request("Url is required", url="required")
    id = administration.record_id(OTHER, next(_numbers))
    secret = hashlib.sha256(f"secret {id}".encode()).hexdigest()
    made = Webhook(
        id, str(asked["url"]), list(asked.get("enabled_events") or []), f"token{id}", secret
    )
    _post(made, {"administration_id": administration.id, "webhook_token": made.token, "action": "test_webhook"})  # fmt: skip
    if made.status != 200:
        raise invalid("url", "must respond with 200", "invalid")
    known[id] = made
    return as_json({**_shown(administration, made), "secret": secret}, 201)


def _shown(administration: Administration, one: Webhook) -> dict[str, Any]:
    return {
        "id": one.id, "administration_id": administration.id, "url": one.url, "enabled_events": one.events,
        "last_http_status": one.status, "last_http_body": one.body, "token": one.token,
        "deactivated_at": one.deactivated_at,
    }  # fmt: skip


# --- sending -------------------------------------------------------------------------------------


def send(
    state: State, company: str, action: str, administration: Administration, place: int
) -> None:
    """Tell of a document, in the background."""
    wanting = [one for one in _of(state, company).values() if one.wants(action)]
    if not wanting:
        return
    today = administration_of(state, company)
    life = today.of(purchases.lives).get(place)
    shown = None if life is None else record(today, document(today, life))
    payloads = [
        (one, _payload(administration, one, action, place, shown))
        for one in wanting
        for _ in range(2)
    ]
    threading.Thread(target=_deliver, args=(payloads,), daemon=True).start()


def send_day(state: State, company: str) -> None:
    """Tell what the last working day did to purchase documents."""
    today = administration_of(state, company)
    if not today.day:
        return
    before = Administration(today.company, today.day - 1, today.id, today.key, today.edits)
    then, now = before.of(purchases.lives), today.of(purchases.lives)
    for place in sorted({*then, *now}):
        if place not in now:
            send(state, company, "document_destroyed", today, place)
        elif place not in then or then[place].updated != now[place].updated:
            action = "document_saved" if place not in then else "document_updated"
            send(state, company, action, today, place)


def _payload(
    administration: Administration, one: Webhook, action: str, place: int, shown: dict[str, Any] | None
) -> dict[str, Any]:  # fmt: skip
    return {
        "administration_id": administration.id, "webhook_id": one.id, "webhook_token": one.token,
        "entity_type": "Document", "entity_id": administration.record_id(DOCUMENT, place),
        "state": shown["state"] if shown else None, "action": action, "entity": shown or {},
    }  # fmt: skip


def _deliver(payloads: list[tuple[Webhook, dict[str, Any]]]) -> None:
    for one, payload in payloads:
        _post(one, payload)


def _post(one: Webhook, payload: dict[str, Any]) -> None:
    body = json.dumps(payload, ensure_ascii=False).encode()
    asked = http.Request(one.url, body, {"Content-Type": "application/json"}, method="POST")
    asked.add_header("Moneybird-Signature", signature(one.secret, body, int(time.time())))
    try:
        with http.urlopen(asked, timeout=_TIMEOUT_S) as answered:
            one.status, one.body = answered.status, answered.read(1_000).decode(errors="replace")
    except URLError as error:
        one.status, one.body = getattr(error, "code", None), str(error)[:200]


def signature(secret: str, body: bytes, at: int) -> str:
    """The header of a delivery."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v0={digest[::-1]},v1={digest}"
