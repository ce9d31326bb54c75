"""Docstrings are where a reader needs them, and what pages name is where they say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from saldo import errors
from tests.rules.test_floors import FLOORS, PACKAGE, floor_of
from tests.support import PROJECT

MODULES = sorted(PACKAGE.rglob("*.py"))
PAGES = [
    *PROJECT.glob("*.md"),
    *(PROJECT / "docs").glob("*.md"),
    *(PROJECT / "infrastructure").rglob("*.md"),
    *PACKAGE.rglob("*.md"),
]
_ERRORS = {
    name for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.SaldoError)
}  # fmt: skip


def _public_functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Of the module and of its classes, not those inside functions."""
    module = ast.parse(path.read_text())
    for place in (module, *(node for node in module.body if isinstance(node, ast.ClassDef))):
        for node in place.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield node


def _raised(function: ast.FunctionDef) -> set[str]:
    """The errors of Saldo a function itself raises."""
    calls = (n.exc for n in ast.walk(function) if isinstance(n, ast.Raise))
    return _ERRORS & {ast.unparse(call.func) for call in calls if isinstance(call, ast.Call)}


def test_every_module_says_what_it_is() -> None:
    assert [str(p) for p in MODULES if not ast.get_docstring(ast.parse(p.read_text()))] == []


def test_a_public_function_names_the_errors_it_raises() -> None:
    silent = []
    for path in MODULES:
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for function in _public_functions(path) if floor_of(name) < 4 else ():
            says = ast.get_docstring(function) or ""
            if not says.startswith("See ") and not all(
                error in says for error in _raised(function)
            ):
                silent.append(f"{name}.{function.name}")
    assert silent == []


def test_modules_that_pages_and_docstrings_name_exist() -> None:
    named = re.compile(r"(?<![\w/.])(?:plugins/)?saldo/((?:\w+/)*\w+\.py)\b")
    missing = [
        f"{page.name}: saldo/{path}"
        for page in [*PAGES, *MODULES]
        for path in named.findall(page.read_text())
        if not (PACKAGE / path).exists()
    ]
    assert missing == []


def test_links_between_pages_lead_somewhere() -> None:
    dead = [
        f"{page.name}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text())
        if "://" not in link and not _leads(page, link)
    ]
    assert dead == []


def test_the_glossary_says_where_things_are() -> None:
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| (.*) \|$", _page("glossary"), re.MULTILINE)
    places = [place for row in rows for place in re.findall(r"`([\w<>/.*]+)`", row)]
    assert [place for place in places if not _is_there(place)] == []


def test_the_architecture_names_every_place() -> None:
    table = _page("architecture").split("## HTTP")[0]
    named = set(re.findall(r"`(\w+)(?:/|\.py)`", table))
    placed = {name for names in FLOORS.values() for name in names if not name.startswith("__")}
    placed = {name.split(".")[0] for name in placed}
    assert placed <= named


def _page(name: str) -> str:
    return (PROJECT / "docs" / f"{name}.md").read_text()


def _leads(page: Path, link: str) -> bool:
    """Whether a relative link names a file, and a heading of it as GitHub makes anchors of them."""
    file, _, anchor = link.partition("#")
    target = page.parent / file if file else page
    if not target.exists() or not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.*)$", target.read_text().lower(), re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def _is_there(place: str) -> bool:
    """A path below plugins/saldo or the project; a table, or one of its columns, is known to docs/warehouse.md."""
    if re.match(r"(mart|core|ops|staging)\.", place):
        table = ".".join(place.split(".")[:2]).removesuffix("*")
        return table.startswith("staging.") or table in _page("warehouse")
    pattern = re.sub(r"<\w+>", "*", place).rstrip("/")
    return any(any(root.glob(pattern)) for root in (PACKAGE, PROJECT))
