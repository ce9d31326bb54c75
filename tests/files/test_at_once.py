"""What happens while files are looked at: other configurations, the night, people who rename and save."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fsspec.implementations.local import LocalFileSystem

from saldo.errors import Busy
from saldo.files.companies import Companies
from saldo.files.intake import Intake
from saldo.files.outcome import Listener
from saldo.files.places.folder import FolderSource
from saldo.files.places.sharepoint import SharePointSource
from saldo.files.places.source import File
from saldo.warehouse import connection as warehouse_connection
from saldo.warehouse.connection import Connection, connect
from tests.files.dropping import MONTHS, NOW, Drop, wide
from tests.graph.site import FOLDER, Played, configuration
from tests.support import Company, Sandbox, agreement, night


@pytest.fixture(scope="module")
def books(dsn: str, sandbox: Sandbox) -> tuple[Company, Company]:
    companies = [sandbox.company(name, is_ledger_only=True, entries=50) for name in ("aa", "bb")]
    for company in companies:
        assert not night(dsn, company).errors
    return companies[0], companies[1]


@pytest.fixture
def drop(warehouse: Connection, books: tuple[Company, Company], tmp_path: Path) -> Drop:
    warehouse.execute(
        "delete from ops.file; delete from ops.watermark where subject_kind = 'file'; delete from staging.file_budget; "
        "delete from staging.file_account_mapping; delete from core.budget; delete from core.account_mapping"
    )
    return Drop(warehouse, tmp_path, books[0], (books[1],))


def beside(drop: Drop, connection: Connection, id: str, **values: Any) -> Drop:
    """Another configuration, with a folder and a connection of its own."""
    folder = drop.folder / id
    folder.mkdir()
    return Drop(connection, folder, drop.company, drop.others, values or drop.values, id=id)


class Meanwhile(Listener):
    """Does something once, when the first file has come so far, and waits until it is done or waits for a lock."""

    def __init__(self, dsn: str, what: Callable[[], Any], *, to_its_end: bool = False) -> None:
        self._dsn, self._what, self._to_its_end = dsn, what, to_its_end
        self.thread: threading.Thread | None = None
        self.result: list[Any] = []

    def _do(self) -> None:
        if self.thread is None:
            self.thread = threading.Thread(target=lambda: self.result.append(self._what()))
            self.thread.start()
            with connect(self._dsn) as connection:
                while self.thread.is_alive() and (self._to_its_end or not _waits(connection)):
                    time.sleep(0.01)

    def accepted(self, *_: Any) -> None:
        self._do()

    def gone(self, *_: Any, **__: Any) -> None:
        self._do()

    def outcome(self) -> Any:
        assert self.thread
        self.thread.join(30)
        return self.result[0]


def _waits(connection: Connection) -> bool:
    row = connection.execute(
        "select exists (select from pg_locks where locktype = 'advisory' and not granted and database = "
        "(select oid from pg_database where datname = current_database()))"
    ).fetchone()
    return bool(row and row[0])


def test_files_about_two_companies_that_go_at_once(drop: Drop, dsn: str) -> None:
    """Each transaction holds what it needs from its start: in the other's order they would wait for each other."""
    first, second = drop.company, drop.others[0]
    drop.values = {"agreement": None, "agreement_column": "Selskab"}

    def text(company: Company) -> str:
        return wide((company.id, 1010, "1,00"), head="Selskab;Konto")

    with connect(dsn) as connection:
        other = beside(drop, connection, "other", **drop.values, scenario="forecast")
        for at, order in ((drop, (second, first)), (other, (first, second))):
            for number, company in enumerate(order):
                at.put(f"{number}.csv", text(company))
            assert len(at.look(with_facts=False).accepted) == 2
            for path in at.folder.glob("*.csv"):
                path.unlink()
        drop.listener = meanwhile = Meanwhile(
            dsn, lambda: other.look(with_facts=False, confirm_deletes=True)
        )
        assert len(drop.look(with_facts=False, confirm_deletes=True).gone) == 2
        assert len(meanwhile.outcome().gone) == 2
    assert drop.connection.execute("select from core.budget where not is_deleted").fetchall() == []


def test_mappings_that_contradict_each_other_at_once(drop: Drop, dsn: str) -> None:
    """The second is judged when the first counts."""
    head = "Konto;Koncernkonto;Koncernkontonavn;Rapportlinje\n"
    drop.values = {"kind": "account_mapping"}
    with connect(dsn) as connection:
        other = beside(drop, connection, "other")
        drop.put("a.csv", f"{head}1000-1999;R1;;\n")
        other.put("b.csv", f"{head}1500-2499;R2;;\n")
        drop.listener = meanwhile = Meanwhile(dsn, lambda: other.look(with_facts=False))
        assert drop.look(with_facts=False).accepted == ["a.csv"]
        [error] = meanwhile.outcome().rejected.values()
    assert "which a.csv (line 2, column 1) maps, too" in str(error)


def test_budgets_of_one_scenario_at_once(drop: Drop, dsn: str) -> None:
    """Whoever follows core by its changes misses none: they are numbered in the order in which they are committed."""
    with connect(dsn) as connection:
        other = beside(drop, connection, "other")
        drop.put("a.csv", wide((1010, 1, "1,00")))
        other.put("b.csv", wide((1010, 2, "2,00")))
        drop.listener = meanwhile = Meanwhile(dsn, lambda: other.look(with_facts=False))
        drop.look()
        meanwhile.outcome()
        drop.listener = None
        drop.look()
    assert drop.facts() == [("1010", "1", Decimal(-1)), ("1010", "2", Decimal(-2))]


def test_an_account_that_is_landing_while_a_file_is_judged(drop: Drop, dsn: str) -> None:
    """Its change has its number before it is committed, and another one after it may be seen earlier."""
    drop.put("b.csv", wide((5555, 1, "1,00")))
    with psycopg.connect(dsn) as landing:
        landing.execute(
            "insert into core.account select agreement_id, '5555', 'New', account_type, is_balance_sheet, 5555, is_deleted, "
            "nextval('core.change_seq'), section, is_credit from core.account where agreement_id = %s and account_number = '1010'",
            [drop.company.id],
        )
        drop.connection.execute(
            "update core.account set change_seq = nextval('core.change_seq') where agreement_id = %s",
            [drop.others[0].id],
        )
        assert drop.look(with_facts=False).rejected
        assert drop.look(with_facts=False).note == "1 as before"
    assert drop.look().accepted == ["b.csv"]


def test_two_runs_of_one_configuration(
    drop: Drop, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second waits, and says so when it takes too long."""
    drop.put("a.csv", wide((1010, 1, "1,00")))
    monkeypatch.setattr(warehouse_connection, "LOCK_WAIT_S", 0.05)
    with connect(dsn) as connection:
        twin = Drop(connection, drop.folder, drop.company)
        seen: list[BaseException] = []

        def look() -> None:
            with pytest.raises(
                Busy, match=r"^file 'drop': another run has worked on its files"
            ) as error:
                twin.look(with_facts=False)
            seen.append(error.value)

        drop.listener = meanwhile = Meanwhile(dsn, look, to_its_end=True)
        assert drop.look(with_facts=False).accepted == ["a.csv"]
        meanwhile.outcome()
    assert len(seen) == 1
    assert len(drop.register()) == 1


def test_a_company_that_gets_the_name_a_file_calls_it_by(drop: Drop) -> None:
    """Nothing has landed meanwhile: somebody has edited the agreement's file."""
    of = drop.configuration(agreement=None, agreement_column="Selskab")
    drop.put("a.csv", wide(("Nordlys AS", 1010, "1,00"), head="Selskab;Konto"))
    outcomes = []
    for name in ("Nordlys ApS", "Nordlys ApS", "Nordlys AS"):
        companies = Companies([agreement(drop.company.id, name=name)], None)
        source = FolderSource(LocalFileSystem(), str(drop.folder), of)
        intake = Intake(drop.connection, of, source, companies, run_id="run", now=NOW)
        outcomes.append(intake.run().note)
    assert outcomes == ["1 refused, 0 as before", "1 as before", "1 accepted, 0 as before"]


# --- people --------------------------------------------------------------------------------------


def test_of_rivals_the_one_that_is_saved_last_counts_also_when_it_says_the_same(drop: Drop) -> None:
    """What was read on the way makes no difference."""
    good = wide((1010, 1, "1,00"))
    drop.put("a.csv", good)
    drop.put("b.csv", wide((1010, 1, "2,00")))
    drop.look()
    drop.put("a.csv", good.replace("1,00", "one"))
    drop.look()
    assert drop.facts() == [("1010", "1", Decimal(-2))]
    drop.put("a.csv", good)
    assert drop.look().unchanged == ["a.csv"]
    assert drop.facts() == [("1010", "1", Decimal(-1))]


def test_what_was_kept_goes_when_the_configuration_says_so(drop: Drop) -> None:
    drop.put("a.csv", wide((1010, 1, "1,00")))
    drop.look(when_gone="keep")
    (drop.folder / "a.csv").unlink()
    assert drop.look(when_gone="keep").gone == ["a.csv"]
    assert drop.look(when_gone="keep").gone == []
    assert drop.facts() == [("1010", "1", Decimal(-1))]
    assert drop.look().gone == ["a.csv"]
    assert drop.facts() == []


def test_a_name_that_is_no_utf_8(drop: Drop) -> None:
    """As programs of Windows write them on a disk of Linux."""
    (drop.folder / b"Bud\xe6 2026.csv".decode(errors="surrogateescape")).write_text(
        wide((1010, 1, "1,00"))
    )
    drop.put("a.csv", wide((1310, 1, "2,00")))
    assert sorted(drop.look().accepted) == ["Bud\\xe6 2026.csv", "a.csv"]
    assert drop.look().as_before == 2


class Renamed(SharePointSource):
    """Somebody renames a file between the list and the download."""

    to: Callable[[], None]

    def fetch(self, file: File, into: Any, *, max_bytes: int) -> File:
        self.to()
        return super().fetch(file, into, max_bytes=max_bytes)


@pytest.mark.parametrize(
    ("to", "year"), [("Budget 2027.csv", 2027), ("Budget 2027.old", None), ("", None)]
)
def test_a_file_that_is_renamed_between_the_list_and_the_download(
    drop: Drop, sandbox: Sandbox, to: str, year: int | None
) -> None:
    """The year in its name is the one of the name it has. Or it is deleted."""
    site = Played.of(sandbox)
    text = ";".join(["Konto", *MONTHS]) + "\n1010" + ";1,00" * 12 + "\n"
    site.edit("put", path=f"{FOLDER}/Budget 2026.csv", text=text)
    of = configuration(site.company.id, match="*.csv", agreement=drop.company.id)
    assert of.source.sharepoint

    def look(source: SharePointSource) -> Any:
        companies = Companies([agreement(drop.company.id)], drop.company.id)
        return Intake(drop.connection, of, source, companies, run_id="run", now=NOW).run()

    first = Renamed(site.client, of, of.source.sharepoint)
    do = {"do": "rename", "to": to} if to else {"do": "delete"}
    first.to = lambda: site.edit(path=f"{FOLDER}/Budget 2026.csv", **do)
    outcome = look(first)
    assert [*outcome.accepted, *outcome.waiting] == [to if year else "Budget 2026.csv"]
    second = look(SharePointSource(site.client, of, of.source.sharepoint))
    assert (second.rejected, second.waiting) == ({}, {})
    rows = drop.connection.execute(
        "select distinct extract(year from month)::int from core.budget where agreement_id = %s and not is_deleted",
        [drop.company.id],
    ).fetchall()
    assert rows == ([(year,)] if year else [])
