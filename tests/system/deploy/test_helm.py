"""deploy/helm-values.yaml says the same of Saldo as docker-compose.yaml does.

The chart's schema is on no package registry. With SALDO_HELM_SCHEMA=/path/to/values.schema.json (helm pull --untar
apache-airflow/airflow) the values are checked against it, too.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import yaml

from deploy.environment import SECRET_FILES
from tests.support import PROJECT
from tests.system.deploy.compose import load

FILE = PROJECT / "deploy" / "helm-values.yaml"
VALUES: dict[str, Any] = yaml.safe_load(FILE.read_text())
COMPOSE: dict[str, Any] = load()["services"]
#: What the chart sets itself, what belongs to Compose's own network and folders, and what each installation chooses.
_CHARTS = {
    "AIRFLOW_HOME", "SALDO_SECRETS_DIR", "SALDO_CONNECTIONS_DIR", "SALDO_LOG_DIR", "SALDO_BROKER", "SALDO_SANDBOX_URL",
    "SALDO_MAIL_SINK", "SALDO_ALLOW_PRODUCTION_KEYS", "SALDO_HEARTBEAT_URL", "AIRFLOW__CORE__EXECUTOR", "AIRFLOW__CORE__DAGS_FOLDER",
    "AIRFLOW__CORE__PLUGINS_FOLDER", "AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "AIRFLOW__CORE__HOSTNAME_CALLABLE",
    "AIRFLOW__API__HOST", "AIRFLOW__API__PORT", "AIRFLOW__API__WORKERS", "AIRFLOW__LOGGING__BASE_LOG_FOLDER",
    "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY",
}  # fmt: skip
_CHOSEN = {
    "SALDO_POSTGRES",
    "SALDO_ENVIRONMENT",
    "SALDO_LAKE_URL",
    "SALDO_EXPORTS_URL",
    "AIRFLOW__API__BASE_URL",
}
_PARTS = {
    "apiServer": "api-server", "scheduler": "scheduler", "dagProcessor": "dag-processor", "triggerer": "triggerer",
    "workers": "worker",
}  # fmt: skip


def part(name: str) -> dict[str, Any]:
    found: dict[str, Any] = VALUES[name]
    return found["celery"] if name == "workers" else found


def test_the_environment_is_that_of_compose() -> None:
    there = COMPOSE["worker"]["environment"]
    here = {entry["name"]: entry["value"] for entry in VALUES["env"]}
    assert set(here) == set(there) - _CHARTS
    assert {n: v for n, v in here.items() if n not in _CHOSEN} == {
        n: there[n] for n in here if n not in _CHOSEN
    }
    assert VALUES["executor"] == there["AIRFLOW__CORE__EXECUTOR"]


def test_the_limits_are_those_of_compose() -> None:
    for name, service in _PARTS.items():
        here = part(name)["resources"]["limits"]["memory"].removesuffix("i").lower()
        assert here == COMPOSE[service]["deploy"]["resources"]["limits"]["memory"], name


def test_nothing_calls_the_scripts_of_another_image() -> None:
    """The chart's probes and its cleaning of logs are made for Airflow's own image."""
    for name, service in _PARTS.items():
        if name == "apiServer":
            continue  # is asked by HTTP, and has no logs to clean
        here = part(name)
        _, *check = COMPOSE[service]["healthcheck"]["test"]
        assert here["livenessProbe"]["command"] == check, name
        assert here["logGroomerSidecar"] == {"enabled": False}, name
    assert VALUES["scheduler"]["startupProbe"] == VALUES["scheduler"]["livenessProbe"]
    assert "databaseCleanup" not in VALUES


def test_the_version_is_the_one_that_is_locked() -> None:
    assert (
        f"apache-airflow=={VALUES['airflowVersion']}\n" in (PROJECT / "requirements.in").read_text()
    )


def test_the_job_runs_what_the_service_init_runs() -> None:
    assert VALUES["migrateDatabaseJob"]["args"] == COMPOSE["init"]["command"][2:]
    assert VALUES["createUserJob"] == {"enabled": False}


def test_no_secret_is_in_the_values() -> None:
    for entry in VALUES["secret"]:
        assert set(entry) == {"envName", "secretName", "secretKey"}
        assert entry["envName"] in SECRET_FILES
        assert SECRET_FILES[entry["envName"]] == entry["secretKey"]
    assert [set(entry) for entry in VALUES["migrateDatabaseJob"]["env"]] == [{"name", "valueFrom"}]
    assert not any("PASSWORD" in entry["name"] or "KEY" in entry["name"] for entry in VALUES["env"])


@pytest.mark.skipif("SALDO_HELM_SCHEMA" not in os.environ, reason="the chart's schema is not here")
def test_the_values_are_what_the_charts_schema_asks() -> None:
    import jsonschema

    with open(os.environ["SALDO_HELM_SCHEMA"]) as file:
        jsonschema.validate(VALUES, yaml.safe_load(file))


def test_folders_of_yaml_files_are_where_the_environment_says() -> None:
    here = {entry["name"]: entry["value"] for entry in VALUES["env"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in VALUES["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in VALUES["volumes"]}
    guide = (PROJECT / "docs" / "deployment.md").read_text()
    folders = {
        "SALDO_AGREEMENTS_DIR": "include/agreements",
        "SALDO_FILES_DIR": "include/files",
        "SALDO_EXPORTS_DIR": "include/exports",
        "SALDO_READERS_DIR": "include/readers",
    }
    for name, folder in folders.items():
        config = volumes[mounts[here[name]]]["configMap"]["name"]
        assert f"kubectl create configmap {config} --from-file={folder}\n" in guide
        mount = f"${{{name}:-./{folder}}}:{here[name]}:ro"
        assert mount in (PROJECT / "docker-compose.yaml").read_text()
