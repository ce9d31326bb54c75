"""Files that go, and files that take the place of others: nothing stops counting without being told, and nothing by accident."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from saldo.files.companies import Companies
from saldo.files.intake import Intake
from saldo.files.leaving import AllGone
from saldo.files.mails.feedback import Feedback
from saldo.files.withdrawing import orphans, withdraw
from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import Connection
from tests.files.dropping import NOW, Drop, wide
from tests.graph.site import FOLDER, Played, configuration
from tests.support import Company, Sandbox, agreement, night


@pytest.fixture(scope="module")
def books(dsn: str, sandbox: Sandbox) -> Company:
    company = sandbox.company("leaving", is_ledger_only=True, entries=50)
    assert not night(dsn, company).errors
    return company


@pytest.fixture
def drop(warehouse: Connection, books: Company, tmp_path: Path) -> Drop:
    warehouse.execute(
        "delete from ops.file; delete from ops.watermark where subject_kind = 'file'; delete from ops.alert_mail"
    )
    warehouse.execute(
        "update core.budget set is_deleted = true, change_seq = nextval('core.change_seq')"
    )
    found = Drop(warehouse, tmp_path, books, values={"owner_mail": ["kari@example.com"]})
    found.listener = Feedback(
        warehouse, found.configuration(), now=NOW, names={books.id: "Leaving ApS"}
    )
    return found


def mails(drop: Drop) -> list[Any]:
    return [
        subject
        for (subject,) in drop.connection.execute(
            "select subject from ops.alert_mail order by mail_id"
        )
    ]


def notes(drop: Drop) -> dict[str, Any]:
    return dict(drop.register("name, note")) if drop.register() else {}


def test_a_file_that_pushes_another_aside_says_so(drop: Drop) -> None:
    drop.put("Revenue 2026.csv", wide((1010, "", "1,00")))
    drop.look()
    assert mails(drop) == []
    drop.put("Costs 2026.csv", wide((1310, "", "2,00")))
    outcome = drop.look()
    assert drop.facts() == [("1310", None, Decimal(2))]
    [(name, [said])] = outcome.effects.items()
    assert name == "Costs 2026.csv"
    assert said.startswith("12 rows of Revenue 2026.csv count no more")
    assert mails(drop) == ["Saldo: Costs 2026.csv is accepted"]
    [(text,)] = drop.connection.execute("select body_text from ops.alert_mail").fetchall()
    assert said in text
    assert (notes(drop)["Revenue 2026.csv"] or "").startswith("12 of its 12 rows do not count")
    assert notes(drop)["Costs 2026.csv"] is None
    # Older than what counts already, a file says so of itself.
    drop.put("Old 2026.csv", wide((1020, "", "3,00")), day=-5)
    [said] = drop.look().effects["Old 2026.csv"]
    assert said.startswith("12 of its 12 rows do not count")
    (drop.folder / "Costs 2026.csv").unlink()
    assert drop.look().effects == {"Costs 2026.csv": ["12 rows of Revenue 2026.csv count again"]}
    assert drop.facts() == [("1010", None, Decimal(-1))]
    assert notes(drop)["Revenue 2026.csv"] is None
    assert (notes(drop)["Old 2026.csv"] or "").startswith("12 of its 12 rows")


def test_a_file_saved_again_as_it_was_pushes_others_aside_aloud(drop: Drop) -> None:
    drop.put("a.csv", wide((1010, "", "1,00")), day=1)
    drop.put("b.csv", wide((1010, "", "2,00")), day=2)
    drop.look()
    # The same rows in other bytes, saved later.
    drop.put("a.csv", wide((1010, "", "1,00")) + "\n", day=3)
    outcome = drop.look()
    assert (outcome.unchanged, drop.facts()) == (["a.csv"], [("1010", None, Decimal(-1))])
    [said] = outcome.effects["a.csv"]
    assert said.startswith("12 rows of b.csv count no more")
    assert mails(drop)[-1] == "Saldo: a.csv is accepted"


def test_who_is_beaten_beats_nobody(drop: Drop) -> None:
    drop.put("a.csv", wide((1010, 1, "1,00")), day=1)
    drop.put("b.csv", wide((1010, 1, "2,00"), (1010, 2, "2,00")), day=2)
    drop.put("c.csv", wide((1010, 2, "3,00")), day=3)
    drop.look()
    assert drop.facts() == [("1010", "1", Decimal(-1)), ("1010", "2", Decimal(-3))]


def test_next_years_folder_leaves_this_year_alone(drop: Drop, tmp_path: Path) -> None:
    drop.put("Budget 2026.csv", wide((1010, 1, "1,00")))
    drop.look()
    (tmp_path / "2027").mkdir()
    drop.folder = tmp_path / "2027"
    drop.put("Budget 2027.csv", wide((1010, 1, "2,00"), year=2027))
    outcome = drop.look()
    assert (outcome.accepted, outcome.gone) == (["Budget 2027.csv"], [])
    drop.look()
    assert (drop.total(2026), drop.total(2027)) == (Decimal(-12), Decimal(-24))
    assert mails(drop) == []


def test_an_empty_folder_is_not_believed(drop: Drop) -> None:
    for name, department in (("a.csv", 1), ("b.csv", 2)):
        drop.put(name, wide((1010, department, "1,00")))
    drop.look()
    for name in ("a.csv", "b.csv"):
        (drop.folder / name).unlink()
    for _ in range(2):
        with pytest.raises(AllGone, match="all 2 files that count are gone at once"):
            drop.look()
    assert len(drop.facts()) == 2
    drop.look(confirm_deletes=True)
    assert drop.facts() == []
    assert len(mails(drop)) == 2


def test_another_name_in_a_folder_is_no_loss(drop: Drop) -> None:
    drop.put("Budget 2026.csv", wide((1010, 1, "1,00")))
    drop.look()
    (drop.folder / "Budget 2026.csv").rename(drop.folder / "Budget 2026 final.csv")
    outcome = drop.look()
    assert (outcome.accepted, outcome.gone) == (["Budget 2026 final.csv"], ["Budget 2026.csv"])
    assert drop.facts("account_number, source_file") == [("1010", "Budget 2026 final.csv")]
    assert not any("removed" in subject for subject in mails(drop))


def test_another_name_that_is_refused_is_a_loss_and_told(drop: Drop) -> None:
    text = wide((1010, 1, "1,00")).replace(" 2026", "")
    drop.put("Budget 2026.csv", text)
    drop.look()
    # Without the year in it nobody can say which months these are.
    (drop.folder / "Budget 2026.csv").rename(drop.folder / "Budget.csv")
    outcome = drop.look()
    assert ([*outcome.rejected], outcome.gone) == (["Budget.csv"], ["Budget 2026.csv"])
    assert any("Budget 2026.csv was removed" in subject for subject in mails(drop))


def test_a_file_that_match_leaves_out_counts_no_more(drop: Drop) -> None:
    drop.put("Budget 2026.csv", wide((1010, 1, "1,00")))
    drop.put("Draft 2026.csv", wide((1010, 2, "2,00")))
    drop.look()
    assert drop.look(match="Budget*.csv").gone == ["Draft 2026.csv"]
    assert drop.facts() == [("1010", "1", Decimal(-1))]


def test_a_configuration_under_another_name_takes_its_files_over(drop: Drop) -> None:
    drop.put("Budget 2026.csv", wide((1010, 1, "1,00")))
    drop.look()
    renamed = Drop(drop.connection, drop.folder, drop.company, id="renamed")
    renamed.look(known=("renamed",))
    (drop.folder / "Budget 2026.csv").unlink()
    renamed.look(known=("renamed",))
    assert drop.facts() == []


def test_what_a_removed_configuration_left_can_be_withdrawn(drop: Drop) -> None:
    drop.put("Budget 2026.csv", wide((1010, 1, "1,00")))
    drop.look()
    assert orphans(drop.connection, ["another"]) == {"drop": 1}
    assert orphans(drop.connection, ["drop"]) == {}
    assert withdraw(drop.connection, "drop") == 1
    refresh(drop.connection, agreement(drop.company.id), RunRequest())
    assert drop.facts() == []


def test_a_new_name_in_sharepoint_makes_no_file_newer(drop: Drop, sandbox: Sandbox) -> None:
    site = Played.of(sandbox)
    folder = f"{FOLDER}/names"
    says = {"id": "names", "agreement": drop.company.id, "match": "*.csv", "folder": folder}

    def look() -> None:
        of = configuration(site.company.id, **says)
        source = site.source(**says)
        companies = Companies([agreement(drop.company.id)], of.agreement)
        outcome = Intake(drop.connection, of, source, companies, run_id="r", now=NOW).run()
        assert (outcome.rejected, outcome.errors) == ({}, [])
        refresh(drop.connection, agreement(drop.company.id), RunRequest())

    site.edit("put", path=f"{folder}/Budget 2026.csv", text=wide((1010, 1, "1,00")))
    site.edit("put", path=f"{folder}/Budget 2026 v2.csv", text=wide((1010, 1, "2,00")))
    look()
    assert drop.facts() == [("1010", "1", Decimal(-2))]
    site.edit("rename", path=f"{folder}/Budget 2026.csv", to="Old budget 2026.csv")
    look()
    assert drop.facts() == [("1010", "1", Decimal(-2))]
