"""Making agreement files: from texts that people typed, checked as any file is, and written all or none."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml

from saldo.errors import ConfigError
from saldo.yaml_files import BrokenFile, YamlFiles, section_in

from .agreement import Agreement
from .loading import agreement_files

_HEAD = "# docs/adding-an-agreement.md has every key.\n"
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Problem:
    """key: as in the file, a section's with a dot."""

    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}"


@dataclass(frozen=True)
class Draft:
    """An agreement that may be written, and the text of its file."""

    agreement: Agreement
    path: Path
    text: str


@dataclass(frozen=True)
class State:
    """What writing a draft would do. `differs`: a file of that name says something else."""

    draft: Draft
    what: Literal["new", "unchanged", "differs"]


@cache
def keys() -> dict[str, Any]:
    """Every key of a file -> its type, in the order of the file; those of sections with a dot."""
    found: dict[str, Any] = {}
    for name, field in Agreement.model_fields.items():
        section = section_in(field.annotation)
        if section:
            inner = section.model_fields.items()
            found |= {f"{name}.{key}": one.annotation for key, one in inner}
        else:
            found[name] = field.annotation
    return found


def required() -> tuple[str, ...]:
    """The keys that every file must have."""
    return tuple(name for name, field in Agreement.model_fields.items() if field.is_required())


def draft(
    texts: Mapping[str, str], *, directory: Path, vendors: Mapping[str, Collection[str]]
) -> tuple[Draft | None, list[Problem]]:
    """An agreement from texts by key (empty: not given; lists with commas); or what is wrong with them.

    The check is that of any file: what comes out is the text that would be written, read again.
    """
    values, problems = _values(texts)
    text = _HEAD + "".join(_line(key, value) for key, value in values.items())
    path = directory / f"{texts.get('id', '').strip()}.yaml"
    found = agreement_files(vendors=vendors, directories=(directory,)).parse(text, path=path)
    if isinstance(found, BrokenFile):
        outcome = {problem.key for problem in problems}
        for line in found.problems:
            key, _, message = line.partition(": ")
            if key not in outcome:
                problems.append(Problem(key, message))
    if problems or isinstance(found, BrokenFile):
        order = list(keys())
        return None, sorted(problems, key=lambda problem: order.index(problem.key))
    return Draft(found, path, text), []


def _line(key: str, value: Any) -> str:
    """A key as people write it: lists and small sections on one line."""
    style = None if isinstance(value, list | dict) else False
    found: str = yaml.safe_dump(
        {key: value}, sort_keys=False, allow_unicode=True, width=1000, default_flow_style=style
    )
    return found


def _values(texts: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems = []
    for key, kind in keys().items():
        text = texts.get(key, "").strip()
        if not text:
            continue
        try:
            value = _value(text, set(_kinds(kind)))
        except ValueError as error:
            problems.append(Problem(key, f"{error}, not {text!r}"))
            continue
        section, _, name = key.rpartition(".")
        (values.setdefault(section, {}) if section else values)[name] = value
    return values, problems


def _value(text: str, kinds: set[Any]) -> Any:
    if text == "null" and NoneType in kinds:
        return None
    if tuple in kinds:
        parts = [part.strip() for part in re.split("[,;\n]", text) if part.strip()]
        return text if text in kinds else parts
    if bool in kinds:
        if text.lower() not in _TRUTH:
            raise ValueError("must be true or false")
        return _TRUTH[text.lower()]
    for kind, read, what in (
        (int, int, "a whole number"),
        (float, float, "a number such as 0.2"),
        (date, date.fromisoformat, "a date such as 2024-01-31"),
    ):
        if kind in kinds:
            try:
                return read(text)
            except ValueError:
                raise ValueError(f"must be {what}") from None
    return " ".join(text.split())  # of one line, as YAML would make it


def _kinds(annotation: Any) -> Iterator[Any]:
    """The types a key may have, and the words it may be."""
    origin = get_origin(annotation)
    if origin is None or origin is tuple:
        yield origin or annotation
    elif origin is Literal:
        yield from get_args(annotation)
    else:
        inner = get_args(annotation)
        for one in inner[:1] if origin is Annotated else inner:
            yield from _kinds(one)


# --- writing -------------------------------------------------------------------------------------


def states(
    drafts: Iterable[Draft], *, vendors: Mapping[str, Collection[str]], directories: Sequence[Path]
) -> list[State]:
    """What is there already. Raises ConfigError where another file has the same id: two files with
    one id would leave it open which of them is meant."""
    files = agreement_files(vendors=vendors, directories=directories)
    claims = files.claims()
    found, taken = [], []
    for one in drafts:
        others = [p for p in claims.get(one.agreement.id, ()) if p != one.path]
        if others:
            taken.append(f"id: {one.agreement.id!r} is taken by {others[0]}; choose another id")
        found.append(State(one, _state(one, files)))
    if taken:
        raise ConfigError("\n".join(taken))
    return found


def _state(one: Draft, files: YamlFiles[Agreement]) -> Literal["new", "unchanged", "differs"]:
    """Comments and order make no difference; what the file means does."""
    if not one.path.exists():
        return "new"
    return "unchanged" if files.read(one.path) == one.agreement else "differs"


def write(drafts: Sequence[Draft]) -> None:
    """Write the files, all of them or none. Raises ConfigError; where the disk fails between two
    renames, it says which files are written."""
    beside = [one.path.with_name(f".{one.path.name}.{os.getpid()}") for one in drafts]
    done: list[str] = []
    try:
        for one, temporary in zip(drafts, beside, strict=True):
            one.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(one.text, encoding="utf-8")
        for one, temporary in zip(drafts, beside, strict=True):
            temporary.replace(one.path)
            done.append(one.path.name)
    except OSError as error:
        outcome = (
            f"written: {', '.join(done)}; the others are not" if done else "nothing was written"
        )
        raise ConfigError(
            f"{error.filename or drafts[0].path.parent}: {error.strerror}; {outcome}"
        ) from None
    finally:
        for temporary in beside:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
