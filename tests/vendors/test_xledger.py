"""The parts of Xledger's client, each by itself: queries, filters, pages, owners, and what does not fit the schema."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import msgspec
import pytest
from graphql import build_schema, introspection_from_schema

from saldo.declarations.entity import Entity
from saldo.declarations.source import EVERYTHING, Keys, Page
from saldo.errors import (
    AuthError,
    BadResponse,
    ConfigError,
    Evidence,
    RateLimited,
    Unavailable,
    VendorError,
)
from saldo.transport import Caller, Policy, Reply
from saldo.transport.http import LATE
from saldo.transport.limiter import BurstLimiter
from saldo.vendors.xledger import answers, queries, schema
from saldo.vendors.xledger.client import XledgerClient
from saldo.vendors.xledger.entities import ENTITIES
from saldo.vendors.xledger.graphql_errors import QueryRefused, XledgerFailed, refusal
from saldo.vendors.xledger.introspection import Schema
from saldo.vendors.xledger.owners import is_emptied, others_of
from saldo.vendors.xledger.page_size import LARGEST, SMALLEST, PageSize, QueryTimedOut
from saldo.vendors.xledger.records import XledgerRecord
from saldo.ways.delta import Changes, Unreadable
from saldo.ways.snapshot import Snapshot
from tests.serving import reply, serving
from tests.support import Sandbox
from tests.xledger import xledger_company

BY_NAME = {entity.name: entity for entity in ENTITIES}


def fields_of(record: Any, above: str = "") -> set[str]:
    """What a record declares, nested fields as a.b."""
    found = set()
    for field in msgspec.structs.fields(record):
        kinds = getattr(field.type, "__args__", (field.type,))
        inner = [k for k in kinds if isinstance(k, type) and issubclass(k, msgspec.Struct)]
        name = f"{above}{field.encode_name}"
        found |= fields_of(inner[0], f"{name}.") if inner else {name}
    return found


# --- queries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_a_query_asks_for_what_the_record_declares(entity: Entity) -> None:
    asked, declared = set(queries.query(entity.name).fields), fields_of(entity.record)
    # Of what is typed Any, the query says what is in it.
    assert {
        name for name in asked if not any(name.startswith(f"{d}.") for d in declared)
    } <= declared
    assert {d for d in declared if not any(name.startswith(f"{d}.") for name in asked)} <= asked


def test_every_query_is_of_an_entity() -> None:
    folder = Path(queries.__file__).parent / "queries"
    assert {path.stem for path in folder.glob("*.graphql")} == set(BY_NAME)


@pytest.mark.parametrize(
    "text",
    [
        "{ accounts { edges { cursor } } }",
        "{ accounts { pageInfo { hasNextPage } } }",
        "{ accounts { edges { node { dbId } } } customers { edges { node { dbId } } } }",
    ],
)
def test_a_query_of_another_shape_is_refused(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_FOLDER", tmp_path)
    (tmp_path / "odd.graphql").write_text(text)
    with pytest.raises(ValueError, match=r"odd\.graphql must ask for one set"):
        queries.query("odd")


def test_names_of_streams_and_filters() -> None:
    assert queries.query("currencies").changes == "currency_deltas"
    assert queries.query("ar_transactions").changes == "arTransaction_deltas"
    assert schema.filter_of("arTransactions") == "ARTransaction_Filter"
    assert schema.filter_of("entities") == "Entity_Filter"


def test_values_are_written_as_their_types_are() -> None:
    assert schema.literal("Int", ("1", "2")) == "[1, 2]"
    assert schema.literal("Int64String", ("1", "2")) == '["1", "2"]'
    assert schema.literal("DateString", '2026-01-01"') == '"2026-01-01\\""'


# --- pages ---------------------------------------------------------------------------------------


def test_pages_halve_and_grow_again() -> None:
    size, timed_out = PageSize(), QueryTimedOut("x")
    assert size.rows == LARGEST
    assert size.failed(timed_out)
    assert size.rows == LARGEST // 2
    for _ in range(5):
        size.answered()
    assert size.rows == LARGEST
    while size.failed(timed_out):
        pass
    assert size.rows == SMALLEST


@pytest.mark.parametrize(
    "late", [Unavailable("x", reason=LATE), Unavailable("x", Evidence(504)), Unavailable("x", Evidence(408))]
)  # fmt: skip
def test_pages_that_nobody_waits_for_are_halved_for_good(late: Unavailable) -> None:
    size = PageSize()
    assert size.failed(late)
    for _ in range(20):
        size.answered()
    assert size.rows == LARGEST // 2


@pytest.mark.parametrize("other", [Unavailable("x", Evidence(503)), Unavailable("x", reason="x")])
def test_what_is_not_late_is_no_reason_for_smaller_pages(other: Unavailable) -> None:
    assert not PageSize().failed(other)


@pytest.mark.parametrize("status", [504, 0])
def test_a_page_that_never_comes_in_time_is_asked_for_in_parts(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = json.loads(server.bodies[-1])["query"]
        if "first: 10000" not in asked:
            reply(body=json.dumps({"data": {"customers": _page([_edge(1)])}}).encode())(handler)
        elif status:
            reply(status)(handler)
        else:
            time.sleep(1)

    with serving() as start:
        server = start(answer)
        client = XledgerClient(
            Caller("xledger", "odd", "xledger_odd"), token="x" * 30, url=f"{server.url}/graphql",
            policy=Policy(max_tries=2, first_wait_s=0.01, read_timeout_s=0.3),
        )  # fmt: skip
        client.opens("1")
        client.token_entity = "1"
        monkeypatch.setattr(client, "reached", tuple)
        [page] = client.pages(BY_NAME["customers"], EVERYTHING)
    assert len(page.records) == 1
    assert len(server.bodies) == 3


def _client(body: Any, monkeypatch: pytest.MonkeyPatch) -> XledgerClient:
    """A client whose every answer is this."""
    client = XledgerClient(
        Caller("xledger", "odd", "xledger_odd"), token="x" * 30, url="http://127.0.0.1:9/graphql"
    )
    client.opens("1")
    monkeypatch.setattr(client, "query", lambda asked, *, decode: decode(json.dumps(body).encode()))
    monkeypatch.setattr(client, "reached", tuple)
    client.token_entity = "1"
    return client


def _edge(key: int, change: str | None = None, owner: int | None = 1) -> dict[str, Any]:
    edge: dict[str, Any] = {"cursor": f"c{key}", "node": {"dbId": key, "ownerDbId": owner}}
    return edge | ({"change": {"dbId": key, "mutationType": change}} if change else {})


def test_an_empty_set_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    for nothing in (None, {"edges": None, "pageInfo": {"hasNextPage": False}}):
        client = _client({"data": {"customers": nothing}}, monkeypatch)
        [page] = client.pages(BY_NAME["customers"], EVERYTHING)
        assert (page.records, page.next) == ([], None)


@pytest.mark.parametrize("edges", [None, [], [_edge(1)]])
def test_pages_that_lead_nowhere_are_an_error_and_not_read_for_ever(
    edges: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"data": {"customers": {"edges": edges, "pageInfo": {"hasNextPage": True}}}}
    with pytest.raises(BadResponse, match="pages of customers lead nowhere"):
        list(_client(body, monkeypatch).pages(BY_NAME["customers"], EVERYTHING))


def _page(edges: Any, *, more: bool = False) -> dict[str, Any]:
    return {"edges": edges, "pageInfo": {"hasNextPage": more}}


def _one_by_one(bodies: list[Any], monkeypatch: pytest.MonkeyPatch) -> XledgerClient:
    """A client whose answers are these, one after the other."""
    client = _client({}, monkeypatch)
    left = iter(bodies)
    monkeypatch.setattr(
        client, "query", lambda asked, *, decode: decode(json.dumps(next(left)).encode())
    )
    return client


UNSAID = {"edges": None, "pageInfo": None}


@pytest.mark.parametrize("second", [[None, None], [UNSAID, UNSAID], [_page(None), None]])
@pytest.mark.parametrize("request_", [EVERYTHING, Changes("c0")])
def test_a_page_that_was_announced_and_is_not_there_does_not_end_a_set(
    second: list[Any], request_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = _after_one(second, request_, monkeypatch)
    with pytest.raises(Unavailable, match="without the page of customers that was to come"):
        next(pages)


@pytest.mark.parametrize(
    ("second", "count"),
    [([_page(None), _page([])], 0), ([None, _page(None)], 0), ([_page(None), _page([_edge(2)])], 1)],
    ids=["empty", "null-then-empty", "there-after-all"],
)  # fmt: skip
def test_a_full_page_may_announce_what_is_empty(
    second: list[Any], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is asked for again, before it is the end."""
    [last] = _after_one(second, EVERYTHING, monkeypatch)
    assert (len(last.records), last.next) == (count, None)


def _after_one(bodies: list[Any], request_: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The pages that come after one that has a row and announces more."""
    root = "customers" if request_ is EVERYTHING else "customer_deltas"
    first = _page([_edge(1, "ADDED")], more=True)
    client = _one_by_one([{"data": {root: body}} for body in (first, *bodies)], monkeypatch)
    pages = client.pages(BY_NAME["customers"], request_)
    assert len(next(pages).records) == 1
    return pages


@pytest.mark.parametrize("request_", [EVERYTHING, Changes("c0")])
def test_a_page_that_does_not_say_whether_there_is_more_is_not_the_last(
    request_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = "customers" if request_ is EVERYTHING else "customer_deltas"
    found = {"edges": [_edge(1, "ADDED")], "pageInfo": None}
    client = _client({"data": {root: found}}, monkeypatch)
    with pytest.raises(Unavailable, match="does not say whether there is more"):
        list(client.pages(BY_NAME["customers"], request_))


def test_an_answer_without_the_set_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    client = _client({"data": {}}, monkeypatch)
    with pytest.raises(BadResponse, match="answer does not hold customers"):
        list(client.pages(BY_NAME["customers"], EVERYTHING))


REFUSED = QueryRefused("Xledger refuses the query", Evidence())
UNTOLD = (REFUSED, AuthError("not authorized", Evidence()), XledgerFailed("no introspection"))


def _untold(
    schema: VendorError | bytes,
    answer: VendorError | dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> XledgerClient:
    """A client that is not told the schema."""
    client = _client({}, monkeypatch)

    def query(asked: str, *, decode: Any) -> Any:
        found = schema if "query schema" in asked else answer
        if isinstance(found, VendorError):
            raise found
        return decode(found if isinstance(found, bytes) else json.dumps(found).encode())

    monkeypatch.setattr(client, "query", query)
    return client


@pytest.mark.parametrize("why", UNTOLD, ids=lambda why: type(why).__name__)
def test_a_schema_that_is_not_told_costs_rows_of_others_and_no_set(
    why: VendorError, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"data": {"transactions": _page([_edge(1), _edge(2, owner=7)])}}
    client = _untold(why, answer, monkeypatch)
    [page] = client.pages(BY_NAME["transactions"], EVERYTHING)
    assert len(page.records) == 1
    with pytest.raises(type(why)):
        list(client.pages(BY_NAME["transactions"], Keys(("1",))))


@pytest.mark.parametrize(
    "schema", [*UNTOLD, b'{"data": null}', b'{"data": {"__schema": {}}}', b"[]", b"{}"]
)
def test_who_is_not_told_the_schema_is_told_of_the_query_that_was_refused(
    schema: VendorError | bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = _untold(schema, REFUSED, monkeypatch)
    with pytest.raises(QueryRefused) as refused:
        list(client.pages(BY_NAME["customers"], EVERYTHING))
    assert refused.value is REFUSED


@pytest.mark.parametrize("request_", [EVERYTHING, Keys(("1",))])
def test_nothing_is_gone_because_a_set_is_null_once(
    request_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    null = {"data": {"customers": None}}
    for bodies, count in (
        ([null, {"data": {"customers": _page([_edge(1)])}}], 1),
        ([null, null], 0),
    ):
        client = _one_by_one(bodies, monkeypatch)
        monkeypatch.setattr(client, "filters_of", lambda root: {"dbId_in": "Int"})
        [page] = client.pages(BY_NAME["customers"], request_)
        assert len(page.records) == count


def test_what_is_no_row_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for node in (None, 7, []):
        edges = [{"cursor": "c", "node": node}]
        client = _client({"data": {"customers": _page(edges)}}, monkeypatch)
        with pytest.raises(BadResponse, match="'odd': a node of customers is no row"):
            list(client.pages(BY_NAME["customers"], EVERYTHING))
    edges = [_edge(5, owner=None)]
    client = _client({"data": {"transactions": _page(edges)}}, monkeypatch)
    monkeypatch.setattr(client, "filters_of", lambda root: {})
    with pytest.raises(BadResponse, match="transactions does not say whose it is"):
        list(client.pages(BY_NAME["transactions"], EVERYTHING))


OWN_ENTITY = {"cursor": "c1", "node": {"dbId": 1, "ownerDbId": 1}}


@pytest.mark.parametrize("entity", ["entities", "periods"])
@pytest.mark.parametrize(
    ("edge", "words"),
    [
        ({"cursor": "c2", "node": None}, "a node of {} is no row"),
        ({"cursor": "c2", "node": [1]}, "a node of {} is no row"),
        ({"cursor": "c2", "node": [OWN_ENTITY]}, "a node of {} is no row"),
        ({"cursor": "c2", "node": {"dbId": [1], "ownerDbId": [1]}}, "a node of {} is no row"),
        (None, "answered in another shape than declared"),
        ([OWN_ENTITY], "answered in another shape than declared"),
    ],
)
def test_what_is_no_row_among_rows_is_an_error_that_names_agreement_and_place(
    entity: str, edge: Any, words: str
) -> None:
    page = _page([OWN_ENTITY, edge, OWN_ENTITY])
    with serving() as start:
        server = start(reply(body=json.dumps({"data": {entity: page}}).encode()))
        caller = Caller("xledger", "odd", "xledger_odd")
        client = XledgerClient(caller, token="x" * 30, url=f"{server.url}/graphql")
        client.opens("1")
        with pytest.raises(BadResponse, match=f"'odd': .*{words.format(entity)}"):
            list(client.pages(BY_NAME[entity], EVERYTHING))


def test_an_entity_that_does_not_say_which_it_is_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edges = [OWN_ENTITY, {"cursor": "c2", "node": {"dbId": None, "code": "7"}}]
    client = _client({"data": {"entities": _page(edges)}}, monkeypatch)
    with pytest.raises(BadResponse, match="'odd': a node of entities does not say which it is"):
        list(client.pages(BY_NAME["entities"], EVERYTHING))


def test_a_change_that_does_not_say_of_what_cannot_be_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edges = [_edge(1, "ADDED"), {"cursor": "c2", "node": None, "change": None}]
    client = _client({"data": {"customer_deltas": _page(edges)}}, monkeypatch)
    with pytest.raises(Unreadable):
        list(client.pages(BY_NAME["customers"], Changes("c0")))


@pytest.mark.parametrize(
    "change",
    [
        {"dbId": 2, "mutationType": "ARCHIVED"},
        {"dbId": 2, "mutationType": None},
        {"dbId": 2},
        {"dbId": None, "mutationType": "UPDATED"},
        {},
    ],
    ids=str,
)
def test_a_change_of_a_kind_nobody_knows_cannot_be_passed_over(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    edges = [_edge(1, "ADDED"), {**_edge(2), "change": change}]
    client = _client({"data": {"customer_deltas": _page(edges)}}, monkeypatch)
    with pytest.raises(Unreadable, match=r"the stream of changes (holds|says)"):
        list(client.pages(BY_NAME["customers"], Changes("c0")))
    assert not client.is_still(BY_NAME["customers"], "c0")


def test_a_row_that_is_another_owners_now_is_gone_and_everybodys_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everybodys = _edge(2, "UPDATED", owner=None)
    everybodys["node"]["description"] = "everybody's"
    edges = [_edge(1, "UPDATED", owner=99), everybodys, _edge(3, "UPDATED", owner=None)]
    client = _client({"data": {"customer_deltas": _page(edges)}}, monkeypatch)
    reached = (answers.OwnEntity(db_id="1"), answers.OwnEntity(db_id="99"))
    monkeypatch.setattr(client, "reached", lambda: reached)
    [page] = client.pages(BY_NAME["customers"], Changes("c0"))
    assert [json.loads(bytes(node))["dbId"] for node in page.records] == [2]
    assert set(page.deleted) == {"1", "3"}


def test_lines_of_others_move_nobodys_books(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group's token is told of all its companies' lines; one that was made and is gone was never here."""
    gone = _edge(3, "ADDED", owner=None)
    made = [_edge(1, "ADDED"), _edge(2, "ADDED", owner=99), gone]
    edges = [*made, *(_edge(key, "UPDATED", owner=99) for key in (1, 2, 3, 4))]
    client = _client({"data": {"transaction_deltas": _page(edges)}}, monkeypatch)
    assert client.changed(BY_NAME["transactions"], "c0") == ({"1"}, {"1", "2", "3", "4"})


_REPLIES = [
    ([{"message": None}], XledgerFailed),
    ([{"message": "m", "code": 7}], XledgerFailed),
    (["boom"], XledgerFailed),
    ({"message": "boom"}, XledgerFailed),
    ([{"message": "x", "extensions": []}], XledgerFailed),
    ([{"message": "An unexpected error occurred."}], XledgerFailed),
    ([{"message": "x"}, {"code": "BAD_REQUEST.BURST_RATE_LIMIT_REACHED"}], RateLimited),
    ([{"message": "x", "extensions": {"code": "BAD_REQUEST.INSUFFICIENT_CREDITS"}}], RateLimited),
    ([{"message": "Your query timed out."}], QueryTimedOut),
    ([{"message": "Syntax Error: Unexpected token <EOF>"}], QueryRefused),
    ([{"message": "Cannot query field 'tokenScope' on type 'Thing'."}], QueryRefused),
    ([{"message": "x", "extensions": {"code": "ARGUMENTS_OF_CORRECT_TYPE"}}], QueryRefused),
    ([{"message": "Bad format for API Token."}], AuthError),
    ([{"message": "Not authorized: the field needs a scope."}], AuthError),
    *(
        ([{"message": words, **code}], AuthError)
        for words in ("Invalid token", "Token has expired", "Insufficient privileges",
                      "You do not have access to customers.", "Unauthorized")
        for code in ({}, {"code": "BAD_REQUEST"})
    ),
    ([{"message": "something else", "code": "BAD_REQUEST"}], QueryRefused),
    ([{"message": "Field 'note' of type 'Note' must have a sub selection.", "extensions": {"code": "SCALAR_LEAFS"}}], QueryRefused),
    ([{"message": "Execution Timeout Expired.  The timeout period elapsed."}], QueryTimedOut),
    ([{"message": "The token was refused after a timeout"}], AuthError),
    ([{"message": "Unexpected token } in JSON", "code": "BAD_REQUEST"}], QueryRefused),
]  # fmt: skip


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"dbId": 1, "ownerDbId": None, "code": None}, True),
        ({"dbId": 1, "ownerDbId": None, "header": {"dbId": None, "more": {"code": None}}}, True),
        ({"dbId": 1, "ownerDbId": None, "billable": False, "lines": []}, True),
        ({"dbId": 1, "ownerDbId": None, "header": {"dbId": 5}}, False),
        ({"dbId": 1, "ownerDbId": None, "amount": 0}, False),
        ({"dbId": 1, "ownerDbId": None, "text": ""}, False),
    ],
)
def test_which_rows_were_deleted_since_their_change(node: Any, expected: bool) -> None:
    assert is_emptied(json.dumps(node).encode()) is expected


@pytest.mark.parametrize(("errors", "kind"), _REPLIES)
def test_any_error_refuses_the_answer_whatever_its_shape(errors: Any, kind: type) -> None:
    body = json.dumps({"data": {"customers": _page([_edge(1)])}, "errors": errors}).encode()
    caller = Caller("xledger", "odd", "xledger_odd")
    found = refusal(caller, Reply(200, {}, body), Evidence)
    assert type(found) is kind
    assert found.family in ("Unavailable", "RateLimited", "BadResponse", "AuthError")
    assert "'odd'" in str(found)


@pytest.mark.parametrize("status", [402, 403, 429])
def test_a_limit_is_a_limit_whatever_the_status(status: int) -> None:
    caller = Caller("xledger", "odd", "xledger_odd")

    def refused(code: str, **headers: str) -> Any:
        body = json.dumps({"errors": [{"message": "x", "code": code}]}).encode()
        return refusal(caller, Reply(status, headers, body), Evidence)

    found = refused("BAD_REQUEST.INSUFFICIENT_CREDITS")
    assert isinstance(found, RateLimited)
    assert found.retry_after_s == 1_200
    assert (
        refused("BAD_REQUEST.BURST_RATE_LIMIT_REACHED", **{"Retry-After": "60"}).retry_after_s == 60
    )
    # Its status says what any other error is.
    assert refused("UNHANDLED_ERROR") is None


@pytest.mark.parametrize("errors", [None, []])
def test_no_errors_are_none(errors: Any) -> None:
    body = json.dumps({"data": {}, "errors": errors}).encode()
    assert refusal(Caller("xledger", "a", "c"), Reply(200, {}, body), Evidence) is None


def test_a_list_of_entities_without_end_or_without_any_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewer = {"entity": {"dbId": 1, "ownerDbId": 1}}
    one = {"cursor": "c", "node": {"dbId": 1, "ownerDbId": 1}}
    nothing = {"cursor": "c", "node": None}
    unsaid = {"edges": [one], "pageInfo": None}
    for entities in (None, _page(None), _page([one], more=True), _page([nothing]), unsaid):
        client = _client({"data": {"viewer": viewer, "entities": entities}}, monkeypatch)
        monkeypatch.undo()
        monkeypatch.setattr(
            client,
            "query",
            lambda asked, *, decode, found=entities: decode(
                json.dumps({"data": {"viewer": viewer, "entities": found}}).encode()
            ),
        )
        with pytest.raises(BadResponse, match="cannot be told without it"):
            client.reached()


def test_of_changes_the_last_of_a_record_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = [
        _edge(1, "ADDED"), _edge(2, "ADDED"), _edge(1, "UPDATED"), _edge(3, "DELETED", None), _edge(2, "DELETED"),
        _edge(4, "DELETED"), _edge(4, "ADDED"), _edge(5, "UPDATED", None), _edge(6, "ADDED"),
    ]  # fmt: skip
    body = {"data": {"customer_deltas": {"edges": edges, "pageInfo": {"hasNextPage": False}}}}
    [page] = _client(body, monkeypatch).pages(BY_NAME["customers"], Changes("c0"))
    assert [json.loads(bytes(node))["dbId"] for node in page.records] == [1, 4, 6]
    assert set(page.deleted) == {"2", "3", "5"}
    assert page.stands_at == "c6"


def test_records_by_id_are_asked_for_in_parts(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = xledger_company(sandbox, "xkeys", entries=700)
    client, entity = company.client(), BY_NAME["ar_transactions"]
    keys = [str(json.loads(bytes(node))["dbId"]) for node in client.sample(entity).records[:7]]
    monkeypatch.setattr("saldo.vendors.xledger.client.MAX_KEYS", 3)
    found = [page for page in client.pages(entity, Keys(tuple(keys)))]
    assert [len(page.records) for page in found] == [3, 3, 1]


def test_requests_in_five_seconds_must_be_a_number() -> None:
    from saldo.declarations.connection_form import Fields
    from saldo.vendors.xledger.vendor import XLEDGER

    for given in ("0", "many", "-3"):
        with pytest.raises(ConfigError, match=f"says '{given}' for the requests in 5 seconds"):
            XLEDGER.client_of(
                Fields("https://x.example/graphql", "", "x" * 30, {"burst": given}),
                Caller("xledger", "a", "c"),
            )


# --- owners and limits ---------------------------------------------------------------------------


def test_whose_rows_are_others() -> None:
    def entity(id: str, above: str | None = None) -> answers.OwnEntity:
        return answers.OwnEntity(db_id=id, owner_db_id=above or id, code=id)

    reached = [entity("2"), entity("3", "2"), entity("1"), entity("4", "2")]
    assert others_of("1", "1", reached) == {"2", "3", "4"}
    assert others_of("3", "1", reached) == {"4"}
    assert others_of("2", "1", reached) == {"3", "4"}
    # A list that leaves out the entity the token was made in: no other one is above all.
    assert others_of("3", "1", reached[:2]) == frozenset()
    assert others_of("3", "1", [entity("3"), entity("4")]) == {"4"}


def test_a_burst_is_free_and_then_calls_are_spread() -> None:
    now = [100.0]
    limiter = BurstLimiter(3, 5.0, clock=lambda: now[0])
    assert [limiter.delay_s() for _ in range(3)] == [0, 0, 0]
    assert limiter.delay_s() == 5.0
    now[0] = 111.0
    assert limiter.delay_s() == 0


# --- the schema ----------------------------------------------------------------------------------

_SDL = """
scalar MoneyString
type Query { things(first: Int): ThingConnection }
type ThingConnection { edges: [ThingEdge] }
type ThingEdge { cursor: String node: Thing }
type Thing {
    dbId: Int
    ownerDbId: Int
    description: String @deprecated(reason: "use text")
    amount: Boolean
    project: Int
    holder: Holder
}
type Holder { kode: String }
"""


class _Holder(msgspec.Struct):
    code: str | None


class Thing(XledgerRecord):
    description: str | None
    amount: float | None
    descripton: str | None
    project: _Holder | None
    holder: _Holder | None
    note: str | None = None


def test_what_does_not_fit_the_schema_is_named_with_what_is_near(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_FOLDER", tmp_path)
    (tmp_path / "things.graphql").write_text("{ things { edges { node { dbId ownerDbId } } } }")
    body = json.dumps({"data": introspection_from_schema(build_schema(_SDL))}).encode()
    entity = Entity("things", "things", Thing, "dbId", reads=Snapshot())
    found = Schema(lambda asked: body).misfits(entity)
    assert {(misfit.says, misfit.is_fatal) for misfit in found} == {
        ("description is deprecated (use text)", False),
        ("amount is of the type Boolean, which is not what is declared", True),
        ("descripton is not in the schema (type Thing); the nearest there is: description", True),
        ("project is of the type Int, which is not what is declared", True),
        ("holder.code is not in the schema (type Holder); the nearest there is: kode", True),
        ("note is not in the schema (type Thing); it is not asked for and stays empty", False),
    }
