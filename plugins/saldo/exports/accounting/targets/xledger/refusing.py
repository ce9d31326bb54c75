"""Whose fault it is that Xledger refuses a call, and what a person can do about it.

It refuses the whole call for one bad line. Which one is told by the error's path or clientId, or, in its text, by the field and the
value that it does not know; else the call is sent in halves until one voucher is left.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from saldo.vendors.xledger.mutations import InputError

from ..target import Dispatch, Outcome
from .nodes import Line, client_id, lines_of

_VALUE = re.compile(r"'([^']+)'")
_FIELD = re.compile(r"\w+")
#: Field of an input -> what a person does.
_REMEDIES = {
    "account": "correct the account under mapping.accounts or mapping.payable of {file}, or make it in Xledger",
    "taxRule": "correct its code under mapping.vat of {file}, or make the tax rule in Xledger",
    "project": "correct the value under mapping.dimensions of {file}, or make the project in Xledger",
    "subledger": "make that supplier or employee in Xledger with its ledger, or write the right number under mapping.payable of {file}",
    "jobLevel": "correct mapping.job_level of {file}",
    "transactionSource": "correct mapping.source of {file}",
    "glObject": "correct the value under mapping.dimensions of {file}, or make it in Xledger",
}


def guilty(group: Sequence[Dispatch], errors: Sequence[InputError]) -> dict[str, list[str]]:
    """Key -> what is wrong with it, in words, of those that the errors are about. Empty where one error or more cannot be told."""
    by_place = [(one, line) for one in group for line in lines_of(one)]
    by_id = {
        client_id(one, at): (one, line)
        for one in group
        for at, line in enumerate(lines_of(one), start=1)
    }
    found: dict[str, list[str]] = defaultdict(list)
    for error in errors:
        of = _of(error, by_place, by_id)
        if not of:
            return {}
        for dispatch, line in of:
            found[dispatch.key].append(f"{line.path}: {error.message}")
    return found


def _of(
    error: InputError,
    by_place: Sequence[tuple[Dispatch, Line]],
    by_id: Mapping[str, tuple[Dispatch, Line]],
) -> list[tuple[Dispatch, Line]]:
    if error.client_id is not None and error.client_id in by_id:
        return [by_id[error.client_id]]
    if error.place is not None and error.place < len(by_place):
        return [by_place[error.place]]
    field, value = _FIELD.match(error.message), _VALUE.findall(error.message)
    if field is None or not value:
        return []
    return [(one, line) for one, line in by_place if _value(line.node.get(field[0])) == value[-1]]


def _value(of: Any) -> str | None:
    if isinstance(of, dict):
        return str(next(iter(of.values()), ""))
    return None if of is None else str(of)


def refused(dispatch: Dispatch, said: Sequence[str]) -> Outcome:
    """The outcome of a voucher that is refused."""
    told = "; ".join(dict.fromkeys(said))
    return Outcome(
        what="refused",
        where="nowhere",
        family="DataRejected",
        message=f"Xledger refuses it: {told}. Nothing of it is there. Remedy: {_remedy(dispatch, told)}; then retry",
    )


def _remedy(dispatch: Dispatch, told: str) -> str:
    file = f"{dispatch.document.organisation}.yaml"
    found = [
        words.format(file=file)
        for name, words in _REMEDIES.items()
        if re.search(rf"\b{name}", told)
    ]
    return ", or ".join(found[:2]) or f"correct the expense or its mapping in {file}"


def all_of(group: Sequence[Dispatch], outcome: Outcome) -> dict[str, Outcome]:
    return {one.key: msgspec.structs.replace(outcome) for one in group}
