"""The schema: what can be asked, how it answers, and what it refuses in which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from graphql import (
    build_client_schema,
    get_introspection_query,
    parse,
    validate,
    validate_schema,
)

from sandbox.vendors.xledger.schema import DELTAS, ROOTS, STAGED, schema
from tests.sandbox.vendors.xledger.asking import PLAIN, QUERIES, Xledger, root_of
from tests.support import PROJECT

IMPORTS = sorted((PROJECT / "plugins/saldo/vendors/xledger/queries/imports").glob("*.graphql"))
BYGG = "sandbox-xledger-token-fjordbygg"


def test_the_schema_can_be_introspected(xledger: Xledger) -> None:
    found = build_client_schema(xledger.ask(get_introspection_query()))
    assert validate_schema(found) == []
    assert found.query_type is not None
    assert set(found.query_type.fields) == {"viewer", *ROOTS, *STAGED, *DELTAS}


@pytest.mark.parametrize(
    ("kind", "field", "type"),
    [
        ("Transaction_Filter", "dbId_in", "[Int64String!]"),
        ("Timesheet_Filter", "dbId_in", "[Int64String!]"),
        ("ARTransaction_Filter", "dbId_in", "[Int!]"),
        ("Customer_Filter", "ownerDbId_in", "[Int!]"),
        ("Project_Filter", "modifiedAt_gte", "DateTimeString"),
        ("Timesheet_Filter", "assignmentDate_lte", "DateString"),
    ],
)
def test_types_of_filters(xledger: Xledger, kind: str, field: str, type: str) -> None:
    found = build_client_schema(xledger.ask(get_introspection_query())).type_map[kind]
    assert str(found.to_kwargs()["fields"][field].type) == type


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_the_clients_queries_are_answered(xledger: Xledger, path: Path) -> None:
    root, fields = root_of(path)
    args = "first: 3, ownerSet: ALL, objectStatus: ALL"
    query = f"{{ {root}({args}) {{ edges {{ cursor node {{ {fields} }} }} pageInfo {{ hasNextPage }} }} }}"
    edges = xledger.ask(query, BYGG)[root]["edges"]
    assert edges
    assert all(edge["node"]["dbId"] for edge in edges)


@pytest.mark.parametrize("path", IMPORTS, ids=lambda path: path.stem)
def test_what_exports_ask_for_fits_the_schema(path: Path) -> None:
    assert validate(schema(), parse(path.read_text())) == []


@pytest.mark.parametrize("root", PLAIN)
def test_every_field_of_a_type_can_be_asked(xledger: Xledger, root: str) -> None:
    kind = ROOTS[root]
    query = f'{{ __type(name: "{kind}") {{ fields {{ name type {{ kind }} }} }} }}'
    fields = xledger.ask(query)["__type"]["fields"]
    plain = [one["name"] for one in fields if one["type"]["kind"] in ("SCALAR", "ENUM")]
    nested = [
        f"{one['name']} {{ __typename }}" for one in fields if one["type"]["kind"] == "OBJECT"
    ]
    asked = " ".join([*plain, *nested])
    [edge, *_] = xledger.ask(f"{{ {root}(last: 9) {{ edges {{ node {{ {asked} }} }} }} }}", BYGG)[
        root
    ]["edges"]
    assert set(edge["node"]) == {one["name"] for one in fields} - {"glSetupEntries"}


def test_values_are_written_as_the_vendor_writes_them(xledger: Xledger) -> None:
    line = xledger.rows("transactions", token=BYGG)[1]
    assert (line["dbId"], line["amount"]) == ("471100000002", "500000.00")
    assert line["header"]["postedDate"] == "2024-01-01"
    sheet = xledger.rows("timesheets", token=BYGG)[0]
    assert isinstance(sheet["dbId"], str)
    assert float(sheet["workingHours"]) > 0
    assert sheet["workingHours"][-3] == "."
    customer = xledger.rows("customers", token=BYGG)[0]
    assert isinstance(customer["dbId"], int)
    assert len(customer["modifiedAt"]) == 19
    for root in ("customers", "arTransactions", "periods", "accountBalances", "projects"):
        assert max(row["dbId"] for row in xledger.rows(root, token=BYGG)) < 2**31
    kinds = xledger.rows("objectKinds", token=BYGG)
    assert kinds[0] == {"dbId": "14", "name": "TAX_RULE"}


def test_aliases_operations_fragments_and_variables(xledger: Xledger) -> None:
    text = """
    query Other { currencies(first: 1) { edges { node { code } } } }
    query Mine($size: Int, $ids: [Int64String!], $more: Boolean!) {
      some: transactions(first: $size) { edges { cursor change: node { ...one } node { no: dbId __typename } } }
      named: transactions(filter: {dbId_in: $ids}) { edges { node { dbId text @include(if: $more) } } }
    }
    fragment one on Transaction { dbId account { ... on Account { code } } }
    """
    values = {"size": 1, "ids": [471100000002, "471100000003"], "more": False}
    found = xledger.ask(text, BYGG, operationName="Mine", variables=values)
    [edge] = found["some"]["edges"]
    assert edge["change"] == {"dbId": "471100000001", "account": {"code": "5600"}}
    assert edge["node"] == {"no": "471100000001", "__typename": "Transaction"}
    assert [e["node"] for e in found["named"]["edges"]] == [
        {"dbId": "471100000002"},
        {"dbId": "471100000003"},
    ]


def test_what_is_skipped_leaves_an_object_without_fields(xledger: Xledger) -> None:
    for fields, expected in (
        ("{ edges @skip(if: true) { cursor } }", {"transactions": {}}),
        ("@skip(if: true) { edges { cursor } }", {}),
        ("{ edges { node { header { text @skip(if: true) } } } }",
         {"transactions": {"edges": [{"node": {"header": {}}}]}}),
    ):  # fmt: skip
        assert xledger.ask(f"{{ transactions(first: 1) {fields} }}", BYGG) == expected


@pytest.mark.parametrize(
    ("query", "words", "more"),
    [
        ("{ nothing }", "Cannot query field 'nothing'", None),
        ("{ accounts(first: 1) { edges { node { colour } } } }", "Cannot query field 'colour'", None),
        ("{ accounts(first: 1) { totalCount } }", "Cannot query field 'totalCount'", None),
        ("{ accounts(size: 1) { edges { node { dbId } } } }", "Unknown argument 'size'", None),
        ('{ accounts(first: "a") { edges { node { dbId } } } }', "Int cannot represent", "ARGUMENTS"),
        ("{ accounts(ownerSet: OURS) { edges { node { dbId } } } }", "does not exist in", "ARGUMENTS"),
        ('{ accounts(filter: {dbId_in: ["1"]}) { edges { node { dbId } } } }', "Int cannot", "ARGUMENTS"),
        ("{ transactions(filter: {dbId: true}) { edges { node { dbId } } } }", "true", "ARGUMENTS"),
        ("{ accounts(first: 1) ", "Syntax Error", None),
        ("mutation { addAccounts { dbId } }", "Cannot query field 'addAccounts'", None),
        ("", "Syntax Error", None),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_status_200(
    xledger: Xledger, query: str, words: str, more: str | None
) -> None:
    answer = xledger.answer(query)
    assert answer.status_code == 200
    error: Any = answer.json()["errors"][0]
    assert words in error["message"]
    assert error["code"] == "BAD_REQUEST"
    code = error.get("extensions", {}).get("code", "")
    assert code == ("ARGUMENTS_OF_CORRECT_TYPE" if more else "")


def test_what_is_no_json_is_refused(xledger: Xledger) -> None:
    headers = {"Authorization": "token sandbox-xledger-fjordgruppen"}
    for body in (b"", b"[1]", b'{"query": 1}', b"\xff"):
        answer = xledger.http.post("/xledger/graphql", content=body, headers=headers)
        assert answer.status_code == 200, body
        assert answer.json()["errors"], body
