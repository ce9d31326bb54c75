"""azure-pipelines.yml: its shape, by Microsoft's own schema; its order; and the scripts of its steps."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.conftest import ENVIRONMENTS, GIVEN
from tests.infrastructure.pipeline import expanded
from tests.support import PROJECT

SCRIPTS = PROJECT / "infrastructure" / "pipeline"
RUNS = {
    "main": {"Build.Reason": "IndividualCI", "Build.SourceBranch": "refs/heads/main"},
    "pull request": {"Build.Reason": "PullRequest", "Build.SourceBranch": "refs/pull/1/merge"},
    "schedule": {"Build.Reason": "Schedule", "Build.SourceBranch": "refs/heads/main"},
}


@pytest.fixture(params=RUNS)
def pipeline(request: pytest.FixtureRequest) -> dict[str, Any]:
    return expanded(RUNS[request.param])


def stages(run: str) -> dict[str, dict[str, Any]]:
    return {stage["stage"]: stage for stage in expanded(RUNS[run])["stages"]}


def steps(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "steps":
                yield from value
            else:
                yield from steps(value)
    elif isinstance(node, list):
        for value in node:
            yield from steps(value)


def _texts(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _texts(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_texts(value) for value in node]
    return str(node).lower() if isinstance(node, int) else node


def against_the_schema(folder: Path, **trees: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """check-jsonschema brings Microsoft's own (MIT), for which every value is a text."""
    files = [folder / f"{name}.yml" for name in trees]
    for file, tree in zip(files, trees.values(), strict=True):
        file.write_text(json.dumps(_texts(tree)))
    return subprocess.run(
        [
            sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.azure-pipelines",
            "--regex-variant", "python", *map(str, files),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_run_is_what_azure_pipelines_asks(tmp_path: Path) -> None:
    trees = {name.replace(" ", "_"): expanded(variables) for name, variables in RUNS.items()}
    done = against_the_schema(tmp_path, **trees)
    assert done.returncode == 0, done.stdout + done.stderr
    spoilt = expanded(RUNS["main"])
    spoilt["stages"][0]["jobs"][0]["stepz"] = []
    done = against_the_schema(tmp_path, spoilt=spoilt)
    assert done.returncode == 1
    assert "stepz" in done.stdout


def test_every_stage_waits_for_one_that_is_there(pipeline: dict[str, Any]) -> None:
    met: set[str] = set()
    for stage in pipeline["stages"]:
        after = stage.get("dependsOn", [])
        assert set([after] if isinstance(after, str) else after) <= met, stage["stage"]
        assert stage["stage"] not in met
        met.add(stage["stage"])


def _before(name: str, among: dict[str, dict[str, Any]]) -> set[str]:
    after = among[name].get("dependsOn", [])
    direct = {after} if isinstance(after, str) else set(after)
    return direct.union(*(_before(one, among) for one in direct))


def test_nothing_reaches_production_before_all_else_went_well() -> None:
    found = stages("main")
    assert _before("deploy_prod", found) == set(found) - {"deploy_prod", "keys"}
    assert "test" in _before("plan_dev", found) & _before("image", found)


def test_what_changes_azure_waits_for_a_person() -> None:
    """Approvals belong to environments, and only deployment jobs have one."""
    for name, stage in stages("main").items():
        if name.startswith(("apply_", "deploy_")):
            [job] = stage["jobs"]
            assert job["environment"] == f"saldo-{name.partition('_')[2]}"
            assert "deployment" in job
        else:
            texts = str(list(steps(stage)))
            assert " apply " not in texts
            assert "deploy.sh" not in texts


def test_the_tests_are_the_readmes(pipeline: dict[str, Any]) -> None:
    [test] = [stage for stage in pipeline["stages"] if stage["stage"] == "test"]
    commands = [step["script"] for step in steps(test) if "script" in step]
    assert "make test" in commands
    assert re.search(r"^make test ", (PROJECT / "README.md").read_text(), re.M)


def test_a_pull_request_reaches_nothing_of_azure() -> None:
    found = stages("pull request")
    assert set(found) == {"test", "image", "keys"}
    assert "refs/heads/main" in found["image"]["condition"]
    assert found["keys"]["condition"] == "eq(variables['Build.Reason'], 'Schedule')"


def test_a_scheduled_run_only_looks_at_keys() -> None:
    found = stages("schedule")
    assert set(found) == {"test", "image", "keys"}
    assert "'Schedule'" in found["test"]["condition"] + found["image"]["condition"]
    assert found["keys"]["dependsOn"] == []
    scripts = [step["inputs"]["arguments"] for step in steps(found["keys"])]
    assert scripts == list(ENVIRONMENTS)


def test_steps_give_terraform_all_that_has_no_default() -> None:
    for environment in ENVIRONMENTS:
        for kind in ("plan", "apply"):
            [step] = [
                one
                for one in steps(stages("main")[f"{kind}_{environment}"])
                if "terraform.sh" in str(one)
            ]
            given = {name.removeprefix("TF_VAR_") for name in step["env"] if "TF_VAR_" in name}
            assert given == set(GIVEN)
            assert all(re.fullmatch(r"\$\([\w.-]+\)|saldo-\w+", v) for v in step["env"].values())


def test_scripts_and_templates_are_there(pipeline: dict[str, Any]) -> None:
    for step in steps(pipeline):
        path = step.get("inputs", {}).get("scriptPath")
        assert path is None or (PROJECT / path).exists()
        assert "azureSubscription" not in step.get("inputs", {}) or step["task"] == "AzureCLI@2"


# --- the scripts of its steps, with stand-ins for programs that are not here ---------------------

_AZ = """#!/bin/sh
echo "az $*" >>"$CALLS"
case "$*" in
    *"acr list"*) echo crsaldo.azurecr.io ;;
    *"keyvault list"*) echo kv-saldo ;;
    *"secret list"*) printf '%b' "$KEYS" ;;
    *instanceView.exitCode*) echo "$CODE" ;;
esac
"""
_OTHER = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
"""


def run(script: str, *words: str, folder: Path, **environ: str) -> tuple[int, str, list[str]]:
    """Exit code, what it says, what it calls."""
    programs = folder / "bin"
    programs.mkdir()
    for name, text in (("az", _AZ), ("docker", _OTHER), ("terraform", _OTHER)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    calls = folder / "calls"
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", str(SCRIPTS / script), *words], capture_output=True, text=True, check=False,
        env={"PATH": path, "CALLS": str(calls), **environ},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr, calls.read_text().splitlines()


AZURE = {
    "AZURESUBSCRIPTION_CLIENT_ID": "c", "AZURESUBSCRIPTION_TENANT_ID": "t",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "s", "TF_VAR_subscription_id": "u",
    "STATE_GROUP": "g", "STATE_ACCOUNT": "a", "STATE_CONTAINER": "saldo-dev",
}  # fmt: skip


def test_an_apply_takes_the_plan_that_was_approved(tmp_path: Path) -> None:
    code, said, calls = run("terraform.sh", "dev", "apply", "/w/planned", folder=tmp_path, **AZURE)
    assert code == 0, said
    assert calls[0].startswith("terraform init -backend-config=resource_group_name=g ")
    assert calls[1:] == ["terraform apply -lock-timeout=5m /w/planned"]


@pytest.mark.parametrize(("code", "ends"), [("0", 0), ("1", 1), ("", 1)])
def test_a_deployment_that_fails_on_the_host_fails(tmp_path: Path, code: str, ends: int) -> None:
    done, said, calls = run(
        "deploy.sh", "dev", "abc", "/w/saldo.tar.gz", folder=tmp_path, CODE=code
    )
    assert done == ends, said
    assert "docker push --quiet crsaldo.azurecr.io/saldo:abc" in calls
    assert any("--script saldo-deploy abc" in call for call in calls)


@pytest.mark.parametrize(
    ("keys", "ends", "says"),
    [
        ("airflow-connections-xledger\\t2099-01-01T00:00:00+00:00\\n", 0, "until 2099-01-01"),
        ("airflow-connections-xledger\\t2026-01-01T00:00:00+00:00\\n", 1, "type=error]kv-saldo"),
        ("airflow-connections-xledger\\tNone\\n", 0, "type=warning]kv-saldo"),
        ("a\\t2026-01-01T00:00:00+00:00\\nb\\t2099-01-01T00:00:00+00:00\\n", 1, "a expires on"),
        ("", 0, ""),
    ],
)
def test_a_key_that_expires_soon_fails_the_run(
    tmp_path: Path, keys: str, ends: int, says: str
) -> None:
    code, said, _ = run("keys.sh", "prod", folder=tmp_path, KEYS=keys)
    assert code == ends, said
    assert says in said
