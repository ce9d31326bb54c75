"""What somebody does by hand in a company, and how it is set: POST /sandbox/companies/<id>/business_central.

{"do": "ask", "method": "POST", "path": "journals(…)/journalLines", "body": {…}}   anything the API can, without token, fault or ETag
"post_journal" (journal: its code), "delete_line" (documentNumber), "change_line" (documentNumber, and fields),
"delete_invoice" (vendorInvoiceNumber), "change_invoice" (the same, and fields such as status), "change_entry" (documentNumber, and
fields: of the first entry that was posted under it, which the API never changes), "delete_entries" (documentNumber). "account", "vendor" (number, and fields such as blocked, directPosting), "value" (dimension, code, blocked).
"period" (from, to): the allowed posting range; months before it are closed. "close_on_post" (from): the period closes when something is
posted next. "rename" (name, display_name): the company. "lock" (writes): so many are refused, as somebody else holds the tables.
"set": the fields of Settings. "limit" (app, requests, seconds): of an app; null is as ever. "usage" (app): what it has asked.
`environment` (Sandbox) chooses between the companies of one id. What is done ends when the company begins anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields as fields_of
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import as_json
from sandbox.state import state_of

from . import invoices, journals, posting, setup
from .companies import SANDBOX, ledgers_of
from .errors import Refused
from .fields import Row
from .ledger import Ledger, Settings
from .limits import WINDOW_S, usage_of
from .serving import Asked, served

Values = dict[str, Any]


def answer(request: Request, body: bytes) -> Response:
    """Raises ValueError or KeyError for what cannot be done."""
    state, company = state_of(request), request.path_params["id"]
    values = json.loads(body, parse_float=Decimal)
    do, where = values.pop("do", None), values.pop("environment", SANDBOX)
    if do in _OF_APPS:
        return as_json(_OF_APPS[do](usage_of(state, values.pop("app")), values))
    if do not in _OF_COMPANIES:
        raise ValueError(f"do is one of {sorted({*_OF_COMPANIES, *_OF_APPS})}, not {do!r}")
    if company not in state.books:
        raise KeyError(company)
    ledger = next((found for name, found in ledgers_of(state, company) if name == where), None)
    if ledger is None:
        raise KeyError(f"{company} in {where}")
    try:
        return as_json(_OF_COMPANIES[do](ledger, values) or {"ok": True})
    except Refused as refused:
        raise ValueError(f"{refused.code}: {refused.text}") from None


def _one(ledger: Ledger, table: str, **equal: Any) -> Row:
    found = ledger.one(table, **equal)
    if found is None:
        raise KeyError(f"{table} {equal}")
    return found


# --- documents -----------------------------------------------------------------------------------


def _ask(ledger: Ledger, values: Values) -> Any:
    body = json.dumps(values.get("body", {}), default=float).encode()
    headers = {"if-match": "*", "content-type": values.get("type", "application/octet-stream")}
    asked = Asked(values.get("method", "POST"), values["path"], "", {}, headers, body)
    return served(ledger, asked).body


def _post_journal(ledger: Ledger, values: Values) -> None:
    posting.post_journal(ledger, _one(ledger, "journals", code=values["journal"]))


def _delete_line(ledger: Ledger, values: Values) -> None:
    line = _one(ledger, "journalLines", documentNumber=values["documentNumber"])
    journals.delete_line(ledger, line)


def _change_line(ledger: Ledger, values: Values) -> None:
    _change(ledger, "journalLines", "documentNumber", values)


def _delete_invoice(ledger: Ledger, values: Values) -> None:
    number = values["vendorInvoiceNumber"]
    row = _one(ledger, "purchaseInvoices", vendorInvoiceNumber=number)
    invoices.remove_below(ledger, row)
    for line in list(ledger.rows("purchaseInvoiceLines", documentId=row["id"])):
        ledger.remove("purchaseInvoiceLines", line)
    ledger.remove("purchaseInvoices", row)


def _change_invoice(ledger: Ledger, values: Values) -> None:
    _change(ledger, "purchaseInvoices", "vendorInvoiceNumber", values)


def _change_entry(ledger: Ledger, values: Values) -> None:
    _change(ledger, "generalLedgerEntries", "documentNumber", values)


def _delete_entries(ledger: Ledger, values: Values) -> None:
    number = values["documentNumber"]
    for row in list(ledger.rows("generalLedgerEntries", documentNumber=number)):
        ledger.remove("generalLedgerEntries", row)


def _account(ledger: Ledger, values: Values) -> None:
    _change(ledger, "accounts", "number", values)


def _vendor(ledger: Ledger, values: Values) -> None:
    _change(ledger, "vendors", "number", values)


def _change(ledger: Ledger, table: str, key: str, values: Values) -> None:
    """The first record with that key gets other values."""
    row = _one(ledger, table, **{key: values.pop(key)})
    unknown = [name for name in values if name not in row]
    if unknown or not values:
        raise ValueError(f"fields of {table} are {sorted(row)}, not {unknown}")
    ledger.change(table, row, **{n: _typed(row[n], value) for n, value in values.items()})


def _typed(before: Any, value: Any) -> Any:
    return Decimal(str(value)) if isinstance(before, Decimal) else value


def _value(ledger: Ledger, values: Values) -> None:
    dimension = _one(ledger, "dimensions", code=values["dimension"])
    row = _one(ledger, "dimensionValues", dimensionId=dimension["id"], code=values["code"])
    ledger.change("dimensionValues", row, _blocked=bool(values["blocked"]))


# --- how it is set -------------------------------------------------------------------------------


def _period(ledger: Ledger, values: Values) -> None:
    setup.allow_posting(ledger, values["from"], values.get("to", "0001-01-01"))


def _close_on_post(ledger: Ledger, values: Values) -> None:
    ledger.closes_on_post = values["from"]


def _rename(ledger: Ledger, values: Values) -> None:
    ledger.name = values.get("name", ledger.name)
    ledger.display_name = values.get("display_name", ledger.display_name)


def _lock(ledger: Ledger, values: Values) -> None:
    ledger.locked = int(values["writes"])


def _set(ledger: Ledger, values: Values) -> None:
    known = {one.name for one in fields_of(Settings)}
    if not set(values) <= known:
        raise ValueError(f"settings are {sorted(known)}, not {sorted(set(values) - known)}")
    for name, value in values.items():
        setattr(ledger.settings, name, value)


def _limit(usage: Any, values: Values) -> Values:
    usage.limit = values.get("requests")
    usage.window_s = float(values.get("seconds") or WINDOW_S)
    usage.moments.clear()
    return {"ok": True}


def _usage(usage: Any, values: Values) -> Values:
    names = ("total", "throttled", "at_once", "writers_at_once")
    return {name: getattr(usage, name) for name in names}


_OF_COMPANIES: dict[str, Callable[[Ledger, Values], Any]] = {
    "ask": _ask, "post_journal": _post_journal, "delete_line": _delete_line,
    "change_line": _change_line, "delete_invoice": _delete_invoice, "change_invoice": _change_invoice, "change_entry": _change_entry,
    "delete_entries": _delete_entries, "account": _account, "vendor": _vendor, "value": _value,
    "period": _period, "close_on_post": _close_on_post, "rename": _rename, "lock": _lock, "set": _set,
}  # fmt: skip
_OF_APPS: dict[str, Callable[[Any, Values], Values]] = {"limit": _limit, "usage": _usage}
