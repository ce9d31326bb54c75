"""All files of the Power BI project: powerbi/Saldo.pbip and what it opens.

https://learn.microsoft.com/en-us/power-bi/developer/projects/projects-overview
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from saldo.warehouse.catalogue import Table

from .columns import loaded
from .layout import diagram_layout
from .model import model_files
from .names import tag
from .report import report_files
from .report.files import as_json

_SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric"
_MODEL, _REPORT = "Saldo.SemanticModel", "Saldo.Report"
#: What a writing replaces; what else lies in the folder (settings and cache of Power BI Desktop among it) is left alone.
_WRITTEN = (f"{_MODEL}/definition", f"{_REPORT}/definition")


def project(mart: Mapping[str, Table], agreements: Sequence[str] = ()) -> dict[str, str]:
    """Path -> text of every file. mart: the catalogue's tables and views of the schema mart. agreements: ids that get a role of
    their own, beside those for all.

    Raises ConfigError for what the model cannot have: saldo.powerbi.columns.loaded.
    """
    tables = loaded(mart)
    files = {
        "Saldo.pbip": as_json(
            {
                "$schema": f"{_SCHEMAS}/pbip/pbipProperties/1.0.0/schema.json",
                "version": "1.0",
                "artifacts": [{"report": {"path": _REPORT}}],
                "settings": {"enableAutoRecovery": True},
            }
        ),
        ".gitignore": "**/.pbi/localSettings.json\n**/.pbi/cache.abf\n",
        f"{_MODEL}/.platform": as_json(_platform("SemanticModel")),
        f"{_MODEL}/definition.pbism": as_json(
            {
                "$schema": f"{_SCHEMAS}/item/semanticModel/definitionProperties/1.0.0/schema.json",
                "version": "4.2",
                "settings": {"qnaEnabled": False},
            }
        ),
        f"{_MODEL}/diagramLayout.json": as_json(diagram_layout(tables)),
        f"{_REPORT}/.platform": as_json(_platform("Report")),
        f"{_REPORT}/definition.pbir": as_json(
            {
                "$schema": f"{_SCHEMAS}/item/report/definitionProperties/2.0.0/schema.json",
                "version": "4.0",
                "datasetReference": {"byPath": {"path": f"../{_MODEL}"}},
            }
        ),
    }
    for path, text in model_files(tables, agreements).items():
        files[f"{_MODEL}/definition/{path}"] = text
    for path, text in report_files().items():
        files[f"{_REPORT}/definition/{path}"] = text
    return files


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the project into a folder; tables, roles and pages that it no longer has are removed there."""
    for written in _WRITTEN:
        shutil.rmtree(folder / written, ignore_errors=True)
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")


def _platform(type: str) -> dict[str, Any]:
    return {
        "$schema": f"{_SCHEMAS}/gitIntegration/platformProperties/2.0.0/schema.json",
        "metadata": {"type": type, "displayName": "Saldo"},
        "config": {"version": "2.0", "logicalId": tag("platform", type)},
    }
