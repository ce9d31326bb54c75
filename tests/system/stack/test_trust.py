"""What a controller relies on, in the running stack: damage is found the same night, named, told by one mail,
repaired by the run that the error names, and the recovery is told once."""

from __future__ import annotations

import re
import subprocess

import pytest
import requests

from tests.support import Company, assert_true
from tests.system.running import Stack, run_dag

pytestmark = pytest.mark.timeout(600)
DAG_ID = "saldo__nordlys"


def subjects(stack: Stack) -> list[str]:
    """Subjects of the mails that tell of Nordlys, as the sandbox's page of mails shows them."""
    page = requests.get(f"{stack.sandbox.url}/sandbox/mails", timeout=30).text
    return [s for s in re.findall(r"<a[^>]*>([^<]+)</a>", page) if "Nordlys" in s]


def watch(stack: Stack) -> None:
    """Some minutes of the watch, without waiting for them: one notes, the next tells, another must not."""
    for _ in range(3):
        assert run_dag(stack, "saldo_watch")[0] == "success"


def failure_of(stack: Stack, entity: str) -> str:
    ((message,),) = stack.rows(
        "select error_message from ops.sync_run where agreement_id = 'nordlys' and entity = %s "
        "and status = 'failed' order by sync_run_id desc limit 1",
        entity,
    )
    return str(message)


def test_damage_is_found_named_told_once_repaired_and_its_end_told_once(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    ((voucher, account, day),) = stack.rows(
        "update mart.fact_journal_entries set amount_base = amount_base + 0.01, amount = amount + 0.01 "
        "where journal_entry_key = (select journal_entry_key from mart.fact_journal_entries "
        "where agreement_id = 'nordlys' and date >= '2026-07-01' and entry_type = 'finance_voucher' "
        "order by entry_number::bigint limit 1) returning voucher_number, account_number, date"
    )
    for _ in range(2):
        state, tasks = run_dag(stack, DAG_ID)
        assert (state, tasks["validate"], tasks["prove"]) == ("failed", "failed", "failed")
        assert tasks["facts"] == "success"
    told = failure_of(stack, "prove")
    assert account in told
    assert "0.01" in told
    assert voucher in failure_of(stack, "validate")
    window = re.search(r"from=(\d{4}-\d{2}-\d{2}) to=(\d{4}-\d{2}-\d{2})", told)
    assert window, told
    assert window[1] <= day.isoformat() <= window[2]
    watch(stack)
    assert len(subjects(stack)) == 1, "two failed nights are one mail"

    state, _ = run_dag(stack, DAG_ID, mode="window", **{"from": window[1], "to": window[2]})
    assert state == "success"
    assert_true(stack.dsn, Company(stack.sandbox, "nordlys", 0))
    watch(stack)
    assert len(subjects(stack)) == 2, "a recovery is one mail"
    assert stack.rows("select difference from mart.sync_status where agreement_id = 'nordlys'") == [
        (0,)
    ]
