"""docker-compose.yaml against the compose specification and against what is in the repository."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack.postgres import _OPTIONS
from tests.support import PROJECT
from tests.system.deploy.compose import FILE, Machine, interpolated, load, variables

SERVICES: dict[str, dict[str, Any]] = load()["services"]
AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")
ENDING = ("databases", "init", "cli")
OVERLAY = PROJECT / "deploy" / "secrets-from-environment.yaml"


class WithOverride(yaml.SafeLoader):
    """Knows Compose's !override, which takes the place of what the first file says."""


WithOverride.add_constructor(
    "!override", lambda loader, node: loader.construct_mapping(node, deep=True)
)


def against_the_specification(path: Path) -> subprocess.CompletedProcess[str]:
    """check-jsonschema brings the specification's own schema (Apache-2.0)."""
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_file_is_what_the_specification_asks(tmp_path: Path) -> None:
    done = against_the_specification(FILE)
    assert done.returncode == 0, done.stdout
    filled = tmp_path / "filled.yaml"
    filled.write_text(json.dumps(load()))
    done = against_the_specification(filled)
    assert done.returncode == 0, done.stdout
    spoilt = load()
    spoilt["services"]["worker"]["restarts"] = "always"
    filled.write_text(json.dumps(spoilt))
    assert against_the_specification(filled).returncode == 1


def test_secrets_may_come_from_variables(tmp_path: Path) -> None:
    whole = load()
    instead = yaml.load(OVERLAY.read_text(), WithOverride)["secrets"]
    assert set(instead) == set(whole["secrets"])
    merged = tmp_path / "merged.yaml"
    merged.write_text(json.dumps({**whole, "secrets": instead}))
    done = against_the_specification(merged)
    assert done.returncode == 0, done.stdout


def test_everything_a_server_needs_is_there() -> None:
    assert {*AIRFLOW, "postgres", "broker", "backup", "sandbox", "mail"} <= set(SERVICES)
    assert SERVICES["postgres"]["image"] == "postgres:18"
    optional = {name for name, service in SERVICES.items() if service.get("profiles")}
    assert optional == {"sandbox", "mail", "cli"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_kept_up_bounded_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert service["logging"] == {
        "driver": "local",
        "options": {"max-size": "10m", "max-file": "3"},
    }
    assert re.fullmatch(r"\d+[mg]", service["deploy"]["resources"]["limits"]["memory"])
    if name in ENDING:
        assert service["restart"] in ("no", "on-failure:5")
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_the_limits_leave_room_on_eight_gigabytes() -> None:
    """Limits are for what runs away; they may add up to more than is used (docs/deployment.md has the sizes)."""

    def megabytes(name: str) -> int:
        text = str(SERVICES[name]["deploy"]["resources"]["limits"]["memory"])
        return int(text[:-1]) * (1024 if text.endswith("g") else 1)

    staying = [n for n, s in SERVICES.items() if n not in ENDING and not s.get("profiles")]
    assert sum(map(megabytes, staying)) <= 6 * 1024
    # A task with Great Expectations and pandas takes 350 MB, the worker itself 300.
    concurrency = int(SERVICES["worker"]["environment"]["AIRFLOW__CELERY__WORKER_CONCURRENCY"])
    assert megabytes("worker") >= 300 + 350 * concurrency


def test_every_variable_is_in_the_example_with_its_default() -> None:
    found = variables()
    assert all(len(defaults) == 1 for defaults in found.values()), found
    text = (PROJECT / ".env.example").read_text()
    told = dict(re.findall(r"^#([A-Z][A-Z_]+)=(.*)$", text, re.M))
    told.pop("COMPOSE_PROFILES")
    told["SALDO_URL"] = ""  # made of the port, which has its own line
    wanted = {name: "" if name == "SALDO_URL" else next(iter(d)) for name, d in found.items()}
    assert told == wanted


def mounts() -> Iterator[tuple[str, str, str]]:
    for name, service in SERVICES.items():
        for mount in service.get("volumes", ()):
            source, target, *_ = mount.split(":")
            yield name, source, target


def test_every_mount_is_there() -> None:
    volumes = set(load()["volumes"])
    # Made by deploy/secrets.sh, and by Compose at the first backup.
    made = {"./secrets/connections", "./backups"}
    for name, source, target in mounts():
        if source.startswith("."):
            assert source in made or (PROJECT / source).exists(), f"{name}: {source}"
        else:
            assert source in volumes, f"{name}: the volume {source} is not declared"
        assert target.startswith("/"), f"{name}: {target}"
    used = {source for _, source, _ in mounts()}
    assert volumes <= used


def test_what_is_written_is_on_a_volume_that_all_share() -> None:
    shared = {source: target for _, source, target in mounts()}
    environment = SERVICES["worker"]["environment"]
    assert environment["SALDO_DATA_DOCS_DIR"] == shared["data_docs"]
    for name in ("SALDO_LOG_DIR", "AIRFLOW__LOGGING__BASE_LOG_FOLDER"):
        assert environment[name].startswith(shared["logs"])
    for name in AIRFLOW:
        assert SERVICES[name]["volumes"] == SERVICES["worker"]["volumes"]


def test_every_secret_is_made_used_and_a_file(tmp_path: Path) -> None:
    declared = load()["secrets"]
    subprocess.run(
        ["sh", str(PROJECT / "deploy/secrets.sh"), str(tmp_path)], check=True, capture_output=True
    )
    for name, where in declared.items():
        assert where == {"file": f"./secrets/{name}"}
        assert (tmp_path / name).read_text().strip()
    used = {each for service in SERVICES.values() for each in service.get("secrets", ())}
    assert used == set(declared)
    assert (tmp_path / "connections").is_dir()


def test_nobody_has_a_secret_that_is_not_theirs() -> None:
    for name in (*AIRFLOW, "cli"):
        assert not {"postgres_password", "admin_password", "tls.key"} & set(
            SERVICES[name]["secrets"]
        )
    for name in ("sandbox", "mail"):
        assert "secrets" not in SERVICES[name]


def test_no_value_in_the_file_is_a_secret() -> None:
    named = re.compile(r"PASSWORD|SECRET|KEY(?!S\b)|TOKEN")  # ..._KEYS are names of connections
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            assert not named.search(variable) or value.startswith("/run/"), f"{name}: {variable}"
    told = re.findall(r"^#?(\w+)=", (PROJECT / ".env.example").read_text(), re.M)
    assert [variable for variable in told if named.search(variable)] == ["SALDO_SECRETS_DIR"]


def test_postgres_is_tuned_as_the_local_stack_is() -> None:
    options = dict(
        word.removeprefix("--").split("=", 1) for word in SERVICES["postgres"]["command"][1:]
    )
    ours = {name: value for name, value in _OPTIONS.items() if name != "listen_addresses"}
    assert {name: options[name] for name in ours} == ours
    assert options["ssl"] == "on"


def test_only_postgres_and_the_ui_are_open_and_only_to_this_server() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {
        "postgres": ["127.0.0.1:5432:5432"],
        "api-server": ["127.0.0.1:8080:8080"],
        "sandbox": ["127.0.0.1:8900:8900"],
    }


def test_airflow_starts_when_its_databases_are_prepared() -> None:
    for name in AIRFLOW:
        assert SERVICES[name]["depends_on"]["init"] == {
            "condition": "service_completed_successfully"
        }
    assert set(SERVICES["init"]["depends_on"]) == {"databases"}
    assert set(SERVICES["databases"]["depends_on"]) == {"postgres"}


#: Asks Airflow itself, with the environment the services share: are these commands and settings its own?
_ASK = """
import json, os, sys
from airflow.cli.cli_parser import get_parser
from airflow.configuration import conf
from airflow.providers_manager import ProvidersManager
ProvidersManager().initialize_providers_configuration()
for command in json.loads(sys.argv[1]):
    get_parser().parse_args(command)
known = {
    f"AIRFLOW__{section}__{option}".upper()
    for section, of in conf.configuration_description.items() for option in of["options"]
}
print(json.dumps(sorted(known)))
"""


def test_every_command_and_setting_is_airflows(tmp_path: Path) -> None:
    commands = []
    for name in AIRFLOW:
        flag, log, program, *words = SERVICES[name]["command"]
        assert (flag, program) == ("--log", "airflow")
        assert log.startswith(name)
        commands.append(words)
    machine = Machine(tmp_path, addresses={}, variables={}, more={})
    done = subprocess.run(
        [sys.executable, "-c", _ASK, json.dumps(commands)],
        env=machine.environment("worker"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    known = set(json.loads(done.stdout.strip().splitlines()[-1]))
    asked = {n for n in SERVICES["worker"]["environment"] if n.startswith("AIRFLOW__")}
    # The one is read by the scheduler (scheduler_job_runner.py) and by intention not in its list.
    assert asked - known == {"AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES"}


def test_every_path_in_a_command_is_in_the_image() -> None:
    for name, service in SERVICES.items():
        words = [*service.get("entrypoint", ()), *service.get("command", ())]
        words += service.get("healthcheck", {}).get("test", [])
        for path in re.findall(r"/opt/airflow/(deploy/\S+?|include)(?=[\s\"']|$)", " ".join(words)):
            assert (PROJECT / path).exists(), f"{name}: {path}"
        for path in re.findall(r"/opt/saldo/(\S+)", " ".join(words)):
            mounted = [target for of, _, target in mounts() if of == name]
            assert (PROJECT / "deploy" / path).exists(), f"{name}: {path}"
            assert any(f"/opt/saldo/{path}".startswith(target) for target in mounted), path


def test_health_checks_ask_for_what_the_service_is() -> None:
    for name in AIRFLOW:
        assert SERVICES[name]["healthcheck"]["test"][-1] == name


def test_variables_are_put_in_as_the_specification_says() -> None:
    assert interpolated("a ${X:-b} $$HOME", {}) == "a b $HOME"
    assert interpolated("${X:-${Y:-c}}", {"Y": "d"}) == "d"
    assert interpolated("${X:-b}", {"X": "e"}) == "e"
    with pytest.raises(AssertionError):
        interpolated("${X}", {})
