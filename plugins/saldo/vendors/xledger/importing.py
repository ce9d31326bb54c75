"""Lines for the ledger: adding them (`addGLImportItems`), and finding what became of them.

Adding only stages them; Xledger's import job books them later, or says what is wrong with them. Posting twice books twice: what is
staged, and what is booked, is found by the extIdentifier of each line. What is not known of the API, and how this holds
without it: README.md, Imports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from saldo.errors import BadResponse, ConfigError, Unavailable
from saldo.staging.records import tolerant

from . import schema
from .client import XledgerClient
from .mutations import File
from .page_size import LARGEST, PageSize, QueryTimedOut
from .queries import OF_ALL, mutation, query, text

#: Inputs of a call, as the vendor allows (https://xledgerukinternal.zendesk.com, 8715787519634); names in a filter.
MOST_INPUTS, MOST_NAMES, MOST_CODES = 500, 1_000, 200
ITEMS, ERRORS, LINES, PAYABLES = (
    "imports/gl_import_items", "imports/gl_import_item_errors", "imports/transactions", "imports/ap_transactions",
)  # fmt: skip
#: What is filtered: asked for at once, since one read is seldom made alone.
_FILTERED = (
    ITEMS, ERRORS, LINES, PAYABLES,
    *(f"imports/{one}" for one in ("accounts", "object_values", "projects", "suppliers", "employees", "customers")),
)  # fmt: skip
R = TypeVar("R")


class Code(msgspec.Struct):
    code: str | None = None


class Url(msgspec.Struct):
    url: str | None = None


class Objects(msgspec.Struct, rename={f"object{n}": f"glObject{n}" for n in range(1, 6)}):
    object1: Code | None = None
    object2: Code | None = None
    object3: Code | None = None
    object4: Code | None = None
    object5: Code | None = None


class Item(Objects, rename="camel"):
    """A line that is staged, or was. archive, created_at: when it was staged, in Norwegian time without a zone."""

    db_id: int | str = 0
    owner_db_id: int | str | None = None
    ext_identifier: str | None = None
    tr_reg_number: int | None = None
    posted_date: date | None = None
    invoice_number: str | None = None
    amount: Decimal | None = None
    tax_amount: Decimal | None = None
    archive: bool | None = None
    created_at: str | None = None
    transaction_source: Code | None = None
    account: Code | None = None
    subledger: Code | None = None
    currency: Code | None = None
    tax_rule: Code | None = None
    project: Code | None = None
    invoice_file: Url | None = None


class ItemError(msgspec.Struct, rename="camel"):
    """What the import job says against a line. transaction_db_id: the line's."""

    db_id: int | str
    transaction_db_id: int | str | None = None
    message: str | None = None


class Header(msgspec.Struct, rename="camel"):
    """A voucher of the ledger."""

    db_id: int | str
    transaction_number: int | str | None = None
    posted_date: date | None = None
    created_at: str | None = None
    imported_at: str | None = None


class Line(msgspec.Struct, rename="camel"):
    """A line of the ledger that was staged once."""

    db_id: int | str
    header: Header
    owner_db_id: int | str | None = None
    ext_identifier: str | None = None
    amount: Decimal | None = None
    tax_amount: Decimal | None = None
    account: Code | None = None
    tax_rule: Code | None = None
    gl_dimension: Objects | None = None


class PayableHeader(msgspec.Struct, rename="camel"):
    db_id: int | str


class Payable(msgspec.Struct, rename="camel"):
    """A line of the suppliers' and employees' ledger."""

    db_id: int | str
    transaction_header: PayableHeader
    ext_identifier: str | None = None
    invoice_number: str | None = None
    amount: Decimal | None = None
    subledger: Code | None = None


class Named(msgspec.Struct, rename="camel"):
    """A row of a register: an account, a project, a supplier …; each has what its kind has."""

    db_id: int | str
    owner_db_id: int | str | None = None
    code: str | None = None
    posting: bool | None = None
    allow_posting: bool | None = None
    object_kind_db_id: int | str | None = None
    from_date: date | None = None
    to_date: date | None = None
    date_from: date | None = None
    date_to: date | None = None
    employment_to: date | None = None

    def holds_on(self, day: date) -> bool:
        ends = [one for one in (self.to_date, self.date_to, self.employment_to) if one]
        begins = [one for one in (self.from_date, self.date_from) if one]
        return all(day <= one for one in ends) and all(one <= day for one in begins)


class _Name(msgspec.Struct):
    name: str | None = None


class Period(msgspec.Struct, rename="camel"):
    db_id: int | str
    owner_db_id: int | str | None = None
    description: str | None = None
    from_date: date | None = None
    to_date: date | None = None
    period_status: _Name | None = None

    @property
    def is_closed(self) -> bool:
        return self.period_status is not None and self.period_status.name == "CLOSED"


class Added(msgspec.Struct, rename="camel"):
    """A line that was staged now. client_id: of its input."""

    client_id: str | None = None
    node: dict[str, Any] | None = None


class _Edge(msgspec.Struct, Generic[R]):
    cursor: str | int | None
    node: R


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool = False


class Page(msgspec.Struct, Generic[R], rename="camel"):
    edges: list[_Edge[R]] | None = None
    page_info: _PageInfo | None = None


class _Found(msgspec.Struct, Generic[R]):
    data: dict[str, Page[R] | None]


class _AddedEdges(msgspec.Struct):
    edges: list[Added] | None = None


_named = tolerant(msgspec.json.Decoder(_Found[Named], strict=False).decode)
_added = tolerant(msgspec.json.Decoder(dict[str, _AddedEdges | None], strict=False).decode)


class Importing:
    """Stages lines in one entity, and finds them."""

    def __init__(self, client: XledgerClient) -> None:
        self._client = client

    def add(
        self, inputs: Sequence[Mapping[str, Any]], files: Sequence[File], *, key: str
    ) -> list[Added]:
        """Stage lines. Raises as Endpoint.mutate does: OutcomeUnknown where they may be staged."""
        variables = msgspec.Raw(msgspec.json.encode({"inputs": inputs}))
        asked = mutation("imports/add_gl_import_items")
        found = self._client.mutate(asked, variables, files=files, key=key, decode=_added)
        edges = found.get("addGLImportItems")
        return (edges.edges if edges else None) or []

    def items(self, references: Sequence[str]) -> list[Item]:
        """What is staged, or is still listed, under extIdentifiers."""
        return self._by(ITEMS, Item, "extIdentifier", references)

    def errors(self, ids: Sequence[str]) -> list[ItemError]:
        """What the import job says against items."""
        return self._by(ERRORS, ItemError, "transactionDbId", ids)

    def lines(self, references: Sequence[str]) -> list[Line]:
        """What is in the ledger under extIdentifiers."""
        return self._by(LINES, Line, "extIdentifier", references)

    def payables(self, invoices: Sequence[str]) -> list[Payable]:
        """What is owed under invoice numbers."""
        return self._by(PAYABLES, Payable, "invoiceNumber", invoices)

    def named(self, codes: Mapping[str, Sequence[str]]) -> dict[str, list[Named]]:
        """Register (imports/<register>.graphql) -> its rows with these codes, which the entity may use: in one request, as long as
        the codes are few."""
        others, found = self._client.others, dict[str, list[Named]]()
        for first in range(0, max(map(len, codes.values()), default=0), MOST_CODES):
            part = {name: of[first : first + MOST_CODES] for name, of in codes.items()}
            for name, rows in self._together({name: of for name, of in part.items() if of}).items():
                mine = [row for row in rows if str(row.owner_db_id) not in others]
                found[name] = found.get(name, []) + mine
        return found

    def _together(self, codes: Mapping[str, Sequence[str]]) -> dict[str, list[Named]]:
        filters = {
            name: self._filter(f"imports/{name}", "code_in", of) for name, of in codes.items()
        }
        queries = {name: query(f"imports/{name}") for name in codes}
        page = {"first": str(LARGEST), **OF_ALL}
        fields = (
            one.field({**page, "filter": schema.written(filters[name])})
            for name, one in queries.items()
        )
        data = self._client.query(f"query registers {{ {' '.join(fields)} }}", decode=_named).data
        found = {}
        for name, one in queries.items():
            if one.root not in data:
                raise Unavailable(f"Xledger answers without {one.root}; it is asked for again")
            rows = data[one.root] or Page()
            is_whole = not (rows.page_info and rows.page_info.has_next_page)
            found[name] = (
                [edge.node for edge in rows.edges or ()]
                if is_whole
                else self._read(f"imports/{name}", Named, filters[name])
            )
        return found

    def periods(self, first: date, last: date) -> list[Period]:
        """The entity's periods that begin in this time."""
        days = {"fromDate_gte": text(first.isoformat()), "fromDate_lte": text(last.isoformat())}
        found = self._read("imports/periods", Period, days)
        return [row for row in found if str(row.owner_db_id) == self._client.own]

    # --- reading ---------------------------------------------------------------------------------

    def _by(self, name: str, record: type[R], field: str, values: Sequence[str]) -> list[R]:
        found: list[R] = []
        for first in range(0, len(values), MOST_NAMES):
            part = values[first : first + MOST_NAMES]
            found += self._read(name, record, self._filter(name, f"{field}_in", part))
        return found

    def _filter(self, name: str, field: str, values: Sequence[str]) -> dict[str, str]:
        root = query(name).root
        known = self._client.filters_of(root, *(query(one).root for one in _FILTERED))
        if field not in known:
            raise ConfigError(
                f"Xledger's schema cannot filter {root} by {field}, without which nobody can tell what was sent before; "
                "nothing is sent. Ask Xledger's support for that filter, and tell whoever maintains Saldo"
            )
        return {field: schema.literal(known[field], values)}

    def _read(self, name: str, record: type[R], filter: Mapping[str, str]) -> list[R]:
        """All rows of a filter. Raises Unavailable and BadResponse for pages that are not whole."""
        asked, size, after = query(name), PageSize(LARGEST), ""
        decode = tolerant(msgspec.json.Decoder(_Found[record], strict=False).decode)  # type: ignore[valid-type]
        rows: list[R] = []
        while True:
            more = {"after": text(after)} if after else {}
            page = {"first": str(size.rows), **OF_ALL, "filter": schema.written(filter), **more}
            try:
                data = self._client.query(asked.page(page), decode=decode).data
            except QueryTimedOut:
                if not size.timed_out():
                    raise
                continue
            found = data.get(asked.root, None) or Page()
            edges = found.edges or []
            if asked.root not in data or (after and not edges):
                raise Unavailable(
                    f"Xledger answers without all of {asked.root}; it is asked for again"
                )
            rows += [edge.node for edge in edges]
            if not (found.page_info and found.page_info.has_next_page):
                return rows
            onward = str(edges[-1].cursor) if edges else ""
            if onward in ("", after):
                raise BadResponse(f"pages of Xledger's {asked.root} lead nowhere; tell the vendor")
            after = onward
