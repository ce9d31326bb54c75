"""Xledger as far as it is played: its language, its lists, and who asks."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.vendors.xledger.graphql import Refused, parse, select
from tests.support import Sandbox


def test_a_query_is_read() -> None:
    found = parse('query Q { a(first: 2, after: "x\\"y", set: ALL) { b { c } d } e }')
    assert found["a"].args == {"first": 2, "after": 'x"y', "set": "ALL"}
    assert list(found["a"].fields) == ["b", "d"]
    assert list(found["a"].fields["b"].fields) == ["c"]
    assert list(found) == ["a", "e"]
    value = {"b": [{"c": 1, "x": 2}, {"c": None}], "d": None, "y": 0}
    assert select(value, found["a"].fields, "A") == {"b": [{"c": 1}, {"c": None}], "d": None}


@pytest.mark.parametrize("text", ["", "query {", "{ a(", "mutation { addX { dbId } }", "{ a { b }"])
def test_what_is_no_query_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse(text)


def test_a_field_nobody_has_is_named() -> None:
    with pytest.raises(Refused, match="Cannot query field `z` on type `A`"):
        select({"b": 1}, parse("{ z }"), "A")


def test_xledgers_empty_lists_are_null_and_pages_go_on(sandbox: Sandbox) -> None:
    def entities(args: str) -> Any:
        query = f"{{ entities({args}) {{ edges {{ cursor node {{ dbId }} }} pageInfo {{ hasNextPage }} }} }}"
        answer = requests.post(
            f"{sandbox.url}/xledger/graphql", json={"query": query}, timeout=10,
            headers={"Authorization": "token sandbox-xledger-fjordgruppen"},
        )  # fmt: skip
        return answer.json()["data"]["entities"]

    first = entities("first: 2")
    assert [edge["node"]["dbId"] for edge in first["edges"]] == [4700, 4711]
    assert first["pageInfo"] == {"hasNextPage": True}
    rest = entities('first: 2, after: "4711"')
    assert [edge["node"]["dbId"] for edge in rest["edges"]] == [4712]
    assert entities('first: 2, after: "4712"') == {
        "edges": None,
        "pageInfo": {"hasNextPage": False},
    }
