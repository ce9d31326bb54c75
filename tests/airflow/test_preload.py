"""What tasks import has been imported where they are forked from."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support import PROJECT

#: What a task does before its operator's first line, as Airflow's task runner does it.
_STARTS = """
import json, os, sys
import airflow.executors.local_executor, saldo.airflow.preload
before = set(sys.modules)
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk.execution_time import cache, timeout
bundle = DagBundlesManager().get_bundle(name="dags-folder", version=None)
bag = BundleDagBag(
    dag_folder=os.path.join(bundle.path, "saldo_agreements.py"), safe_mode=False, load_op_links=False,
    bundle_path=bundle.path, bundle_name="dags-folder",
)
assert bag.dags, bag.import_errors
print(json.dumps([sorted(set(sys.modules) - before), sorted(sys.modules)]), file=sys.stderr)
"""
#: The file itself, under a name made for it, and small ones without imports of their own.
_LITTLE = ("unusual_prefix_", "saldo_plugin", "airflow.version", "tzdata")
#: Once a week.
_SELDOM = {"saldo.hooks.metadata", "saldo.maintenance"}


def _airflow(home: Path) -> dict[str, str]:
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": str(PROJECT / "plugins"),
    }


def _imported(home: Path) -> tuple[list[str], set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", _STARTS],
        cwd=home,
        env={**os.environ, **_airflow(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    new, all_of_it = json.loads(done.stderr.splitlines()[-1])
    return new, set(all_of_it)


def _imported_inside_functions(folder: str) -> set[str]:
    found = set()
    for path in (PROJECT / "plugins" / "saldo" / folder).glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                imports = [node for node in ast.walk(function) if isinstance(node, ast.ImportFrom)]
                found |= {str(node.module) for node in imports}
    return found


def test_a_task_imports_nothing_of_its_own(tmp_path: Path) -> None:
    new, imported = _imported(tmp_path)
    assert [name for name in new if not name.startswith(_LITTLE)] == []
    wanted = _imported_inside_functions("operators")
    assert len(wanted) > 10
    missing = {name for name in wanted - imported if name.startswith("saldo.")}
    assert missing <= _SELDOM
    # What tells collectors is off: nothing of it is there. (OpenTelemetry's package is: a circuit breaker imports redis, which does.)
    assert not {"openlineage", "openlineage.client", "statsd"} & imported


#: As `airflow scheduler` begins: its process is set to fork from a server, and a job is made.
_BEGINS = """
import multiprocessing
from multiprocessing import forkserver
from airflow.jobs.job import Job
import saldo_plugin
Job()
assert forkserver._forkserver._forkserver_pid is None, "made where nobody forks from it"
multiprocessing.set_start_method("forkserver")
Job()
assert forkserver._forkserver._forkserver_pid is not None
"""


def test_what_tasks_are_forked_from_starts_with_the_scheduler(tmp_path: Path) -> None:
    """Else the first tasks wait for it."""
    done = subprocess.run(
        [sys.executable, "-c", _BEGINS],
        cwd=tmp_path,
        env={**os.environ, **_airflow(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_celery_worker_that_has_imported_opentelemetry_by_itself_starts(tmp_path: Path) -> None:
    """Its package is there without anybody sending metrics."""
    done = subprocess.run(
        [sys.executable, "-c", "import opentelemetry.sdk.metrics, saldo.airflow.preload"],
        cwd=tmp_path,
        env={**os.environ, **_airflow(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
