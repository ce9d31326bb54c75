"""Trouble on demand: what the sandbox does instead of answering properly.

No proper answer
429           too many requests; `retry_after` = seconds, "date" (HTTP date in 1 s) or null (no header)
500, 503 ...  the vendor's error body, with any status
401, 403      refused
module        403: the agreement has not bought the module, or the token lacks the scope
revoked       401: somebody has withdrawn the token
expired       401: the token has run out
timeout       no answer for `seconds`
latency       the proper answer, after `seconds`
slow          the body comes in small pieces over `seconds`
drop          the connection closes in the middle of the body; what was asked is done
late          what was asked is done at once, the answer comes after `seconds`
lost          what was asked is done, the answer is an error of the status `by` (504, if that is 1)
truncate      a complete answer whose JSON is cut in half
html          a 200 with a web page instead of JSON
mislabelled   the proper body under another content type (`put`, text/plain by default)
empty         the collection has no items

Errors in an answer of status 200, as GraphQL has them (Xledger)
graphql_error an error that says `put`, or nothing in particular
partial       data and an error in one answer; a record in the middle is missing. Business Central: the request in the
              middle of a $batch fails
query_timeout "Your query timed out.", as after too large a page
burst, concurrency   too many requests in five seconds; too many at once
credits       too few credits, until `retry_after` seconds from now (1,200)
scope         the token lacks the scope of what `match` names
unknown_field "Cannot query field ...": `field`, dbId by default

Wrong records
replace       `find` (regular expression) becomes `put` in the body, `count` times (0, the default of
              JSON, is everywhere; the default here is 1)
new_field     records carry a field nobody knows: `field`, "unknownField" by default
retyped       `field` becomes another JSON type: a number text, text a number or a list; a nested one is
              written account.accountNumber
missing_field `field` is absent
              (these three: in `count` records from the middle on; 0, the default, is all)
half          only the first half of the records is there; counts stay
missing       a record in the middle of the page is left out; counts stay
duplicate     a record is sent twice: `where` = "page" (default) or "next": again on the next page asked for

vanished      a record of the answer is deleted for good before it could be read (Moneybird: a purchase document, at
              the POST of its synchronization)

Wrong paging
shift         the set has changed between two pages, as if a row before this page had been deleted: the
              page's first record is skipped. `recount`: whether `results` knows it. Give it `times` for
              all the later pages too, or the next page starts with the row this one ended with
foreign_link  nextPage leads to another host (`put`); OpenAPI: a cursor full of what a URL must quote. Sent
              back in one piece it works
endless       there is always another page: `where` = "same" (default; nextPage is this page) or "new" (ever
              another page with the same records); OpenAPI: an ever new cursor with the same items
wrong_count   `/count` and `results` are off by `by`
shuffled      the edges of a page are out of order (Xledger, as the next)
repeated      the first `count` edges (1) come again at the end of their page, with their old cursors

A fault hits the first `times` requests whose "METHOD /path?query" contains `match`, after letting
`after` of them pass. At Xledger the operation's name, its root fields and the company's id follow, so that
`match` can be "transaction_deltas"; `endless` there says that there is a next page whenever it is asked. `vendor` limits it to one vendor, `agreement` to one company (or, by its name, to one
vendor). What a fault cannot apply to (no records, no count) is answered as ever. Errors have the vendor's
own shape: 429 of Xledger comes with status 200.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from email.utils import formatdate
from time import time
from typing import Any

KINDS = {
    "timeout", "drop", "truncate", "html", "empty", "replace", "duplicate", "missing", "shift",
    "new_field", "retyped", "missing_field", "module", "revoked", "foreign_link", "endless", "slow",
    "wrong_count", "expired", "latency", "mislabelled", "graphql_error", "partial", "query_timeout", "burst",
    "concurrency", "credits", "scope", "unknown_field", "shuffled", "repeated", "half", "vanished", "late", "lost",
}  # fmt: skip
#: What `where` may be, its default first.
_WHERE = {"duplicate": ("page", "next"), "endless": ("same", "new")}


@dataclass
class Fault:
    kind: str
    match: str = ""
    vendor: str | None = None
    agreement: str | None = None
    times: int = 1
    after: int = 0
    retry_after: str | int | None = None
    seconds: float = 30.0
    find: str = ""
    put: str = ""
    count: int | None = None
    field: str = ""
    where: str = ""
    recount: bool = False
    by: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS and not self.status:
            raise ValueError(f"unknown fault {self.kind!r}; known are {sorted(KINDS)} and statuses")
        if self.kind in ("retyped", "missing_field") and not self.field:
            raise ValueError(f"{self.kind} needs the name of a field")
        places = _WHERE.get(self.kind, ("",))
        self.where = self.where or places[0]
        if self.where not in places:
            raise ValueError(f"where is one of {places} for {self.kind}, not {self.where!r}")
        if self.count is None:
            self.count = 1 if self.kind == "replace" else 0
        #: For `duplicate` over two pages: the company, the list and the record that comes again.
        self._again: tuple[str | None, str, Any] | None = None

    @property
    def status(self) -> int | None:
        return int(self.kind) if self.kind.isdigit() else None

    def hits(self, vendor: str, companies: Collection[str | None], request: str) -> bool:
        """Whether this request is to fail; counts it. companies: what the one that is asked for is called."""
        is_aimed = self.vendor in (None, vendor) and self.agreement in (None, vendor, *companies)
        if self.times <= 0 or self.match not in request or not is_aimed:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True

    @property
    def retry_after_s(self) -> int | None:
        """In how many seconds to come back; a date is the next second."""
        if self.retry_after is None:
            return None
        return 1 if self.retry_after == "date" else int(self.retry_after)

    def headers(self) -> dict[str, str]:
        """Retry-After as most vendors write it: seconds or an HTTP date."""
        if self.retry_after is None:
            return {}
        if self.retry_after == "date":
            return {"Retry-After": formatdate(time() + 1, usegmt=True)}
        return {"Retry-After": str(self.retry_after)}

    def keep(self, company: str | None, place: str, record: Any) -> None:
        """Remember a record that is to come again on the next page of the same list."""
        self._again = (company, place, record)

    def again(self, company: str | None, place: str) -> list[Any]:
        """The record to come again, once."""
        if self._again is None or self._again[:2] != (company, place):
            return []
        record, self._again = self._again[2], None
        return [record]

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Fault:
        return cls(**values)
