"""Dimensions of a line, an invoice or an entry: code and value, both known and not blocked."""

from __future__ import annotations

from . import accounts
from .errors import rule, unrelated
from .fields import Row, empty, fields
from .ledger import Ledger

SET_LINES = fields(
    "id:guid! parentId:guid! parentType:option! code:code20 displayName:text30! valueId:guid valueCode:code20 "
    "valueDisplayName:text50!"
)
TABLE = "dimensionSetLines"


def create(ledger: Ledger, given: Row, parent: Row | None) -> Row:
    assert parent is not None
    accounts.required(given, ("code",))
    code = given["code"]
    if ledger.one(TABLE, parentId=parent["id"], code=code):
        raise rule(
            "The dimension set line already exists. Check existing dimension set lines and the default dimension set lines on the parent."
        )
    row = {**empty(SET_LINES), "parentId": parent["id"], **given}
    return ledger.add(TABLE, {**row, **_value(ledger, code, given)})


def bring(ledger: Ledger, line: Row, *owners: Row | None) -> None:
    """What a line's accounts have by default; that of the first counts."""
    for owner in filter(None, owners):
        for code, value in owner["_defaults"].items():
            if not ledger.one(TABLE, parentId=line["id"], code=code):
                create(ledger, {"code": code, "valueCode": value}, line)


def change(ledger: Ledger, row: Row, given: Row) -> Row:
    return ledger.change(TABLE, row, **_value(ledger, row["code"], given))


def delete(ledger: Ledger, row: Row) -> None:
    ledger.remove(TABLE, row)


def _value(ledger: Ledger, code: str, given: Row) -> Row:
    """Raises Refused for a dimension or a value that is unknown or blocked."""
    dimension = ledger.one("dimensions", code=code)
    if dimension is None:
        raise unrelated("Dimension Code", code, "Dimension Set Entry", "Dimension")
    wanted = given.get("valueCode", "")
    found = (
        ledger.by_id("dimensionValues", given["valueId"])
        if "valueId" in given
        else ledger.one("dimensionValues", dimensionId=dimension["id"], code=wanted)
    )
    if found is None or found["dimensionId"] != dimension["id"]:
        raise unrelated("Dimension Value Code", wanted, "Dimension Set Entry", "Dimension Value")
    if found["_blocked"]:  # which the API shows of accounts, not of values
        raise rule(f"Dimension Value {code} - {found['code']} is blocked.")
    return {
        "displayName": dimension["displayName"], "valueId": found["id"],
        "valueCode": found["code"], "valueDisplayName": found["displayName"],
    }  # fmt: skip
