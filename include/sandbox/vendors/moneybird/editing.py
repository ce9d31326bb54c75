"""What a test or a person does in an administration, and with its limits: POST /sandbox/companies/<id>/moneybird.

{"do": "edit", "document": id, …}, "…" being any of date, due_date, reference, description (of the first line), price (of the first line, "12.3456"),
more_lines (true: one more), paid_on (the rest is paid privately that day); "kind" (document, kind), "delete" (document); each with
"same_second": true where the version is to stay what it was. "mutation" (mutation, date: a bank transaction is of another day). "others" (requests: somebody else asks so many times with the company's
token), "limit" (requests, seconds: of its window; null: as ever), "forget" (the window begins anew). "send" (events of the day to its webhooks).
GET tells what the company's token has used. What was edited ends with the process, and when the company begins anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.state import State, state_of

from . import limits, webhooks
from .access import administration_of, token_of
from .administration import DOCUMENT, MUTATION, Administration
from .edits import Edit
from .mutations import mutation_lives
from .purchases import INVOICE, RECEIPT, lives

_FIELDS = frozenset(
    {"date", "due_date", "reference", "description", "price", "more_lines", "paid_on"}
)


def answer(request: Request, body: bytes) -> Response:
    """Raises ValueError or KeyError for what cannot be done."""
    state, company = state_of(request), request.path_params["id"]
    if company not in state.books:
        raise KeyError(company)
    if request.method == "GET":
        return JSONResponse(asdict(limits.usage_of(state, token_of(state, company).token)))
    values = json.loads(body)
    do = values.pop("do", None)
    if do in _OF_DOCUMENTS:
        return JSONResponse(_edited(state, company, do, values))
    if do not in _OTHERS:
        raise ValueError(f"do is one of {sorted({*_OF_DOCUMENTS, *_OTHERS})}, not {do!r}")
    _OTHERS[do](state, company, values)
    return JSONResponse({"ok": True})


# --- documents -----------------------------------------------------------------------------------


def _edited(state: State, company: str, do: str, values: dict[str, Any]) -> dict[str, Any]:
    administration = administration_of(state, company)
    place = administration.index_of(DOCUMENT, values.pop("document", ""))
    life = None if place is None else administration.of(lives).get(place)
    if place is None or life is None:
        raise KeyError("document")
    is_same_second = bool(values.pop("same_second", False))
    edit = _edit_of(administration, place, life.updated, is_same_second=is_same_second)
    _OF_DOCUMENTS[do](edit, values)
    administration.edits.serial += 1
    webhooks.send(state, company, _EVENTS[do], administration, place)
    return {"ok": True, "version": edit.at // 1_000}


def _edit_of(
    administration: Administration, place: int, updated: int, *, is_same_second: bool
) -> Edit:
    """What was edited of a document until now; it has changed just now: a second later than ever before, and after
    everything of the day."""
    edits = administration.edits
    edit = edits.documents.setdefault(place, Edit(updated))
    latest = max((one.at for one in edits.documents.values()), default=0)
    evening = administration.evening(administration.day, 7_199)
    edit.at = updated if is_same_second else max(updated, latest, evening) + 1_000
    return edit


def delete(administration: Administration, place: int) -> None:
    """A purchase document is gone."""
    life = administration.of(lives).get(place)
    if life is not None:
        _edit_of(administration, place, life.updated, is_same_second=False).is_deleted = True
        administration.edits.serial += 1


def _set(edit: Edit, values: dict[str, Any]) -> None:
    unknown = sorted(set(values) - _FIELDS)
    if unknown or not values:
        raise ValueError(f"what is edited is one of {sorted(_FIELDS)}, not {unknown}")
    if "price" in values:
        values["price"] = int(Decimal(str(values["price"])) * 10_000)
    edit.fields.update(values)


def _kind(edit: Edit, values: dict[str, Any]) -> None:
    if values.get("kind") not in (INVOICE, RECEIPT):
        raise ValueError(f"kind is {INVOICE} or {RECEIPT}")
    edit.kind = values["kind"]


def _delete(edit: Edit, values: dict[str, Any]) -> None:
    edit.is_deleted = True


_OF_DOCUMENTS: dict[str, Callable[[Edit, dict[str, Any]], None]] = {
    "edit": _set,
    "kind": _kind,
    "delete": _delete,
}
_EVENTS = {"edit": "document_updated", "kind": "document_updated", "delete": "document_destroyed"}

# --- the bank ------------------------------------------------------------------------------------


def _mutation(state: State, company: str, values: dict[str, Any]) -> None:
    administration = administration_of(state, company)
    place = administration.index_of(MUTATION, values["mutation"])
    life = None if place is None else administration.of(mutation_lives).get(place)
    if place is None or life is None:
        raise KeyError("mutation")
    evening = administration.evening(administration.day, 7_199)
    changed = date.fromisoformat(values["date"]), max(life.updated, evening) + 1_000
    administration.edits.mutations[place] = changed
    administration.edits.serial += 1


# --- limits --------------------------------------------------------------------------------------


def _others(state: State, company: str, values: dict[str, Any]) -> None:
    limits.used_by_others(state, company, int(values["requests"]))


def _limit(state: State, company: str, values: dict[str, Any]) -> None:
    usage = limits.usage_of(state, token_of(state, company).token)
    usage.limit, usage.window_s = values.get("requests"), values.get("seconds")


def _forget(state: State, company: str, values: dict[str, Any]) -> None:
    limits.usage_of(state, token_of(state, company).token).began = 0.0


def _send(state: State, company: str, values: dict[str, Any]) -> None:
    webhooks.send_day(state, company)


_OTHERS: dict[str, Callable[[State, str, dict[str, Any]], None]] = {
    "mutation": _mutation,
    "others": _others,
    "limit": _limit,
    "forget": _forget,
    "send": _send,
}
