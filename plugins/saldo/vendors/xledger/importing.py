"""Lines for the ledger: adding them (`addGLImportItems`), and finding what became of them.

Adding only stages them; Xledger's import job books them later, or says what is wrong with them. Posting twice books twice: what is
staged, and what is booked, is found by the extIdentifier of each line. What is not known of the API, and how this holds
without it: README.md, Imports.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from saldo.errors import BadResponse, ConfigError, Unavailable
from saldo.staging.records import decode_hook, tolerant

from . import schema
from .client import XledgerClient
from .endpoint import Said
from .import_records import Added, Item, ItemError, Line, Named, Payable, Period
from .mutations import File
from .page_size import LARGEST, PageSize
from .queries import Query, mutation, query, text

#: Inputs of a call, as the vendor allows (https://xledgerukinternal.zendesk.com, 8715787519634); names in a filter.
MOST_INPUTS, MOST_NAMES, MOST_CODES = 500, 1_000, 200
ITEMS, ERRORS, LINES, PAYABLES = (
    "imports/gl_import_items", "imports/gl_import_item_errors", "imports/transactions", "imports/ap_transactions",
)  # fmt: skip
VOUCHER_LINES, PERIODS = "imports/voucher_lines", "imports/periods"
#: What is filtered: asked for at once, since one read is seldom made alone.
_FILTERED = (
    ITEMS, ERRORS, LINES, PAYABLES, PERIODS,
    *(f"imports/{one}" for one in ("accounts", "object_values", "projects", "suppliers", "employees", "customers")),
)  # fmt: skip


class _Row(Protocol):
    @property
    def db_id(self) -> int | str: ...


R = TypeVar("R", bound=_Row)


class _Edge(msgspec.Struct, Generic[R]):
    cursor: str | int | None
    node: R


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool


class Page(msgspec.Struct, Generic[R], rename="camel"):
    """An empty one has null for its edges."""

    edges: list[_Edge[R]] | None = None
    page_info: _PageInfo | None = None

    @property
    def rows(self) -> dict[str, R]:
        """DbId -> its row, each once."""
        return {str(edge.node.db_id): edge.node for edge in self.edges or ()}

    @property
    def has_next(self) -> bool | None:
        """Whether there is more; None of rows that do not say it."""
        return self.page_info.has_next_page if self.page_info else None if self.edges else False


class _Found(msgspec.Struct, Generic[R]):
    data: dict[str, Page[R] | None]


class _AddedEdges(msgspec.Struct):
    edges: list[Added] | None = None


_named = tolerant(msgspec.json.Decoder(_Found[Named], strict=False, dec_hook=decode_hook).decode)
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

    @property
    def finds_lines(self) -> bool:
        """Whether lines of the ledger can be found by their extIdentifiers; nothing says that they keep them."""
        return "extIdentifier_in" in self._filters(LINES)

    def lines(self, references: Sequence[str]) -> list[Line]:
        """What is in the ledger under extIdentifiers."""
        return self._by(LINES, Line, "extIdentifier", references)

    def lines_of(self, vouchers: Collection[str], first: date, last: date) -> list[Line]:
        """The lines of vouchers (dbIds of headers) of some days, with or without extIdentifier. All lines of these days are read."""
        days = self._days(VOUCHER_LINES, "postedDate", first, last)
        found = self._read(VOUCHER_LINES, Line, days)
        return [line for line in found if str(line.header.db_id) in vouchers]

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

        def asked(said: Said) -> str:
            fields = (
                one.field(
                    {
                        "first": str(LARGEST),
                        **said[one.root],
                        "filter": schema.written(filters[name]),
                    }
                )
                for name, one in queries.items()
            )
            return f"query registers {{ {' '.join(fields)} }}"

        roots = [one.root for one in queries.values()]
        data = self._client.ask_all(roots, asked, decode=_named).data
        found = {}
        for name, one in queries.items():
            if one.root not in data:
                raise Unavailable(f"Xledger answers without {one.root}; it is asked for again")
            page = data[one.root]
            found[name] = (
                list(page.rows.values())
                if page is not None and page.has_next is False
                else self._read(f"imports/{name}", Named, filters[name])
            )
        return found

    def periods(self, first: date, last: date) -> list[Period]:
        """The entity's periods that begin in this time."""
        found = self._read(PERIODS, Period, self._days(PERIODS, "fromDate", first, last))
        return [row for row in found if str(row.owner_db_id) == self._client.own]

    # --- reading ---------------------------------------------------------------------------------

    def _by(self, name: str, record: type[R], field: str, values: Sequence[str]) -> list[R]:
        found: list[R] = []
        for first in range(0, len(values), MOST_NAMES):
            part = values[first : first + MOST_NAMES]
            found += self._read(name, record, self._filter(name, f"{field}_in", part))
        return found

    def _filters(self, name: str) -> Mapping[str, str]:
        return self._client.filters_of(query(name).root, *(query(one).root for one in _FILTERED))

    def _filter(self, name: str, field: str, values: str | Sequence[str]) -> dict[str, str]:
        known = self._filters(name)
        if field not in known:
            raise ConfigError(
                f"Xledger's schema cannot filter {query(name).root} by {field}, without which nobody can tell what was sent before; "
                "nothing is sent. Ask Xledger's support for that filter, and tell whoever maintains Saldo"
            )
        return {field: schema.literal(known[field], values)}

    def _days(self, name: str, field: str, first: date, last: date) -> dict[str, str]:
        since = self._filter(name, f"{field}_gte", first.isoformat())
        return since | self._filter(name, f"{field}_lte", last.isoformat())

    def _read(self, name: str, record: type[R], filter: Mapping[str, str]) -> list[R]:
        """All rows of a filter, each once. Raises Unavailable and BadResponse for pages that are not whole: what is not found is sent."""
        asked, size, after = query(name), PageSize(LARGEST), ""
        root = asked.root
        decoder = msgspec.json.Decoder(_Found[record], strict=False, dec_hook=decode_hook)  # type: ignore[valid-type]
        decode: Callable[[bytes], _Found[R]] = tolerant(decoder.decode)
        # A row that moves from one page to the next between two requests is there once.
        rows: dict[str, R] = {}
        seen, nulls = {""}, 0
        while True:
            more = {"after": text(after)} if after else {}
            page = {"first": str(size.rows), "filter": schema.written(filter), **more}
            try:
                data = self._client.ask_all([root], partial(_page, asked, page), decode=decode).data
            except Unavailable as error:
                if not size.failed(error):
                    raise
                continue
            found = data.get(root)
            if root in data and found is None and not after:
                # What has no row may be null itself, and so may be what failed without a word: one that is null again is empty.
                nulls += 1
                if nulls > 1:
                    return []
                continue
            edges = (found.edges if found else None) or []
            if found is None or found.has_next is None or (after and not edges):
                raise Unavailable(f"Xledger answers without all of {root}; it is asked for again")
            rows |= found.rows
            if not found.has_next:
                return list(rows.values())
            after = str(edges[-1].cursor) if edges else ""
            if after in seen:
                raise BadResponse(f"pages of Xledger's {root} lead nowhere; tell the vendor")
            seen.add(after)


def _page(asked: Query, arguments: Mapping[str, str], said: Said) -> str:
    return asked.page({**said[asked.root], **arguments})
