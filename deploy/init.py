"""Run once before Airflow starts, and again at every start: migrations, pools, roles, the first administrator.

Everything may be repeated. `make up` makes its databases and pools from the same files (stack/up.py). The commands of
Airflow's own command line are called in one process: each program of its own would load Airflow anew.
"""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def main() -> None:
    password = os.environ.pop("SALDO_ADMIN_PASSWORD", "")
    _tell("the warehouse")
    from saldo.warehouse.patient import migrate_patiently

    migrate_patiently(os.environ["SALDO_DSN"], _tell)
    _airflow("Airflow's database", "db", "migrate")
    _airflow("the pools", "pools", "import", str(PROJECT / "include" / "pools.json"))
    _airflow("the permissions", "sync-perm")
    _airflow("the roles", "roles", "import", str(PROJECT / "deploy" / "roles.json"))
    if password:
        user = os.environ.get("SALDO_ADMIN_USER", "admin")
        mail = os.environ.get("SALDO_ADMIN_EMAIL", "admin@localhost")
        _airflow(
            f"the user {user}",
            *("users", "create", "--username", user, "--password", password, "--role", "Admin"),
            *("--firstname", "Saldo", "--lastname", "Administrator", "--email", mail),
        )


def _airflow(what: str, *words: str) -> None:
    from airflow.cli.cli_parser import get_parser

    _tell(what)
    arguments = get_parser().parse_args(words)
    arguments.func(arguments)


def _tell(what: str) -> None:
    print(f"saldo: {what}", flush=True)


if __name__ == "__main__":
    main()
