"""What is staged and what is booked at Xledger, as it is read: what is not found is sent, so that nothing may be missing or there twice."""

from __future__ import annotations

import itertools
import json
from datetime import date
from typing import Any

import pytest

from saldo.errors import BadResponse, OutcomeUnknown, Unavailable
from saldo.transport import Caller
from saldo.vendors.xledger.client import XledgerClient
from saldo.vendors.xledger.importing import Importing
from tests.serving import reply, serving

CALLER = Caller("xledger", "odd", "xledger_odd")


def importing(monkeypatch: pytest.MonkeyPatch, *pages: Any) -> Importing:
    """Of a client whose answers are these sets, one after the other and then from the first again."""
    client = XledgerClient(CALLER, token="x" * 30, url="http://127.0.0.1:9/graphql")
    client.opens("1")
    left = itertools.cycle(pages)

    def query(asked: str, *, decode: Any) -> Any:
        root = asked.split("{", 1)[1].split("(")[0].strip()
        return decode(json.dumps({"data": {root: next(left)}}).encode())

    known = dict.fromkeys(("extIdentifier_in", "code_in", "fromDate_gte", "fromDate_lte"), "String")
    monkeypatch.setattr(client, "query", query)
    monkeypatch.setattr(client, "filters_of", lambda *_: known)
    monkeypatch.setattr(client, "reached", tuple)
    client.token_entity = "1"
    return Importing(client)


def page(*ids: int, more: bool = False, **fields: Any) -> dict[str, Any]:
    edges = [{"cursor": f"c{id}", "node": {"dbId": id, "extIdentifier": "A", **fields}} for id in ids]  # fmt: skip
    return {"edges": edges or None, "pageInfo": {"hasNextPage": more}}


def test_nothing_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert importing(monkeypatch, page()).items(["A"]) == []
    assert importing(monkeypatch, {"edges": [], "pageInfo": None}).items(["A"]) == []
    assert importing(monkeypatch, None).items(["A"]) == []
    assert importing(monkeypatch, None).named({"accounts": ["2410"]}) == {"accounts": []}


def test_one_null_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set that failed may be null, too."""
    [item] = importing(monkeypatch, None, page(1)).items(["A"])
    assert item.db_id == 1
    [row] = importing(monkeypatch, None, page(2)).named({"accounts": ["2410"]})["accounts"]
    assert row.db_id == 2


@pytest.mark.parametrize("pages", [
    [{**page(1), "pageInfo": None}], [page(1, more=True), None], [page(1, more=True), page()],
])  # fmt: skip
def test_a_set_that_is_not_whole_is_not_believed(
    pages: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unavailable, match="without all of glImportItems"):
        importing(monkeypatch, *pages).items(["A"])


def test_nor_is_one_of_a_register(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="without"):
        importing(monkeypatch, {**page(1), "pageInfo": None}).named({"accounts": ["2410"]})


def test_a_row_of_two_pages_is_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importing(monkeypatch, page(1, 2, more=True), page(2, 3)).items(["A"])
    assert [one.db_id for one in found] == [1, 2, 3]
    found = importing(monkeypatch, page(1, 1)).named({"accounts": ["2410"]})["accounts"]
    assert [one.db_id for one in found] == [1]


def test_pages_in_a_circle_are_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadResponse, match="glImportItems lead nowhere"):
        importing(monkeypatch, page(1, more=True), page(2, more=True)).items(["A"])


def test_a_day_may_have_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    day, instant = date(2026, 10, 15), "2026-10-15T00:00:00"
    [item] = importing(monkeypatch, page(1, postedDate=instant)).items(["A"])
    assert item.posted_date == day
    [period] = importing(monkeypatch, page(1, ownerDbId="1", fromDate=instant, toDate=instant)).periods(day, day)  # fmt: skip
    assert (period.from_date, period.to_date) == (day, day)
    [row] = importing(monkeypatch, page(1, dateTo=instant)).named({"accounts": ["2410"]})["accounts"]  # fmt: skip
    assert row.holds_on(day)


@pytest.mark.parametrize("edges", [[None], [{"clientId": ["1"], "node": None}], {}])
def test_what_was_done_and_answered_in_another_shape_is_unknown(edges: Any) -> None:
    body = json.dumps({"data": {"addGLImportItems": {"edges": edges}}}).encode()
    with serving() as start:
        server = start(reply(body=body))
        client = XledgerClient(CALLER, token="x" * 30, url=f"{server.url}/graphql")
        with pytest.raises(OutcomeUnknown, match="the answer cannot be read"):
            Importing(client).add([{"clientId": "1", "node": {}}], [], key="EXP-1")
    assert len(server.bodies) == 1
