"""What `astro dev parse` runs in the image: every DAG file imports, and asks nobody anything while it does.

The file the Astro CLI makes for new projects calls DagBag in a way Airflow 3.3 no longer knows; this one asks the same
of the files, and refuses look-ups where that one answers them with made-up values.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import BaseHook, Variable

_HERE = Path(__file__).parent
_PROJECT = Path(os.environ["AIRFLOW_HOME"])


def _refuse(*asked: object, **_: object) -> None:
    raise RuntimeError(f"a DAG file looks up {asked[-1]!r} while it is parsed: move it into a task")


@pytest.fixture(scope="module")
def dag_bag() -> DagBag:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseHook, "get_connection", _refuse)
        patch.setattr(Variable, "get", _refuse)
        return DagBag(dag_folder=_PROJECT / "dags")


def _exceptions() -> set[str]:
    path = _HERE / "dag_integrity_exceptions.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def test_every_file_imports(dag_bag: DagBag) -> None:
    broken = {
        name: trace
        for name, trace in dag_bag.import_errors.items()
        if os.path.relpath(name, _PROJECT) not in _exceptions()
    }
    assert not broken, "\n".join(f"{name}: {trace}" for name, trace in broken.items())


def test_there_are_dags(dag_bag: DagBag) -> None:
    assert dag_bag.dags
