"""How files become rights without a person in the database: by the watch, by `make readers`, and after every migration."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from saldo.agreements.loading import load_agreements
from saldo.errors import ConfigError
from saldo.vendors import entity_names
from saldo.warehouse.connection import Connection
from saldo.warehouse.migrations import MIGRATIONS_DIR, migrate
from tests.agreements.test_config import GOOD
from tests.airflow.running import warehouse_connection


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dsn: str) -> Path:
    """An agreement with personal accounts, and one who reads it."""
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))
    for what in ("agreements", "readers"):
        (tmp_path / what).mkdir()
        monkeypatch.setenv(f"SALDO_{what.upper()}_DIR", str(tmp_path / what))
    (tmp_path / "agreements" / "nordlys.yaml").write_text(
        GOOD + 'personal_accounts: ["2200-2299"]\n'
    )
    (tmp_path / "readers" / "anna.yaml").write_text(
        "id: anna\nlogin: anna\nagreements: [nordlys]\n"
    )
    return tmp_path


def rights(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select login, agreement_id, first_number, last_number from ops.reader "
        "join ops.reader_agreement using (reader_id) left join ops.personal_account using (agreement_id) order by 1"
    ).fetchall()


def test_the_watch_gives_rights(folders: Path, warehouse: Connection) -> None:
    from saldo.operators.watch import _give_rights

    _give_rights(warehouse, load_agreements(vendors=entity_names()).good)
    assert rights(warehouse) == [("anna", "nordlys", "2200", "2299")]
    (folders / "readers" / "anna.yaml").unlink()
    _give_rights(warehouse, ())
    assert rights(warehouse) == []


def test_make_readers_gives_rights_now(
    folders: Path, warehouse: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    from saldo.onboarding.__main__ import main

    assert main(["readers"]) == 0
    assert rights(warehouse) == [("anna", "nordlys", "2200", "2299")]
    told = capsys.readouterr().out
    assert "Rights were changed." in told
    assert "PgSchema" not in told  # nobody is a user of Power BI
    (folders / "readers" / "bo.yaml").write_text("id: bo\nlogin: bo\nagreements: [oslo]\n")
    assert main(["readers"]) == 1
    assert "bo.yaml: agreements: 'oslo' is no agreement" in capsys.readouterr().err
    assert len(rights(warehouse)) == 1


def test_make_readers_says_what_personal_does_not_hide(
    folders: Path, warehouse: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """`personal` is of the log-in: a user of an imported model reads what the gateway read."""
    from saldo.onboarding.__main__ import main

    (folders / "readers" / "anna.yaml").write_text(
        "id: anna\nuser: anna@example.com\nagreements: [nordlys]\npersonal: false\n"
    )
    assert main(["readers"]) == 0
    told = capsys.readouterr().out
    assert "all of it, unless its parameter PgSchema is mart_masked" in told
    assert "hidden" not in told


def test_a_broken_file_shows_in_airflow(folders: Path) -> None:
    from saldo.airflow.dag_builder import raise_for_broken

    raise_for_broken()
    (folders / "readers" / "anna.yaml").write_text("id: anna\nagreements: all\n")
    with pytest.raises(
        ConfigError, match=r"1 reader file.*\n.*anna.yaml: user, login: both are missing"
    ):
        raise_for_broken()


def test_the_migrator_guards_what_a_migration_adds(
    tmp_path: Path, dsn: str, warehouse: Connection
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS_DIR, folder)
    number = len([*folder.glob("*.sql")]) + 1
    (folder / f"{number:04d}_more.sql").write_text(
        "create table mart.dim_more (more_key bigint primary key, agreement_key bigint not null, name text, said text);"
    )
    migrate(dsn, folder)
    policies = warehouse.execute(
        "select polname::text from pg_policy where polrelid = 'mart.dim_more'::regclass order by 1"
    ).fetchall()
    assert policies == [("all_rows",), ("own_rows",)]
    assert "'(hidden)'" not in str(
        warehouse.execute("select pg_get_viewdef('mart_masked.dim_more'::regclass)").fetchone()
    )
    assert "NULL::text AS said" in str(
        warehouse.execute("select pg_get_viewdef('mart_masked.dim_more'::regclass)").fetchone()
    )
