"""Pages, cursors, filters and owners."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import pytest

from sandbox.vendors.xledger.schema import ROOTS
from tests.sandbox.vendors.xledger.asking import PLAIN, ROOT, Xledger

BYGG, DRIFT = "sandbox-xledger-token-fjordbygg", "sandbox-xledger-token-fjorddrift"
LOFOTEN = "sandbox-xledger-lofoten-fisk"
_PAGE = "{{ {0}({1}) {{ edges {{ cursor node {{ dbId }} }} pageInfo {{ hasNextPage hasPreviousPage }} }} }}"


def page(xledger: Xledger, root: str, args: str, token: str = BYGG) -> Any:
    return xledger.ask(_PAGE.format(root, args), token)[root]


def ids(found: Any) -> list[int]:
    return [int(edge["node"]["dbId"]) for edge in found["edges"] or []]


def all_ids(xledger: Xledger, root: str, args: str = "", token: str = BYGG) -> list[int]:
    return [int(row["dbId"]) for row in xledger.rows(root, args, token=token)]


@pytest.mark.parametrize("root", PLAIN)
def test_pages_make_the_whole_whatever_their_size(xledger: Xledger, root: str) -> None:
    whole = xledger.rows(root, token=ROOT)
    numbers = [int(row["dbId"]) for row in whole]
    assert numbers == sorted(set(numbers))
    assert xledger.rows(root, token=ROOT, size=max(2, len(whole) // 7)) == whole


@pytest.mark.parametrize("root", PLAIN)
def test_pages_go_backwards_too(xledger: Xledger, root: str) -> None:
    whole, found, before = all_ids(xledger, root), list[int](), ""
    size = max(1, len(whole) // 4)
    while True:
        one = page(xledger, root, f"last: {size} {before}")
        found = ids(one) + found
        assert one["pageInfo"]["hasPreviousPage"] == (len(found) < len(whole))
        if not one["pageInfo"]["hasPreviousPage"]:
            break
        before = f'before: "{one["edges"][0]["cursor"]}"'
    assert found == whole


def test_what_is_empty_is_null(xledger: Xledger) -> None:
    empty = {"edges": None, "pageInfo": {"hasNextPage": False, "hasPreviousPage": False}}
    assert page(xledger, "accounts", 'filter: {code: "none"}') == empty
    assert page(xledger, "transactions", "filter: {dbId: 1}") == empty
    last = page(xledger, "customers", "last: 1")["edges"][0]["cursor"]
    assert page(xledger, "customers", f'first: 5, after: "{last}"') == empty
    assert page(xledger, "transaction_deltas", "last: 1") == empty


@pytest.mark.parametrize(
    "args", ["first: 0", "first: 10001", "last: -1", 'after: "nonsense"', 'after: "eDphYmM="']
)
def test_pages_that_cannot_be(xledger: Xledger, args: str) -> None:
    answer = xledger.answer(_PAGE.format("transactions", args), BYGG).json()
    assert answer["data"] == {"transactions": None}
    assert answer["errors"][0]["path"] == ["transactions"]


def test_a_query_of_too_many_rows_times_out(xledger: Xledger) -> None:
    token = xledger.company("slow", xledger_page=50)
    answer = xledger.answer(_PAGE.format("transactions", "first: 51"), token).json()
    assert answer["errors"][0]["message"] == "Your query timed out."
    assert len(ids(page(xledger, "transactions", "first: 50", token))) == 50
    assert ids(page(xledger, "currencies", "first: 9999", token))


def test_filters(xledger: Xledger) -> None:
    lines = xledger.rows("transactions", token=BYGG)
    some = [int(line["dbId"]) for line in lines[100:900:100]]
    text = ", ".join(f'"{id}"' for id in reversed(some))
    assert all_ids(xledger, "transactions", f"filter: {{dbId_in: [{text}, 7]}}") == some
    spring = xledger.rows(
        "transactions",
        'filter: {postedDate_gte: "2025-03-01", postedDate_lte: "2025-05-31"}',
        token=BYGG,
    )
    assert spring == [x for x in lines if "2025-03-01" <= x["header"]["postedDate"] <= "2025-05-31"]
    invoices = xledger.rows("arTransactions", 'filter: {invoiceDate_gte: "2026-09-01"}', token=BYGG)
    assert {x["invoiceDate"][:7] for x in invoices} == {"2026-09", "2026-10"}
    sheets = xledger.rows("timesheets", 'filter: {assignmentDate_lte: "2024-02-29"}', token=BYGG)
    assert {x["assignmentDate"][:7] for x in sheets} == {"2024-01", "2024-02"}
    accounts = xledger.rows(
        "accounts", 'filter: {OR: [{code: "5820"}, {code_in: ["6110"]}]}', token=BYGG
    )
    assert [x["code"] for x in accounts] == ["5820", "6110"]
    none = 'filter: {AND: [{code: "5820"}, {code: "6110"}]}'
    assert xledger.rows("accounts", none, token=BYGG) == []


def test_filters_by_owner(xledger: Xledger) -> None:
    for filter in ("ownerDbId: 4711", "ownerDbId_in: [4711, 4800]", "OR: [{ownerDbId: 4711}]"):
        found = xledger.rows("customers", f"filter: {{{filter}}}", token=ROOT)
        assert {row["ownerDbId"] for row in found} == {4711}


def test_what_is_closed(xledger: Xledger) -> None:
    closed = xledger.rows("projects", "objectStatus: CLOSED", token=BYGG)
    opened = xledger.rows("projects", "objectStatus: OPEN", token=BYGG)
    assert closed
    assert all(row["toDate"] < "2026-10-30" for row in closed)
    assert len(closed) + len(opened) == len(
        xledger.rows("projects", "objectStatus: ALL", token=BYGG)
    )


# --- owners --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "owner_set", "own", "shared"),
    [
        (ROOT, "CURRENT", {4700}, {4700}),
        (ROOT, "LOWER", {4700, 4711, 4712}, {4700}),
        (ROOT, "UPPER", {4700}, {4700}),
        (ROOT, "MINE", {4700}, {4700}),
        (ROOT, "ALL", {4700, 4711, 4712}, {4700}),
        (BYGG, "CURRENT", {4711}, set()),
        (BYGG, "LOWER", {4711}, set()),
        (BYGG, "UPPER", {4711}, {4700}),
        (BYGG, "MINE", {4711}, {4700}),
        (BYGG, "ALL", {4711}, {4700}),
        (LOFOTEN, "ALL", {4800}, {4800}),
    ],
)
def test_owner_sets(
    xledger: Xledger, token: str, owner_set: str, own: set[int], shared: set[int]
) -> None:
    args = f"ownerSet: {owner_set}"

    def owners(root: str) -> set[int]:
        found = page(xledger, root, f"first: 10000, {args}", token)
        assert found
        kind = "ownerDbId"
        query = f"{{ {root}(first: 10000, {args}) {{ edges {{ node {{ {kind} }} }} }} }}"
        return {edge["node"][kind] for edge in xledger.ask(query, token)[root]["edges"] or []}

    for root in sorted(
        set(ROOTS) - {"objectKinds", "objectValues", "taxTableSetups", "exchangeRates"}
    ):
        assert owners(root) == own, root
    assert owners("objectKinds") == owners("taxTableSetups") == shared
    assert owners("objectValues") == own | shared


def test_below_only_tax_rules_of_values_are_shared(xledger: Xledger) -> None:
    found = [x for x in xledger.rows("objectValues", token=BYGG) if x["ownerDbId"] == 4700]
    assert {x["objectKindDbId"] for x in found} == {"14"}
    assert {"I25", "U25"} <= {x["code"] for x in found}


def test_a_token_sees_its_entity_alone_and_those_below(xledger: Xledger) -> None:
    assert all_ids(xledger, "entities", token=ROOT) == [4700, 4711, 4712]
    assert all_ids(xledger, "entities", token=DRIFT) == [4712]
    entity = xledger.ask(
        "{ viewer { entity { dbId glSetupEntries { fieldObject { objectKind { name } } } } } }",
        DRIFT,
    )
    kinds = [
        x["fieldObject"]["objectKind"]["name"] for x in entity["viewer"]["entity"]["glSetupEntries"]
    ]
    assert (entity["viewer"]["entity"]["dbId"], kinds) == (
        4712,
        ["Avdeling", "Kostnadsbærer", "Prosjekt"],
    )


def test_scopes_are_refused_field_by_field(xledger: Xledger) -> None:
    query = (
        "{ projects(first: 1) { edges { node { dbId } } } accounts(first: 1) { edges { node { dbId } } } "
        "transaction_deltas(first: 1) { edges { cursor } } }"
    )
    answer = xledger.answer(query, "sandbox-xledger-only-projects").json()
    assert answer["data"]["projects"]["edges"]
    assert answer["data"]["accounts"] is answer["data"]["transaction_deltas"] is None
    assert [error["path"] for error in answer["errors"]] == [["accounts"], ["transaction_deltas"]]
    assert all("scope" in error["message"] and error["code"] for error in answer["errors"])


def test_references_lead_to_rows(xledger: Xledger) -> None:
    """Departments, projects, parties, periods: what lines name is there."""
    known = {
        root: set(all_ids(xledger, root))
        for root in ("objectValues", "projects", "periods", "customers", "suppliers")
    }
    lines = xledger.rows("transactions", token=BYGG)
    for name, root in (
        ("glObject1DbId", "objectValues"),
        ("glObject2DbId", "objectValues"),
        ("glObject3DbId", "projects"),
    ):
        named = {line[name] for line in lines if line[name]}
        assert named, name
        assert named <= known[root], name
    assert {line["period"]["dbId"] for line in lines} <= known["periods"]
    assert {x["subledgerDbId"] for x in xledger.rows("arTransactions", token=BYGG)} <= known[
        "customers"
    ]
    assert {x["subledgerDbId"] for x in xledger.rows("apTransactions", token=BYGG)} <= known[
        "suppliers"
    ]


def test_codes_are_not_unique(xledger: Xledger) -> None:
    codes = [row["code"] for row in xledger.rows("customers", token=BYGG)]
    assert len(codes) - len(set(codes)) == 1


@pytest.mark.parametrize("token", [BYGG, LOFOTEN])
def test_corrections_of_a_year_lie_in_a_period_of_their_own(xledger: Xledger, token: str) -> None:
    periods = {row["dbId"]: row for row in xledger.rows("periods", token=token)}
    extra = [
        line for line in xledger.rows("transactions", token=token)
        if periods[line["period"]["dbId"]]["fiscalPeriod"] == 13
    ]  # fmt: skip
    assert extra
    for line in extra:
        period = periods[line["period"]["dbId"]]
        assert line["header"]["postedDate"] == period["fromDate"] == period["toDate"]
    assert all(
        p["fromDate"] <= line["header"]["postedDate"] <= p["toDate"]
        for line in xledger.rows("transactions", token=token)
        for p in [periods[line["period"]["dbId"]]]
    )


def test_headers_balance(xledger: Xledger) -> None:
    sums: dict[int, float] = {}
    numbers: dict[int, set[Any]] = {}
    for line in xledger.rows("transactions", token=BYGG):
        header = line["header"]
        sums[header["dbId"]] = sums.get(header["dbId"], 0) + round(float(line["amount"]) * 100)
        numbers.setdefault(header["dbId"], set()).add(
            (header["transactionNumber"], header["postedDate"])
        )
    assert set(sums.values()) == {0}
    assert all(len(found) == 1 for found in numbers.values())


def test_every_entity_has_a_number_of_its_own(xledger: Xledger) -> None:
    """Numbers are made of names; where two companies would have the same one, the later one makes room."""
    before = xledger.ask("{ viewer { entity { dbId } } }", xledger.company("a-first"))
    twin = next(
        f"n{n}"
        for n in range(100_000)
        if crc32(f"n{n}".encode()) % 9_000 == crc32(b"a-first") % 9_000
    )
    second = xledger.ask("{ viewer { entity { dbId } } }", xledger.company(twin))
    assert second["viewer"]["entity"]["dbId"] == before["viewer"]["entity"]["dbId"] + 1
    again = xledger.ask("{ viewer { entity { dbId } } }", "sandbox-xledger-token-a-first")
    assert again == before


def test_entities_in_a_circle_are_told(xledger: Xledger) -> None:
    token = xledger.company("snake", xledger_above="tail")
    xledger.company("tail", xledger_above="snake")
    answer = xledger.answer("{ viewer { entity { dbId } } }", token)
    assert (answer.status_code, "above itself" in answer.text) == (400, True)
    assert xledger.rows("entities", token=LOFOTEN)
