"""Imports only point down, and Airflow stays on the floors that are its own."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from tests.support import PROJECT

PACKAGE = PROJECT / "plugins" / "saldo"
#: Module or folder -> its floor; a folder is on one floor, but for its modules that are named. Every one is.
FLOORS = {
    0: ("__init__", "__version__", "errors", "paths", "addresses", "events", "subject", "run_request", "watch_minutes", "rendering", "schedules", "fields", "yaml_files", "yaml_loader", "yaml_values",
        "agreements", "declarations", "ways"),
    1: ("store_answers", "transport", "warehouse", "runs", "staging", "workbooks"),
    2: ("vendors", "graph", "banks"),
    3: ("exports", "files", "readers", "rates", "landing", "transform", "documents", "readiness", "validation", "proof", "alerts", "maintenance", "lake", "metrics", "openlineage", "powerbi"),
    # What of exports a person asks for at a prompt opens connections of Airflow.
    4: ("hooks", "operators", "exports.operations", "exports.__init__"),
    5: ("airflow", "api", "console", "onboarding"),
}  # fmt: skip
_FLOOR_OF = {name: floor for floor, names in FLOORS.items() for name in names}


def floor_of(module: str) -> int:
    """The longest name that is declared says it."""
    parts = module.split(".")
    return next(
        _FLOOR_OF[name]
        for length in range(len(parts), 0, -1)
        if (name := ".".join(parts[:length])) in _FLOOR_OF
    )


def imports_of(path: Path) -> set[str]:
    """Dotted names a file imports, relative ones resolved against its package."""
    package = path.relative_to(PACKAGE.parent).with_suffix("").parts[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (base, node.module or "") if part)
            found |= {f"{name}.{alias.name}" for alias in node.names} | {name}
    return found


def test_imports_point_down() -> None:
    upward = []
    for path in PACKAGE.rglob("*.py"):
        own = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for name in imports_of(path):
            if name.startswith("saldo.") and floor_of(name.removeprefix("saldo.")) > floor_of(own):
                upward.append(f"{own} -> {name}")
    assert upward == []


def test_the_lower_floors_do_not_know_airflow() -> None:
    guilty = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if floor_of(".".join(path.relative_to(PACKAGE).with_suffix("").parts)) < 4
        and any(name.split(".")[0] == "airflow" for name in imports_of(path))
    ]
    assert guilty == []


def test_a_way_of_reading_knows_no_other_way_and_no_database() -> None:
    shared = {
        "__init__", "way", "state", "plan", "context", "conditions", "full_read", "fallback", "window", "reread", "slips",
        "mismatched_ranges", "silent_changes", "gone", "wrong_lists",
    }  # fmt: skip
    names = {path.stem for path in (PACKAGE / "ways").glob("*.py")} - shared
    assert {
        "snapshot",
        "modified_since",
        "append_only",
        "list_moves",
        "parts",
        "delta",
        "versions",
    } <= names
    for path in (PACKAGE / "ways").glob("*.py"):
        imported = imports_of(path)
        others = names - {path.stem}
        assert not {n for n in imported if n.removeprefix("saldo.ways.").split(".")[0] in others}
        assert not {n for n in imported if n.split(".")[0] == "psycopg"}


def test_the_lower_floors_work_from_a_plain_prompt() -> None:
    code = (
        "import sys; import saldo.transform.facts, saldo.landing, saldo.vendors.economic.client, "
        "saldo.vendors.xledger.client, saldo.vendors.moneybird.client, "
        "saldo.vendors.business_central.client, saldo.files.places.sharepoint, saldo.files.places.folder, saldo.exports.register, saldo.workbooks, saldo.rates; "
        "sys.exit('airflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(PACKAGE.parent)}, check=False
    )
    assert done.returncode == 0


def test_great_expectations_is_imported_where_it_is_needed_only() -> None:
    """Importing it takes seconds: two modules of validation do, and they are imported late."""
    users = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == "great_expectations" for name in imports_of(path))
    }
    assert users == {"validation/expectations.py", "validation/pages.py"}
    code = "import sys, saldo.validation; sys.exit('great_expectations' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(PACKAGE.parent)}, check=False
    )
    assert done.returncode == 0


def test_dag_files_only_wire() -> None:
    for path in (PROJECT / "dags").glob("*.py"):
        text = path.read_text().lower()
        assert {"airflow", "dag"} <= set(re.findall("airflow|dag", text)), (
            "Airflow skips such files"
        )
        tree = ast.parse(path.read_text())
        named = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert named <= {
            "saldo.airflow.dag_builder", "saldo.airflow.watch_builder", "saldo.airflow.maintenance_builder",
            "saldo.airflow.files_builder", "saldo.airflow.exports_builder", "saldo.airflow.rates_builder", "saldo.agreements.loading",
            "saldo.airflow.accounting_builder", "saldo.airflow.review_builder", "saldo.airflow.powerbi_builder",
        }  # fmt: skip


def test_every_folder_of_plugins_is_kept_from_airflows_loader() -> None:
    assert "saldo/" in (PROJECT / "plugins" / ".airflowignore").read_text()
