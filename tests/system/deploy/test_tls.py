"""The warehouse's Postgres with the options, the rules and the certificate of docker-compose.yaml."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import free_port
from tests.support import PROJECT
from tests.system.deploy.compose import interpolated, load, make_secrets

#: Debian's Postgres is built with TLS, as the image's is; the embedded one is not.
_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


class Server:
    """Debian's Postgres, started as the service `postgres` is."""

    def __init__(self, folder: Path) -> None:
        assert _PROGRAMS, "no Postgres with TLS: tests/debian.sh installs one"
        self.folder, self.port = folder, free_port()
        self.programs = _PROGRAMS[-1].parent
        self.secrets = make_secrets(folder / "secrets")
        self.user = next((u for u in ("postgres", "saldo", "nobody") if _knows(u)), None)
        if os.geteuid():
            self.user = None
        (folder / "password").write_text(self.password("postgres"))
        shutil.copytree(PROJECT / "deploy" / "postgres", folder / "rules")
        self._take_certificate()
        self._own()
        self._run(
            "initdb", "-D", f"{folder}/data", "-U", "postgres", "--encoding=UTF8", "--locale=C",
            f"--pwfile={folder}/password",
        )  # fmt: skip
        self._run("pg_ctl", "start", "-w", "-D", f"{folder}/data", "-l", f"{folder}/log",
                  "-o", " ".join((*self.options(), f"-p {self.port}", f"-k {folder}")))  # fmt: skip

    def password(self, role: str) -> str:
        names = {"postgres": "postgres", "saldo": "warehouse", "airflow": "metadata"}
        return (self.secrets / f"{names[role]}_password").read_text().strip()

    def options(self) -> list[str]:
        command = load()["services"]["postgres"]["command"]
        paths = {"/run/tls": f"{self.folder}/tls", "/opt/saldo/postgres": f"{self.folder}/rules"}
        found = [interpolated(word, {}) for word in command[1:]]
        for there, here in paths.items():
            found = [word.replace(there, here) for word in found]
        return [word.replace("--shared_buffers=256MB", "--shared_buffers=16MB") for word in found]

    def _take_certificate(self) -> None:
        """What server.sh does, whose users and folders are the image's."""
        tls = self.folder / "tls"
        tls.mkdir()
        for name, mode in (("tls.key", 0o600), ("tls.crt", 0o644)):
            shutil.copy(self.secrets / name, tls / name)
            (tls / name).chmod(mode)

    def _own(self) -> None:
        if self.user:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, self.user)

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *words], user=self.user, cwd="/", text=True, check=False,
            stdout=(self.folder / "out").open("a+"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        log = self.folder / "log"
        assert done.returncode == 0, (self.folder / "out").read_text() + (
            log.read_text() if log.exists() else ""
        )

    def databases(self) -> None:
        """The service of that name."""
        subprocess.run(
            ["sh", str(PROJECT / "deploy" / "postgres" / "databases.sh")],
            env={
                **os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGSSLMODE": "require",
                "SALDO_SECRETS_DIR": str(self.secrets),
            },
            check=True,
        )  # fmt: skip

    def connect(self, role: str, database: str, **more: object) -> psycopg.Connection:
        return psycopg.connect(
            host="localhost", port=self.port, user=role, dbname=database,
            password=self.password(role), connect_timeout=10, **more,
        )  # fmt: skip

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate", "-w", "-D", f"{self.folder}/data")


def _knows(user: str) -> bool:
    try:
        return bool(pwd.getpwnam(user))
    except KeyError:
        return False


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # Short and open above: a socket's name is short, and the server runs as another user.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        found = Server(Path(folder))
        found.databases()
        yield found
        found.stop()


def test_a_gateway_that_verifies_the_certificate_gets_in(server: Server) -> None:
    with server.connect(
        "saldo", "saldo", sslmode="verify-full", sslrootcert=str(server.secrets / "ca.crt")
    ) as connection:
        row = connection.execute(
            "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()"
        ).fetchone()
    assert row == (True, "TLSv1.3")


def test_without_tls_nobody_gets_in(server: Server) -> None:
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        server.connect("saldo", "saldo", sslmode="disable")


def test_another_certificate_is_not_believed(server: Server, tmp_path: Path) -> None:
    other = make_secrets(tmp_path / "other")
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        server.connect("saldo", "saldo", sslmode="verify-full", sslrootcert=str(other / "ca.crt"))


def test_databases_may_be_made_again_and_take_new_passwords(server: Server) -> None:
    (server.secrets / "warehouse_password").write_text('it\'s "new" \\ $1\n')
    server.databases()
    with server.connect("saldo", "saldo", sslmode="require") as connection:
        assert connection.execute("select current_user").fetchone() == ("saldo",)


def test_the_warehouses_role_does_not_reach_airflows_database(server: Server) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        server.connect("saldo", "airflow", sslmode="require")
