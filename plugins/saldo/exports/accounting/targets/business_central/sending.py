"""Business Central as what expenses are sent to: see ../target.py for what each of these does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import structs

from saldo.errors import SaldoError
from saldo.vendors.business_central.client import BusinessCentralClient

from ...document import AccountingDocument
from ...problems import Problem
from ..target import Calls, Dispatch, Found, Outcome, ReceiptContent, Target
from . import dimensions, invoice_posting, invoices, lines, posting, receipts
from .company import Company
from .configuration import BusinessCentralExport
from .looking import look
from .reference import Reference
from .wording import each, outcome_of


def open_target(client: BusinessCentralClient, configuration: BusinessCentralExport) -> Target:
    """Nothing is asked yet. Raises ConfigError where file and connection name different environments."""
    return BusinessCentral(Company(client, configuration))


class BusinessCentral:
    """A company; its setup is read once, as long as this lives."""

    def __init__(self, company: Company) -> None:
        self._company = company

    @property
    def company(self) -> str:
        return self._company.name

    @cached_property
    def _reference(self) -> Reference:
        return Reference(self._company)

    def check(self, documents: Sequence[AccountingDocument]) -> Mapping[str, list[Problem]]:
        return self._reference.check(documents)

    def look_up(
        self, dispatches: Sequence[Dispatch], calls: Calls | None = None
    ) -> Mapping[str, Found]:
        return {key: one.found for key, one in look(self._company, dispatches, calls).items()}

    def groups(self, dispatches: Sequence[Dispatch]) -> Sequence[Sequence[Dispatch]]:
        journal, others = _apart(dispatches)
        return [*lines.groups(journal), *invoices.groups(others)]

    def send(
        self, group: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls
    ) -> Mapping[str, Outcome]:
        journal, others = _apart(group)
        sent = lines.send(self._company, journal, calls) if journal else {}
        return sent | (invoices.send(self._company, others, calls) if others else {})

    def complete(
        self, dispatches: Sequence[Dispatch], receipts: ReceiptContent, calls: Calls
    ) -> Mapping[str, Outcome]:
        return _completed(self._company, dispatches, receipts, calls)

    def post(
        self, dispatches: Sequence[Dispatch], expected: Mapping[str, str], calls: Calls
    ) -> Mapping[str, Outcome]:
        """Invoices first: lines of somebody else in the journal do not keep them."""
        journal, others = _apart(dispatches)
        posted = invoice_posting.post(self._company, others, calls) if others else {}
        return posted | (posting.post(self._company, journal, expected, calls) if journal else {})


def _completed(
    company: Company, dispatches: Sequence[Dispatch], content: ReceiptContent, calls: Calls
) -> dict[str, Outcome]:
    """Dimensions first, where they are sent apart: what is refused then has no receipts either."""
    sights = list(look(company, dispatches, calls).values())
    unfinished = dimensions.add(company, sights, calls)
    left = [one for one in sights if one.dispatch.key not in unfinished]
    outcomes = unfinished | receipts.complete(company, left, content, calls)
    attached = [one.dispatch for one in left if one.missing and outcomes[one.dispatch.key].what == "done"]  # fmt: skip
    return outcomes | _posted_meanwhile(company, _apart(attached)[0], calls)


def _posted_meanwhile(
    company: Company, dispatches: Sequence[Dispatch], calls: Calls
) -> dict[str, Outcome]:
    """Of claims whose receipts were attached: outcomes of those whose lines have left the journal since. A file for a line that is not there
    is taken all the same (201), and belongs to nothing."""
    if not dispatches:
        return {}
    try:
        sights = look(company, dispatches, calls, with_receipts=False)
    except SaldoError as error:
        return each(dispatches, structs.replace(outcome_of(error), what="failed"))
    told = {key: receipts.standing(one) for key, one in sights.items()}
    return {key: one for key, one in told.items() if one.what != "done"}


def _apart(dispatches: Sequence[Dispatch]) -> tuple[list[Dispatch], list[Dispatch]]:
    """Lines of the journal, and invoices."""
    journal = [one for one in dispatches if one.document.shape == "journal"]
    return journal, [one for one in dispatches if one.document.shape != "journal"]
