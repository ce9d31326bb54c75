"""Sends documents to Xledger, and tells what has become of them.

A document is the lines of one voucher, with the number of the register as their trRegNumber. They are staged by one call; Xledger's
import job books them by itself, so that posting is waiting. The same call made twice stages them twice: it is made once, and
what is unknown is looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from saldo.errors import BadResponse, OutcomeUnknown, SaldoError
from saldo.vendors.xledger.client import XledgerClient
from saldo.vendors.xledger.importing import Importing
from saldo.vendors.xledger.mutations import InputError, MutationRefused

from ...document import AccountingDocument
from ...problems import Problem
from ..target import Calls, Dispatch, Found, Outcome, ReceiptContent
from . import booking, looking
from .checking import Reference
from .company import owner_of
from .configuration import XledgerExport
from .nodes import LARGEST_NUMBER, files_of, groups_of, inputs_of
from .refusing import all_of, guilty, refused

_PATH = "addGLImportItems"
#: How servers refuse a request for its size: 413, or the 404 of IIS. What was looked up before came from the same address.
_TOO_LARGE = (404, 413)


class XledgerTarget:
    """One entity. See Target for what each method promises."""

    def __init__(self, client: XledgerClient, configuration: XledgerExport) -> None:
        self._client, self._configuration = client, configuration
        self._importing = Importing(client)

    @property
    def company(self) -> str:
        return f"xledger {self._configuration.environment} {self._owner}"

    @cached_property
    def _owner(self) -> str:
        return owner_of(self._client, self._configuration)

    @cached_property
    def _reference(self) -> Reference:
        return Reference(self._importing, self._owner)

    def check(self, documents: Sequence[AccountingDocument]) -> Mapping[str, list[Problem]]:
        return self._reference.check(documents, self._configuration)

    def look_up(
        self, dispatches: Sequence[Dispatch], calls: Calls | None = None
    ) -> Mapping[str, Found]:
        if not dispatches:
            return {}
        owner = self._owner
        if calls is None:
            return looking.look_up(self._importing, dispatches, owner)
        number = calls.begin([one.key for one in dispatches], "POST", "glImportItems, transactions")
        try:
            found = looking.look_up(self._importing, dispatches, owner)
        except SaldoError as error:
            calls.end(number, "failed", status=_status(error), answer=str(error))
            raise
        there = sum(one.where != "nowhere" for one in found.values())
        calls.end(number, "done", status=200, answer=f"{there} of {len(found)} are there")
        return found

    def groups(self, dispatches: Sequence[Dispatch]) -> Sequence[Sequence[Dispatch]]:
        return groups_of(dispatches, self._configuration.batch.size)

    def send(
        self, group: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls
    ) -> Mapping[str, Outcome]:
        too_large = [one for one in group if one.number > LARGEST_NUMBER]
        outcomes = {one.key: _number_too_large(one) for one in too_large}
        rest = [one for one in group if one.key not in outcomes]
        return {**outcomes, **self._sent(rest, receipts, calls, is_first=True)}

    def complete(
        self, dispatches: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls
    ) -> Mapping[str, Outcome]:
        """Receipts are parts of the call that stages their lines, and no later call can add one."""
        found = self.look_up(dispatches, calls)
        return {one.key: booking.completed(found[one.key]) for one in dispatches}

    def post(
        self, dispatches: Sequence[Dispatch], expected: Mapping[str, str], calls: Calls
    ) -> Mapping[str, Outcome]:
        """Xledger books by itself what is staged: this tells what has become of it. Vouchers of others do no harm."""
        found = self.look_up(dispatches, calls)
        return {one.key: booking.posted(found[one.key]) for one in dispatches}

    # --- sending ---------------------------------------------------------------------------------

    def _sent(
        self, group: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls, *, is_first: bool
    ) -> dict[str, Outcome]:
        """Outcomes of one call, and of those that follow when it is refused. is_first: nothing was sent before, so that what concerns
        the target as a whole may be raised."""
        if not group:
            return {}
        try:
            self._add(group, receipts, calls)
        except MutationRefused as error:
            return self._without_guilty(group, error.inputs, receipts, calls)
        except BadResponse as error:
            if error.evidence.status not in _TOO_LARGE:
                raise
            return self._without_guilty(group, [_too_large(group)], receipts, calls)
        except OutcomeUnknown as error:
            return all_of(group, _unknown(str(error)))
        except SaldoError as error:
            if is_first:
                raise
            failed = Outcome(
                what="failed", where="nowhere", message=str(error), family=error.family
            )
            return all_of(group, failed)
        return {one.key: Outcome(what="done", reference=str(one.number)) for one in group}

    def _add(self, group: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls) -> None:
        """Make the call, written down. Raises as Importing.add, OutcomeUnknown too where it does not name every line."""
        inputs = [one for dispatch in group for one in inputs_of(dispatch, self._owner)]
        files = [file for dispatch in group for file in files_of(dispatch, receipts)]
        keys = [one.key for one in group]
        number = calls.begin(keys, "POST", _PATH, _shown(group, self._owner))
        try:
            added = self._importing.add(inputs, files, key=", ".join(keys[:5]))
            if {one.client_id for one in added} != {one["clientId"] for one in inputs}:
                raise OutcomeUnknown(
                    f"Xledger names {len(added)} lines after {len(inputs)} were sent; they are looked up before anything else",
                    method="POST", path=_PATH, idempotency_key=keys[0],
                )  # fmt: skip
        except SaldoError as error:
            calls.end(number, _what(error), status=_status(error), answer=str(error))
            raise
        calls.end(number, "done", status=200, answer=f"{len(added)} lines are staged")

    def _without_guilty(
        self,
        group: Sequence[Dispatch],
        errors: Sequence[InputError],
        receipts: ReceiptContent,
        calls: Calls,
    ) -> dict[str, Outcome]:
        """The call was refused: what caused it is, and the others are sent without it."""
        if len(group) == 1:
            said = guilty(group, errors).get(group[0].key) or [one.message for one in errors]
            return {group[0].key: refused(group[0], said)}
        there = {key: one for key, one in self._looked_up(group, calls).items() if one}
        rest = [one for one in group if one.key not in there]
        wrong = guilty(group, errors)
        outcomes = there | {
            one.key: refused(one, wrong[one.key]) for one in rest if one.key in wrong
        }
        rest = [one for one in rest if one.key not in outcomes]
        halves = [rest] if wrong else [rest[: len(rest) // 2], rest[len(rest) // 2 :]]
        for half in halves:
            outcomes |= self._sent(half, receipts, calls, is_first=False)
        return outcomes

    def _looked_up(self, group: Sequence[Dispatch], calls: Calls) -> dict[str, Outcome | None]:
        """Nobody knows whether a refused call may leave a part of itself: what is there now is not sent again."""
        try:
            found = self.look_up(group, calls)
        except SaldoError as error:
            return {one.key: _unknown(str(error)) for one in group}
        words = "Xledger refused the call it was sent with, and has lines of it all the same"
        return {
            one.key: None if found[one.key].where == "nowhere" else _unknown(words) for one in group
        }


def open_target(client: XledgerClient, configuration: XledgerExport) -> XledgerTarget:
    """See TargetKind.open."""
    return XledgerTarget(client, configuration)


def _shown(group: Sequence[Dispatch], owner: str) -> Any:
    """What is sent, as JSON: files are parts of their own."""
    inputs = [one for dispatch in group for one in inputs_of(dispatch, owner)]
    return msgspec.json.decode(msgspec.json.encode({"inputs": inputs}))


def _unknown(message: str) -> Outcome:
    return Outcome(what="unknown", message=message, family="OutcomeUnknown")


def _too_large(group: Sequence[Dispatch]) -> InputError:
    size = sum(one.size for dispatch in group for one in dispatch.document.receipts)
    return InputError(
        f"the call is too large for it, with {size / 1_000_000:.1f} MB of receipts (smaller files help, or mapping.receipts: leave_out)"
    )


def _number_too_large(dispatch: Dispatch) -> Outcome:
    return Outcome(
        what="refused", where="nowhere", family="DataRejected",
        message=f"its number {dispatch.number} is larger than Xledger's trRegNumber can be ({LARGEST_NUMBER}); tell whoever maintains "
        "Saldo",
    )  # fmt: skip


def _what(error: SaldoError) -> Any:
    if isinstance(error, MutationRefused):
        return "refused"
    return "unknown" if isinstance(error, OutcomeUnknown) else "failed"


def _status(error: SaldoError) -> int | None:
    evidence = getattr(error, "evidence", None)
    status: int | None = evidence.status if evidence else None
    return status
