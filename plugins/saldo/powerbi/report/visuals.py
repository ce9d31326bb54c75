"""A visual of the report: what it shows, where it stands, and the JSON of its file.

The schemas are of mid-2025, so that Power BI Desktop of that time opens the report, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from saldo.powerbi.names import short

SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric/item/report"
_SCHEMA = f"{SCHEMAS}/definition/visualContainer/2.1.0/schema.json"
Kind = Literal["card", "slicer", "pivotTable", "tableEx", "lineChart", "clusteredColumnChart", "clusteredBarChart", "textbox"]  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A column or a measure of the model."""

    table: str
    name: str
    is_measure: bool = False

    def expression(self, source: dict[str, str] | None = None) -> dict[str, Any]:
        """As queries of the report name it."""
        kind = "Measure" if self.is_measure else "Column"
        of = {"SourceRef": source or {"Entity": self.table}}
        return {kind: {"Expression": of, "Property": self.name}}

    def projection(self) -> dict[str, Any]:
        """As a visual shows it."""
        return {
            "field": self.expression(),
            "queryRef": f"{self.table}.{self.name}",
            "nativeQueryRef": self.name,
        }


@dataclass(frozen=True)
class Box:
    """Place and size in pixels of the page."""

    x: int
    y: int
    width: int
    height: int

    def overlaps(self, other: Box) -> bool:
        """Whether the two share a pixel."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


@dataclass(frozen=True)
class Visual:
    """roles: field wells of Power BI, such as Rows or Values. only: a column that is to have a value. sorted_by: a field to sort by,
    ascending; None: as Power BI does, most charts by their largest value. title: also what a screen reader says. chosen: what a slicer
    begins with, of its column; empty for all. is_single: a click in it takes the place of the one before. font_size: of a card, in points."""

    name: str
    kind: Kind
    box: Box
    title: str
    roles: Mapping[str, tuple[Field, ...]] = field(default_factory=dict)
    only: tuple[Field, bool] | None = None
    sorted_by: Field | None = None
    is_synced: bool = False
    chosen: str = ""
    is_single: bool = False
    font_size: int = 0

    @property
    def fields(self) -> tuple[Field, ...]:
        """All it shows."""
        return tuple(one for many in self.roles.values() for one in many)

    def json(self, page: str, order: int) -> dict[str, Any]:
        """The content of its visual.json; order: its turn when people go on by the keyboard."""
        box = self.box
        found: dict[str, Any] = {
            "$schema": _SCHEMA,
            "name": short("visual", page, self.name),
            "position": {
                "x": box.x,
                "y": box.y,
                "z": order * 1000,
                "height": box.height,
                "width": box.width,
                "tabOrder": order * 1000,
            },
            "visual": self._visual(),
        }
        if self.only:
            filter = value_filter(short("filter", page, self.name), *self.only)
            found["filterConfig"] = {"filters": [filter]}
        return found

    def _visual(self) -> dict[str, Any]:
        if self.kind == "textbox":
            run = {"value": self.title, "textStyle": {"fontSize": "20pt", "fontWeight": "bold"}}
            return {
                "visualType": "textbox",
                "objects": {"general": [{"properties": {"paragraphs": [{"textRuns": [run]}]}}]},
                "drillFilterOtherVisuals": True,
            }
        query = {
            role: {"projections": [one.projection() for one in fields]}
            for role, fields in self.roles.items()
        }
        found: dict[str, Any] = {"visualType": self.kind, "query": {"queryState": query}}
        if self.sorted_by:
            found["query"]["sortDefinition"] = {
                "sort": [{"field": self.sorted_by.expression(), "direction": "Ascending"}],
                # A default sort is one that Power BI may replace by its own.
                "isDefaultSort": False,
            }
        if self.kind == "slicer":
            found["objects"] = {
                "data": [{"properties": {"mode": text("Dropdown")}}],
                "selection": [
                    {"properties": {"singleSelect": literal(str(self.is_single).lower())}}
                ],
                "header": [{"properties": {"show": literal("false")}}],
            }
            if self.chosen:
                found["objects"]["general"] = [
                    {
                        "properties": {
                            "filter": {"filter": _one_of(self.fields[0], f"'{self.chosen}'")}
                        }
                    }
                ]
            if self.is_synced:
                found["syncGroup"] = {
                    "groupName": self.name,
                    "fieldChanges": True,
                    "filterChanges": True,
                }
        if self.font_size:
            found["objects"] = {
                "labels": [{"properties": {"fontSize": literal(f"{self.font_size}D")}}],
                "wordWrap": [{"properties": {"show": literal("true")}}],
            }
        found["visualContainerObjects"] = {
            "title": [{"properties": {"show": literal("true"), "text": text(self.title)}}],
            "general": [{"properties": {"altText": text(self.title)}}],
        }
        found["drillFilterOtherVisuals"] = True
        return found


def value_filter(name: str, of: Field, value: bool) -> dict[str, Any]:
    """A filter that lets through the rows in which a column is true, or false."""
    return {
        "name": name,
        "field": of.expression(),
        "type": "Categorical",
        "filter": _one_of(of, str(value).lower()),
        "howCreated": "User",
    }


def _one_of(of: Field, value: str) -> dict[str, Any]:
    """A condition on a column; value: as literals of the report are written."""
    alias = of.table[:1].lower()
    condition = {
        "In": {
            "Expressions": [of.expression({"Source": alias})],
            "Values": [[{"Literal": {"Value": value}}]],
        }
    }
    return {
        "Version": 2,
        "From": [{"Name": alias, "Entity": of.table, "Type": 0}],
        "Where": [{"Condition": condition}],
    }


def literal(value: str) -> dict[str, Any]:
    """A value as the report's objects hold it."""
    return {"expr": {"Literal": {"Value": value}}}


def text(value: str) -> dict[str, Any]:
    """A text as the report's objects hold it."""
    escaped = value.replace("'", "''")
    return literal(f"'{escaped}'")
