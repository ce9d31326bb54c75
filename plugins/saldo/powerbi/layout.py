"""Where the tables stand in the model view: all of them, and a star for each fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .columns import Loaded
from .model import AGEING_TABLE, MEASURES_TABLE
from .names import tag
from .relationships import relationships

WIDTH, HEIGHT, GAP = 234, 220, 60
ALL = "All tables"
Places = Mapping[str, tuple[int, int]]


def diagrams(tables: Sequence[Loaded]) -> dict[str, Places]:
    """Diagram -> table -> its upper left corner; the first one has all tables."""
    dimensions: dict[str, list[str]] = {}
    for one in relationships(tables):
        known = dimensions.setdefault(one.fact, [])
        if one.dimension not in known:
            known.append(one.dimension)
    return {ALL: _all(tables), **{fact: _star(fact, others) for fact, others in dimensions.items()}}


def _all(tables: Sequence[Loaded]) -> Places:
    """Dimensions above and below, facts between them."""
    dimensions = [one.table.name for one in tables if not one.table.is_fact]
    facts = [one.table.name for one in tables if one.table.is_fact]
    half = (len(dimensions) + 1) // 2
    return _rows(dimensions[:half], facts, [*dimensions[half:], MEASURES_TABLE, AGEING_TABLE])


def _star(fact: str, dimensions: Sequence[str]) -> Places:
    half = (len(dimensions) + 1) // 2
    return _rows(dimensions[:half], [fact], dimensions[half:])


def _rows(*rows: Sequence[str]) -> Places:
    """Rows of tables below each other, each in the middle."""
    widest = max(map(len, rows))
    found = {}
    for line, names in enumerate(rows):
        indent = (widest - len(names)) * (WIDTH + GAP) // 2
        for place, name in enumerate(names):
            found[name] = (indent + place * (WIDTH + GAP), line * (HEIGHT + 2 * GAP))
    return found


def diagram_layout(tables: Sequence[Loaded]) -> dict[str, Any]:
    """diagramLayout.json."""
    return {
        "version": "1.1.0",
        "diagrams": [
            _diagram(ordinal, name, places)
            for ordinal, (name, places) in enumerate(diagrams(tables).items())
        ],
        "selectedDiagram": ALL,
        "defaultDiagram": ALL,
    }


def _diagram(ordinal: int, name: str, places: Places) -> dict[str, Any]:
    nodes = [
        {
            "location": {"x": x, "y": y},
            "nodeIndex": table,
            "nodeLineageTag": tag("table", table),
            "size": {"height": HEIGHT, "width": WIDTH},
            "zIndex": 0,
        }
        for table, (x, y) in places.items()
    ]
    return {
        "ordinal": ordinal,
        "scrollPosition": {"x": 0, "y": 0},
        "nodes": nodes,
        "name": name,
        "zoomValue": 40 if name == ALL else 80,
        "pinKeyFieldsToTop": False,
        "showExtraHeaderInfo": False,
        "hideKeyFieldsWhenCollapsed": False,
        "tablesLocked": False,
    }
