"""What a source can do wrong, each at any of its requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import msgspec

from saldo.declarations.source import Page
from saldo.errors import AuthError, BadResponse, NotLicensed, RateLimited, Unavailable, VendorError
from saldo.ways.change_log import Moved

from .small_source import FIRST_PAGE, Ask, Kind, Proper, Trouble, raw

_RECORDS: frozenset[Kind] = frozenset({"records", "changes"})
_COUNT: frozenset[Kind] = frozenset({"count"})
_SETS: frozenset[Kind] = _RECORDS | _COUNT
_LOG: frozenset[Kind] = frozenset({"log", "end of log"})
_EVERY: frozenset[Kind] = frozenset(get_args(Kind))


def _raises(error: VendorError) -> Callable[[Ask, Proper], Any]:
    def answer(ask: Ask, proper: Proper) -> Any:
        raise type(error)(*error.args)

    return answer


def _on_page(change: Callable[[Ask, Page], Page]) -> Callable[[Ask, Proper], Any]:
    return lambda ask, proper: change(ask, proper())


def _off_by(by: int) -> Callable[[Ask, Proper], Any]:
    def answer(ask: Ask, proper: Proper) -> Any:
        found = proper()
        if isinstance(found, Page):
            told = None if found.announced is None else max(0, found.announced + by)
            return replace(found, announced=told)
        return None if found is None else max(0, found + by)

    return answer


# --- pages -----------------------------------------------------------------------------------------


def _left_out(ask: Ask, page: Page) -> Page:
    middle = len(page.records) // 2
    return replace(page, records=page.records[:middle] + page.records[middle + 1 :])


def _twice(ask: Ask, page: Page) -> Page:
    return replace(page, records=page.records[:1] + page.records)


def _again_on_the_next(ask: Ask, page: Page) -> Page:
    before = ask.before.records[-1:] if ask.before else []
    return replace(page, records=before + page.records)


def _page_before_instead(ask: Ask, page: Page) -> Page:
    return replace(page, records=ask.before.records, deleted=()) if ask.before else page


def _moved_to_the_next(ask: Ask, page: Page) -> Page:
    """The first record comes a page late: whoever goes by numbers has passed it."""
    late = ask.before.records[:1] if ask.before else []
    return replace(page, records=page.records[1:] + late)


def _shifted(ask: Ask, page: Page) -> Page:
    """As if a record before this page had been deleted."""
    return replace(page, records=page.records[1:])


def _ends_early(ask: Ask, page: Page) -> Page:
    return replace(page, next=None)


def _empty(ask: Ask, page: Page) -> Page:
    return Page([], None, None if page.announced is None else 0)


def _endless(ask: Ask, proper: Proper) -> Any:
    """There is always another page, until the client finds that they lead in a circle."""
    if ask.hit > 1:
        raise BadResponse("pages lead in a circle")
    page: Page = proper()
    return replace(page, next=page.next or FIRST_PAGE)


def _false_deletion(ask: Ask, page: Page) -> Page:
    """What the page before told is told to be gone, and lives."""
    if not (ask.before and ask.before.records):
        return page
    number = json.loads(bytes(ask.before.records[0]))["number"]
    return replace(page, deleted=(*page.deleted, str(number)))


# --- records ---------------------------------------------------------------------------------------


def _of_record(change: Callable[[dict[str, Any]], object]) -> Callable[[Ask, Proper], Any]:
    def on_page(ask: Ask, page: Page) -> Page:
        records: list[dict[str, Any]] = [msgspec.json.decode(one) for one in page.records]
        for record in records[len(records) // 2 :][:1]:
            change(record)
        return replace(page, records=raw(records))

    return _on_page(on_page)


def _retyped(name: str) -> Callable[[Ask, Proper], Any]:
    return _of_record(lambda record: record.update({name: [record[name]]}))


def _without(name: str) -> Callable[[Ask, Proper], Any]:
    return _of_record(lambda record: record.pop(name))


# --- the set as a whole ----------------------------------------------------------------------------


def _hidden(ask: Ask, proper: Proper) -> Any:
    """A record that is left out of every answer from here on, counts included."""
    keys = sorted(ask.vendor.records[ask.entity])
    ask.vendor.hidden.update(keys[len(keys) // 2 :][:1])
    return proper()


def _grows(ask: Ask, proper: Proper) -> Any:
    """A voucher is written while the set is read."""
    _written(ask)
    return proper()


def _shrinks(ask: Ask, proper: Proper) -> Any:
    _deleted(ask)
    return proper()


def _grows_and_shrinks(ask: Ask, proper: Proper) -> Any:
    """There are as many as before, and others."""
    _written(ask)
    _deleted(ask)
    return proper()


def _written(ask: Ask) -> None:
    records = ask.vendor.records[ask.entity]
    highest = max(number for number, _ in records)
    template = records[max(records)]
    rest = {name: template[name] for name in ("member", "parent", "link")}
    for number in (highest + 1, highest + 2):
        ask.vendor.put(ask.entity, number, **rest)


def _deleted(ask: Ask) -> None:
    lowest = min(number for number, _ in ask.vendor.records[ask.entity])
    for number in (lowest, lowest + 1):
        ask.vendor.drop(ask.entity, number)


# --- change logs and streams -----------------------------------------------------------------------


def _tells_nothing(ask: Ask, proper: Proper) -> Any:
    found: Moved = proper()
    return Moved((), found.marker)


def _cannot_tell_all(ask: Ask, proper: Proper) -> Any:
    return None


def _stamped(stamp: str) -> Callable[[Ask, Proper], Any]:
    """The vendor's clock is decades off."""

    def answer(ask: Ask, proper: Proper) -> Any:
        found = proper()
        return Moved(found.keys, stamp) if isinstance(found, Moved) else stamp

    return answer


def _old_cursor(ask: Ask, proper: Proper) -> Any:
    return ask.vendor.cursor(ahead=-3)


# --- lists of versions ------------------------------------------------------------------------------

_LIST: frozenset[Kind] = frozenset({"list"})


def _on_list(
    change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]],
) -> Callable[[Ask, Proper], Any]:
    return lambda ask, proper: change(proper())


def _named_twice(listed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Some of them with an older version, too, which comes first."""
    return [(key, "1") for key, _ in listed[:7]] + listed + listed[::2]


def _named_for_nothing(listed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [*listed, ("990001", "1"), ("990002", "1")]


# --- all of it -------------------------------------------------------------------------------------

TROUBLES = (
    Trouble("rate-limited", _raises(RateLimited("too many requests")), _EVERY, RateLimited),
    Trouble("unavailable", _raises(Unavailable("cut off")), _EVERY, Unavailable),
    Trouble("cut-off-once", _raises(Unavailable("cut off")), _EVERY, Unavailable, lasts=False),
    Trouble("refused", _raises(AuthError("no such token")), _EVERY, AuthError),
    Trouble("bad-response", _raises(BadResponse("no such field")), _EVERY, BadResponse),
    Trouble("not-licensed", _raises(NotLicensed("not bought")), _EVERY),
    Trouble("left-out", _on_page(_left_out), _RECORDS),
    Trouble("left-out-once", _on_page(_left_out), _RECORDS, lasts=False),
    Trouble("twice", _on_page(_twice), _RECORDS),
    Trouble("again-on-the-next", _on_page(_again_on_the_next), _RECORDS),
    Trouble("page-before-instead", _on_page(_page_before_instead), _RECORDS, lasts=False),
    Trouble("moved-to-the-next", _on_page(_moved_to_the_next), _RECORDS),
    Trouble("shifted", _on_page(_shifted), _RECORDS),
    Trouble("shifted-once", _on_page(_shifted), _RECORDS, lasts=False),
    Trouble("ends-early", _on_page(_ends_early), _RECORDS),
    Trouble("empty", _on_page(_empty), _RECORDS),
    Trouble("endless", _endless, _RECORDS, BadResponse),
    Trouble("hidden", _hidden, _SETS),
    Trouble("count-one-more", _off_by(1), _SETS),
    Trouble("count-one-less", _off_by(-1), _SETS),
    Trouble("count-once-more", _off_by(1), _SETS, lasts=False),
    Trouble("no-count", _raises(Unavailable("no count")), _COUNT, Unavailable),
    Trouble("retyped-key", _retyped("number"), _RECORDS, BadResponse),
    Trouble("retyped-value", _retyped("name"), _RECORDS, BadResponse),
    Trouble("retyped-moment", _retyped("stamp"), _RECORDS, BadResponse),
    Trouble("missing-key", _without("number"), _RECORDS, BadResponse),
    Trouble("missing-value", _without("amount"), _RECORDS, BadResponse),
    Trouble("missing-moment", _without("date"), _RECORDS, BadResponse),
    Trouble(
        "new-field", _of_record(lambda record: record.update(region="north")), _RECORDS, alters=True
    ),
    Trouble(
        "stamp-of-the-future",
        _of_record(lambda record: record.update(stamp="2099-01-01T00:00:00Z")),
        _RECORDS,
        alters=True,
    ),
    Trouble("grows", _grows, _EVERY, lasts=False, moves=True),
    Trouble("shrinks", _shrinks, _EVERY, lasts=False, moves=True),
    Trouble("grows-and-shrinks", _grows_and_shrinks, _EVERY, lasts=False, moves=True),
    Trouble("false-deletion", _on_page(_false_deletion), frozenset({"changes"})),
    Trouble("log-tells-nothing", _tells_nothing, frozenset({"log"})),
    Trouble("log-cannot-tell-all", _cannot_tell_all, frozenset({"log"})),
    Trouble("log-of-the-future", _stamped("2099-01-01T00:00:00Z"), _LOG),
    Trouble("log-of-the-past", _stamped("1999-01-01T00:00:00Z"), _LOG),
    Trouble("list-lacks-one", _on_list(lambda listed: listed[:11] + listed[12:]), _LIST),
    Trouble("list-lacks-half", _on_list(lambda listed: listed[::2]), _LIST),
    Trouble("list-lacks-half-once", _on_list(lambda listed: listed[::2]), _LIST, lasts=False),
    Trouble("list-is-empty", _on_list(lambda listed: []), _LIST),
    Trouble("list-names-twice", _on_list(_named_twice), _LIST),
    Trouble("list-names-for-nothing", _on_list(_named_for_nothing), _LIST),
    Trouble("old-cursor", _old_cursor, frozenset({"cursor"})),
)
