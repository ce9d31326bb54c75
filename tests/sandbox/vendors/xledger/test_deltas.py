"""Changes: with them, yesterday's rows become today's; nothing else does."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sandbox.vendors.xledger.schema import DELTAS
from tests.sandbox.vendors.xledger.asking import PLAIN, ROOT, Xledger

Rows = dict[str, Any]
EVERYTHING: dict[str, Any] = {
    "currencies": ["EUR", "SEK", "USD"], "deletions": True, "renumbers": True, "entries": 2_500,
}  # fmt: skip
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "everything": EVERYTHING,
    "summer": {**EVERYTHING, "year_starts_in": 7, "first_year": 2023, "reopens_on": 4},
    "inside-months": {"year_starts_in": 6, "year_starts_on": 16, "first_year": 2023},
    "no-departments": {"departments": False},
}


def state_of(xledger: Xledger, root: str, token: str) -> Rows:
    return {str(row["dbId"]): row for row in xledger.rows(root, token=token)}


def events_of(
    xledger: Xledger, root: str, token: str, after: str | None = None, *, size: int = 10_000
) -> list[Any]:
    """The edges of a stream of changes behind a cursor."""
    args = "" if after is None else f'after: "{after}"'
    fields = f"mutationType mutatedAt {PLAIN[DELTAS[root]]}"
    pages: list[Any] = []
    while True:
        found = xledger.ask(
            f"{{ {root}(first: {size} {args}) {{ edges {{ cursor node {{ {fields} }} }} pageInfo {{ hasNextPage }} }} }}",
            token,
        )[root]
        pages += found["edges"] or []
        if not found["pageInfo"]["hasNextPage"]:
            return pages
        args = f'after: "{pages[-1]["cursor"]}"'


def applied(state: Rows, events: list[Any]) -> Rows:
    """Every change in turn; what is null but for its id was deleted since."""
    found = dict(state)
    for event in events:
        node = {k: v for k, v in event["node"].items() if k not in ("mutationType", "mutatedAt")}
        is_gone = all(value is None for name, value in node.items() if name != "dbId")
        if event["node"]["mutationType"] == "DELETED" or is_gone:
            found.pop(str(node["dbId"]), None)
        else:
            found[str(node["dbId"])] = node
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_changes_make_yesterdays_rows_todays(xledger: Xledger, shape: str) -> None:
    token = xledger.company(shape, xledger_retention_days=3_000, **SHAPES[shape])
    before = {root: state_of(xledger, plural, token) for root, plural in DELTAS.items()}
    cursors: dict[str, str | None] = dict.fromkeys(DELTAS)
    for _ in range(9):
        xledger.next_day(shape)
        for root, plural in DELTAS.items():
            events = events_of(xledger, root, token, cursors[root])
            now = state_of(xledger, plural, token)
            assert applied(before[root], events) == now, (root, _)
            # Nothing is told that has not changed: of what is added, all; of what is gone, all.
            told = Counter(e["node"]["mutationType"] for e in events)
            assert told["ADDED"] >= len(now.keys() - before[root].keys())
            assert told["DELETED"] >= len(before[root].keys() - now.keys())
            before[root], cursors[root] = now, events[-1]["cursor"] if events else cursors[root]


@pytest.mark.parametrize("root", DELTAS)
def test_the_same_in_one_go_and_page_by_page(xledger: Xledger, root: str) -> None:
    token = xledger.company("late", xledger_retention_days=3_000, **EVERYTHING)
    start = state_of(xledger, DELTAS[root], token)
    xledger.next_day("late", 7)
    whole = events_of(xledger, root, token)
    assert events_of(xledger, root, token, size=max(2, len(whole) // 3)) == whole
    assert len({edge["cursor"] for edge in whole}) == len(whole)
    moments = [edge["node"]["mutatedAt"] for edge in whole]
    assert moments == sorted(moments)
    assert applied(start, whole) == state_of(xledger, DELTAS[root], token)
    for place in (0, len(whole) // 2, len(whole) - 2):
        assert events_of(xledger, root, token, whole[place]["cursor"]) == whole[place + 1 :]


def test_what_days_change(xledger: Xledger) -> None:
    token = xledger.company("days", xledger_retention_days=3_000, **EVERYTHING)
    xledger.next_day("days", 6)
    kinds = {
        root: {e["node"]["mutationType"] for e in events_of(xledger, root, token)}
        for root in DELTAS
    }
    everything = {"ADDED", "UPDATED", "DELETED"}
    ledgers = {"arTransaction_deltas", "apTransaction_deltas", "supplier_deltas"}
    assert {root for root, found in kinds.items() if found == everything} == DELTAS.keys() - ledgers
    assert all(kinds[root] == {"ADDED", "UPDATED"} for root in ledgers)
    sheets = Counter(e["node"]["dbId"] for e in events_of(xledger, "timesheet_deltas", token))
    assert max(sheets.values()) >= 3  # added, and approved in two steps


def test_records_that_are_gone_are_null_but_for_their_id(xledger: Xledger) -> None:
    token = xledger.company("gone", xledger_retention_days=3_000, **EVERYTHING)
    xledger.next_day("gone", 3)
    events = events_of(xledger, "timesheet_deltas", token)
    last = {e["node"]["dbId"]: e["node"]["mutationType"] for e in events}
    deleted = {id for id, kind in last.items() if kind == "DELETED"}
    told = [e["node"] for e in events if e["node"]["dbId"] in deleted]
    assert {"ADDED", "UPDATED"} <= {node["mutationType"] for node in told}
    own = ("dbId", "mutationType", "mutatedAt")
    assert all(node[name] is None for node in told for name in node if name not in own)
    # Whose they were can be asked for all the same.
    owner = xledger.ask("{ viewer { entity { dbId } } }", token)["viewer"]["entity"]["dbId"]
    query = f"{{ timesheet_deltas(first: 10000, filter: {{ownerDbId: {owner}}}) {{ edges {{ cursor }} }} }}"
    assert len(xledger.ask(query, token)["timesheet_deltas"]["edges"]) == len(events)


def test_a_project_is_deleted_and_comes_back(xledger: Xledger) -> None:
    token = xledger.company("back", xledger_retention_days=3_000)
    numbers = []
    for _ in range(6):
        xledger.next_day("back")
        numbers.append({row["code"] for row in xledger.rows("projects", token=token)})
    assert ["P1005" in found for found in numbers] == [True, True, True, False, True, True]
    gone = [e["node"]["mutationType"] for e in events_of(xledger, "project_deltas", token)
            if e["node"]["dbId"] % 100_000 == 81_005]  # fmt: skip
    assert gone == ["DELETED", "ADDED"]


def test_customers_keep_their_id_and_numbers_get_another_one(xledger: Xledger) -> None:
    token = xledger.company("people", renumbers=True)
    before = {row["dbId"]: row["code"] for row in xledger.rows("customers", token=token)}
    xledger.next_day("people", 3)
    after = {row["dbId"]: row["code"] for row in xledger.rows("customers", token=token)}
    assert [after[id] for id in before if id in after and after[id] != before[id]] == ["50001"]
    again = {id for id, code in after.items() if code == "90000"}
    assert again
    assert again.isdisjoint(before)


# --- for how long --------------------------------------------------------------------------------


def test_old_changes_are_forgotten_without_a_word(xledger: Xledger) -> None:
    token = xledger.company("forgets")
    xledger.next_day("forgets")  # Monday
    first = events_of(xledger, "transaction_deltas", token)
    days = []
    for _ in range(5):  # to the Monday after
        xledger.next_day("forgets")
        found = events_of(xledger, "transaction_deltas", token, first[0]["cursor"])
        days.append(sorted({edge["node"]["mutatedAt"][:10] for edge in found}))
    assert days[1][0] == "2026-11-02"
    assert days[2] == ["2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05"]
    assert days[3] == ["2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"]
    assert days[4] == ["2026-11-06", "2026-11-09"]
    # That of before all days is too old as well.
    everything = events_of(xledger, "transaction_deltas", token)
    assert sorted({edge["node"]["mutatedAt"][:10] for edge in everything}) == days[4]


def test_where_nothing_is_left_there_is_no_last_one(xledger: Xledger) -> None:
    token = xledger.company("quiet")
    query = "{ employee_deltas(last: 1) { edges { cursor node { dbId } } } }"
    assert xledger.ask(query, token) == {"employee_deltas": {"edges": None}}
    xledger.next_day("quiet", 4)
    assert xledger.ask(query, token)["employee_deltas"]["edges"]
    xledger.next_day("quiet", 12)  # the last change was that of day 15, a Friday
    assert xledger.ask(query, token)["employee_deltas"]["edges"]
    xledger.next_day("quiet")
    assert xledger.ask(query, token) == {"employee_deltas": {"edges": None}}


# --- several entities ----------------------------------------------------------------------------


def test_an_entity_whose_days_pass_later_loses_nothing(xledger: Xledger) -> None:
    above = xledger.company("above", xledger_db_id=2_000, xledger_retention_days=3_000)
    xledger.company(
        "below", xledger_db_id=2_001, xledger_above="above", xledger_retention_days=3_000
    )
    xledger.next_day("above", 3)
    first = events_of(xledger, "project_deltas", above)
    assert {edge["node"]["ownerDbId"] for edge in first} == {2_000}
    xledger.next_day("below", 2)
    later = events_of(xledger, "project_deltas", above, first[-1]["cursor"])
    assert {edge["node"]["ownerDbId"] for edge in later} == {2_001}
    assert len(later) == len(events_of(xledger, "project_deltas", "sandbox-xledger-token-below"))
    xledger.next_day("above")
    last = events_of(xledger, "project_deltas", above, later[-1]["cursor"])
    assert {edge["node"]["ownerDbId"] for edge in last} <= {2_000, None}


def test_owner_sets_of_changes(xledger: Xledger) -> None:
    xledger.next_day("fjordgruppen")
    xledger.next_day("fjordbygg")
    query = "{{ project_deltas(first: 99, ownerSet: {0}) {{ edges {{ node {{ ownerDbId }} }} }} }}"

    def owners(owner_set: str, token: str) -> set[int]:
        edges = xledger.ask(query.format(owner_set), token)["project_deltas"]["edges"]
        return {edge["node"]["ownerDbId"] for edge in edges}

    assert owners("CURRENT", ROOT) == owners("MINE", ROOT) == {4700}
    assert owners("ALL", ROOT) == owners("LOWER", ROOT) == {4700, 4711}
    assert owners("ALL", "sandbox-xledger-token-fjordbygg") == {4711}
