"""The files below Saldo.Report/definition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from saldo.powerbi.names import short

from .pages import HEIGHT, PAGES, WIDTH, Page
from .visuals import SCHEMAS, Field, literal, value_filter

_IN_USE = Field("Date", "In use")


def report_files() -> dict[str, str]:
    """Path below the definition -> JSON."""
    names = [short("page", page.name) for page in PAGES]
    files = {
        "version.json": {
            "$schema": f"{SCHEMAS}/definition/versionMetadata/1.0.0/schema.json",
            "version": "2.0.0",
        },
        "report.json": _report(),
        "pages/pages.json": {
            "$schema": f"{SCHEMAS}/definition/pagesMetadata/1.0.0/schema.json",
            "pageOrder": names,
            "activePageName": names[0],
        },
    }
    for page in PAGES:
        files |= dict(_page(page))
    return {path: as_json(content) for path, content in files.items()}


def as_json(content: Any) -> str:
    """As every JSON file of the project is written."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _report() -> dict[str, Any]:
    return {
        "$schema": f"{SCHEMAS}/definition/report/3.0.0/schema.json",
        # None named is Power BI's own; one that is named would have to be a file of the project.
        "themeCollection": {},
        "filterConfig": {"filters": [value_filter(short("filter", "in use"), _IN_USE, True)]},
        "objects": {"section": [{"properties": {"verticalAlignment": literal("'Top'")}}]},
        "settings": {
            "useStylableVisualContainerHeader": True,
            "exportDataMode": "AllowSummarized",
            "defaultDrillFilterOtherVisuals": True,
            "useEnhancedTooltips": True,
        },
    }


def _page(page: Page) -> Iterator[tuple[str, dict[str, Any]]]:
    name = short("page", page.name)
    yield (
        f"pages/{name}/page.json",
        {
            "$schema": f"{SCHEMAS}/definition/page/2.0.0/schema.json",
            "name": name,
            "displayName": page.title,
            "displayOption": "FitToPage",
            "height": HEIGHT,
            "width": WIDTH,
        },
    )
    for order, visual in enumerate(page.visuals):
        found = visual.json(page.name, order)
        yield f"pages/{name}/visuals/{found['name']}/visual.json", found
