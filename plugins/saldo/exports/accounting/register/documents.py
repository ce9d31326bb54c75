"""A document as the register keeps it, and read again to the byte.

`body` is kept as the text it is sent as: what is read again has the amounts as they stand there, as Decimals where the
target takes numbers, as texts where it takes texts. Its `body` is the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from ..document import AccountingDocument

_BODY = msgspec.json.Decoder(float_hook=Decimal)


def kept(document: AccountingDocument) -> dict[str, Any]:
    """As ops.export_job.payload: {document, body}."""
    found = msgspec.to_builtins(document)
    del found["payload"]
    return {"document": found, "body": document.body.decode()}


def restored(payload: Mapping[str, Any]) -> AccountingDocument | None:
    """The document that was kept; None where none was yet, or where it was erased."""
    if "document" not in payload:
        return None
    values = {**payload["document"], "payload": _BODY.decode(payload["body"])}
    return msgspec.convert(values, AccountingDocument)


def again(document: AccountingDocument) -> AccountingDocument:
    """As it is read again: what is sent first is what is compared later, in every type."""
    found = restored(kept(document))
    assert found is not None
    return found
