"""Questions to people about exports that wait: what is asked, what an answer does, and that nothing is decided twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowSkipException,
    TaskAwaitingInput,
)

from saldo.exports.accounting import deciding
from saldo.exports.accounting.jobs import Job, job_of, jobs_of
from saldo.warehouse.connection import Connection
from tests.airflow.running import warehouse_connection
from tests.exports.accounting.examples import ORGANISATIONS
from tests.exports.accounting.register import clear, put, registered


@pytest.fixture(autouse=True)
def _organisations(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALDO_EXPORTS_DIR", str(tmp_path))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))
    (tmp_path / "fjell.yaml").write_text((ORGANISATIONS / "fjell.yaml").read_text())


@pytest.fixture(autouse=True)
def _empty(warehouse: Connection) -> Iterator[None]:
    yield
    clear(warehouse)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What Airflow was asked to show: its own process is not there."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "airflow.providers.standard.operators.hitl.upsert_hitl_detail",
        lambda **detail: found.append(detail),
    )
    return found


def waiting(warehouse: Connection, id: str = "EXP-1", **values: Any) -> Job:
    job = registered(warehouse, id=id, description="Course | *in* Oslo")
    put(
        warehouse,
        job,
        **{"status": "review", "last_error": "the account 7140 is blocked", **values},
    )
    return job_of(warehouse, job.export_id)


def operator(job: Job) -> Any:
    from saldo.operators.accounting_review import ReviewOperator, form

    return ReviewOperator(
        task_id="review",
        export_id=str(job.export_id),
        about="fjell EXP-1",
        seen=job.updated_at.isoformat(),
        params=form(),
    )


def test_its_mapped_task_is_made_as_airflow_makes_it() -> None:
    from saldo.airflow.review_builder import build_review_dag

    dag = build_review_dag()
    assert [task.task_id for task in dag.topological_sort()] == ["questions", "review"]
    assert (dag.max_active_runs, dag.catchup) == (1, False)
    task = dag.get_task("review").unmap(
        {"export_id": "x", "about": "fjell EXP-1", "seen": "2026-03-02T09:00:00+00:00"}
    )
    assert (task.export_id, task.subject, task.retries) == ("x", "fjell EXP-1", 1)
    assert task.execution_timeout is None
    assert task.response_timeout is not None
    assert [alias.name for alias in task.outlets] == ["saldo_export_due_now"]


def context() -> Any:
    events: list[str] = []

    class Events:
        def __getitem__(self, alias: Any) -> Any:
            return SimpleNamespace(add=lambda asset, extra: events.append(asset.name))

    ti = SimpleNamespace(id="ti", dag_id="saldo_export_review", run_id="r", try_number=1)
    return {
        "task_instance": ti,
        "ti": ti,
        "params": {},
        "outlet_events": Events(),
        "events": events,
    }


def answered(choice: str, **given: Any) -> dict[str, Any]:
    """As Airflow resumes the task."""
    return {
        "chosen_options": [choice], "responded_at": datetime.now(UTC),
        "params_input": {"reference": "", "note": "", "accept_second": False, "mapping": None, "lines": None, **given},
        "responded_by_user": {"id": "7", "name": "kari"}, "timedout": False,
    }  # fmt: skip


def decisions(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select actor, action, detail ->> 'note' from ops.audit where action like '%% export %%' "
        "and action <> 'accounting export asked for' order by at"
    ).fetchall()


def test_no_more_are_asked_about_at_once_than_people_can_answer_and_all_in_turn(
    warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from saldo.operators.accounting_review import QuestionsOperator, in_turn

    monkeypatch.setattr("saldo.operators.accounting_review.MOST", 2)
    assert [[*in_turn("abcde", hour)] for hour in range(4)] == [["a", "b"], ["c", "d"], ["e"], ["a", "b"]]  # fmt: skip
    assert [[*in_turn(jobs, 7)] for jobs in ("", "a", "ab")] == [[], ["a"], ["a", "b"]]
    monkeypatch.setattr("saldo.operators.accounting_review.MOST", 3)
    registered(warehouse, id="EXP-0")
    jobs = [waiting(warehouse, f"EXP-{n}") for n in (1, 2, 3)]
    found = QuestionsOperator(task_id="questions").execute(context())
    assert found == [
        {
            "export_id": str(job.export_id), "about": f"fjell {job.source_id}", "seen": job.updated_at.isoformat(),
        }
        for job in reversed(jobs)
    ]  # fmt: skip


def test_a_question_shows_what_is_wrong_what_is_sent_and_what_was_said(
    warehouse: Connection, asked: list[dict[str, Any]]
) -> None:
    job = waiting(warehouse)
    warehouse.execute(
        "insert into ops.export_attempt (export_id, started_at, request, status_code, answer, outcome) "
        "values (%s, '2026-03-03 10:00+00', '{}', 400, '{\"error\": \"Blocked```\"}', 'refused')",
        [job.export_id],
    )
    with pytest.raises(TaskAwaitingInput) as parked:
        operator(job).execute(context())
    [detail] = asked
    assert detail["subject"] == "fjell: expense EXP-1 of E12, 125.00 NOK"
    assert detail["options"] == ["Retry", "Cancel", "Booked by hand", "Later"]
    assert (detail["defaults"], detail["multiple"]) == (["Later"], False)
    assert sorted(detail["params"]) == ["accept_second", "lines", "mapping", "note", "reference"]
    for words in (
        "the account 7140 is blocked", "| 1 | travel | Train | 125.00 | 25 |", "| Payee | E12 |", "Course \\| \\*in\\* Oslo", "Nothing of it is at the target",
        "(400), 2026-03-03 10:00 UTC", '"error": "Blocked` ` `"',
    ):  # fmt: skip
        assert words in detail["body"]
    assert parked.value.timeout is not None


def test_a_question_about_another_revision_shows_both(
    warehouse: Connection, asked: list[dict[str, Any]]
) -> None:
    from psycopg.types.json import Jsonb

    found = [{"path": "lines[0].amount", "stored": "125.00", "sent": "130.00"}]
    job = waiting(warehouse, differences=Jsonb(found), may_be_there=True)
    with pytest.raises(TaskAwaitingInput):
        operator(job).execute(context())
    assert "| lines\\[0\\].amount | 125.00 | 130.00 |" in asked[0]["body"]
    assert "cannot be cancelled before" in asked[0]["body"]


@pytest.mark.parametrize(
    ("choice", "given", "status", "starts"),
    [
        ("Retry", {"note": "unblocked"}, "pending", ["saldo_export_due_fjell"]),
        ("Cancel", {"note": "twice"}, "cancelled", []),
        ("Booked by hand", {"reference": " V-17 ", "note": "by Ola"}, "posted", []),
    ],
    ids=["retry", "cancel", "by hand"],
)
def test_an_answer_is_followed_in_the_name_of_who_gave_it(
    warehouse: Connection, choice: str, given: dict[str, Any], status: str, starts: list[str]
) -> None:
    job, now = waiting(warehouse), context()
    assert operator(job).execute_complete(now, answered(choice, **given)) == choice
    found = job_of(warehouse, job.export_id)
    assert found.status == status
    assert now["events"] == starts
    [(actor, _, note)] = decisions(warehouse)
    assert (actor, note) == ("kari", given["note"])
    if status == "posted":
        assert found.external_reference == "V-17"


def test_the_mapping_of_one_is_corrected_in_the_form(warehouse: Connection) -> None:
    job = waiting(warehouse)
    mapping = {"accounts": {"travel": "7141"}}
    operator(job).execute_complete(context(), answered("Retry", mapping=mapping, note="once"))
    found = job_of(warehouse, job.export_id)
    assert (found.status, found.override) == ("pending", mapping)


def test_its_lines_are_corrected_in_the_form(warehouse: Connection) -> None:
    job, now = waiting(warehouse), context()
    lines = [{"line": 1, "text": "Night train"}]
    operator(job).execute_complete(now, answered("Retry", lines=lines, note="as on the ticket"))
    assert job_of(warehouse, job.export_id).status == "cancelled"
    [new] = [one for one in jobs_of(warehouse, organisations=["fjell"]) if one.revision == 2]
    assert (new.status, now["events"]) == ("pending", ["saldo_export_due_fjell"])
    assert decisions(warehouse)[0][::2] == ("kari", "as on the ticket")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mapping": {"accounts": {"travel": ""}}}, "accounts"),
        ({"lines": [{"line": 9, "text": "x"}]}, "9"),
        ({"lines": [{"line": 1, "text": "x"}], "mapping": {"accounts": {"travel": "1"}}}, "say one of them"),
    ],
    ids=["mapping", "lines", "both"],
)  # fmt: skip
def test_a_correction_that_is_none_is_said_and_asked_again(
    warehouse: Connection, given: dict[str, Any], said: str
) -> None:
    job = waiting(warehouse)
    with pytest.raises(AirflowFailException, match=said):
        operator(job).execute_complete(context(), answered("Retry", **given))
    assert job_of(warehouse, job.export_id).status == "review"


def test_later_decides_nothing_whoever_says_it(warehouse: Connection) -> None:
    job, now = waiting(warehouse), context()
    nobody = {**answered("Later"), "responded_by_user": None, "timedout": True}
    for event in (answered("Later"), nobody):
        assert operator(job).execute_complete(now, event) == "Later"
    assert job_of(warehouse, job.export_id) == job
    assert decisions(warehouse) == []


@pytest.mark.parametrize("choice", ["Retry", "Cancel", "Booked by hand"])
def test_what_was_decided_elsewhere_stays_and_is_not_asked(
    warehouse: Connection, asked: list[dict[str, Any]], choice: str
) -> None:
    job, now = waiting(warehouse), context()
    deciding.cancel(warehouse, job.export_id, actor="ola")
    with pytest.raises(AirflowSkipException, match="decided elsewhere"):
        operator(job).execute(now)
    assert asked == []
    operator(job).execute_complete(now, answered(choice, reference="V-17"))
    assert job_of(warehouse, job.export_id).status == "cancelled"
    assert [actor for actor, *_ in decisions(warehouse)] == ["ola"]
    assert now["events"] == []


@pytest.mark.parametrize(
    "given", [{}, {"lines": [{"line": 1, "text": "Night train"}]}], ids=["retry", "lines"]
)
@pytest.mark.parametrize("enters", ["execute", "execute_complete"])
def test_a_process_that_is_killed_after_it_has_decided_starts_the_run_when_it_comes_again(
    warehouse: Connection, asked: list[dict[str, Any]], enters: str, given: dict[str, Any]
) -> None:
    """A task that is skipped, as one that was killed, has no event."""
    job = waiting(warehouse)
    operator(job).execute_complete(context(), answered("Retry", **given))
    again = context()
    more = () if enters == "execute" else (answered("Retry", **given),)
    getattr(operator(job), enters)(again, *more)
    assert (again["events"], asked) == (["saldo_export_due_fjell"], [])
    assert len(decisions(warehouse)) == 1
    # Once it is sent there is nothing to start.
    warehouse.execute("update ops.export_job set status = 'posted' where status = 'pending'")
    with pytest.raises(AirflowSkipException):
        operator(job).execute(context())


@pytest.mark.parametrize("choice", ["Retry", "Cancel", "Booked by hand"])
def test_an_answer_to_what_it_was_before_decides_nothing(
    warehouse: Connection, asked: list[dict[str, Any]], choice: str
) -> None:
    """Retried by somebody else meanwhile, and back with something else."""
    before, now = waiting(warehouse), context()
    again = "business_central has it twice"
    put(warehouse, before, last_error=again, updated_at=datetime.now(UTC))
    operator(before).execute_complete(now, answered(choice, reference="V-17", accept_second=True))
    found = job_of(warehouse, before.export_id)
    assert (found.status, found.last_error, now["events"]) == ("review", again, [])
    assert decisions(warehouse) == []
    with pytest.raises(AirflowSkipException, match="asked anew"):
        operator(before).execute(now)
    assert asked == []


def test_what_is_erased_meanwhile_is_not_asked(
    warehouse: Connection, asked: list[dict[str, Any]]
) -> None:
    job = waiting(warehouse)
    clear(warehouse)
    with pytest.raises(AirflowSkipException):
        operator(job).execute(context())
    assert asked == []


@pytest.mark.parametrize(
    ("choice", "values", "why"),
    [
        ("Booked by hand", {}, "reference is empty"),
        ("Cancel", {"may_be_there": True}, "something of it is at the target"),
        ("Retry", {"differences": "[]"}, "accept_second"),
    ],
    ids=["no reference", "it is there", "a second one"],
)
def test_an_answer_that_cannot_be_followed_says_why_and_changes_nothing(
    warehouse: Connection, choice: str, values: dict[str, Any], why: str
) -> None:
    job = waiting(warehouse, **values)
    with pytest.raises(AirflowFailException, match=why):
        operator(job).execute_complete(context(), answered(choice))
    assert job_of(warehouse, job.export_id) == job
