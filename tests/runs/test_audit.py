"""Who did what: rows of ops.audit beside what they are about, in one transaction with it."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from saldo.errors import DataRejected
from saldo.landing import Landing
from saldo.run_request import RunRequest
from saldo.runs.audit import Action, record
from saldo.runs.sync_run import Run, recorded
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection
from tests.support import ENTITIES, Sandbox

A = SubjectKey("agreement", "a")


def acts(warehouse: Connection, action: str) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select actor, agreement_id, dag_id, run_id, detail from ops.audit where action = %s "
        "order by audit_id",
        [action],
    ).fetchall()


def test_every_action_is_told_in_the_warehouses_own_words(warehouse: Connection) -> None:
    row = warehouse.execute(
        "select col_description('ops.audit'::regclass, attnum) from pg_attribute "
        "where attrelid = 'ops.audit'::regclass and attname = 'action'"
    ).fetchone()
    assert row
    assert {*row[0].rstrip(".").split(", ")} == {action.value for action in Action}


def test_a_start_is_written_once_and_everything_else_as_often_as_it_is_done(
    warehouse: Connection,
) -> None:
    run = Run("saldo__a", "manual__1", actor="anna")
    for _ in range(3):
        record(warehouse, Action.RUN_STARTED, actor="anna", subject=A, run=run, detail={})
        record(warehouse, Action.DOCUMENT_OPENED, actor="anna", subject=A, run=run)
    assert len(acts(warehouse, "run started")) == 1
    assert acts(warehouse, "document opened") == [("anna", "a", "saldo__a", "manual__1", None)] * 3


def test_an_act_is_undone_with_what_it_is_about(warehouse: Connection) -> None:
    with warehouse.transaction(force_rollback=True):
        record(warehouse, Action.DELETES_CONFIRMED, actor="anna")
    assert acts(warehouse, "deletes confirmed") == []


def test_an_act_may_concern_a_file_or_nothing(warehouse: Connection) -> None:
    for subject in (SubjectKey("file", "a"), None):
        record(warehouse, Action.RUN_STARTED, actor="bea", subject=subject)
    rows = warehouse.execute(
        "select subject_kind, subject_id, agreement_id from ops.audit where actor = 'bea'"
    ).fetchall()
    assert sorted(rows, key=str) == [("file", "a", None), (None, None, None)]


def test_who_let_a_mass_deletion_pass_is_written_with_it(
    warehouse: Connection, dsn: str, sandbox: Sandbox
) -> None:
    company = sandbox.company("emptied", entries=500)

    def land(run_id: str, run_request: RunRequest, actor: str | None = None) -> None:
        run = Run(f"saldo__{company.id}", run_id, actor=actor)
        with recorded(warehouse, dsn, company.agreement.key, "suppliers", run) as sync_run:
            Landing(
                warehouse, company.client(), company.agreement, ENTITIES["suppliers"],
                run_request=run_request, sync_run=sync_run,
            ).run(now=datetime.now(UTC))  # fmt: skip

    land("first", RunRequest())
    company.fault("empty", match="rest/suppliers", times=2)
    with pytest.raises(DataRejected, match="confirm_deletes"):
        land("second", RunRequest(mode="full"), "anna")
    assert acts(warehouse, "deletes confirmed") == []
    land("third", RunRequest(mode="full", confirm_deletes=True), "anna")
    ((actor, agreement_id, dag_id, run_id, detail),) = acts(warehouse, "deletes confirmed")
    assert (actor, agreement_id, dag_id, run_id) == (
        "anna", company.id, f"saldo__{company.id}", "third",
    )  # fmt: skip
    assert detail["entity"] == "suppliers"
    assert detail["deleted"] == detail["of"] > 0


@pytest.mark.parametrize(
    ("run_type", "name", "actor"),
    [
        ("manual", "anna", "anna"),
        ("backfill", "bo", "bo"),
        ("manual", None, "(unknown)"),
        ("scheduled", None, None),
        ("asset_triggered", "anna", None),
    ],
)
def test_only_people_are_actors(
    warehouse: Connection, run_type: str, name: str | None, actor: str | None
) -> None:
    from saldo.operators.context import record_start, run_of

    run_id = f"{run_type}__{name}"
    context: Any = {
        "ti": SimpleNamespace(dag_id="saldo__c", run_id=run_id, try_number=1),
        "dag_run": SimpleNamespace(run_type=run_type, triggering_user_name=name),
        "params": {"mode": "full", "from": None, "entities": [], "confirm_deletes": True},
    }
    assert run_of(context).actor == actor
    record_start(warehouse, context, SubjectKey("agreement", "c"))
    found = [row for row in acts(warehouse, "run started") if row[3] == run_id]
    if actor is None:
        assert found == []
    else:
        detail = {"run_type": run_type, "mode": "full", "confirm_deletes": True}
        assert found == [(actor, "c", "saldo__c", run_id, detail)]
