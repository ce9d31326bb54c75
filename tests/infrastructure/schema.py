"""The arguments of the resources that infrastructure/ uses, out of schema.json (see extract.py).

Every attribute has a type and, behind it, `!` where it must be given and `=` where only Azure gives it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("schema.json")
SOURCE = "azurerm 4.55.0, by cdktf-cdktf-provider-azurerm 14.23.1"
_NOTATION = re.compile(r"(?:(list|set|map)\()?(string|number|bool)\)?([!=]?)\Z")


@dataclass(frozen=True)
class Attribute:
    """type: as Terraform writes it in JSON, such as ["list", "string"]."""

    type: Any
    is_required: bool = False
    is_computed: bool = False
    is_write_only: bool = False


@dataclass(frozen=True)
class Block:
    attributes: Mapping[str, Attribute]
    blocks: Mapping[str, Nested] = field(default_factory=dict)


@dataclass(frozen=True)
class Nested:
    """nesting: single, list or set. most: 0 for any number."""

    block: Block
    nesting: str
    least: int = 0
    most: int = 0


def read(kind: str) -> dict[str, Block]:
    """kind: resource or data."""
    return {name: block(tree) for name, tree in json.loads(FILE.read_text())[kind].items()}


def block(tree: Mapping[str, Any]) -> Block:
    return Block(
        {name: attribute(name, text) for name, text in tree["attributes"].items()},
        {
            name: Nested(block(of), of["nesting"], of.get("min", 0), of.get("max", 0))
            for name, of in tree.get("blocks", {}).items()
        },
    )


def attribute(name: str, notation: str) -> Attribute:
    match = _NOTATION.match(notation)
    assert match, f"{name}: {notation}"
    many, one, mark = match.groups()
    return Attribute(
        [many, one] if many else one,
        is_required=mark == "!",
        is_computed=mark == "=",
        is_write_only=name.endswith("_wo"),
    )
