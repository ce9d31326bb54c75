"""Every entity set: its fields, what may be done with it, and below what it is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from . import attachments, dimensions, invoices, journals, posting, setup
from .fields import Fields, Row
from .invoice_posting import post_invoice
from .ledger import Ledger

Create = Callable[[Ledger, Row, Row | None], Row]
Change = Callable[[Ledger, Row, Row], Row]
Delete = Callable[[Ledger, Row], None]


@dataclass(frozen=True)
class Entity:
    """An entity set.

    type: its name in errors. create, change, delete: None where it is read-only. parents: the sets it is found below, and the
    field that holds the parent's id. post: what Microsoft.NAV.post does. inner: sets that come inside a POST of this one.
    order: of its lists. is_shown: whether a list shows a record. needs_parent: what is said where it stands alone.
    content: the name of its bytes.
    """

    name: str
    type: str
    fields: Fields
    create: Create | None = None
    change: Change | None = None
    delete: Delete | None = None
    parents: Mapping[str, str] = field(default_factory=dict)
    post: Delete | None = None
    inner: tuple[str, ...] = ()
    order: str = ""
    is_shown: Callable[[Row], bool] = lambda row: True
    needs_parent: str = ""
    content: str = ""


_WITH_DIMENSIONS = dict.fromkeys(
    ("journalLines", "purchaseInvoices", "purchaseInvoiceLines", "generalLedgerEntries"), "parentId"
)
_NEEDS_JOURNAL = "You must specify a journal batch ID or a journal ID to get a journal line."


def _files(name: str, type: str, known: Fields, parents: tuple[str, ...]) -> Entity:
    def create(ledger: Ledger, given: Row, parent: Row | None) -> Row:
        below = {"parentId": parent["id"]} if parent else {}
        return attachments.create(name, ledger, {**below, **given})

    def delete(ledger: Ledger, row: Row) -> None:
        ledger.remove(name, row)

    return Entity(
        name, type, known, create, partial(attachments.change, name), delete,
        dict.fromkeys(parents, "parentId"), content="attachmentContent",
    )  # fmt: skip


ENTITIES: dict[str, Entity] = {
    one.name: one
    for one in (
        Entity("accounts", "account", setup.ACCOUNTS, order="number"),
        Entity("vendors", "vendor", setup.VENDORS, order="number"),
        Entity("employees", "employee", setup.EMPLOYEES),
        Entity("dimensions", "dimension", setup.DIMENSIONS, order="code"),
        Entity(
            "dimensionValues", "dimensionValue", setup.DIMENSION_VALUES,
            parents={"dimensions": "dimensionId"}, order="code",
        ),
        Entity("taxGroups", "taxGroup", setup.TAX_GROUPS, order="code"),
        Entity("currencies", "currency", setup.CURRENCY_FIELDS, order="code"),
        Entity("accountingPeriods", "accountingPeriod", setup.PERIODS, order="startingDate"),
        Entity("generalLedgerSetup", "generalLedgerSetup", setup.GENERAL_LEDGER_SETUP),
        Entity("generalLedgerEntries", "generalLedgerEntry", posting.ENTRIES, order="entryNumber"),
        Entity(
            "journals", "journal", journals.JOURNALS, journals.create_journal,
            journals.change_journal, journals.delete_journal, post=posting.post_journal,
            inner=("journalLines",), order="code",
        ),
        Entity(
            "journalLines", "journalLine", journals.LINES, journals.create_line,
            journals.change_line, journals.delete_line, {"journals": "journalId"},
            inner=("dimensionSetLines",), order="lineNumber", is_shown=journals.is_shown,
            needs_parent=_NEEDS_JOURNAL,
        ),
        Entity(
            "dimensionSetLines", "dimensionSetLine", dimensions.SET_LINES, dimensions.create,
            dimensions.change, dimensions.delete, _WITH_DIMENSIONS, order="code",
            needs_parent="You must specify a parent ID to get a dimension set line.",
        ),
        Entity(
            "purchaseInvoices", "purchaseInvoice", invoices.INVOICES, invoices.create,
            invoices.change, invoices.delete, post=post_invoice,
            inner=("purchaseInvoiceLines", "dimensionSetLines"), order="number",
        ),
        Entity(
            "purchaseInvoiceLines", "purchaseInvoiceLine", invoices.LINES, invoices.create_line,
            invoices.change_line, invoices.delete_line, {"purchaseInvoices": "documentId"},
            inner=("dimensionSetLines",), order="sequence",
            needs_parent="You must specify an Id or a Document Id to get the lines.",
        ),
        _files(
            "attachments", "attachment", attachments.ATTACHMENTS,
            ("journalLines", "journals", "purchaseInvoices"),
        ),
        _files(
            "documentAttachments", "documentAttachment", attachments.DOCUMENT_ATTACHMENTS,
            ("purchaseInvoices", "journals"),
        ),
    )
}  # fmt: skip


def below(name: str) -> list[tuple[str, str]]:
    """(entity set, field that holds the parent's id) of what is found below an entity."""
    return [(one.name, one.parents[name]) for one in ENTITIES.values() if name in one.parents]
