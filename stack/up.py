"""`make up`: from nothing to tonight's runs done, telling what it does on the way."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version

import psycopg
import requests
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from . import onboarding
from .airflow_api import AirflowApi, DagRun
from .claims import see_claims_through, show_exports, start_claims
from .files import see_files_through, show_budgets
from .postgres import Postgres
from .processes import Supervisor, check_ports_free
from .programs import migrate_warehouse, run_program
from .progress import UnderWay, doing
from .settings import PROJECT, Secrets, Settings, StackError, venv_program
from .tonight import SIGNS, of_night, see_runs_through, start_once

console = Console(highlight=False, soft_wrap=True)


def up() -> int:
    """Start what is not running, see tonight's runs through, print what there is."""
    began = _began()
    settings = Settings()
    supervisor, postgres = Supervisor(settings), Postgres(settings)
    is_live = supervisor.is_running() and postgres.is_running()
    if not is_live:
        settings.run_dir.mkdir(parents=True, exist_ok=True)
        settings.log_dir.mkdir(exist_ok=True)
        supervisor.stop()
        postgres.stop()
        check_ports_free(settings)
    keys = settings.prepare()
    environment = settings.environment(keys)
    settings.write_env_file(environment)
    if not is_live:
        _start(settings, keys, environment, supervisor, postgres)
    api = AirflowApi(settings.ui_url, keys.ui)
    _wait("Airflow answers", api.is_up, 900, supervisor, "api-server")
    api.log_in()
    overview = onboarding.overview(environment)
    warehouse = settings.dsn("saldo", keys.warehouse, "saldo")
    runs: dict[str, DagRun] = {}
    files, claims = None, {}
    if settings.with_sandbox:
        runs = see_runs_through(api, console, warehouse, datetime.fromtimestamp(began, UTC))
        start_once(api, console, "saldo_exchange_rates")
        console.print("  expenses into accounting systems (saldo_export__…)")
        organisations = start_claims(api, settings.sandbox_url, is_due=not is_live)
        console.print("  budgets and mappings of people (saldo_files)")
        with UnderWay(console, warehouse) as under_way:
            files = see_files_through(api, is_due=not is_live, look=under_way.look)
            claims = see_claims_through(api, organisations, look=under_way.look)
    _summary(settings, keys, runs, datetime.fromtimestamp(began, UTC))
    if files:
        show_budgets(warehouse, console)
    if claims:
        show_exports(warehouse, console)
    said, logged = overview.communicate()
    if text := (logged if overview.returncode else said).rstrip():
        console.print(text, markup=False)
    console.print(f"\nReady after {time.time() - began:.0f} s. [dim]make down stops it.[/]")
    ended = [*runs.values(), *([files] if files else []), *claims.values()]
    return 1 if any(run.state != "success" for run in ended) else 0


def _began() -> float:
    """When the person began to wait: `make up` installs what is missing first."""
    told = os.environ.get("SALDO_UP_BEGAN", "")
    return float(told) if told.isdigit() else time.time()


def down() -> int:
    settings = Settings()
    Supervisor(settings).stop()
    if settings.run_dir.exists():
        settings.log_dir.mkdir(exist_ok=True)
        Postgres(settings).stop()
    console.print("Everything is stopped.")
    return 0


def clean() -> int:
    down()
    settings = Settings()
    if settings.run_dir.exists():
        if not settings.is_ours():
            raise StackError(
                f"{settings.run_dir} was not made by make up (it has no secrets.json): nothing is deleted"
            )
        Postgres(settings).remove()
        shutil.rmtree(settings.run_dir)
    console.print(f"{settings.run_dir} is gone.")
    return 0


# --- starting ------------------------------------------------------------------------------------


def _start(
    settings: Settings,
    keys: Secrets,
    environment: Mapping[str, str],
    supervisor: Supervisor,
    postgres: Postgres,
) -> None:
    _step("Starting Postgres", lambda: postgres.start(keys))
    with ThreadPoolExecutor(2) as pool:
        metadata = pool.submit(_prepare_airflow, settings, environment)
        supervisor.start(environment)
        outside = pool.submit(supervisor.up, "outside")
        _step("Migrating the warehouse", lambda: migrate_warehouse(environment, console))
        outside.result()
        _step("Preparing Airflow's own database", metadata.result)
    _step("Starting Airflow", lambda: supervisor.up("airflow"))


def _prepare_airflow(settings: Settings, environment: Mapping[str, str]) -> None:
    """Airflow's tables and our pools; skipped when this version has done it before."""
    stamp = settings.airflow_home / "prepared"
    pools = PROJECT / "include" / "pools.json"
    wanted = f"{version('apache-airflow')}\n{pools.read_text()}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    run_program([venv_program("airflow"), "db", "migrate"], environment)
    run_program([venv_program("airflow"), "pools", "import", str(pools)], environment)
    stamp.write_text(wanted)


def _step(what: str, action: Callable[[], object]) -> None:
    began = time.monotonic()
    with doing(console, what):
        action()
    console.print(f"  {what} [dim]({time.monotonic() - began:.1f} s)[/]")


def _wait(
    what: str, ready: Callable[[], bool], patience_s: float, supervisor: Supervisor, program: str
) -> None:
    began = time.monotonic()
    with doing(console, f"Waiting until {what}"):
        while not ready():
            if time.monotonic() - began > patience_s:
                raise StackError(
                    f"waited {patience_s:.0f} s in vain until {what}; the log of {program} ends:\n"
                    + supervisor.tail(program)
                )
            time.sleep(0.5)
    console.print(f"  {what} [dim]({time.monotonic() - began:.1f} s)[/]")


# --- the end -------------------------------------------------------------------------------------

_RESULTS = """
select
    s.agreement_id,
    (select sum(r.rows_read) from ops.sync_run as r where r.run_id = %(run_id)s
        and r.agreement_id = s.agreement_id and r.entity not in ('facts', 'validate', 'prove')) as rows,
    (select count(*) from mart.fact_journal_entries as f where f.agreement_id = s.agreement_id) as facts,
    coalesce((
        select case
            when r.status = 'success' then 'proven'
            when r.error_family = 'NotProven' then 'differs by ' || round(s.difference, 2)
            else 'not proven'
        end
        from ops.sync_run as r where r.run_id = %(run_id)s and r.agreement_id = s.agreement_id
            and r.entity = 'prove' order by r.sync_run_id desc limit 1
    ), 'not yet') as proof,
    (select extract(epoch from max(r.finished_at) - min(r.started_at)) from ops.sync_run as r
        where r.run_id = %(run_id)s and r.agreement_id = s.agreement_id) as seconds
from mart.sync_status as s
where s.agreement_id = %(agreement_id)s
"""


def _summary(
    settings: Settings, keys: Secrets, runs: Mapping[str, DagRun], began: datetime
) -> None:
    dsn = settings.dsn("saldo", keys.warehouse, "saldo")
    if runs:
        is_new = any(not run.ended_before(began) for run in runs.values())
        table = Table(title="\nTonight" if is_new else "\nThe last night")
        for name in ("agreement", "run", "rows", "facts", "proof", "seconds"):
            table.add_column(name, justify="left" if name in ("agreement", "run") else "right")
        with psycopg.connect(dsn) as connection:
            for id, run in runs.items():
                row = connection.execute(
                    _RESULTS, {"run_id": run.run_id, "agreement_id": id}
                ).fetchone() or (id, None, None, None, None)
                _, rows, facts, proof, seconds = row
                table.add_row(
                    id,
                    of_night(run) if run.ended_before(began) else SIGNS.get(run.state, run.state),
                    f"{rows or 0:,}",
                    f"{facts or 0:,}",
                    proof or "-",
                    f"{seconds or 0:.1f}",
                )
        console.print(table)
    console.print(f"\nAirflow     {settings.ui_url}   log in as [b]admin[/] with [b]{keys.ui}[/]")
    if settings.with_sandbox:
        console.print(f"Sandbox     {settings.sandbox_url}/sandbox")
    console.print(f"Warehouse   {dsn}")
    console.print(f"Shell       . {os.path.relpath(settings.env_file)}")


def main(verb: str, words: Sequence[str] = ()) -> int:
    verbs = {"up": up, "down": down, "clean": clean}
    try:
        return onboarding.run(verb, words) if verb in onboarding.VERBS else verbs[verb]()
    except StackError as error:
        console.print(f"\n[red]make {verb}:[/] {escape(str(error))}", markup=True)
    except requests.RequestException as error:
        console.print(f"\n[red]make {verb}:[/] Airflow stopped answering ({type(error).__name__})")
    return 2
