"""Imports only point down, and Airflow stays on the floors that are its own."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from tests.support import PROJECT

PACKAGE = PROJECT / "plugins" / "saldo"
#: Module or folder -> floor. What is not named is floor 3.
FLOORS = {
    "errors": 0, "events": 0, "addresses": 0, "keys": 0, "connection_form": 0, "agreement": 0, "subject": 0, "config": 0, "paths": 0, "yaml_files": 0, "yaml_loader": 0, "entity": 0, "reading": 0, "plan": 0, "ways": 0, "controls": 0,
    "limiter": 1, "rendering": 1, "prefetch": 1, "transport": 1, "client_credentials": 1, "pdf": 1, "copy_binary": 1, "records": 1, "warehouse": 1, "catalogue": 1, "upsert": 1, "transforms": 1, "migrations": 1,
    "vendor": 2, "vendors": 2,
    "hooks": 4, "operators": 4, "retry": 4,
    "dag_builder": 5, "watch_builder": 5, "maintenance_builder": 5, "provider": 5, "preload": 5, "api": 5,
    "onboarding": 5,
}  # fmt: skip


def floor_of(module: str) -> int:
    return FLOORS.get(module.split(".")[0], 3)


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
                target = name.removeprefix("saldo.").split(".")[0]
                if (PACKAGE / f"{target}.py").exists() or (PACKAGE / target).is_dir():
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
    names = {"snapshot", "modified_since", "append_only", "list_moves", "parts"}
    assert {path.stem for path in (PACKAGE / "ways").glob("*.py")} >= names
    for path in (PACKAGE / "ways").glob("*.py"):
        imported = imports_of(path)
        others = names - {path.stem}
        assert not {n for n in imported if n.removeprefix("saldo.ways.").split(".")[0] in others}
        assert not {n for n in imported if n.split(".")[0] == "psycopg"}


def test_the_lower_floors_work_from_a_plain_prompt() -> None:
    code = (
        "import sys; import saldo.transform.facts, saldo.landing, saldo.vendors.economic.client, "
        "saldo.vendors.xledger.client, saldo.vendors.moneybird.client, "
        "saldo.vendors.business_central.client; "
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
            "saldo.airflow.dag_builder", "saldo.airflow.watch_builder", "saldo.airflow.maintenance_builder", "saldo.agreements.loading",
        }  # fmt: skip


def test_every_folder_of_plugins_is_kept_from_airflows_loader() -> None:
    assert "saldo/" in (PROJECT / "plugins" / ".airflowignore").read_text()
