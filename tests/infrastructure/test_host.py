"""What the machine in Azure runs: its scripts, with stand-ins for Azure's command line and Docker, which are not here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.azure_host.nights import last_due, lines
from saldo.agreements.agreement import Agreement
from tests.support import PROJECT
from tests.system.deploy.compose import load

MODULE = PROJECT / "infrastructure" / "modules" / "saldo"
SCRIPTS = [*(PROJECT / "deploy" / "azure_host").glob("*.sh"), *MODULE.glob("*.sh")]
_AZ = """#!/bin/sh
echo "az $*" >>"$CALLS"
case "$*" in
    *"secret show"*--name\\ $MISSING\\ *) echo "SecretNotFound" >&2; exit 3 ;;
    *"secret show"*) echo "value of $(echo "$*" | sed 's/.*--name \\([^ ]*\\).*/\\1/')" ;;
    *"secret list"*expires*) printf '%b' "$KEYS"; exit "$KEYS_END" ;;
    *"secret list"*) printf 'saldo-fernet-key\\nsaldo-connection-smtp-default\\nairflow-connections-xledger-lofoten\\n' ;;
esac
"""
_DOCKER = """#!/bin/sh
echo "docker $*" >>"$CALLS"
case "$*" in *nights.py*) echo "$NIGHTS"; exit "$NIGHTS_END" ;; esac
"""
_LOGGER = """#!/bin/sh
sed "s/^/$2: /" >>"$JOURNAL"
"""


class Host:
    """A folder in place of the machine: /srv/saldo, /etc/saldo, /var/lib/saldo and the programs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder, folder / "calls"
        self.secrets = folder / "secrets"
        self.saldo = folder / "saldo"
        shutil.copytree(PROJECT / "deploy" / "azure_host", self.saldo / "deploy" / "azure_host")
        (folder / "etc").mkdir()
        (folder / "etc" / "azure.env").write_text("SALDO_VAULT=kv-x\nAZURE_CLIENT_ID=an-identity\n")
        (folder / "bin").mkdir()
        for name, text in (("az", _AZ), ("docker", _DOCKER), ("logger", _LOGGER)):
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)

    def run(self, script: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        environ = {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "MISSING": "nothing",
            "CALLS": str(self.calls), "SALDO_SETTINGS_DIR": str(self.folder / "etc"),
            "SALDO_SECRETS_DIR": str(self.secrets), "JOURNAL": str(self.folder / "journal"), **more,
        }  # fmt: skip
        path = self.saldo / "deploy" / "azure_host" / script
        return subprocess.run(
            ["sh", str(path), *words], env=environ, capture_output=True, text=True, check=False
        )

    def start(self, version: str, *, missing: str = "nothing") -> subprocess.CompletedProcess[str]:
        return self.run("start.sh", version, MISSING=missing)

    def morning(self, nights: str, keys: str, *, ends: tuple[int, int] = (0, 0)) -> list[str]:
        """Lines of the journal."""
        assert self.start("one").returncode == 0
        done = self.run(
            "morning.sh", NIGHTS=nights, NIGHTS_END=str(ends[0]), KEYS=keys, KEYS_END=str(ends[1])
        )
        assert done.returncode == 0, done.stderr
        return (self.folder / "journal").read_text().splitlines()


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_can_be_read_by_a_plain_shell(script: Path) -> None:
    done = subprocess.run(["sh", "-n", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert script.read_text().startswith("#!/bin/sh\n")


def test_a_start_puts_every_secret_where_compose_looks(host: Host) -> None:
    done = host.start("abc123")
    assert done.returncode == 0, done.stderr
    wanted = {name for name in load()["secrets"] if not name.startswith("tls.")}
    assert {path.name for path in host.secrets.iterdir()} == {*wanted, "connections"}
    assert (host.secrets / "fernet_key").read_text() == "value of saldo-fernet-key\n"
    assert [path.name for path in (host.secrets / "connections").iterdir()] == ["smtp_default"]
    assert host.secrets.stat().st_mode & 0o777 == 0o700
    assert (host.saldo / ".env").read_text().splitlines() == [
        "SALDO_VAULT=kv-x", "AZURE_CLIENT_ID=an-identity", "SALDO_VERSION=abc123",
        f"SALDO_SECRETS_DIR={host.secrets}",
    ]  # fmt: skip
    last = host.calls.read_text().splitlines()[-1]
    assert "--file docker-compose.yaml --file deploy/azure_host/compose.yaml up --detach" in last
    assert "value of" not in done.stdout + done.stderr + host.calls.read_text()


def test_own_settings_are_kept_from_version_to_version(host: Host) -> None:
    (host.folder / "etc" / "own.env").write_text("SALDO_ALERTS_TO=finance@example.com\n")
    for version in ("one", "two"):
        assert host.start(version).returncode == 0
        text = (host.saldo / ".env").read_text()
        assert "SALDO_ALERTS_TO=finance@example.com\n" in text
        assert f"SALDO_VERSION={version}\n" in text


def test_a_secret_that_the_vault_does_not_give_stops_the_start(host: Host) -> None:
    assert host.start("one").returncode == 0
    before = (host.secrets / "jwt_secret").read_text()
    host.calls.unlink()
    done = host.start("two", missing="saldo-jwt-secret")
    assert done.returncode == 1
    assert "the vault kv-x does not give saldo-jwt-secret" in done.stderr
    assert "docker" not in host.calls.read_text()
    assert (host.secrets / "jwt_secret").read_text() == before
    assert not list(host.secrets.glob("*.new"))


def test_a_version_brings_all_files_that_compose_mounts() -> None:
    script = (MODULE / "saldo-deploy.sh").read_text()
    brought = set(re.findall(r'docker cp "\$box:/opt/airflow/(\S+)"', script))
    services = load()["services"].values()
    mounted = {
        mount.split(":")[0].removeprefix("./")
        for service in services
        for mount in service.get("volumes", ())
        if mount.startswith("./")
    }
    # Of the secrets the vault takes care of, of the backups Azure.
    needed = {path for path in mounted if not path.startswith(("secrets", "backups"))}
    assert needed
    for path in (*needed, "docker-compose.yaml", "deploy/azure_host/start.sh"):
        assert any(path == one or path.startswith(f"{one}/") for one in brought), path


def test_the_morning_tells_of_nights_and_keys(host: Host) -> None:
    told = host.morning(
        "proven nordlys: at …", "2026-12-20T00:00:00+00:00\\tairflow-connections-x\\n"
    )
    assert told == [
        "saldo-morning: proven nordlys: at …",
        "saldo-morning: expires 2026-12-20T00:00:00+00:00\tairflow-connections-x",
    ]


def test_a_morning_without_keys_that_expire_tells_of_none(host: Host) -> None:
    assert host.morning("looked at 0 agreements", "") == ["saldo-morning: looked at 0 agreements"]


def test_a_morning_that_cannot_look_says_so(host: Host) -> None:
    told = host.morning("", "", ends=(1, 3))
    assert [line for line in told if line.startswith("saldo-morning: cannot look at the ")] == told[
        1:
    ]
    assert len(told) == 3


# --- nights.py ----------------------------------------------------------------------------------

NOW = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)


def agreement(id: str, schedule: str | None) -> Agreement:
    return Agreement(
        id=id, name=id, vendor="economic", connection="c", schedule=schedule,
        timezone="Europe/Copenhagen", start_date="2024-01-01",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("schedule", "proven", "begins"),
    [
        ("0 2 * * *", datetime(2026, 11, 30, 1, 40, tzinfo=UTC), "proven a: at 2026-11-30 01:40 UTC"),
        ("0 2 * * *", datetime(2026, 11, 29, 1, 40, tzinfo=UTC), "not proven a: last at 2026-11-29"),
        ("0 2 * * *", None, "not proven a: never yet; due since 2026-11-30 01:00 UTC"),
        # Mondays only, and this is one.
        ("0 2 * * 1", datetime(2026, 11, 24, 2, 0, tzinfo=UTC), "not proven a: last"),
        # Fridays only: last week's still counts.
        ("0 2 * * 5", datetime(2026, 11, 27, 2, 0, tzinfo=UTC), "proven a"),
        # Due at half past seven here: not judged before noon.
        ("30 7 * * *", datetime(2026, 11, 29, 7, 0, tzinfo=UTC), "proven a"),
    ],
)  # fmt: skip
def test_a_night_is_proven_when_it_was_after_it_was_due(
    schedule: str, proven: datetime | None, begins: str
) -> None:
    [line] = lines([agreement("a", schedule)], {"a": proven}, now=NOW)
    assert line.startswith(begins)


def test_without_a_schedule_no_night_is_missing() -> None:
    assert list(lines([agreement("a", None)], {}, now=NOW)) == []


def test_a_schedule_is_told_in_the_time_of_its_place() -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert last_due("0 2 * * *", "Europe/Copenhagen", before=summer) == datetime(
        2026, 7, 1, 0, tzinfo=UTC
    )
