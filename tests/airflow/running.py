"""Airflow's own programs, run as a person would, on a home of their own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from stack.settings import venv_program
from tests.support import PROJECT


def airflow(environ: dict[str, str], *words: str, expected: int = 0) -> str:
    """What a program said; expected: its exit code."""
    done = subprocess.run(
        [venv_program("airflow"), *words],
        env=environ, capture_output=True, text=True, check=False, timeout=250,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == expected, said[-3000:]
    return said


def warehouse_connection(dsn: str) -> str:
    """A connection as the variable holds it."""
    found = conninfo_to_dict(dsn)
    return json.dumps(
        {
            "conn_type": "postgres", "host": found["host"], "port": int(found["port"]),
            "login": found["user"], "password": found["password"], "schema": found["dbname"],
        }
    )  # fmt: skip


def home(folder: Path, agreements: Path, dsn: str) -> dict[str, str]:
    """The variables of an Airflow with these agreements only, whose own tables are a file in the folder."""
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW_CONN_SALDO_WAREHOUSE": warehouse_connection(dsn),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
        "PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT}",
        "SALDO_AGREEMENTS_DIR": str(agreements),
        "SALDO_SANDBOX": "0",
        "SALDO_ENVIRONMENT": "test",
    }
