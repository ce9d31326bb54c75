"""docker-compose.yaml as Compose reads it: anchors merged, variables put in, a service at a time.

`Machine` runs a service's own command, with its own environment, as a process of this machine: addresses and paths of
the containers become those of here, nothing else is changed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support import PROJECT

FILE = PROJECT / "docker-compose.yaml"
#: ${NAME}, ${NAME:-default}, ${NAME:?message}; the innermost is replaced first.
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<word>[^${}]*))?\}")


def interpolated(text: str, environ: Mapping[str, str]) -> str:
    """As the compose specification says; `$$` stays a dollar."""
    whole = text.replace("$$", "\0")
    while "${" in whole:
        before = whole
        whole = _VARIABLE.sub(lambda found: _value(found, environ), whole)
        assert whole != before, f"not a variable: {before}"
    return whole.replace("\0", "$")


def _value(found: re.Match[str], environ: Mapping[str, str]) -> str:
    value = environ.get(found["name"], "")
    assert value or found["how"], f"{found['name']} has no default"
    return value or found["word"]


def load(environ: Mapping[str, str] | None = None, *, path: Path = FILE) -> Any:
    """The whole file with these variables."""
    return _walk(yaml.safe_load(path.read_text()), environ or {})


def _walk(node: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _walk(value, environ) for key, value in node.items()}
    if isinstance(node, list):
        return [_walk(value, environ) for value in node]
    return interpolated(node, environ) if isinstance(node, str) else node


def variables(path: Path = FILE) -> dict[str, set[str]]:
    """Name -> the defaults the file gives it."""
    found: dict[str, set[str]] = {}

    def note(match: re.Match[str]) -> str:
        found.setdefault(match["name"], set()).add(match["word"] or "")
        return match["word"] or ""

    text = path.read_text().replace("$$", "")
    while "${" in text:
        text = _VARIABLE.sub(note, text)
    return found


@dataclass(frozen=True)
class Machine:
    """This machine in place of the containers.

    addresses: host:port of the containers -> host:port here, for example {"postgres:5432": "127.0.0.1:5433"}.
    folder: scratch; `secrets` (deploy/secrets.sh makes it), `connections`, `logs`, `data_docs`, `lake`, `exports` are below it.
    variables: what would stand in .env. more: for every process, wins over the file (a port, a shorter wait).
    """

    folder: Path
    addresses: Mapping[str, str]
    variables: Mapping[str, str]
    more: Mapping[str, str]

    def __post_init__(self) -> None:
        for name in ("airflow", "logs", "data_docs", "lake", "exports", "sandbox"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    def service(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = load(self.variables)["services"][name]
        return found

    def environment(self, name: str) -> dict[str, str]:
        given = self.service(name).get("environment", {})
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        base = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))}
        here = {key: self.here(str(value)) for key, value in given.items() if value is not None}
        return {
            **base,
            "PATH": programs,
            "SALDO_SECRETS_DIR": str(self.secrets),
            **here,
            **self.more,
        }

    def command(self, name: str) -> list[str]:
        """What the container runs, entry point and all, in paths of here."""
        given = self.service(name)
        entry = given.get("entrypoint", ["python", "/opt/airflow/deploy/run.py"])
        return [self.here(str(word)) for word in (*entry, *given.get("command", ()))]

    def health_check(self, name: str) -> list[str]:
        kind, *words = self.service(name)["healthcheck"]["test"]
        assert kind == "CMD"
        return [self.here(str(word)) for word in words]

    def run(self, name: str, *instead: str, **how: Any) -> subprocess.CompletedProcess[str]:
        """A service that ends; instead: another command for it, as after `docker compose run`."""
        command = self.command(name)
        if instead:
            entry = self.service(name).get("entrypoint", ["", ""])
            command = [*command[: len(entry)], *instead]
        return subprocess.run(
            command, env=self.environment(name), cwd=self.folder, capture_output=True, text=True,
            check=False, **how,
        )  # fmt: skip

    def start(self, name: str, *words: str, **more: str) -> subprocess.Popen[bytes]:
        """A service that stays, in a process group of its own; its output is added to <folder>/<name>.out.

        words: added to its command, which tells two of a kind on one machine apart; more: of its environment.
        """
        with (self.folder / f"{name}.out").open("ab") as out:
            return subprocess.Popen(
                [*self.command(name), *words], env={**self.environment(name), **more}, cwd=self.folder,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def here(self, text: str) -> str:
        """Addresses and paths of the containers in those of this machine."""
        for there, here in {**self.addresses, **self._paths()}.items():
            text = text.replace(there, here)
        return text

    def _paths(self) -> dict[str, str]:
        """Longest first. What the image has is the repository, what is mounted is scratch."""
        kept = {
            f"/opt/airflow/{name}": str(self.folder / name)
            for name in ("logs", "data_docs", "lake", "exports", "sandbox")
        }
        brought = {
            f"/opt/airflow/{name}": str(PROJECT / name)
            for name in ("include", "plugins", "deploy", "dags")
        }
        own = {
            f"/opt/airflow/include/{what}": folder
            for what in ("agreements", "files")
            if (folder := self.variables.get(f"SALDO_{what.upper()}_DIR"))
        }
        return {
            **own,
            **kept,
            **brought,
            "/opt/airflow": str(self.folder / "airflow"),
            "/opt/saldo": str(PROJECT / "deploy"),
            "/run/secrets": str(self.secrets),
            "/run/connections": str(self.secrets / "connections"),
            "/backups": str(self.folder / "backups"),
        }


def make_secrets(folder: Path, **known: str) -> Path:
    """A folder of secrets as deploy/secrets.sh makes it, but for the known ones."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in known.items():
        (folder / name).write_text(f"{value}\n")
    subprocess.run(
        ["sh", str(PROJECT / "deploy" / "secrets.sh"), str(folder)], check=True, capture_output=True
    )
    return folder
