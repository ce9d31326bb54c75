"""YAML as people write it by hand: one mapping, no key twice, errors in a sentence.

A number stays the text it was written as where that says more than the number: 007, 10:00, 1_000.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


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
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        # Values such as 2024-13-01 fail while YAML makes them, with errors that are not its own.
        raise NotReadable(f"is no readable YAML: {_in_one_line(error)}") from None


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())


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

    def construct_as_written(self, node: Any) -> int | str:
        number: int = self.construct_yaml_int(node)
        return number if str(number) == node.value else str(node.value)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_as_written)
