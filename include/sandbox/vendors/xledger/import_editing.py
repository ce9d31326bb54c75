"""What somebody does by hand in Xledger, and how imports are set: POST /sandbox/companies/<id>/xledger.

{"do": "run_import"}: the import job; with "releases": what is held, too. "set": the fields of Settings (written.py).
"delete_item", "change_item" (extIdentifier, and fields such as amount, text, account): of a staged line. "add_item" (node): a line of
somebody else's, staged as through the API. "delete_posted" (extIdentifier): the whole voucher; "change_posted" (extIdentifier, and
fields such as amount, text, account); "reverse_posted" (extIdentifier): a voucher with the signs turned, its lines called as those of
the first; "pay_posted" (extIdentifier of what is owed, and postedDate): a voucher
that pays it, under its invoice number. "close_period", "open_period" (period: 2026-03). "change" (root, code, and fields): a row of accounts, suppliers, employees,
projects, objectValues. "rename" (description): the company. Amounts are texts such as "12.50". What is done ends
when the company begins anew.
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

from . import import_job, imports
from .access import Asker, entity_of, kept_of, options_of, token_of
from .entity import Entity
from .errors import Refused
from .import_checks import Checks, Wrong
from .import_job import ITEMS, LINES, PAYABLES
from .registers import as_row
from .tables import TABLES
from .written import Kept, Settings, Written

Values = dict[str, Any]


class _Desk:
    """Somebody's, in a company."""

    def __init__(self, asker: Asker) -> None:
        self.asker, self.entity = asker, asker.own

    @property
    def kept(self) -> Kept:
        return self.asker.kept(self.entity)

    def of(self, root: str, reference: str) -> list[Written]:
        found = [r for r in self.kept.rows[root].values() if r["extIdentifier"] == reference]
        if not found:
            raise KeyError(f"{root} {reference}")
        return found

    def typed(self, values: Values) -> Values:
        """Fields as rows have them."""
        found: Values = {}
        for name, value in values.items():
            if name in ("amount", "taxAmount", "invoiceAmount"):
                found[name] = int(Decimal(value) * 100)
            elif name in (
                "account",
                "subledger",
                "project",
                "taxRule",
                "currency",
            ) or name.startswith("glObject"):
                row = Checks(self.asker, self.entity).find(name, {"code": value})
                if isinstance(row, Wrong):
                    raise ValueError(row.text)
                found[name] = row
            else:
                found[name] = value
        return found


def answer(request: Request, body: bytes) -> Response:
    """Raises ValueError or KeyError for what cannot be done."""
    state, company = state_of(request), request.path_params["id"]
    if company not in state.books:
        raise KeyError(company)
    values = json.loads(body)
    do = _DONE.get(values.pop("do", None))
    if do is None:
        raise ValueError(f"do is one of {sorted(_DONE)}")

    def kept(entity: Entity) -> Kept:
        return kept_of(state, entity)

    asker = Asker(
        token_of(state, company), options_of(state, company), entity_of(state, company), (), kept
    )
    try:
        return as_json(do(_Desk(asker), values) or {"ok": True})
    except Refused as refused:
        raise ValueError(str(refused)) from None


def _run(desk: _Desk, values: Values) -> None:
    import_job.run(desk.asker, desk.entity, releases=bool(values.get("releases")))


def _set(desk: _Desk, values: Values) -> None:
    known = {one.name for one in fields_of(Settings)}
    if not set(values) <= known:
        raise ValueError(f"settings are {sorted(known)}, not {sorted(set(values) - known)}")
    for name, value in values.items():
        setattr(desk.kept.settings, name, value)


def _delete_item(desk: _Desk, values: Values) -> None:
    for row in desk.of(ITEMS, values["extIdentifier"]):
        desk.kept.remove(desk.entity, ITEMS, row)


def _change_item(desk: _Desk, values: Values) -> None:
    [row, *_] = desk.of(ITEMS, values.pop("extIdentifier"))
    desk.kept.change(desk.entity, ITEMS, row, **desk.typed(values))


def _add_item(desk: _Desk, values: Values) -> None:
    imports.add_items(desk.asker, [{"node": values["node"]}], {})


def _voucher(desk: _Desk, root: str, reference: str) -> list[Written]:
    """All lines of the vouchers in which there is such a line."""
    name = "header" if root == LINES else "transactionHeader"
    ids = {row["header"]["dbId"] for row in desk.of(LINES, reference)}
    return [row for row in desk.kept.rows[root].values() if row[name]["dbId"] in ids]


def _delete_posted(desk: _Desk, values: Values) -> None:
    for root in (PAYABLES, LINES):
        for row in _voucher(desk, root, values["extIdentifier"]):
            desk.kept.remove(desk.entity, root, row)


def _change_posted(desk: _Desk, values: Values) -> None:
    reference = values.pop("extIdentifier")
    for root in (LINES, PAYABLES):
        for row in [r for r in desk.kept.rows[root].values() if r["extIdentifier"] == reference][
            :1
        ]:
            desk.kept.change(desk.entity, root, row, **desk.typed(values))


def _reverse_posted(desk: _Desk, values: Values) -> None:
    header_id, moment = desk.kept.header_id(), desk.kept.moment(desk.entity)
    for root, name in ((LINES, "header"), (PAYABLES, "transactionHeader")):
        for row in _voucher(desk, root, values["extIdentifier"]):
            header = {**row[name], "dbId": header_id, "transactionNumber": 900_000 + header_id % 10_000_000, "importedAt": None,
                      "trRegNumber": None, "createdAt": moment}  # fmt: skip
            turned = {
                n: -row[n] if row[n] else row[n] for n in ("amount", "invoiceAmount", "taxAmount")
            }
            desk.kept.add(
                desk.entity,
                root,
                {**{k: v for k, v in row.items() if k != "dbId"}, **turned, name: header},
            )


def _pay_posted(desk: _Desk, values: Values) -> None:
    [owed, *_] = desk.of(PAYABLES, values["extIdentifier"])
    header_id, moment = desk.kept.header_id(), desk.kept.moment(desk.entity)
    was = owed["transactionHeader"]
    header = {**was, "dbId": header_id, "transactionNumber": 900_000 + header_id % 10_000_000, "importedAt": None,
              "trRegNumber": None, "createdAt": moment, "postedDate": values.get("postedDate", was["postedDate"])}  # fmt: skip
    line = next(
        row
        for row in desk.kept.rows[LINES].values()
        if row["header"]["dbId"] == was["dbId"] and row["accountDbId"] == owed["accountDbId"]
    )
    paid = {"amount": -owed["amount"], "invoiceAmount": -owed["amount"], "extIdentifier": None}
    of_payables = {"slTransactionType": {"name": "ELECTRONIC_PAYMENT"}, "invoiceRemaining": 0}
    for root, row, more in (
        (PAYABLES, owed, {**of_payables, "transactionHeader": header}),
        (LINES, line, {"postedDate": header["postedDate"], "header": header}),
    ):
        kept = {name: value for name, value in row.items() if name != "dbId"}
        desk.kept.add(desk.entity, root, {**kept, **paid, **more})


def _period(desk: _Desk, values: Values, status: str) -> None:
    for row in TABLES["periods"].forwards(desk.entity, 0):
        if row["description"] == values["period"]:
            desk.kept.changed["periods", row["dbId"]] = {
                "periodStatus": {"name": status, "code": None}
            }
            return
    raise KeyError(values["period"])


def _change(desk: _Desk, values: Values) -> None:
    root, code = values.pop("root"), values.pop("code")
    row = next((r for r in Checks(desk.asker, desk.entity).rows(root) if r["code"] == code), None)
    if row is None:
        raise KeyError(f"{root} {code}")
    before = desk.kept.changed.get((root, row["dbId"]), {})
    desk.kept.changed[root, row["dbId"]] = {**before, **values}


def _rename(desk: _Desk, values: Values) -> None:
    row = as_row(desk.entity)
    desk.kept.changed["entities", row["dbId"]] = {"description": values["description"]}


_DONE: dict[str, Callable[[_Desk, Values], Any]] = {
    "run_import": _run, "set": _set, "delete_item": _delete_item, "change_item": _change_item, "add_item": _add_item,
    "delete_posted": _delete_posted, "change_posted": _change_posted, "reverse_posted": _reverse_posted,
    "pay_posted": _pay_posted,
    "close_period": lambda desk, values: _period(desk, values, "CLOSED"),
    "open_period": lambda desk, values: _period(desk, values, "OPEN"), "change": _change, "rename": _rename,
}  # fmt: skip
