"""Expenses into accounting systems in the running stack: what `make up` has exported, another night to both targets, and a person's
word about what waits."""

from __future__ import annotations

import subprocess
from decimal import Decimal
from typing import Any

import pytest
import requests

from stack.claims import GOOD, ODD, ORGANISATIONS, night, send
from tests.system.running import Stack, end_of, trigger, until

pytestmark = pytest.mark.timeout(600)
QUESTIONS = "saldo_export_review"
_OF_NIGHTS = "source_id ~ '^(EXP|HON)-2026-'"


def statuses(stack: Stack, organisation: str) -> dict[str, int]:
    rows = stack.rows(
        f"select status, count(*) from ops.export_job where organisation = %s and {_OF_NIGHTS} group by status",
        organisation,
    )
    return dict(rows)


def besides(stack: Stack, organisation: str) -> Decimal:
    """What other tests of this stack have booked."""
    [(total,)] = stack.rows(
        f"select coalesce(sum(total), 0) from ops.export_job where organisation = %s and status = 'posted' and not {_OF_NIGHTS}",
        organisation,
    )
    return Decimal(total)


def booked(stack: Stack) -> dict[str, Decimal]:
    """Organisation -> what is owed by its books, as each sandbox tells it."""
    url = f"{stack.sandbox.url}/sandbox/companies"
    central = requests.get(f"{url}/fjorddrift/truth/business-central", timeout=30).json()
    entries = [one for found in central["Production"]["posted"].values() for one in found]
    xledger = requests.get(f"{url}/fjordgruppen/truth/xledger-imports", timeout=30).json()
    vouchers = [[Decimal(one) for one in amounts] for amounts in xledger["vouchers"].values()]
    assert {sum(amounts) for amounts in vouchers} == {0}
    return {
        "fjorddrift": -sum(Decimal(one["amount"]) for one in entries if one["account"] in ("5410", "5830")),
        "fjordgruppen": sum(sum(one for one in amounts if one > 0) for amounts in vouchers),
    }  # fmt: skip


def claimed(expenses: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(line["amount"]) for one in expenses for line in one["lines"]), Decimal(0))


def questions(stack: Stack) -> list[dict[str, Any]]:
    """Those that are open."""
    api = stack.api()
    answer = api.session.get(
        f"{api.url}/api/v2/dags/{QUESTIONS}/dagRuns/~/hitlDetails",
        params={"response_received": "false", "limit": 100},
        timeout=30,
    )
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["hitl_details"]
    return [one for one in found if one["task_instance"]["state"] == "awaiting_input"]


def test_a_night_of_claims_is_booked_once_in_both_systems_and_people_decide_the_rest(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    assert "Expenses in accounting systems" in first.stdout
    before = booked(stack)
    for organisation in ORGANISATIONS:
        assert statuses(stack, organisation) == {"posted": GOOD, "review": ODD}
        assert before[organisation] == claimed(night(organisation)[:GOOD]) + besides(
            stack, organisation
        )
    [(mails,)] = stack.rows(
        "select count(*) from ops.alert_mail where subject like '%%: 3 expenses wait for your word'"
    )
    assert mails == len(ORGANISATIONS)

    # Another night, for which some of the first one come in again: what is there is not booked anew.
    runs = []
    for organisation in ORGANISATIONS:
        again = night(organisation)[:3]
        send(stack.api(), [*again, *({**one, "id": f"{one['id']}-B"} for one in again)])
        dag_id = f"saldo_export__{organisation}"
        runs.append((dag_id, trigger(stack, dag_id)))
    assert {end_of(stack, *run) for run in runs} == {"success"}
    now = booked(stack)
    for organisation in ORGANISATIONS:
        assert statuses(stack, organisation) == {"posted": GOOD + 3, "review": ODD}
        assert now[organisation] == before[organisation] + claimed(night(organisation)[:3])

    # A person's word.
    [asked] = until(
        lambda: [
            one
            for one in questions(stack)
            if "fjorddrift: expense EXP-2026-0021 of" in one["subject"]
        ]
    )
    assert "conference" in asked["body"]
    task = asked["task_instance"]
    api = stack.api()
    answer = api.session.patch(
        f"{api.url}/api/v2/dags/{QUESTIONS}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}/{task['map_index']}"
        "/hitlDetails",
        json={"chosen_options": ["Cancel"], "params_input": {"reference": "", "note": "private", "accept_second": False, "mapping": None, "lines": None}},
        timeout=30,
    )  # fmt: skip
    answer.raise_for_status()
    until(lambda: statuses(stack, "fjorddrift").get("cancelled"))
    assert statuses(stack, "fjorddrift") == {"posted": GOOD + 3, "review": ODD - 1, "cancelled": 1}
    acts = stack.rows(
        "select actor, detail ->> 'note' from ops.audit where action = 'accounting export cancelled'"
    )
    assert acts == [("admin", "private")]
