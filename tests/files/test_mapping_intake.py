"""The mapping of accounts to the group's: it moves accounts in dim_account and rewrites no fact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from saldo.files.mails.feedback import Feedback
from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import Connection
from tests.files.dropping import NOW, Drop
from tests.support import Company, Sandbox, agreement, night

HEAD = "Konto;Koncernkonto;Koncernkontonavn;Rapportlinje\n"


@pytest.fixture(scope="module")
def books(dsn: str, sandbox: Sandbox) -> Company:
    company = sandbox.company("mapped", is_ledger_only=True, entries=300)
    assert not night(dsn, company).errors
    return company


@pytest.fixture
def drop(warehouse: Connection, books: Company, tmp_path: Path) -> Drop:
    warehouse.execute(
        "delete from ops.file; delete from staging.file_account_mapping; delete from ops.watermark where subject_kind = 'file'"
    )
    warehouse.execute(
        "update core.account_mapping set is_deleted = true, change_seq = nextval('core.change_seq')"
    )
    return Drop(warehouse, tmp_path, books, values={"kind": "account_mapping"})


def groups(drop: Drop, *accounts: str) -> dict[str, Any]:
    rows = drop.connection.execute(
        "select a.account_number, a.group_account_number, a.report_line from mart.dim_account as a "
        "inner join mart.dim_agreement as g using (agreement_key) where g.agreement_id = %s and account_number = any(%s)",
        [drop.company.id, list(accounts)],
    )
    return {number: (group, line) for number, group, line in rows}


def facts_of(drop: Drop) -> list[Any]:
    """Where every row of the facts stands on the disk: rewritten, it stands elsewhere."""
    return drop.connection.execute(
        "select ctid, journal_entry_key from mart.fact_journal_entries where agreement_id = %s order by 2",
        [drop.company.id],
    ).fetchall()


def test_a_remapped_account_moves_and_no_fact_is_rewritten(drop: Drop) -> None:
    drop.put(
        "m.csv",
        f"{HEAD}1000-1999;R1;Revenue;Sales\n1310;R2;Other;Sales\n2000-2999;C1;Costs;Costs\n",
    )
    before = facts_of(drop)
    assert groups(drop, "1010") == {"1010": (None, None)}
    assert drop.look().accepted == ["m.csv"]
    # A single account before a range; what no rule holds is unmapped; a heading is nothing to map.
    assert groups(drop, "1010", "1310", "5820", "1099") == {
        "1010": ("R1", "Sales"), "1310": ("R2", "Sales"), "5820": ("-2", "Unmapped"), "1099": (None, None),
    }  # fmt: skip
    drop.put("m.csv", f"{HEAD}1000-1999;R9;Revenue;Turnover\n*;X;Rest;Rest\n")
    drop.look()
    assert groups(drop, "1010", "1310", "5820") == {
        "1010": ("R9", "Turnover"), "1310": ("R9", "Turnover"), "5820": ("X", "Rest"),
    }  # fmt: skip
    assert facts_of(drop) == before
    rebuilt = refresh(drop.connection, agreement(drop.company.id), RunRequest(mode="full"))
    assert rebuilt["dim_account"].total == 0


def test_two_files_may_not_map_one_account(drop: Drop) -> None:
    drop.put("a.csv", f"{HEAD}1000-1999;R1;;\n1310;R2;;\n")
    drop.look()
    drop.put("b.csv", f"{HEAD}1500-2499;R3;;\n1310;R4;;\n1010;R5;;\n")
    [error] = drop.look().rejected.values()
    assert [(p.cell, p.found.partition(", which ")[2]) for p in error.problems] == [
        ("line 2, column 1", "a.csv (line 2, column 1) maps, too"),
        ("line 3, column 1", "a.csv (line 3, column 1) maps, too"),
    ]
    # Moved out of the folder, the first makes room.
    (drop.folder / "a.csv").unlink()
    drop.look()
    assert groups(drop, "1310") == {"1310": (None, None)}
    # That is a change in the warehouse, and what was refused for it is looked at again.
    assert drop.look().accepted == ["b.csv"]
    assert groups(drop, "1310", "1010") == {"1310": ("R4", None), "1010": ("R5", None)}


def test_a_mapping_may_come_before_the_books(drop: Drop, sandbox: Sandbox, dsn: str) -> None:
    company = sandbox.company("mappedlater", is_ledger_only=True, entries=50)
    drop.company = company
    drop.put("m.csv", f"{HEAD}*;X;;\n")
    assert drop.look(with_facts=False).accepted
    assert not night(dsn, company).errors
    assert groups(drop, "1010") == {"1010": ("X", None)}


def mapped(drop: Drop) -> dict[str, str]:
    rows = drop.connection.execute(
        "select low, group_account_number from core.account_mapping where not is_deleted order by 1"
    )
    return dict(rows.fetchall())


def mail_count(drop: Drop) -> int:
    [(count,)] = drop.connection.execute("select count(*) from ops.alert_mail").fetchall()
    return int(count)


def test_files_that_were_changed_together_are_judged_by_what_they_say_now(drop: Drop) -> None:
    drop.connection.execute("truncate ops.alert_mail, ops.alert_mail_attachment")
    drop.values |= {"owner_mail": ["anna@example.com"]}
    drop.listener = Feedback(drop.connection, drop.configuration(), now=NOW, names={})
    drop.put("a.csv", f"{HEAD}1010;A;;\n")
    drop.put("b.csv", f"{HEAD}1310;B;;\n1320;B;;\n")
    drop.put("c.csv", f"{HEAD}5820;C;;\n")
    drop.look()
    # A rule moves into a file that is read before the one that gives it up.
    drop.put("a.csv", f"{HEAD}1010;A;;\n1320;A;;\n")
    drop.put("b.csv", f"{HEAD}1310;B;;\n")
    assert sorted(drop.look().accepted) == ["a.csv", "b.csv"]
    assert mapped(drop) == {"1010": "A", "1310": "B", "1320": "A", "5820": "C"}
    # Accounts that are exchanged all around, beside a file that is wrong whatever they say.
    drop.put("a.csv", f"{HEAD}1310;A;;\n1320;A;;\n")
    drop.put("b.csv", f"{HEAD}5820;B;;\n")
    drop.put("c.csv", f"{HEAD}1010;C;;\n")
    drop.put("0.csv", f"{HEAD}1320;0;;\n")
    outcome = drop.look()
    assert (sorted(outcome.accepted), [*outcome.rejected]) == (
        ["a.csv", "b.csv", "c.csv"],
        ["0.csv"],
    )
    assert mapped(drop) == {"1010": "C", "1310": "A", "1320": "A", "5820": "B"}
    assert mail_count(drop) == 1
    # Exchanged, but for one that has something else wrong: what it said before counts, and all of it stays.
    drop.put("b.csv", f"{HEAD}1010;B;;\n1310-1300;B;;\n")
    drop.put("c.csv", f"{HEAD}5820;C;;\n")
    assert sorted(drop.look().rejected) == ["b.csv", "c.csv"]
    assert mapped(drop) == {"1010": "C", "1310": "A", "1320": "A", "5820": "B"}
    drop.put("b.csv", f"{HEAD}1010;B;;\n")
    assert drop.look().rejected == {}
    assert drop.look(again=True).rejected.keys() == {"0.csv"}
    assert mapped(drop) == {"1010": "B", "1310": "A", "1320": "A", "5820": "C"}
    # The same in two looks.
    (drop.folder / "0.csv").unlink()
    drop.put("a.csv", f"{HEAD}1010;A;;\n1320;A;;\n")
    assert [*drop.look().rejected] == ["a.csv"]
    told = mail_count(drop)
    drop.put("b.csv", f"{HEAD}1310;B;;\n")
    outcome = drop.look()
    assert (sorted(outcome.accepted), outcome.as_before) == (["a.csv", "b.csv"], 1)
    assert mapped(drop) == {"1010": "A", "1310": "B", "1320": "A", "5820": "C"}
    assert mail_count(drop) == told + 1  # a.csv, which was refused, is good again


def test_files_that_wait_for_each_other_may_be_about_several_companies(
    drop: Drop, sandbox: Sandbox
) -> None:
    drop.others = (sandbox.company("mappedtoo", is_ledger_only=True, entries=50),)
    drop.values |= {"agreement": None, "agreement_column": "Selskab"}
    head, here, there = "Selskab;Konto;Koncernkonto\n", drop.company.id, drop.others[0].id
    drop.put("a.csv", f"{head}{here};1010;A\n")
    drop.put("b.csv", f"{head}{there};1010;B\n")
    drop.look(with_facts=False)
    drop.put("a.csv", f"{head}{there};1010;A\n")
    drop.put("b.csv", f"{head}{here};1010;B\n")
    assert sorted(drop.look(with_facts=False).accepted) == ["a.csv", "b.csv"]
    rows = drop.connection.execute(
        "select agreement_id, group_account_number from core.account_mapping where not is_deleted"
    )
    assert dict(rows.fetchall()) == {here: "B", there: "A"}
