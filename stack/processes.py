"""The supervised processes: a supervisord of our own, and what is left when it was killed."""

from __future__ import annotations

import configparser
import hashlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psutil

from .settings import PROJECT, Settings, StackError, venv_program

_STOP_S = 20


def working_dir(run_dir: Path) -> Path:
    """Every supervised process works in this folder, and nothing else does: so what is left of a killed
    supervisor is found. (Airflow's processes rename themselves, which wipes their environment.)"""
    return run_dir / "supervised"


#: Group -> its programs by name, with what starts them. The programs of a group start side by side.
Programs = dict[str, dict[str, str]]


def programs(settings: Settings) -> Programs:
    """What the stack is: "outside" is what a live stack has elsewhere, its vendors and its mail server."""
    airflow, uvicorn, ports = venv_program("airflow"), venv_program("uvicorn"), settings.ports
    outside = {
        "mail": f"env PYTHONPATH={PROJECT / 'include'} {venv_program('aiosmtpd')} -n -l 127.0.0.1:{ports.smtp} "
        f"-c sandbox.mail_sink.Newest {settings.run_dir / 'mail'}"
    }
    if settings.with_sandbox:
        outside["sandbox"] = (
            f"{uvicorn} --app-dir {PROJECT / 'include'} sandbox.app:app "
            f"--host 127.0.0.1 --port {ports.sandbox} --no-access-log"
        )
    return {
        "outside": outside,
        "airflow": {
            "api-server": f"{airflow} api-server",
            # Airflow's own log server listens on every interface: what it serves is served here instead.
            "scheduler": f"{airflow} scheduler --skip-serve-logs",
            "dag-processor": f"{airflow} dag-processor",
            "log-server": f"{uvicorn} airflow.utils.serve_logs.log_server:get_app --factory "
            f"--host 127.0.0.1 --port {ports.logs} --no-access-log",
            # What it serves are logs of deferred tasks; no task of Saldo defers.
            "triggerer": f"{airflow} triggerer --skip-serve-logs",
        },
    }


class Supervisor:
    """supervisord for one run folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._conf = settings.run_dir / "supervisord.conf"
        self._socket = settings.run_dir / "supervisor.sock"
        if len(str(self._socket)) > 90:  # a Unix socket's name has at most 107 bytes
            digest = hashlib.sha256(str(settings.run_dir).encode()).hexdigest()[:12]
            self._socket = Path(tempfile.gettempdir()) / f"saldo-{digest}.sock"

    def is_running(self) -> bool:
        return self._conf.exists() and self._control("pid").returncode == 0

    def start(self, environment: Mapping[str, str]) -> None:
        """Start supervisord; the programs it knows are started by `up`."""
        self.end_remains()
        self._write_conf()
        working_dir(self._settings.run_dir).mkdir(mode=0o700, exist_ok=True)
        subprocess.run(
            [venv_program("supervisord"), "-c", str(self._conf)],
            env={**os.environ, **environment},
            cwd=working_dir(self._settings.run_dir),
            check=True,
        )

    def up(self, group: str) -> None:
        """Start the programs of a group side by side."""
        done = self._control("start", f"{group}:*")
        if "ERROR" in done.stdout:
            raise StackError(f"could not start {group}: {done.stdout.strip()}")

    def stop(self) -> None:
        """Stop everything, and whatever a killed supervisor left behind."""
        if self.is_running():
            self._control("shutdown")
            psutil.wait_procs(self.remains(), timeout=_STOP_S)
        self.end_remains()

    def end_remains(self) -> None:
        alive = self.remains()
        for process in alive:
            _quietly(process.terminate)
        # Idle executor workers wait for a word of their scheduler and hear no signal but the last.
        _, alive = psutil.wait_procs(alive, timeout=_STOP_S / 2)
        for process in alive:
            _quietly(process.kill)
        psutil.wait_procs(alive, timeout=5)
        self._socket.unlink(missing_ok=True)

    def tail(self, name: str, lines: int = 15) -> str:
        path = self._settings.log_dir / f"{name}.log"
        if not path.exists():
            return "(no log)"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])

    def remains(self) -> list[psutil.Process]:
        folder = working_dir(self._settings.run_dir)
        found = []
        for process in psutil.process_iter():
            try:
                if Path(process.cwd()) == folder:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def _control(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [venv_program("supervisorctl"), "-c", str(self._conf), *words],
            capture_output=True,
            text=True,
            check=False,
        )

    def _write_conf(self) -> None:
        conf = configparser.RawConfigParser()
        run_dir, log_dir = self._settings.run_dir, self._settings.log_dir
        conf["unix_http_server"] = {"file": str(self._socket), "chmod": "0700"}
        conf["rpcinterface:supervisor"] = {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        }
        conf["supervisorctl"] = {"serverurl": f"unix://{self._socket}"}
        conf["supervisord"] = {
            "logfile": str(log_dir / "supervisord.log"),
            "pidfile": str(run_dir / "supervisord.pid"),
            "childlogdir": str(log_dir),
            "directory": str(working_dir(run_dir)),
        }
        for group, members in programs(self._settings).items():
            conf[f"group:{group}"] = {"programs": ",".join(members)}
            for name, command in members.items():
                conf[f"program:{name}"] = {
                    "command": command,
                    "directory": str(working_dir(run_dir)),
                    "autostart": "false",
                    "autorestart": "true",
                    "startsecs": "2",
                    "startretries": "3",
                    "stopasgroup": "true",
                    "killasgroup": "true",
                    "stopwaitsecs": "15",
                    "redirect_stderr": "true",
                    "stdout_logfile": str(log_dir / f"{name}.log"),
                    "stdout_logfile_maxbytes": "20MB",
                    "stdout_logfile_backups": "3",
                }
        with self._conf.open("w") as file:
            conf.write(file)


def check_ports_free(settings: Settings) -> None:
    """Raises StackError naming the port, and the variable that chooses another one."""
    ports = settings.ports
    wanted = {
        "SALDO_PG_PORT": (ports.postgres, "Postgres"),
        "SALDO_UI_PORT": (ports.ui, "Airflow"),
        "SALDO_SMTP_PORT": (ports.smtp, "the mail sink"),
        "SALDO_LOG_PORT": (ports.logs, "the logs of running tasks"),
    }
    if settings.with_sandbox:
        wanted["SALDO_SANDBOX_PORT"] = (ports.sandbox, "the sandbox")
    taken = []
    for variable, (port, what) in wanted.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                taken.append(
                    f"port {port}, wanted for {what}, is taken: choose another with {variable}"
                )
    if taken:
        raise StackError("\n".join(taken))


def _quietly(action) -> None:  # type: ignore[no-untyped-def]
    try:
        action()
    except psutil.NoSuchProcess:
        return
