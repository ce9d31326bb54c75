"""azure-pipelines.yml as Azure Pipelines reads it: templates put in, conditions of the kind `${{ if }}` decided.

Knows the forms that the file uses, and no others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.support import PROJECT

FILE = PROJECT / "azure-pipelines.yml"
_IF = re.compile(r"\$\{\{ if (eq|ne)\(variables\['([\w.]+)'\], '([^']*)'\) \}\}")
_PARAMETER = re.compile(r"\$\{\{ parameters\.(\w+) \}\}")


def expanded(variables: Mapping[str, str]) -> dict[str, Any]:
    """variables: Build.Reason and Build.SourceBranch of a run."""
    whole: dict[str, Any] = yaml.safe_load(FILE.read_text())
    whole["stages"] = _stages(whole["stages"], variables)
    left = re.findall(r"\$\{\{[^}]*\}\}", str(whole))
    assert not left, f"not put in: {left}"
    return whole


def _stages(items: list[Any], variables: Mapping[str, str]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        [first, *_] = item
        condition = _IF.fullmatch(first)
        if condition:
            is_equal = variables[condition[2]] == condition[3]
            if is_equal == (condition[1] == "eq"):
                found += _stages(item[first], variables)
        elif first == "template":
            found += _template(item["template"], item["parameters"])
        else:
            found.append(item)
    return found


def _template(path: str, given: Mapping[str, Any]) -> list[Any]:
    tree = yaml.safe_load((PROJECT / path).read_text())
    assert {one["name"] for one in tree["parameters"]} == set(given), path
    found: list[Any] = _filled(tree["stages"], given)
    return found


def _filled(node: Any, given: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value, given) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, given) for value in node]
    if not isinstance(node, str):
        return node
    whole = _PARAMETER.fullmatch(node)
    return given[whole[1]] if whole else _PARAMETER.sub(lambda one: str(given[one[1]]), node)
