"""What `make` says when a machine lacks what Saldo needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import PROJECT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("stack/bootstrap.sh", "requirements.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def bootstrap(clone: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "stack" / "bootstrap.sh"],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder: Path, name: str, *, version: str) -> Path:
    """A python that tells an old version of itself."""
    path = folder / name
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo Python {version}\nexit 1\n')
    path.chmod(0o755)
    return path


def test_a_python_that_is_too_old_is_named(clone: Path) -> None:
    old = program(clone, "old-python", version="3.9.18")
    done = bootstrap(clone, PYTHON=str(old))
    assert done.returncode == 1
    assert "Python 3.9.18" in done.stderr
    assert "3.11, 3.12 or 3.13" in done.stderr


def test_no_python_at_all_says_what_to_install(clone: Path) -> None:
    tools = clone / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "printf", "env"):
        (tools / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    done = bootstrap(clone, PATH=str(tools), PYTHON="")
    assert done.returncode == 1
    assert "Saldo needs Python 3.11, 3.12 or 3.13" in done.stderr


def test_a_python_that_cannot_make_environments_is_passed_over(clone: Path) -> None:
    """Debian has them in a package of its own, one a version."""
    tools = clone / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "basename", "printf", "env", "rm", "cmp", "cp"):
        (tools / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    bare = tools / "python3.13"
    bare.write_text('#!/bin/sh\ncase "$2" in *venv*) exit 1;; esac\nexit 0\n')
    bare.chmod(0o755)
    alone = bootstrap(clone, PATH=str(tools), PYTHON="")
    assert alone.returncode == 1
    assert "(python3.13) can make a virtual environment" in alone.stderr
    assert "apt-get install python3-venv" in alone.stderr
    (tools / "python3.11").write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.11.9\n[ "$1" != -m ]\n'
    )
    (tools / "python3.11").chmod(0o755)
    other = bootstrap(clone, PATH=str(tools), PYTHON="")
    assert "Making .venv with Python 3.11.9" in other.stdout


def test_packages_that_cannot_be_had_say_where_to_look(clone: Path) -> None:
    done = bootstrap(
        clone,
        PYTHON=sys.executable,
        PIP_INDEX_URL="http://127.0.0.1:1/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_NO_CACHE_DIR="1",
        PIP_RETRIES="0",
    )
    assert done.returncode == 1
    assert "could not install uv" in done.stderr
    assert "PIP_INDEX_URL" in done.stderr
