"""Saldo as an Astro project: what `astro dev parse` checks, and what `astro dev start` builds and sets."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support import PROJECT
from tests.system.deploy.dockerfile import stage, stages


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """/usr/local/airflow of the image."""
    for name in ("dags", "plugins", "include", ".astro"):
        shutil.copytree(
            PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(tmp_path / "include/agreements/example.yaml", tmp_path / "example.yaml")
    text = (tmp_path / "example.yaml").read_text().replace("enabled: false", "enabled: true")
    (tmp_path / "include/agreements/example.yaml").write_text(text)
    return tmp_path


def parse(project: Path) -> subprocess.CompletedProcess[str]:
    """`astro dev parse`: pytest on the file of that name, with the image's environment and Astro's."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))},
        "AIRFLOW_HOME": str(project),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        **{
            name: value.replace("/usr/local/airflow", str(project))
            for name, value in stage("astro").environment.items()
        },
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", ".astro/test_dag_integrity_default.py"],
        cwd=project, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_astro_dev_parse_passes(project: Path) -> None:
    done = parse(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_astro_dev_parse_names_a_broken_agreement(project: Path) -> None:
    (project / "include/agreements/broken.yaml").write_text("id: broken\nvendor: nobody\n")
    done = parse(project)
    assert done.returncode == 1
    assert "broken.yaml" in done.stdout


def test_astro_dev_parse_refuses_a_look_up(project: Path) -> None:
    (project / "dags/asks.py").write_text(
        "from airflow.sdk import dag, Variable\nVariable.get('anything')\n"
    )
    done = parse(project)
    assert done.returncode == 1
    assert "looks up 'anything' while it is parsed" in done.stdout


def test_the_cli_sees_the_runtime_first_and_builds_it_last() -> None:
    """The CLI reads the first FROM (docker/parse.go: GetImageTagFromParsedFile) and builds without a target."""
    first, *_, last = stages()
    assert re.fullmatch(r"astrocrpublic\.azurecr\.io/runtime:3\.3-\d+-base", first.base)
    assert (last.name, last.base) == ("astro", first.name)


def test_astros_image_does_not_pin_airflow_again() -> None:
    names = set(re.findall(r"^([\w-]+)", (PROJECT / "requirements-astro.txt").read_text(), re.M))
    assert not names & {"apache-airflow", "apache-airflow-core", "apache-airflow-task-sdk"}
    installed = [words for what, words in stage("astro").steps if what == "COPY"]
    assert "requirements-astro.txt requirements.txt" in installed


def test_every_package_of_the_bundle_is_in_both_lists() -> None:
    """requirements.in reads the other one: one list, and the lock has all of it."""
    assert "-r requirements-astro.txt" in (PROJECT / "requirements.in").read_text().splitlines()
    locked = (PROJECT / "requirements.txt").read_text()
    for name in re.findall(
        r"^([A-Za-z][\w-]+)", (PROJECT / "requirements-astro.txt").read_text(), re.M
    ):
        assert re.search(rf"^{name}(\[\w+\])?==", locked, re.M | re.I), name


def test_the_local_settings_have_every_pool_and_no_secret() -> None:
    settings = yaml.safe_load((PROJECT / "airflow_settings.yaml").read_text())["airflow"]
    pools = {
        pool["pool_name"]: {"slots": pool["pool_slot"], "description": pool["pool_description"]}
        for pool in settings["pools"]
    }
    wanted = json.loads((PROJECT / "include" / "pools.json").read_text())
    for pool in wanted.values():
        del pool["include_deferred"]
    assert pools == wanted
    connections = {each["conn_id"]: each for each in settings["connections"]}
    assert set(connections) == {"saldo_warehouse", "airflow_metadata"}
    for each in connections.values():
        # Astro's own log-in, published with its CLI.
        assert (each["conn_host"], each["conn_password"]) == ("postgres", "postgres")


def test_the_project_has_a_name_and_no_forgotten_exceptions() -> None:
    config = yaml.safe_load((PROJECT / ".astro" / "config.yaml").read_text())
    assert config["project"]["name"] == "saldo"
    lines = (PROJECT / ".astro" / "dag_integrity_exceptions.txt").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
