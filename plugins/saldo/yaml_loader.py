"""YAML as people write it by hand: one mapping, no key twice, errors in a sentence.

A number stays the text it was written as where that says more than the number: 007, 10:00, 1_000.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

#: What YAML raises while it makes a value that is not as its tag says (`!!bool maybe`), or is no date (2024-13-01).
_NOT_MADE = (ValueError, TypeError, AttributeError, LookupError, OverflowError)
#: Tag of YAML -> what people call such a value.
_CALLED = {"bool": "truth (true or false)", "int": "whole number", "float": "number", "timestamp": "date",
           "map": "table (key: value)"}  # fmt: skip


class NotReadable(Exception):
    """Why a text or a file is not a mapping; a sentence without the file's name."""


def text_of(path: Path) -> str:
    """Raises NotReadable."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise NotReadable(f"cannot be read: {_in_one_line(error)}") from None


def values_of(text: str) -> Any:
    """What a text says. Raises NotReadable where it is no YAML, or a key is written twice."""
    try:
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, *_NOT_MADE) as error:
        raise NotReadable(f"is no readable YAML: {_in_one_line(error)}") from None


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _not_made(node: Any, error: Exception | None = None) -> yaml.MarkedYAMLError:
    """The error of a value that is not what it is written as; a date says by itself what is wrong with it."""
    tag = node.tag.rpartition(":")[2]
    shown = repr(node.value[:60]) if isinstance(node, yaml.ScalarNode) else "this"
    why = f" ({error})" if tag == "timestamp" and isinstance(error, ValueError) else ""
    return yaml.MarkedYAMLError(
        problem=f"{shown} is no {_CALLED.get(tag, tag)}{why}; correct it, or write it in quotes and without a tag",
        problem_mark=node.start_mark,
    )


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """YAML's safe loader, but a key written twice is an error instead of a silent loss."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Its own errors say where; those of a value that cannot be made do not."""
        try:
            return super().construct_object(node, deep)
        except _NOT_MADE as error:
            raise _not_made(node, error) from None

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise _not_made(node)
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

    def construct_as_written(self, node: Any) -> int | str:
        number: int = self.construct_yaml_int(node)
        return number if str(number) == node.value else str(node.value)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_as_written)
