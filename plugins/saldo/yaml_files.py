"""Folders of YAML files, each of which holds one thing: read and checked without Airflow, network or database.

A broken file never takes another with it: `YamlFiles.load` returns what is good and, beside it, every broken
file with each problem in a sentence that names the key and the remedy. What a file may say is a pydantic model,
made of `Section`s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from saldo.paths import PROJECT
from saldo.yaml_loader import NotReadable, text_of, values_of
from saldo.yaml_values import meant

_TEXT = ".txt"
#: Windows hides endings: what is meant as a.yaml may be a.yaml.txt.
_ENDING = re.compile(rf"\.ya?ml({re.escape(_TEXT)})?$", re.IGNORECASE)
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")


def _checked_id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError(
            f"{value!r} is not an id; use a small letter, then up to 39 of a-z, 0-9 and _"
        )
    return value


Id = Annotated[str, AfterValidator(_checked_id)]
#: YAML has lists, no tuples.
Names = Annotated[tuple[str, ...], Field(strict=False)]


class Section(BaseModel):
    """Keys and values of a file, or of a part of one; an unknown key is an error.

    Values are strict, but for what can only mean one thing (yaml_values.py): a text in digits, a date or a number in
    quotes, one word for a list of one. A field's description is what messages say it must be, where pydantic's own words would puzzle people.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {
            key: meant(value, cls.model_fields[key].annotation)
            if key in cls.model_fields
            else value
            for key, value in values.items()
        }


M = TypeVar("M", bound=Section)


@dataclass(frozen=True)
class BrokenFile:
    """A file that cannot be used, and why."""

    path: Path
    problems: tuple[str, ...]

    def __str__(self) -> str:
        shown = self.path
        if self.path.is_relative_to(PROJECT):
            shown = self.path.relative_to(PROJECT)
        return "\n".join(f"{shown}: {problem}" for problem in self.problems)


@dataclass(frozen=True)
class Loaded(Generic[M]):
    """good: in order of id. broken: in order of path."""

    good: tuple[M, ...]
    broken: tuple[BrokenFile, ...]


def _nothing_more(found: Any) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class YamlFiles(Generic[M]):
    """The files of one kind.

    model: what a file may say; with `enabled: false`, if it has that field, a file is not used. what: as messages call a file ("agreement").
    guide: the page that says how to write one. key: the field that is unique and that names the file.
    context: what validators of the model are given. check: problems that only the whole model shows, each a
    sentence that begins with its key. chosen_by: the field whose value says which of `models` a file is, where there
    are several kinds; `model` is then what they have in common.
    """

    model: type[M]
    what: str
    guide: str
    directories: tuple[Path, ...]
    key: str = "id"
    context: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[M], Iterable[str]] = _nothing_more
    chosen_by: str = ""
    models: Mapping[str, type[M]] = field(default_factory=dict)

    def load(self, *, only: str | None = None, with_disabled: bool = False) -> Loaded[M]:
        """Read every file, in order of path.

        only: an id; when a file of that name holds it, no other file is read (what a task does). Disabled ones
        are checked, and not returned unless with_disabled.
        """
        found = self._one(only) if only is not None else None
        found = found or self._resolve([(path, self.read(path)) for path in self.paths()])
        if with_disabled:
            return found
        return replace(found, good=tuple(filter(_is_enabled, found.good)))

    def paths(self) -> list[Path]:
        """Every file, in order of path; a folder that is not there holds none."""
        return [
            path
            for directory in self.directories
            if directory.is_dir()
            for path in sorted(directory.iterdir())
            if _ENDING.search(path.name)
        ]

    def read(self, path: Path) -> M | BrokenFile:
        """A file by itself."""
        if path.suffix.lower() == _TEXT:
            return BrokenFile(
                path, (f"ends in {path.suffix}; rename it to end in .yaml, or move it elsewhere",)
            )
        try:
            return self.parse(text_of(path), path=path)
        except NotReadable as error:
            return BrokenFile(path, (str(error),))

    def parse(self, text: str, *, path: Path) -> M | BrokenFile:
        """What a file at `path` with this text would be, by itself: the one way in which files are checked."""
        try:
            values = values_of(text)
        except NotReadable as error:
            return BrokenFile(path, (str(error),))
        if values is None:
            problem = f"is empty; write {_with_article(self.what)} as in {self.guide}"
            return BrokenFile(path, (problem,))
        if not isinstance(values, dict):
            problem = f"must hold `key: value` lines, starting with `{self.key}:`"
            return BrokenFile(path, (problem,))
        try:
            return self._checked(values, path)
        except RecursionError:
            problem = f"holds tables or lists within each other, too deep to be read; write it as in {self.guide}"
            return BrokenFile(path, (problem,))

    def _checked(self, values: Mapping[str, Any], path: Path) -> M | BrokenFile:
        try:
            model = self._model_of(values)
        except NotReadable as error:
            return BrokenFile(path, (str(error),))
        try:
            found = model.model_validate(values, context=dict(self.context))
        except ValidationError as error:
            return BrokenFile(path, sentences(model, error))
        problems = tuple(self.check(found))
        return BrokenFile(path, problems) if problems else found

    def _model_of(self, values: Mapping[str, Any]) -> type[M]:
        """What a file with these values may say. Raises NotReadable where it says of no kind that there is."""
        if not self.chosen_by:
            return self.model
        known = ", ".join(sorted(self.models))
        if self.chosen_by not in values:
            raise NotReadable(f"{self.chosen_by}: is missing; add it, one of: {known}")
        kind = values[self.chosen_by]
        if not isinstance(kind, str) or kind not in self.models:
            raise NotReadable(f"{self.chosen_by}: {_shown(kind)} is unknown; write one of: {known}")
        return self.models[kind]

    def claims(self) -> dict[str, list[Path]]:
        """Id -> the files that hold it, broken ones too, or are named after it."""
        found: dict[str, list[Path]] = {}
        for path in self.paths():
            for id in {path.stem} | set(self._claimed_by(path)):
                found.setdefault(id, []).append(path)
        return found

    def held(self, broken: Collection[BrokenFile]) -> frozenset[str]:
        """Ids that these files hold or are named after: what is known of them stays until the files are mended."""
        paths = {file.path for file in broken}
        claims = self.claims() if paths else {}
        return frozenset(id for id, of in claims.items() if paths.intersection(of))

    def id_of(self, one: M) -> str:
        """The value of its unique field."""
        return str(getattr(one, self.key))

    def _claimed_by(self, path: Path) -> Iterator[str]:
        try:
            values = values_of(text_of(path))
        except NotReadable:
            return
        if isinstance(values, dict) and isinstance(values.get(self.key), str):
            yield values[self.key]

    def _one(self, id: str) -> Loaded[M] | None:
        """The one in the file of its name; None where no such file holds it."""
        for path in self.paths():
            if path.stem == id:
                found = self.read(path)
                if not isinstance(found, BrokenFile) and self.id_of(found) == id:
                    return Loaded((found,), ())
        return None

    def _resolve(self, read: list[tuple[Path, M | BrokenFile]]) -> Loaded[M]:
        """Of two files with one id, the one named after it is right, even while it is broken itself: a
        copy must not become the original, perhaps with other credentials."""
        broken = [found for _, found in read if isinstance(found, BrokenFile)]
        reserved = {file.path.stem: file.path.name for file in broken}
        files: dict[str, list[tuple[Path, M]]] = {}
        for path, found in read:
            if not isinstance(found, BrokenFile):
                files.setdefault(self.id_of(found), []).append((path, found))
        good = []
        for id, owners in sorted(files.items()):
            if id in reserved:
                problem = f"{self.key}: {id!r} belongs to {reserved[id]}, which is broken itself; mend that one"
                broken += [BrokenFile(path, (problem,)) for path, _ in owners]
                continue
            owners.sort(key=lambda owner: owner[0].stem != id)
            (right, one), *doubles = owners
            good.append(one)
            problem = (
                f"{self.key}: {id!r} is taken by {right.name}; give this {self.what} "
                f"{_with_article(self.key)} of its own"
            )
            broken += [BrokenFile(path, (problem,)) for path, _ in doubles]
        return Loaded(tuple(good), tuple(sorted(broken, key=lambda file: file.path)))


def _is_enabled(one: Section) -> bool:
    return bool(getattr(one, "enabled", True))


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def section_in(annotation: Any) -> type[Section] | None:
    """The section a field's type is, or may be."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(section_in, get_args(annotation))), None)


def sentences(model: type[Section], error: ValidationError) -> tuple[str, ...]:
    """What is wrong with values that are no such model, each problem once: the key, what it is, and the remedy."""
    return tuple(dict.fromkeys(_sentence(model, problem) for problem in error.errors()))


def _sentence(model: type[Section], problem: Any) -> str:
    place = tuple(map(str, problem["loc"]))
    key = ".".join(place)
    if problem["type"] == "extra_forbidden":
        known = ", ".join(_section_at(model, place[:-1]).model_fields)
        return f"{key}: unknown key; remove it or correct its spelling (known: {known})"
    if problem["type"] == "missing":
        return f"{key}: is missing; add it"
    described = model.model_fields.get(place[0]) if place else None
    if described and described.description:
        return f"{place[0]}: must be {described.description}, not {_shown(problem['input'])}; correct it"
    if problem["type"] in ("model_type", "dict_type"):
        return f"{key}: {_no_table(model, place, problem)}"
    if problem["type"] == "string_type" and isinstance(problem["input"], (bool, float, date)):
        return f"{key}: YAML reads this as {problem['input']!s}, not as a text; write it in quotes"
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "tuple_type":
        message = "must be a list such as [a, b]"
    if problem["type"] == "value_error":
        return f"{key}: {message}" if key else message  # of the whole: it names its keys itself
    return f"{key}: {message}, not {_shown(problem['input'])}; correct it"


def _no_table(model: type[Section], place: tuple[str, ...], problem: Any) -> str:
    """A word, a list or nothing where a section or a table must be."""
    value = problem["input"]
    found = "holds nothing" if value is None else f"{_shown(value)} holds no keys"
    lines = "`key: value` lines"
    if problem["type"] == "model_type":
        names = _section_at(model, place).model_fields
        lines = f"keys such as {', '.join(f'{name}:' for name in names)}"
    field = _section_at(model, place[:-1]).model_fields.get(place[-1])
    or_none = "" if field and field.is_required() else ", or leave it out"
    return f"{found}; write below it, indented, {lines}{or_none}"


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, date) else repr(value)


def _section_at(model: type[Section], place: tuple[str, ...]) -> type[Section]:
    for part in place:
        named = model.model_fields.get(part)
        model = (named and section_in(named.annotation)) or model
    return model
