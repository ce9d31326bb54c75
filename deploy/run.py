"""The image's entry point: run.py [--log NAME] COMMAND ...

Replaces itself by the command, which then sees the environment of deploy/environment.py. With --log, what it
prints is also kept in files, a day each (deploy/log.py); {host} in NAME is this container.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deploy.environment import SettingsError, environment


def main(arguments: list[str]) -> None:
    name = None
    if arguments[:1] == ["--log"]:
        name, arguments = arguments[1].format(host=socket.gethostname()), arguments[2:]
    if not arguments:
        sys.exit("usage: run.py [--log NAME] COMMAND ...")
    try:
        environ = environment(os.environ)
    except SettingsError as error:
        sys.exit(f"saldo: {error}")
    if name:
        _keep_log(name)
    try:
        os.execvpe(arguments[0], arguments, environ)
    except FileNotFoundError:
        sys.exit(f"saldo: there is no program {arguments[0]!r} in this image")


def _keep_log(name: str) -> None:
    """From here on output goes through log.py, which ends when the last writer is gone."""
    read, write = os.pipe()
    # In a session of its own: signals are for the command, and what it says while stopping is kept, too.
    subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("log.py")), name],
        stdin=read,
        start_new_session=True,
    )
    for stream in (sys.stdout, sys.stderr):
        os.dup2(write, stream.fileno())
    os.close(read)
    os.close(write)


if __name__ == "__main__":
    main(sys.argv[1:])
