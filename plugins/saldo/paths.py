"""Where things are in a checkout of Saldo."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SQL_DIR = PROJECT / "include" / "sql"


def folders_of(what: str, environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The folders of a kind of YAML files, such as `agreements`: the user's own (SALDO_AGREEMENTS_DIR, by default
    include/agreements), and the sandbox's unless SALDO_SANDBOX=0."""
    own = PROJECT / (environ.get(f"SALDO_{what.upper()}_DIR") or f"include/{what}")
    sandbox = PROJECT / "include" / "sandbox" / what
    return (own,) if environ.get("SALDO_SANDBOX") == "0" else (own, sandbox)
