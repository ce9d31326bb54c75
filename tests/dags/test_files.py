"""The DAG of files: a mapped task for each configuration, whatever else is wrong, and what a person may ask of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from saldo.errors import ConfigError
from saldo.operators.files import ACCEPTED, FolderFilesOperator, SharePointFilesOperator
from tests.support import PROJECT, write_agreement

_SHAREPOINT = """id: {id}
kind: budget
source: {{sharepoint: {{site: "x.sharepoint.com:/sites/y"}}}}
agreement: nordlys
"""
_FOLDER = """id: {id}
kind: account_mapping
source: {{folder: "file:///srv/drop"}}
match: "*.csv"
agreement: nordlys
"""


def build(folder: Path, monkeypatch: pytest.MonkeyPatch, **environ: str) -> Any:
    from saldo.airflow.files_builder import build_files_dag

    monkeypatch.setenv("SALDO_FILES_DIR", str(folder))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    agreements = folder / "agreements"
    agreements.mkdir(exist_ok=True)
    write_agreement(agreements, "nordlys")
    monkeypatch.setenv("SALDO_AGREEMENTS_DIR", str(agreements))
    return build_files_dag(environ)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for id in ("one", "two"):
        (tmp_path / f"{id}.yaml").write_text(_SHAREPOINT.format(id=id))
    (tmp_path / "three.yaml").write_text(_FOLDER.format(id="three"))
    (tmp_path / "broken.yaml").write_text("id: broken\ncolour: red\n")
    (tmp_path / "resting.yaml").write_text(_FOLDER.format(id="resting") + "enabled: false\n")
    return tmp_path


def test_each_configuration_is_a_mapped_task(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dag = build(folder, monkeypatch)
    assert dag.task_ids == ["facts", "report", "sharepoint", "folder"]
    assert [leaf.task_id for leaf in dag.leaves] == ["report"]
    for task_id, operator, ids in (
        ("sharepoint", SharePointFilesOperator, ["one", "two"]),
        ("folder", FolderFilesOperator, ["three"]),
    ):
        mapped = dag.get_task(task_id)
        assert mapped.expand_input.value == {"configuration": ids}
        # As a worker makes it of the mapped one.
        task = mapped.unmap({"configuration": ids[0]})
        assert (type(task), task.configuration) == (operator, ids[0])
        assert (task.pool, task.retries) == ("saldo_files", 2)
    assert dag.params["configurations"] == []
    assert dag.get_task("facts").outlets == [ACCEPTED]
    assert dag.get_task("report").tasks == {"sharepoint": ("one", "two"), "folder": ("three",)}


def test_no_configuration_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(tmp_path, monkeypatch).task_ids == ["facts", "report"]


def test_when_files_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dag = build(tmp_path, monkeypatch, SALDO_FILES_SCHEDULE="*/10 5-20 * * 1-5")
    assert dag.timetable.expression == "*/10 5-20 * * 1-5"
    assert not build(tmp_path, monkeypatch, SALDO_FILES_SCHEDULE="none").timetable.can_be_scheduled
    with pytest.raises(ConfigError, match="SALDO_FILES_SCHEDULE: 'hourly!' is no schedule"):
        build(tmp_path, monkeypatch, SALDO_FILES_SCHEDULE="hourly!")


def test_broken_configurations_are_told_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from saldo.airflow.files_builder import raise_for_broken

    (folder / "twice.yaml").write_text(_FOLDER.format(id="one"))
    (folder / "stray.yaml").write_text(_FOLDER.format(id="stray").replace("nordlys", "nordlis"))
    build(folder, monkeypatch)
    with pytest.raises(ConfigError, match=r"3 file configuration\(s\) cannot be used") as error:
        raise_for_broken()
    assert "colour" in str(error.value)
    assert "stray.yaml: agreement: 'nordlis' is no agreement" in str(error.value)
    assert (PROJECT / "dags" / "saldo_file_errors.py").exists()
