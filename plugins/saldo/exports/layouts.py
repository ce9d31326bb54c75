"""Layouts of files: which columns a sheet has, what they are called and what they hold. A YAML file each.

The user's own lie in `layouts` below SALDO_EXPORTS_DIR, Saldo's in include/exports/layouts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from saldo.errors import ConfigError
from saldo.paths import PROJECT, folders_of
from saldo.yaml_files import Id, Section, YamlFiles

from .rows import FIELDS

OWN = PROJECT / "include" / "exports" / "layouts"
GUIDE = "docs/export-files.md"
#: What a column's cells may be -> the kinds of fields that can be shown so.
TYPES: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "number"),
    "number": ("number",),
    "money": ("number",),
    "date": ("date",),
    "code": ("text",),
    "link": (),
}
_ENDS = "'"
_NO_SHEET = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_COLOR = re.compile(r"[0-9A-Fa-f]{6}")

Text = Annotated[str, Field(min_length=1, max_length=255)]


class Column(Section):
    """A column: one of value, constant and link says what its cells hold.

    value: a field of a row. map: what it is translated to; what is not in it is empty. constant: the same in all rows.
    link: an address in which fields stand in braces; text and tooltip: what people see of it. width: in characters.
    """

    header: Text
    type: Literal["text", "number", "money", "date", "code", "link"] = "text"
    value: str | None = None
    constant: Annotated[str, Field(max_length=1000)] | None = None
    link: Annotated[str, Field(max_length=200)] | None = None
    map: dict[str, str] | None = None
    text: Text = "link"
    tooltip: Text | None = None
    width: int = Field(default=10, ge=1, le=255)
    color: str | None = None
    is_header_bold: bool = True

    @field_validator("value")
    @classmethod
    def _value(cls, value: str | None) -> str | None:
        if value is not None and value not in FIELDS:
            raise ValueError(f"{value!r} is no field of a row; write one of: {', '.join(FIELDS)}")
        return value

    @field_validator("color")
    @classmethod
    def _color(cls, value: str | None) -> str | None:
        if value is not None and not _COLOR.fullmatch(value):
            raise ValueError(f'{value!r} is no colour; write six digits such as "00ACC2"')
        return value

    @field_validator("link")
    @classmethod
    def _link(cls, value: str | None) -> str | None:
        if value is None:
            return value
        if not value.startswith(("https://", "http://")):
            raise ValueError(f"{value!r} is no web address; begin it with https://")
        for name in _names_in(value):
            if name not in FIELDS:
                raise ValueError(
                    f"{{{name}}} is no field of a row; write one of: {', '.join(FIELDS)}"
                )
        return value

    @model_validator(mode="after")
    def _holds(self) -> Column:
        given = [name for name in ("value", "constant", "link") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ValueError(f"{self.header}: has {found}; write one of value, constant and link")
        if (self.type == "link") != (self.link is not None):
            raise ValueError(f"{self.header}: type link and the key link go together; write both")
        if self.constant is not None and self.type != "text":
            raise ValueError(f"{self.header}: a constant is a text; remove its type")
        if self.map is not None and (self.value is None or self.type not in ("text", "code")):
            raise ValueError(
                f"{self.header}: map translates a value to a text; write value, and type text or code"
            )
        if self.value is not None and FIELDS[self.value] not in TYPES[self.type]:
            kind = FIELDS[self.value]
            fitting = [name for name, kinds in TYPES.items() if kind in kinds]
            raise ValueError(
                f"{self.header}: {self.value} is a {kind} and cannot be of type {self.type}; write "
                + (f"type {' or '.join(fitting)}" if fitting else "another field")
            )
        return self


class Layout(Section):
    """A kind of file. sheet: the sheet's name. has_filter: whether the header can filter."""

    id: Id
    title: Text
    sheet: Annotated[str, Field(min_length=1, max_length=31)]
    columns: Annotated[tuple[Column, ...], Field(strict=False, min_length=1, max_length=16_384)]
    has_filter: bool = True

    @field_validator("sheet")
    @classmethod
    def _sheet(cls, value: str) -> str:
        if _NO_SHEET.search(value) or value.startswith(_ENDS) or value.endswith(_ENDS):
            raise ValueError(
                f"{value!r} is no name of a sheet; leave out [ ] : * ? / \\ and quotes at its ends"
            )
        return value

    @field_validator("columns")
    @classmethod
    def _columns(cls, value: tuple[Column, ...], info: ValidationInfo) -> tuple[Column, ...]:
        seen: set[str] = set()
        for column in value:
            if column.header in seen:
                raise ValueError(f"{column.header!r} heads two columns; rename one of them")
            seen.add(column.header)
        return value


def layout_dirs(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where layouts lie: the user's own first, then Saldo's."""
    folders = (folder / "layouts" for folder in folders_of("exports", environ))
    return tuple(dict.fromkeys((*folders, OWN)))


def layout_files(directories: Iterable[Path] | None = None) -> YamlFiles[Layout]:
    """The files of layouts, to be read or checked."""
    found = layout_dirs() if directories is None else tuple(directories)
    return YamlFiles(Layout, what="layout", guide=GUIDE, directories=found)


def load_layouts(directories: Iterable[Path] | None = None) -> dict[str, Layout]:
    """Every layout that can be used, by id. A broken file takes no other with it; `layout_named` says what is wrong with it."""
    return {layout.id: layout for layout in layout_files(directories).load().good}


def layout_named(id: str, directories: Iterable[Path] | None = None) -> Layout:
    """Raises ConfigError for one that is not there, or whose file is broken: file, key and remedy are named."""
    loaded = layout_files(directories).load()
    good = {layout.id: layout for layout in loaded.good}
    if id in good:
        return good[id]
    broken = [str(file) for file in loaded.broken if file.path.stem == id]
    if broken:
        raise ConfigError(f"the layout {id!r} cannot be used: {'; '.join(broken)}")
    known = ", ".join(sorted(good)) or "(there is none)"
    raise ConfigError(f"there is no layout {id!r}; write one of: {known} ({GUIDE})")


def _names_in(template: str) -> Iterator[str]:
    try:
        parts: list[Any] = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"{template!r} has a brace too many ({error}); write {{field}}") from None
    for _, name, form, conversion in parts:
        if name is not None and (form or conversion or not name.isidentifier()):
            raise ValueError(f"{template!r} must have plain fields in braces, such as {{kind}}")
        if name is not None:
            yield name
