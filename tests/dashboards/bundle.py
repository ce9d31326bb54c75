"""The bundle of deploy/superset, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.support import PROJECT

ROOT = PROJECT / "deploy" / "superset" / "saldo"


def files(folder: str) -> list[dict[str, Any]]:
    """The assets of a folder, in order of their names."""
    return [yaml.safe_load(path.read_text()) for path in sorted((ROOT / folder).rglob("*.yaml"))]


def datasets() -> dict[str, dict[str, Any]]:
    """uuid -> dataset."""
    return {one["uuid"]: one for one in files("datasets")}


def columns_of(chart: dict[str, Any]) -> list[str]:
    """What a chart puts side by side: its dimensions, without what it measures."""
    params = chart["params"]
    named: list[Any] = [
        params.get("x_axis"),
        *(
            name
            for kind in ("groupby", "groupbyRows", "groupbyColumns", "all_columns")
            for name in params.get(kind, ())
        ),
    ]
    return [str(name) for name in named if name]


def metrics_of(chart: dict[str, Any]) -> list[str]:
    """Names of what it measures."""
    params = chart["params"]
    return [*params.get("metrics", ()), *([params["metric"]] if "metric" in params else ())]


def statement(dataset: dict[str, Any], shown: str, where: str = "true") -> bytes:
    """A SELECT over a dataset, as Superset puts one around its SQL."""
    return f"select {shown} from ({dataset['sql']}) as virtual_table where {where}".encode()


def path_of(dataset: dict[str, Any]) -> Path:
    return ROOT / "datasets" / "Saldo" / f"{dataset['table_name']}.yaml"
