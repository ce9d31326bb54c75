"""The embedded Postgres where its system user cannot reach the project."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from stack.postgres import Postgres
from stack.settings import Settings
from tests.conftest import free_port


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run Postgres as somebody else")
def test_program_and_data_move_to_where_the_system_user_can_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Postgres, "_can_reach", lambda self, path: False)
    settings = Settings({"SALDO_RUN_DIR": str(tmp_path), "SALDO_PG_PORT": str(free_port())})
    keys, postgres = settings.prepare(), Postgres(settings)
    try:
        postgres.start(keys)
        home = (tmp_path / "postgres").resolve()
        assert home.is_relative_to("/var/tmp")
        assert home.stat().st_mode & 0o077 == 0
        with psycopg.connect(settings.dsn("postgres", keys.postgres, "saldo")) as connection:
            row = connection.execute("select current_setting('data_directory')").fetchone()
        assert row == (str(home / "data"),)
    finally:
        postgres.stop(mode="immediate")
        postgres.remove()
    assert not home.exists()


def test_other_passwords_do_not_get_in(tmp_path: Path) -> None:
    settings = Settings({"SALDO_RUN_DIR": str(tmp_path), "SALDO_PG_PORT": str(free_port())})
    keys, postgres = settings.prepare(), Postgres(settings)
    try:
        postgres.start(keys)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(settings.dsn("saldo", "guess", "saldo"))
    finally:
        postgres.stop(mode="immediate")
        postgres.remove()
