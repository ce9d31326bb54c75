"""What many agreements cost Airflow: building, parsing and serialising their DAGs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stack.settings import PROJECT

from .children import call, python
from .measure import Lap

BARE = "limit: bare DAGs, as many tasks and edges"
READ = "Saldo: agreement files read and checked"
BUILD = "Saldo: DAGs built from them"
PARSE = "Saldo: DAG files parsed and serialised by Airflow"
#: Lap and what bench.dags_lap calls it.
LAPS = {BARE: "bare", READ: "read", BUILD: "build", PARSE: "parse"}
AGREEMENT = """\
id: {id}
name: {id} ApS
vendor: economic
connection: economic_{id}
schedule: {schedule}
timezone: Europe/Copenhagen
start_date: 2024-01-01
"""


def section_of(count: int) -> str:
    return f"DAGs of {count} agreements (CPU, imports excluded)"


def run(count: int, folder: Path, show: Callable[[Lap], None]) -> None:
    files, home = folder / f"agreements-{count}", folder / f"airflow-{count}"
    for path in (files, home):
        path.mkdir()
    for number in range(count):
        (files / f"a{number:04}.yaml").write_text(
            AGREEMENT.format(id=f"a{number:04}", schedule='"0 3 * * *"')
        )
    environment = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "0",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "SALDO_AGREEMENTS_DIR": str(files),
        "SALDO_SANDBOX": "0",
    }
    for what, name in LAPS.items():
        task = {"what": name, "count": count}
        found = call(python("bench.dags_lap"), task, environment=environment)
        lap = Lap(section_of(count), what, seconds=found["client_cpu_s"], rows=found["rows"])
        lap.client_cpu_s = found["client_cpu_s"]
        show(lap)
