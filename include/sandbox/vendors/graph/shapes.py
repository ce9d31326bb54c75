"""How Graph writes sites, drives and items."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from .library import Library, Node
from .sites import Site

_MADE = datetime(2026, 1, 2, 8, tzinfo=UTC)


def site(one: Site) -> dict[str, Any]:
    return {"id": one.id, "name": one.company, "displayName": one.name, "webUrl": one.url}


def drive(of: Site, one: Library) -> dict[str, Any]:
    return {
        "id": one.drive,
        "driveType": "documentLibrary",
        "name": one.name,
        "webUrl": f"{of.url}/{quote(one.url_name)}",
    }


def item(of: Library, node: Node) -> dict[str, Any]:
    """All of it; `changes.told` leaves out what changes do not tell."""
    moment = f"{_MADE + timedelta(minutes=node.minute):%Y-%m-%dT%H:%M:%SZ}"
    found: dict[str, Any] = {
        "id": node.id,
        "name": node.name,
        "size": len(node.content),
        "eTag": f'"{{{node.id}}},{node.version}"',
        "createdDateTime": f"{_MADE:%Y-%m-%dT%H:%M:%SZ}",
        "lastModifiedDateTime": moment,
        "lastModifiedBy": {"user": {"email": node.by, "displayName": node.by.partition("@")[0]}},
        "parentReference": _parent(of, node),
    }
    if node.id == of.root.id:
        found["root"] = {}
    if node.kind == "folder":
        return {**found, "folder": {"childCount": len(of.children(node.id))}}
    return {
        **found,
        "cTag": f'"c:{{{node.id}}},{node.version}"',
        "file": {"mimeType": "application/octet-stream", "hashes": {"quickXorHash": node.hash}},
    }


def _parent(of: Library, node: Node) -> dict[str, str]:
    if not node.parent:
        return {"driveId": of.drive, "driveType": "documentLibrary"}
    path = quote(of.path_of(of.nodes[node.parent]))
    return {
        "driveId": of.drive,
        "driveType": "documentLibrary",
        "id": node.parent,
        "path": f"/drives/{of.drive}/root:{'/' + path if path else ''}",
    }
