"""One request to a company: a path of entity sets and keys, a method, a body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from . import attachments, lists, setup
from .entities import ENTITIES, Entity, below
from .errors import Refused, changed, locked, malformed, no_etag, no_such_segment, not_found
from .fields import NO_DATE, Row, read
from .ledger import Ledger, etag_of

_SEGMENT = re.compile(r"([\w.$]+)(?:\(([^()]*)\))?")
_ETAG = re.compile(r'W/"[A-Za-z0-9+/=]+"')
_POST = "Microsoft.NAV.post"


@dataclass(frozen=True)
class Asked:
    """What is asked of a company. path: below the company. url: of the path, absolute. headers: lower-case names."""

    method: str
    path: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def values(self) -> Any:
        """The body; numbers with decimals are Decimal. Raises Refused."""
        try:
            return json.loads(self.body or b"{}", parse_float=Decimal)
        except ValueError:
            raise malformed("Invalid Request Body") from None


@dataclass(frozen=True)
class Told:
    """body: JSON, bytes, or None for none. headers: of the answer."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Place:
    """A set, or a record of it, below a parent. rest: what stands behind."""

    entity: Entity
    row: Row | None
    parent: Row | None
    parent_field: str
    has_key: bool
    rest: str


def served(ledger: Ledger, asked: Asked) -> Told:
    """Raises Refused; what was done until then is taken back."""
    if asked.method == "GET":
        return _read(ledger, asked)
    if ledger.locked:
        ledger.locked -= 1
        raise locked()
    with ledger.transaction():
        return _written(ledger, asked)


def _placed(ledger: Ledger, path: str) -> _Place:
    """Raises Refused for a segment nobody knows and a record that is not there."""
    parent: Row | None = None
    parent_field, before = "", ""
    segments = path.strip("/").split("/")
    for place, segment in enumerate(segments):
        match = _SEGMENT.fullmatch(segment)
        entity = ENTITIES.get(match[1]) if match else None
        if match is None or entity is None:
            raise no_such_segment(segment)
        if before and before not in entity.parents:
            raise no_such_segment(segment)
        parent_field = entity.parents.get(before, "")
        row = _row(ledger, entity, match[2], parent, parent_field)
        rest = segments[place + 1 :]
        is_last = not rest or rest[0] in (_POST, entity.content)
        if is_last:
            has_key = match[2] is not None
            return _Place(entity, row, parent, parent_field, has_key, "/".join(rest))
        if row is None:
            raise no_such_segment(rest[0])
        parent, before = row, entity.name
    raise no_such_segment(path)


def _row(
    ledger: Ledger, entity: Entity, key: str | None, parent: Row | None, parent_field: str
) -> Row | None:
    if key is None:
        return None
    row = ledger.by_id(entity.name, key.strip("'").lower())
    if row is None or (parent is not None and row[parent_field] != parent["id"]):
        raise not_found(f"No {entity.type} is called {key}.")
    return row


# --- reading -------------------------------------------------------------------------------------


def _read(ledger: Ledger, asked: Asked) -> Told:
    place = _placed(ledger, asked.path)
    entity, row = place.entity, place.row
    under = {name: partial(_inside, ledger, name, field) for name, field in below(entity.name)}
    if row is not None:
        if place.rest:
            return _content(row, entity, place.rest)
        return Told(200, lists.shown(row, entity.fields, under, asked.params))
    wanted = lists.filter_of(asked.params, entity.fields)
    equal = dict(wanted.equal)
    if place.parent is not None:
        equal[place.parent_field] = place.parent["id"]
    elif entity.needs_parent and not set(entity.parents.values()) & set(equal):
        raise Refused(400, "Application_DialogException", entity.needs_parent)
    until = _known_until(ledger, asked)
    found = [
        row
        for row in ledger.rows(entity.name, **equal)
        if wanted.test(row) and entity.is_shown(row) and row["_serial"] <= until
    ]
    if entity.order:
        found.sort(key=lambda row: row[entity.order])
    return Told(
        200,
        lists.listed(
            found, entity.fields, under, asked.params, url=asked.url,
            prefer=asked.headers.get("prefer", ""), page=ledger.settings.page,
        ),
    )  # fmt: skip


def _known_until(ledger: Ledger, asked: Asked) -> int:
    """A replica lags: it does not know what was done last."""
    is_replica = asked.headers.get("data-access-intent", "").lower() == "readonly"
    return ledger.serial - (ledger.settings.replica_lag if is_replica else 0)


def _inside(
    ledger: Ledger, name: str, parent_field: str, row: Row, more: str = ""
) -> Iterable[dict[str, Any]]:
    """Records below one, as $expand shows them. more: what is expanded in these."""
    entity = ENTITIES[name]
    found = [one for one in ledger.rows(name, **{parent_field: row["id"]}) if entity.is_shown(one)]
    if entity.order:
        found.sort(key=lambda one: one[entity.order])
    under = {other: partial(_inside, ledger, other, above) for other, above in below(name)}
    params = {"$expand": more} if more else {}
    return [lists.shown(one, entity.fields, under, params) for one in found]


def _content(row: Row, entity: Entity, rest: str) -> Told:
    if rest != entity.content:
        raise Refused(405, "BadRequest_MethodNotAllowed", "The action must be called by POST.")
    return Told(200, row["_content"])


# --- writing -------------------------------------------------------------------------------------


def _written(ledger: Ledger, asked: Asked) -> Told:
    place, method = _placed(ledger, asked.path), asked.method
    entity, row = place.entity, place.row
    if place.rest == _POST and row is not None and method == "POST" and entity.post:
        if ledger.closes_on_post:
            with ledger.apart():
                setup.allow_posting(ledger, ledger.closes_on_post, NO_DATE)
            ledger.closes_on_post = ""
        entity.post(ledger, row)
        return Told(204)
    if method == "POST" and not place.has_key and entity.create:
        if entity.needs_parent and place.parent is None:
            raise Refused(400, "Application_DialogException", entity.needs_parent)
        made = _created(ledger, entity, asked.values(), place.parent)
        return _one(ledger, entity, made, 201)
    if row is None or method not in ("PATCH", "DELETE", "PUT"):
        raise _not_allowed(asked, entity)
    _check_etag(row, asked)
    if place.rest and place.rest == entity.content and method in ("PATCH", "PUT"):
        kind = asked.headers.get("content-type", "")
        attachments.put_content(entity.name, ledger, row, kind, asked.body)
        return Told(204)
    if method == "DELETE" and entity.delete and not place.rest:
        entity.delete(ledger, row)
        return Told(204)
    if method == "PATCH" and entity.change and not place.rest:
        given = read(entity.type, entity.fields, asked.values())
        return _one(ledger, entity, entity.change(ledger, row, given), 200)
    raise _not_allowed(asked, entity)


def _one(ledger: Ledger, entity: Entity, row: Row, status: int) -> Told:
    now = ledger.by_id(entity.name, row["id"]) or row
    if status == 201 and ledger.settings.totals_come_late:
        now = {name: 0 if name.startswith("total") else value for name, value in now.items()}
    return Told(status, lists.shown(now, entity.fields, {}), {"ETag": etag_of(now)})


def _created(ledger: Ledger, entity: Entity, values: Any, parent: Row | None) -> Row:
    """A record and, in one go, what is inside it: all of it or nothing."""
    values = dict(values) if isinstance(values, dict) else values
    inner = set(entity.inner)
    if not ledger.settings.takes_inner_dimensions:
        inner -= {"dimensionSetLines"}
    inside = [(name, values.pop(name)) for name in entity.inner if name in inner and name in values]
    given = read(entity.type, entity.fields, values)
    assert entity.create is not None
    made = entity.create(ledger, given, parent)
    for name, rows in inside:
        if not isinstance(rows, list):
            raise malformed(f"'{name}' must be a list.")
        for one in rows:
            _created(ledger, ENTITIES[name], one, ledger.by_id(entity.name, made["id"]))
    return made


def _check_etag(row: Row, asked: Asked) -> None:
    """PATCH and PUT need If-Match, DELETE takes it. Raises Refused for none and for an old one."""
    given = asked.headers.get("if-match")
    if given is None and asked.method == "DELETE":
        return
    if given is None or (given != "*" and not _ETAG.fullmatch(given)):
        raise no_etag()
    if given not in ("*", etag_of(row)):
        raise changed()


def _not_allowed(asked: Asked, entity: Entity) -> Refused:
    told = (
        f"'{asked.method}' requests for '{entity.name}' of EdmType 'Entity' are not allowed within Microsoft "
        "Dynamics NAV OData web services."
    )
    return Refused(405, "BadRequest_MethodNotAllowed", told)
