"""Where the tables stand in the model view: dimensions above and below, facts between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .columns import Loaded
from .model import AGEING_TABLE, MEASURES_TABLE
from .names import tag

WIDTH, HEIGHT, GAP = 234, 220, 40


def places(tables: Sequence[Loaded]) -> dict[str, tuple[int, int]]:
    """Table -> its upper left corner."""
    dimensions = [one.table.name for one in tables if not one.table.is_fact]
    facts = [one.table.name for one in tables if one.table.is_fact]
    half = (len(dimensions) + 1) // 2
    rows = (dimensions[:half], facts, [*dimensions[half:], MEASURES_TABLE, AGEING_TABLE])
    widest = max(map(len, rows))
    found = {}
    for line, names in enumerate(rows):
        indent = (widest - len(names)) * (WIDTH + GAP) // 2
        for place, name in enumerate(names):
            found[name] = (indent + place * (WIDTH + GAP), line * (HEIGHT + 3 * GAP))
    return found


def diagram(tables: Sequence[Loaded]) -> dict[str, Any]:
    """diagramLayout.json."""
    nodes = [
        {
            "location": {"x": x, "y": y},
            "nodeIndex": name,
            "nodeLineageTag": tag("table", name),
            "size": {"height": HEIGHT, "width": WIDTH},
            "zIndex": 0,
        }
        for name, (x, y) in places(tables).items()
    ]
    name = "All tables"
    return {
        "version": "1.1.0",
        "diagrams": [
            {
                "ordinal": 0,
                "scrollPosition": {"x": 0, "y": 0},
                "nodes": nodes,
                "name": name,
                "zoomValue": 40,
                "pinKeyFieldsToTop": False,
                "showExtraHeaderInfo": False,
                "hideKeyFieldsWhenCollapsed": False,
                "tablesLocked": False,
            }
        ],
        "selectedDiagram": name,
        "defaultDiagram": name,
    }
