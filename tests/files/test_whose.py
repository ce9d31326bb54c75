"""Files that say, in passing, something that their configuration does not: whose they are, in which currency, how it is spelled."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from saldo.files.choice import KINDS
from saldo.files.companies import Companies, UnknownCompany
from saldo.warehouse.connection import Connection
from tests.files.dropping import Drop, wide
from tests.support import Company, Sandbox, agreement, night


@pytest.fixture(scope="module")
def books(dsn: str, sandbox: Sandbox) -> Company:
    company = sandbox.company("whose", is_ledger_only=True, entries=50)
    assert not night(dsn, company).errors
    return company


@pytest.fixture
def drop(warehouse: Connection, books: Company, tmp_path: Path) -> Drop:
    """Nothing of another test is left."""
    warehouse.execute(
        "delete from ops.file; delete from ops.watermark where subject_kind = 'file'; delete from staging.file_budget; "
        "delete from staging.file_account_mapping"
    )
    for table in ("budget", "account_mapping"):
        warehouse.execute(
            f"update core.{table} set is_deleted = true, change_seq = nextval('core.change_seq')".encode()
        )
    return Drop(warehouse, tmp_path, books)


def refused(drop: Drop, **more: Any) -> list[tuple[str, str]]:
    """Cell and what was found, of the only file that is refused."""
    outcome = drop.look(with_facts=False, **more)
    assert (outcome.accepted, outcome.errors) == ([], [])
    [error] = outcome.rejected.values()
    return [(p.cell, p.found) for p in error.problems]


# --- another company -----------------------------------------------------------------------------


def test_lines_of_another_company_are_not_the_configurations(drop: Drop) -> None:
    own = drop.company.id
    head = "Selskab;Konto;Afdeling"
    lines = [
        ("Nordlys", 1010, 1, "1,00"),
        (own.upper(), 1310, 1, "5,00"),
        ("Fjord", 1310, 2, "5,00"),
    ]
    drop.put("b.csv", wide(*lines, head=head))
    assert refused(drop) == [
        ("line 2, column 1", "company “Nordlys”"),
        ("line 4, column 1", "company “Fjord”"),
    ]
    [(problems,)] = drop.register("problems")
    assert (problems[0]["expected"], "agreement_column" in problems[0]["remedy"]) == (
        f"{own}, the `agreement` of the configuration",
        True,
    )
    drop.put("b.csv", wide(*lines[1:2], ("", 1310, 2, "7,00"), head=head))
    assert drop.look().accepted
    assert drop.facts() == [("1310", "1", Decimal(5)), ("1310", "2", Decimal(7))]


def test_rules_of_another_company_are_not_the_configurations(drop: Drop) -> None:
    drop.values = {"kind": "account_mapping"}
    text = f"Selskab;Konto;Koncernkonto\n{drop.company.id};1010;A\n;1020;A\nFjord;1310;B\n"
    drop.put("m.csv", text)
    assert refused(drop) == [("line 4, column 1", "company “Fjord”")]
    drop.put("m.csv", text.replace("Fjord", ""))
    assert drop.look().accepted


def test_the_id_of_one_agreement_is_not_the_name_of_another() -> None:
    companies = Companies([agreement("a", name="b"), agreement("b", name="x", company=7)], "a")
    assert [companies.agreement(one) for one in ("", " A ")] == ["a", "a"]
    for other in ("b", "x", "7", "nobody"):
        with pytest.raises(UnknownCompany):
            companies.agreement(other)


# --- texts that fit no index ---------------------------------------------------------------------


def random_text(letters: int) -> str:
    """What Postgres cannot pack."""
    parts = (hashlib.sha256(bytes([number])).hexdigest() for number in range(letters // 64 + 1))
    return "".join(parts)[:letters]


def test_a_text_too_long_for_a_key_is_refused_and_other_files_are_read(drop: Drop) -> None:
    long = random_text(6000)
    drop.values = {"unknown": "accept", "sign": "ledger", "scenario_column": "Scenarie"}
    drop.put("good.csv", wide((1310, 1, "x", "1,00"), head="Konto;Afdeling;Scenarie"))
    drop.put("bad.csv", wide((1320, long, long, "1,00"), head="Konto;Afdeling;Scenarie"))
    outcome = drop.look()
    assert outcome.accepted == ["good.csv"]
    found = [(p.cell, p.expected) for p in outcome.rejected["bad.csv"].problems]
    assert found == [
        ("line 2, column 3", "at most 100 as scenario"),
        ("line 2, column 2", "at most 100 as department"),
    ]
    drop.values = {"kind": "account_mapping"}
    for path in drop.folder.iterdir():
        path.unlink()
    drop.put("m.csv", f"Konto;Koncernkonto\n1{long};4000\n1310;{long}\n")
    found = refused(drop)
    assert [cell for cell, _ in found] == ["line 2, column 1", "line 3, column 2"]
    assert f"{len(long) + 1} letters" in found[0][1]


def test_what_postgres_cannot_take_is_that_files_trouble(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reader lets through: one file must not stop the others."""
    kind = KINDS["budget"]
    stage = type(kind).stage

    def staged(self: Any, connection: Connection, path: Path, *more: Any) -> Any:
        if path.name.startswith("bad"):
            connection.execute(
                "insert into core.budget (agreement_id, scenario, account_number, department, month, amount, sign, "
                "config_id, file_id, version, source_file, sheet, cell, row_number, change_seq) values "
                "('x', %s, '1', '', '2026-01-01', 1, 'ledger', '', 1, 1, '', '', '', 1, 1)",
                [random_text(9000)],
            )
        return stage(self, connection, path, *more)

    monkeypatch.setattr(type(kind), "stage", staged)
    drop.put("bad.csv", wide((1310, 1, "1,00")))
    drop.put("good.csv", wide((1310, 2, "1,00")))
    outcome = drop.look()
    assert (outcome.accepted, len(outcome.errors)) == (["good.csv"], 1)
    assert "ProgramLimitExceeded" in str(outcome.errors[0])
