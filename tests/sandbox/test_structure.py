"""The sandbox's own floors: no circles, books that know no vendor, vendors that know no other."""

from __future__ import annotations

import ast
from pathlib import Path

from sandbox.app import VENDORS
from tests.support import PROJECT

PACKAGE = PROJECT / "include" / "sandbox"


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in PACKAGE.rglob("*.py")}


def imports_of(module: str) -> set[str]:
    """The modules of the sandbox a module imports, for types alone too."""
    path, found = MODULES[module], set[str]()
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            found |= {
                full if (full := f"{name}.{alias.name}") in MODULES else name
                for alias in node.names
            }
    return found & set(MODULES)


def circle_of(graph: dict[str, set[str]]) -> list[str]:
    """A way from a module back to itself; empty if there is none."""
    done: set[str] = set()

    def follow(module: str, way: list[str]) -> list[str]:
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return []
        for target in sorted(graph[module]):
            if found := follow(target, [*way, module]):
                return found
        done.add(module)
        return []

    return next((found for module in sorted(graph) if (found := follow(module, []))), [])


def test_a_circle_is_found() -> None:
    assert circle_of({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert circle_of({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_there_are_no_circles() -> None:
    graph = {module: imports_of(module) for module in MODULES}
    assert graph["sandbox.books.ledger"] >= {"sandbox.books.entries", "sandbox.books.invoices"}
    assert circle_of(graph) == []


def test_books_know_books_alone() -> None:
    for module in MODULES:
        if module.startswith("sandbox.books."):
            assert all(name.startswith("sandbox.books.") for name in imports_of(module)), module


def test_vendors_know_no_other_vendor_but_who_identifies_their_users() -> None:
    for module in MODULES:
        if module.startswith("sandbox.vendors."):
            own = ".".join(module.split(".")[:3])
            others = {
                name
                for name in imports_of(module)
                if name.startswith("sandbox.vendors.") and not name.startswith(own)
            }
            assert others <= {"sandbox.vendors.entra.tokens"}, module


def test_a_vendor_is_a_folder_and_a_line() -> None:
    folders = {path.parent.name for path in (PACKAGE / "vendors").glob("*/vendor.py")}
    assert {vendor.name for vendor in VENDORS} == folders - {"key_vault"}  # it has hosts of its own


def test_modules_are_small() -> None:
    long = {name for name, path in MODULES.items() if len(path.read_text().splitlines()) > 300}
    assert long == set()
