"""People's files in the running stack: a budget edited shows with the next run, a wrong cell leads to a mail with its
address and leaves the old budget, a re-mapped account moves without rewriting facts."""

from __future__ import annotations

import base64
import email
import io
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from email.policy import default
from typing import Any

import pytest
import requests
from openpyxl import Workbook, load_workbook

from tests.system.running import Stack, run_dag

pytestmark = pytest.mark.timeout(600)
FOLDER = "Budgetter/2026"
BUDGET = f"{FOLDER}/Budget 2026.xlsx"
CHART = "Kontoplan/Koncernkontoplan.xlsx"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "Maj", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dec")


def budget(amount: object) -> bytes:
    """A budget of account 1010 in department 1: `amount` in January, 100 in the other months."""
    rows = [("Konto", "Afdeling", *MONTHS), (1010, 1, amount, *[100] * 11)]
    return workbook("Budget 2026", rows)


def workbook(sheet: str, rows: list[Any]) -> bytes:
    book, content = Workbook(), io.BytesIO()
    page = book.worksheets[0]
    page.title = sheet
    for row in rows:
        page.append(row)
    book.save(content)
    return content.getvalue()


def put(stack: Stack, path: str, content: bytes) -> None:
    body = {"do": "put", "path": path, "content": base64.b64encode(content).decode()}
    url = f"{stack.sandbox.url}/sandbox/companies/nordlys/library"
    requests.post(url, json=body, timeout=30).raise_for_status()


def look(stack: Stack) -> str:
    state, _ = run_dag(stack, "saldo_files")
    return state


def january(stack: Stack) -> list[Any]:
    return stack.rows(
        "select budget_base, variance_base = actual_base - budget_base from mart.fact_budget_vs_actual "
        "where agreement_id = 'nordlys' and account_number = '1010' and department_number = '1' "
        "and month = '2026-01-01' and scenario = 'budget'"
    )


def mails(stack: Stack) -> Iterator[Any]:
    for path in sorted((stack.run_dir / "mail").rglob("*")):
        if path.is_file():
            found = email.message_from_bytes(path.read_bytes(), policy=default)
            if "Budget 2026.xlsx" in str(found["Subject"]):
                yield found


def test_make_up_shows_budget_beside_actual(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    for company in ("nordlys", "lofoten"):
        truth = requests.get(
            f"{stack.sandbox.url}/sandbox/companies/{company}/truth/budgets", timeout=60
        ).json()
        meant = sum(
            Decimal(fact[-1]) for file in truth["files"] if file["folder"] == FOLDER for fact in file["facts"]
        )  # fmt: skip
        shown = stack.rows(
            "select sum(budget_base) from mart.fact_budget_vs_actual where agreement_id = %s",
            company,
        )
        assert shown == [(meant,)]
        mapped = dict(
            stack.rows(
                "select a.account_number, a.group_account_number from mart.dim_account as a "
                "inner join mart.dim_agreement as g using (agreement_key) where g.agreement_id = %s",
                company,
            )
        )
        for account, place in truth["mapping"].items():
            assert mapped[account] == (place[0] if place else "-2"), account
    assert "Budget and actual" in first.stdout


def test_a_budget_from_its_edit_to_a_wrong_cell_and_back(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    put(stack, BUDGET, budget(5_000))
    assert look(stack) == "success"
    assert january(stack) == [(Decimal(-5_000), True)]

    put(stack, BUDGET, budget("about 6.000"))
    assert look(stack) == "failed"
    assert january(stack) == [(Decimal(-5_000), True)]
    [(problems,)] = stack.rows(
        "select problems from ops.file where config_id = 'budget_nordlys' and status = 'rejected'"
    )
    assert [(p["sheet"], p["cell"]) for p in problems] == [("Budget 2026", "C2")]
    run_dag(stack, "saldo_watch")
    [refusal] = mails(stack)
    assert "was not accepted" in refusal["Subject"]
    assert "C2" in refusal.get_body(("plain",)).get_content()
    [copy] = refusal.iter_attachments()
    marked = load_workbook(io.BytesIO(copy.get_content()))
    assert "about 6.000" in marked["Budget 2026"]["C2"].comment.text
    # Nothing new is no news.
    assert look(stack) == "success"

    put(stack, BUDGET, budget(6_000))
    assert look(stack) == "success"
    assert january(stack) == [(Decimal(-6_000), True)]
    run_dag(stack, "saldo_watch")
    assert [("is accepted" in mail["Subject"]) for mail in mails(stack)] == [False, True]


def test_a_remapped_account_moves_and_no_fact_is_written(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    def written() -> list[Any]:
        return stack.rows(
            "select count(*), max(f.xmin::text::bigint), "
            "(select max(xmin::text::bigint) from mart.fact_budget where agreement_id = 'nordlys') "
            "from mart.fact_journal_entries as f where f.agreement_id = 'nordlys'"
        )

    before = written()
    rows = [
        ("Konto", "Koncernkonto", "Koncernkontonavn"),
        ("1000-1099", "G77", "Moved"),
        ("*", "G99", "Rest"),
    ]
    put(stack, CHART, workbook("Kontoplan", rows))
    assert look(stack) == "success"
    assert stack.rows(
        "select distinct a.group_account_number, a.group_account_name from mart.dim_account as a "
        "inner join mart.fact_budget_vs_actual as f using (account_key) "
        "where f.agreement_id = 'nordlys' and a.account_number = '1010'"
    ) == [("G77", "Moved")]
    assert written() == before
