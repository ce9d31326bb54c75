"""What deploy/environment.py makes of settings and secret files, and deploy/log.py of what a service prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.environment import SettingsError, environment
from stack.settings import Settings
from tests.support import PROJECT

RUN = PROJECT / "deploy" / "run.py"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    for name in ("warehouse", "metadata", "broker"):
        (tmp_path / f"{name}_password").write_text(f"{name} p@ss/word:%\n")
    (tmp_path / "fernet_key").write_text("from-the-file\n")
    (tmp_path / "connections").mkdir()
    return tmp_path


def settings(secrets: Path, **more: str) -> dict[str, str]:
    return {
        "SALDO_SECRETS_DIR": str(secrets), "SALDO_CONNECTIONS_DIR": str(secrets / "connections"),
        "SALDO_POSTGRES": "postgres:5432", "SALDO_BROKER": "broker:6379", **more,
    }  # fmt: skip


def test_addresses_hold_any_password(secrets: Path) -> None:
    found = environment(settings(secrets))
    metadata = urlsplit(found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    assert (metadata.hostname, metadata.port, metadata.path) == ("postgres", 5432, "/airflow")
    assert metadata.password == "metadata%20p%40ss%2Fword%3A%25"
    assert metadata.query == "sslmode=require"
    warehouse = json.loads(found["AIRFLOW_CONN_SALDO_WAREHOUSE"])
    assert warehouse["password"] == "warehouse p@ss/word:%"
    assert warehouse["extra"] == {"sslmode": "require"}
    assert urlsplit(found["AIRFLOW__CELERY__BROKER_URL"]).hostname == "broker"


def test_a_variable_that_is_set_wins_over_its_file(secrets: Path) -> None:
    assert environment(settings(secrets))["AIRFLOW__CORE__FERNET_KEY"] == "from-the-file"
    given = settings(secrets, AIRFLOW__CORE__FERNET_KEY="given", AIRFLOW_CONN_SALDO_WAREHOUSE="{}")
    found = environment(given)
    assert found["AIRFLOW__CORE__FERNET_KEY"] == "given"
    assert found["AIRFLOW_CONN_SALDO_WAREHOUSE"] == "{}"


def test_connections_are_files_named_for_their_id(secrets: Path) -> None:
    (secrets / "connections" / "economic_nordlys").write_text('{"conn_type": "economic"}\n')
    (secrets / "connections" / ".gitkeep").write_text("")
    found = environment(settings(secrets))
    assert found["AIRFLOW_CONN_ECONOMIC_NORDLYS"] == '{"conn_type": "economic"}'


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("connections/economic-nordlys.json", "{}", "name the file for the connection's id alone"),
        ("connections/economic_nordlys", " \n", "is empty"),
        ("fernet_key", "", "is empty: write the value into its file"),
    ],
)
def test_a_file_that_is_wrong_is_named(secrets: Path, name: str, text: str, told: str) -> None:
    (secrets / name).write_text(text)
    with pytest.raises(SettingsError, match=told) as raised:
        environment(settings(secrets))
    assert Path(name).name in str(raised.value)


def test_a_container_without_secrets_gets_none(tmp_path: Path) -> None:
    found = environment({"SALDO_SECRETS_DIR": str(tmp_path / "none"), "PATH": "/bin"})
    assert found == {"SALDO_SECRETS_DIR": str(tmp_path / "none"), "PATH": "/bin"}


def test_the_sandboxes_connections_are_those_of_make_up(secrets: Path, tmp_path: Path) -> None:
    local = Settings({"SALDO_RUN_DIR": str(tmp_path / "run")})
    wanted = local.environment(local.prepare())
    url = {"SALDO_SANDBOX_URL": local.sandbox_url, "SALDO_MAIL_SINK": "127.0.0.1:8925"}
    found = environment(settings(secrets, SALDO_SANDBOX="1", **url))
    names = {name for name in wanted if name.startswith("AIRFLOW_CONN_")}
    assert {name for name in found if name.startswith("AIRFLOW_CONN_")} == names
    names -= {"AIRFLOW_CONN_SALDO_WAREHOUSE", "AIRFLOW_CONN_AIRFLOW_METADATA"}
    assert {name: found[name] for name in names} == {name: wanted[name] for name in names}
    assert "AIRFLOW_CONN_SMTP_DEFAULT" not in environment(settings(secrets, **url))


def run(tmp_path: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(RUN), *words], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "SALDO_LOG_DIR": str(tmp_path / "logs"), **more},
    )  # fmt: skip


def test_what_a_service_prints_is_shown_and_kept(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    done = run(tmp_path, "--log", "scheduler", sys.executable, "-c", code)
    assert done.returncode == 3
    log = tmp_path / "logs" / "scheduler.log"
    deadline = time.monotonic() + 10
    while "out" not in (log.read_text() if log.exists() else "") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sorted(log.read_text().split()) == ["err", "out"]


def test_a_day_has_a_file_and_thirty_are_kept(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    (logs / "dag_processor").mkdir(parents=True)
    log, day = logs / "worker-one.log", 86_400
    now = time.time()
    for age in range(1, 41):
        stamp = time.strftime("%Y-%m-%d", time.gmtime(now - age * day))
        (logs / f"worker-one.log.{stamp}").write_text(f"{age} days ago")
    gone = logs / "dag_processor" / "of-a-parse.log"
    gone.write_text("long ago")
    os.utime(gone, (now - 31 * day, now - 31 * day))
    log.write_text("yesterday\n")
    os.utime(log, (now - day, now - day))
    subprocess.run(
        [sys.executable, str(RUN.with_name("log.py")), "worker-one"], input=b"today\n",
        env={**os.environ, "SALDO_LOG_DIR": str(logs)}, check=True, capture_output=True,
    )  # fmt: skip
    assert log.read_text() == "today\n"
    old = sorted(path.name for path in logs.glob("worker-one.log.*"))
    assert len(old) == 30
    assert (logs / old[-1]).read_text() == "yesterday\n"
    assert not gone.exists()


def test_a_log_that_cannot_be_kept_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    done = run(tmp_path, "--log", "scheduler", "echo", "still running")
    assert done.returncode == 0
    assert "still running" in done.stdout


def test_a_wrong_secret_is_told_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "fernet_key").write_text("")
    done = run(
        tmp_path, "echo", "started", SALDO_SECRETS_DIR=str(tmp_path), AIRFLOW__CORE__FERNET_KEY=""
    )
    assert done.returncode == 1
    assert "started" not in done.stdout
    assert "fernet_key is empty" in done.stderr
