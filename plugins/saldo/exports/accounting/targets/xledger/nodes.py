"""The lines of documents as they are sent: what the mapping made of them, and what only the moment of sending knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from saldo.vendors.xledger.importing import MOST_INPUTS
from saldo.vendors.xledger.mutations import File

from ..target import Dispatch, ReceiptContent
from .shape import file_part

#: Of trRegNumber.
LARGEST_NUMBER = 2**31 - 1
#: Bytes of receipts in one call, unless a voucher alone has more. Nobody knows how many Xledger takes.
MOST_BYTES = 25 * 1024 * 1024
_NOT_IN_A_NAME = re.compile(r"[^\w.() -]")


class Line(msgspec.Struct, frozen=True):
    """A line of a document as it is expected in Xledger. path: what messages call it."""

    dispatch: Dispatch
    node: dict[str, Any]
    path: str

    @property
    def reference(self) -> str:
        return str(self.node["extIdentifier"])

    @property
    def is_owed(self) -> bool:
        return "invoiceNumber" in self.node


def lines_of(dispatch: Dispatch) -> list[Line]:
    """In the order in which they are sent."""
    document = dispatch.document
    found = []
    for entry, given in zip(document.entries, document.payload["inputs"], strict=True):
        path = "what is owed" if entry.line is None else f"line {entry.line}"
        found.append(Line(dispatch, given["node"], path))
    return found


def inputs_of(dispatch: Dispatch, owner: str) -> list[dict[str, Any]]:
    """The inputs of a document. owner: the dbId of the entity; without it a token makes them in its own."""
    return [
        {"clientId": client_id(dispatch, at), "node": _node(line, owner)}
        for at, line in enumerate(lines_of(dispatch), start=1)
    ]


def client_id(dispatch: Dispatch, at: int) -> str:
    """Of an input; differs within a call."""
    return f"{dispatch.number}-{at}"


def _node(line: Line, owner: str) -> dict[str, Any]:
    node = {**line.node, "trRegNumber": line.dispatch.number, "owner": {"dbId": int(owner)}}
    # A number there, where amounts are texts.
    if isinstance(node.get("quantity"), Decimal | str):
        node["quantity"] = msgspec.Raw(format(Decimal(node["quantity"]), "f").encode())
    if "invoiceFile" in node:
        node["invoiceFile"] = _part(line.dispatch, node["invoiceFile"])
    return node


def files_of(dispatch: Dispatch, receipts: ReceiptContent) -> list[File]:
    """The receipts of a document as parts of a request."""
    document = dispatch.document
    return [
        File(
            _part(dispatch, file_part(one.line, one.name)),
            one.name,
            one.content_type,
            receipts(document, one),
        )
        for one in document.receipts
    ]


def _part(dispatch: Dispatch, name: str) -> str:
    """Differs within a call, and needs no escape."""
    return f"{dispatch.number}-{_NOT_IN_A_NAME.sub('_', name)}"


def groups_of(dispatches: Sequence[Dispatch], size: int) -> list[list[Dispatch]]:
    """Parts of at most so many lines; a document is never parted."""
    found: list[list[Dispatch]] = []
    lines = weight = 0
    for dispatch in dispatches:
        document = dispatch.document
        more, bytes = len(document.payload["inputs"]), sum(r.size for r in document.receipts)
        if not found or lines + more > min(size, MOST_INPUTS) or weight + bytes > MOST_BYTES:
            found.append([])
            lines = weight = 0
        found[-1].append(dispatch)
        lines, weight = lines + more, weight + bytes
    return found
