"""Windows, full runs and backfills over days already loaded, in the real stack; all end in the truth."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.support import Company, assert_true, whole_suite
from tests.system.running import Stack, see_through, states, tasks_of, trigger

pytestmark = pytest.mark.timeout(600)
_DAMAGE = (
    "update mart.fact_journal_entries set amount_base = 0 where {these} and entry_number::int % 2 = 0",
    "delete from mart.fact_journal_entries where {these} and entry_number::int % 3 = 0",
    "delete from mart.fact_receivables where {these}",
    "update core.ledger_entry set amount_base = 1 where {these} and entry_number::int % 5 < 2",
    "update core.ledger_entry set is_deleted = true where {these} and entry_number::int % 5 = 4",
)


def damage(stack: Stack, id: str, start: str, end: str) -> None:
    """Break facts and core of these days, as no run would."""
    for statement in _DAMAGE:
        these = f"agreement_id = '{id}' and date between '{start}' and '{end}'"
        stack.rows(statement.format(these=these))


def markers(stack: Stack, id: str, *but: str) -> list[tuple[Any, ...]]:
    return stack.rows(
        "select entity, cursor, resume from ops.watermark where agreement_id = %s "
        "and entity <> all(%s) order by 1",
        id,
        ["prove", *but],
    )


def landed(stack: Stack, dag_id: str, run_id: str) -> dict[str, tuple[str, str]]:
    """Entity -> (mode, status) of what a run landed; backfills of two DAGs name their runs alike."""
    rows = stack.rows(
        "select entity, mode, status from ops.sync_run where dag_id = %s and run_id = %s "
        "and entity not in ('validate', 'prove', 'report')",
        dag_id,
        run_id,
    )
    return {entity: (mode, status) for entity, mode, status in rows}


def times(stack: Stack, dag_id: str, run_id: str) -> tuple[str, str]:
    """When a run began and ended."""
    api = stack.api()
    run = api.session.get(f"{api.url}/api/v2/dags/{dag_id}/dagRuns/{run_id}", timeout=30).json()
    return run["start_date"], run["end_date"]


def company(stack: Stack, id: str) -> Company:
    return Company(stack.sandbox, id, 0)


def test_windows_and_chosen_entities_from_the_form(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    """A month of one company; of another a window upside down, then everything of two chosen entities."""
    damage(stack, "oresund", "2025-05-01", "2025-05-31")
    stack.rows("update core.customer set name = 'Nobody' where agreement_id = 'vestkyst'")
    stack.rows("delete from mart.fact_payables where agreement_id = 'vestkyst'")
    chosen: dict[str, Any] = {"mode": "full", "entities": ["customers", "customer_groups"]}
    before = markers(stack, "oresund"), markers(stack, "vestkyst", *chosen["entities"])
    window = {"mode": "window", "from": "2025-05-01", "to": "2025-05-31"}
    upside_down = {"mode": "window", "from": "2025-05-31", "to": "2025-05-01"}
    month = trigger(stack, "saldo__oresund", **window)
    wrong = trigger(stack, "saldo__vestkyst", **upside_down)
    full = trigger(stack, "saldo__vestkyst", **chosen)

    assert see_through(stack, "saldo__oresund", month) == {"success"}
    assert_true(stack.dsn, company(stack, "oresund"))
    read = landed(stack, "saldo__oresund", month)
    dated = {"entries", "invoices", "invoice_lines"}
    assert {read[name] for name in dated} == {("window", "success")}
    assert {read[name] for name in read.keys() - dated - {"facts"}} == {("window", "skipped")}

    assert see_through(stack, "saldo__vestkyst", wrong) == {"failed"}
    assert {task["try_number"] for task in tasks_of(stack, "saldo__vestkyst", wrong)} == {1}
    assert stack.rows(
        "select error_family, error_message like '%%swap from and to%%' from ops.sync_run "
        "where run_id = %s and entity = 'facts'",
        wrong,
    ) == [("ConfigError", True)]

    assert see_through(stack, "saldo__vestkyst", full) == {"success"}
    assert_true(stack.dsn, company(stack, "vestkyst"))
    read = landed(stack, "saldo__vestkyst", full)
    assert {name for name, found in read.items() if found == ("full", "success")} == {
        "customers", "customer_groups", "facts",
    }  # fmt: skip
    assert (
        markers(stack, "oresund"),
        markers(stack, "vestkyst", *chosen["entities"]),
    ) == before


@whole_suite
def test_backfills_forwards_and_backwards_with_a_night_in_between(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    """Two agreements at once: days in order from the command line, days backwards by the API."""
    api = stack.api()
    for id in ("nordlys", "vestkyst"):
        damage(stack, id, "2025-03-04", "2025-03-05")
    company(stack, "nordlys").next_day()
    done = stack.shell(
        "airflow backfill create --dag-id saldo__nordlys --from-date 2025-03-04 "
        "--to-date 2025-03-05T23:59 --reprocess-behavior completed --max-active-runs 1"
    )
    assert done.returncode == 0, done.stderr
    api.session.post(
        f"{api.url}/api/v2/backfills",
        json={
            "dag_id": "saldo__vestkyst", "from_date": "2025-03-04T00:00:00Z",
            "to_date": "2025-03-05T23:59:00Z", "run_backwards": True,
            "reprocess_behavior": "completed", "max_active_runs": 1,
        },
        timeout=30,
    ).raise_for_status()  # fmt: skip
    night = trigger(stack, "saldo__nordlys")

    for id, is_backwards in (("nordlys", False), ("vestkyst", True)):
        dag_id, nights = f"saldo__{id}", [night] if id == "nordlys" else []
        days = sorted(run for run in states(stack, dag_id) if run.startswith("backfill__2025-03"))
        assert len(days) == 2
        # While some days are not repaired yet proof says so, and their runs fail; the last one is green.
        see_through(stack, dag_id, *nights, *days)
        assert states(stack, dag_id)[days[0] if is_backwards else days[-1]] == "success"
        began = {run: times(stack, dag_id, run)[0] for run in (*days, *nights)}
        assert sorted(days, key=began.__getitem__, reverse=is_backwards) == days
        for run_id in nights:
            assert began[run_id] < max(times(stack, dag_id, run)[1] for run in days)
            assert landed(stack, dag_id, run_id)["entries"] == ("auto", "success")
        assert {landed(stack, dag_id, run)["entries"] for run in days} == {("window", "success")}
        assert_true(stack.dsn, company(stack, id))
