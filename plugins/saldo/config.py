"""Agreements: one YAML file each, read and checked without Airflow, network or database.

A broken file never takes another agreement with it: `load_agreements` returns the good ones and,
beside them, every broken file with each problem in a sentence that names the key and the remedy.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from .agreement import Agreement, Alerts, Guard, Http, Section

PROJECT = Path(__file__).resolve().parents[2]
SQL_DIR = PROJECT / "include" / "sql"


_SECTIONS: dict[str, type[Section]] = {"alerts": Alerts, "http": Http, "guard": Guard}


@dataclass(frozen=True)
class BrokenFile:
    path: Path
    problems: tuple[str, ...]

    def __str__(self) -> str:
        shown = self.path
        if self.path.is_relative_to(PROJECT):
            shown = self.path.relative_to(PROJECT)
        return "\n".join(f"{shown}: {problem}" for problem in self.problems)


@dataclass(frozen=True)
class Agreements:
    good: tuple[Agreement, ...]
    broken: tuple[BrokenFile, ...]


def agreement_dirs(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The folders of agreement files: the user's own, and the sandbox's unless SALDO_SANDBOX=0."""
    own = PROJECT / (environ.get("SALDO_AGREEMENTS_DIR") or "include/agreements")
    sandbox = PROJECT / "include" / "sandbox" / "agreements"
    return (own,) if environ.get("SALDO_SANDBOX") == "0" else (own, sandbox)


def load_agreements(
    *,
    vendors: Mapping[str, Collection[str]],
    directories: Collection[Path] | None = None,
    only: str | None = None,
    with_disabled: bool = False,
) -> Agreements:
    """Read every agreement file, in order of path.

    vendors: vendor name -> its entity names. only: an agreement id; when a file of that name holds
    it, no other file is read (what a task does). Disabled agreements are checked, and not returned
    unless with_disabled.
    """
    paths = list(_files(agreement_dirs() if directories is None else directories))
    if only is not None:
        for path in paths:
            if path.stem == only:
                found = _read(path, vendors)
                if isinstance(found, Agreement) and found.id == only:
                    return Agreements((found,) if found.enabled else (), ())
    found_all = _resolve([(path, _read(path, vendors)) for path in paths])
    if with_disabled:
        return found_all
    return Agreements(tuple(a for a in found_all.good if a.enabled), found_all.broken)


def agreement_files(directories: Collection[Path] | None = None) -> tuple[Path, ...]:
    """Every agreement file, in order of path."""
    return tuple(_files(agreement_dirs() if directories is None else directories))


def _files(directories: Collection[Path]) -> Iterator[Path]:
    for directory in directories:
        if directory.is_dir():
            yield from sorted(p for p in directory.iterdir() if p.suffix in (".yaml", ".yml"))


def _resolve(read: list[tuple[Path, Agreement | BrokenFile]]) -> Agreements:
    """Of two files with one id, the one named after it is right, even while it is broken itself: a
    copy must not become the agreement, perhaps with other credentials."""
    broken = [found for _, found in read if isinstance(found, BrokenFile)]
    files: dict[str, list[tuple[Path, Agreement]]] = {}
    for path, found in read:
        if isinstance(found, Agreement):
            files.setdefault(found.id, []).append((path, found))
    good = []
    reserved = {file.path.stem: file.path.name for file in broken}
    for id, owners in files.items():
        if id in reserved:
            problem = f"id: {id!r} belongs to {reserved[id]}, which is broken itself; mend that one"
            broken += [BrokenFile(path, (problem,)) for path, _ in owners]
            continue
        owners.sort(key=lambda owner: owner[0].stem != id)
        (right, agreement), *doubles = owners
        good.append(agreement)
        problem = f"id: {id!r} is taken by {right.name}; give this agreement an id of its own"
        broken += [BrokenFile(path, (problem,)) for path, _ in doubles]
    good.sort(key=lambda agreement: agreement.id)
    broken.sort(key=lambda found: found.path)
    return Agreements(tuple(good), tuple(broken))


def _read(path: Path, vendors: Mapping[str, Collection[str]]) -> Agreement | BrokenFile:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        return BrokenFile(path, (f"cannot be read: {' '.join(str(error).split())}",))
    return read_text(text, path=path, vendors=vendors)


def read_text(
    text: str, *, path: Path, vendors: Mapping[str, Collection[str]]
) -> Agreement | BrokenFile:
    """What a file at `path` with this text would be, by itself: the one way in which files are checked."""
    try:
        values = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        # Values such as 2024-13-01 fail while YAML makes them, with errors that are not its own.
        return BrokenFile(path, (f"is no readable YAML: {' '.join(str(error).split())}",))
    if values is None:
        return BrokenFile(path, ("is empty; write an agreement as in docs/adding-an-agreement.md",))
    if not isinstance(values, dict):
        return BrokenFile(path, ("must hold `key: value` lines, starting with `id:`",))
    try:
        agreement = Agreement.model_validate(values, context={"vendors": vendors})
    except ValidationError as error:
        return BrokenFile(path, tuple(dict.fromkeys(map(_sentence, error.errors()))))
    problems = tuple(_entity_problems(agreement, vendors))
    return BrokenFile(path, problems) if problems else agreement


def _sentence(problem: Any) -> str:
    if problem["loc"][0] == "entities":
        return f"entities: must be `all` or a list of names, not {problem['input']!r}; correct it"
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        section = _SECTIONS.get(str(problem["loc"][0])) if len(problem["loc"]) > 1 else None
        known = ", ".join((section or Agreement).model_fields)
        return f"{key}: unknown key; remove it or correct its spelling (known: {known})"
    if problem["type"] == "missing":
        return f"{key}: is missing; add it"
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{key}: {message}"
    return f"{key}: {message}, not {problem['input']!r}; correct it"


def _entity_problems(agreement: Agreement, vendors: Mapping[str, Collection[str]]) -> Iterator[str]:
    entities = vendors[agreement.vendor]
    chosen = () if agreement.entities == "all" else agreement.entities
    for key, names in (("entities", chosen), ("exclude", agreement.exclude)):
        for name in names:
            if name not in entities:
                yield f"{key}: {name!r} is no entity of {agreement.vendor}; known: {', '.join(entities)}"


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """YAML's safe loader, but a key written twice is an error instead of a silent loss."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a key must be a word", problem_mark=key_node.start_mark
                )
            if key_node.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key_node.value!r} is written twice",
                    problem_mark=key_node.start_mark,
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)  # type: ignore[no-any-return]
