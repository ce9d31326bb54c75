"""Texts from Jinja templates, which are in a folder beside the module that fills them; what several folders extend is in `templates`
beside this one: mail.html, the frame of all mails."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_SHARED = Path(__file__).parent / "templates"


def render(folder: Path, name: str, **values: Any) -> str:
    """The template `name` of `folder`, filled. Values are escaped where it ends in .html; raises
    jinja2.UndefinedError where one is missing."""
    return _environment(folder).get_template(name).render(values)


@cache
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader((folder, _SHARED)),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
